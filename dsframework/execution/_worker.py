"""A worker of this machine: does batches of tasks, one task at a time, until its driver ends."""

from __future__ import annotations

import contextlib
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

from dsframework.execution._batch import Done, do, sendable
from dsframework.execution._channel import Channel, Closed
from dsframework.execution._mark import Mark
from dsframework.execution._packing import Block
from dsframework.execution._work import Handle
from dsframework.progress import Progress

__all__ = ["serve"]

_TELL_SECONDS = 0.02


class _Worker:
    def __init__(self, end: socket.socket, mark: int) -> None:
        self._channel = Channel(end)
        self._mark = Mark(mark)
        self._progress = Progress(self._mark.tell)
        self._blocks: dict[int, Block] = {}
        self._values: dict[int, Any] = {}

    def run(self) -> None:
        with self._progress.listening():
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

    def _begin(self, _key: str) -> None:
        self._progress.clear()
        self._mark.begin()

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
