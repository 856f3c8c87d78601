"""A worker of this machine: does batches of tasks, one task at a time, until its driver ends."""

from __future__ import annotations

import contextlib
import mmap
import socket
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

from dsframework.execution._batch import Done, do, sendable
from dsframework.execution._channel import Channel, Closed
from dsframework.execution._packing import Block
from dsframework.execution._work import Handle

__all__ = ["MARK", "serve"]

MARK = struct.Struct("<QQ")
"""What a worker says of itself in shared memory: how many tasks it has begun, and when the last of them, in nanoseconds of the clock."""

_TELL_SECONDS = 0.02


class _Worker:
    def __init__(self, end: socket.socket, mark: int) -> None:
        self._channel = Channel(end)
        self._mark = mmap.mmap(mark, MARK.size)
        self._begun = 0
        self._blocks: dict[int, Block] = {}
        self._values: dict[int, Any] = {}

    def run(self) -> None:
        while True:
            for message, file in self._channel.receive():
                self._obey(message, file)

    def _obey(self, message: tuple[Any, ...], file: int | None) -> None:
        what, *rest = message
        if what == "block":
            number, body, places = rest
            assert file is not None
            self._blocks[number] = Block(file, body, places)
        elif what == "drop":
            self._values.pop(rest[0], None)
            if (block := self._blocks.pop(rest[0], None)) is not None:
                block.close()
        elif what == "environment":
            rest[0].take()
        elif what == "do":
            self._do(*rest)

    def _do(self, queue: int, body: bytes) -> None:
        results: list[Done] = []
        told = time.monotonic()
        for done in do(body, self._value, self._begin):
            results.append(done)
            if time.monotonic() - told > _TELL_SECONDS:
                self._tell(queue, results)
                results, told = [], time.monotonic()
        if results:
            self._tell(queue, results)

    def _begin(self, _position: int) -> None:
        self._begun += 1
        MARK.pack_into(self._mark, 0, self._begun, time.monotonic_ns())

    def _value(self, handle: Handle) -> Any:
        if handle.number not in self._values:
            self._values[handle.number] = self._blocks[handle.number].load()
        return self._values[handle.number]

    def _tell(self, queue: int, results: list[Done]) -> None:
        for stream in (_flush_out, _flush_err):
            stream()
        self._channel.send(("done", queue, len(results), sendable(results)))


def serve(end: socket.socket, mark: int) -> None:
    """Work until the driver is gone; called in a fresh process."""
    from dsframework.execution._blas import hold_blas

    hold_blas()
    with contextlib.suppress(Closed):
        _Worker(end, mark).run()


def _flushed(name: str) -> Callable[[], None]:
    def flush() -> None:
        with contextlib.suppress(Exception):  # a fit may have put anything in its place, or closed it
            getattr(sys, name).flush()

    return flush


_flush_out, _flush_err = _flushed("stdout"), _flushed("stderr")
