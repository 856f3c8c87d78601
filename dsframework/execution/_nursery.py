"""The process that workers are forked from: everything is imported once, a new worker is there in milliseconds and shares that memory.

It has one thread and does nothing but fork, reap, and keep the last lines that each worker printed. When its driver ends, however that
happens, it ends, and the workers with it: the kernel kills them.

Run as ``python -m dsframework.execution._nursery <descriptor>``.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import selectors
import signal
import socket
import sys
import time
from collections import deque
from contextlib import suppress
from typing import Any

from dsframework.execution._channel import Channel, Closed

__all__ = ["main"]

_TAIL_BYTES = 16_384
_PIECE = 1 << 16
_SAID_BYTES = 1 << 16
_SAID_BYTES_A_SECOND = 1 << 14
_PRELOAD = ("numpy", "polars", "scipy.linalg", "sklearn.base", "dsframework.experiment")
_PR_SET_PDEATHSIG = 1
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


class _Nursery:
    def __init__(self, end: socket.socket) -> None:
        self._channel = Channel(end)
        self._selector = selectors.DefaultSelector()
        self._selector.register(end, selectors.EVENT_READ, self._hear)
        self._wake, told = os.pipe()
        for descriptor in (self._wake, told):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(told)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._wake, selectors.EVENT_READ, self._reap)
        self._printed: dict[int, deque[bytes]] = {}
        self._pipes: dict[int, int] = {}
        self._files: deque[int] = deque()
        self._allowed, self._filled = float(_SAID_BYTES), time.monotonic()

    def run(self) -> None:
        self._channel.send(("ready",))
        while True:
            for key, _ in self._selector.select():
                key.data()

    def _hear(self) -> None:
        for message, file in self._channel.receive():
            what, *rest = message
            if what == "file":
                assert file is not None
                self._files.append(file)
            elif what == "fork":
                self._fork(rest[0], self._files.popleft(), self._files.popleft())
            elif what == "kill" and rest[0] in self._pipes:  # not reaped yet, so that the number is still this worker's
                os.kill(rest[0], signal.SIGKILL)

    def _fork(self, number: int, end: int, mark: int) -> None:
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            _become_worker(end, mark, writing, keep={end, mark, writing})
        for descriptor in (end, mark, writing):
            os.close(descriptor)
        os.set_blocking(reading, False)
        self._printed[pid], self._pipes[pid] = deque(), reading
        self._selector.register(reading, selectors.EVENT_READ, lambda: self._listen(pid))
        self._channel.send(("born", number, pid))

    def _listen(self, pid: int) -> bool:
        """Keep the last of what a worker prints; returns whether there was something."""
        try:
            piece = os.read(self._pipes[pid], _PIECE)
        except BlockingIOError:
            return False
        if not piece:
            with suppress(KeyError):
                self._selector.unregister(self._pipes[pid])
            return False
        self._pass_on(piece)
        kept = self._printed[pid]
        kept.append(piece)
        while sum(map(len, kept)) - len(kept[0]) >= _TAIL_BYTES:
            kept.popleft()
        return True

    def _pass_on(self, piece: bytes) -> None:
        """Let the driver hear what a worker prints, but for what is more than anybody reads."""
        now = time.monotonic()
        self._allowed = min(_SAID_BYTES, self._allowed + (now - self._filled) * _SAID_BYTES_A_SECOND)
        self._filled = now
        if len(piece) <= self._allowed:
            self._allowed -= len(piece)
            self._channel.send(("said", piece.decode("utf-8", "replace")))

    def _reap(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._wake, _PIECE)
        for pid in list(self._pipes):
            found, status, used = os.wait4(pid, os.WNOHANG)
            if found:
                while self._listen(pid):
                    pass
                tail = b"".join(self._printed.pop(pid))[-_TAIL_BYTES:]
                pipe = self._pipes.pop(pid)
                with suppress(KeyError):
                    self._selector.unregister(pipe)
                os.close(pipe)
                peak = used.ru_maxrss * _PEAK_UNIT
                self._channel.send(("gone", pid, os.waitstatus_to_exitcode(status), tail.decode("utf-8", "replace"), peak))


def _become_worker(end: int, mark: int, output: int, keep: set[int]) -> Any:
    """In the new process: cut every tie to the nursery, die with it, and work."""
    code = 1
    try:
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(output, 1)
        os.dup2(output, 2)
        _close_all_but(keep | {0, 1, 2})
        os.close(output)
        from dsframework.execution._worker import serve

        serve(socket.socket(fileno=end), mark)
        code = 0
    finally:
        os._exit(code)


def _close_all_but(keep: set[int]) -> None:
    low = 3
    for descriptor in sorted(keep - {0, 1, 2}):
        os.closerange(low, descriptor)
        low = descriptor + 1
    os.closerange(low, min(65536, os.sysconf("SC_OPEN_MAX")))


def main(descriptor: int) -> None:
    """Fork workers until the driver ends."""
    for name in _PRELOAD:
        importlib.import_module(name)
    with suppress(Closed):
        _Nursery(socket.socket(fileno=descriptor)).run()
    os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
