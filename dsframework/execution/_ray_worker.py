"""A worker on Ray: an actor that does batches of tasks and keeps the large values that it has read.

It has two threads: one does what it is given in order, the other says what the first is at (`ASKED`).
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from dsframework.execution._at_work import Station, Told
from dsframework.execution._batch import do, sendable
from dsframework.execution._blas import hold_blas
from dsframework.execution._packing import unpack
from dsframework.execution._ray_said import last_words
from dsframework.execution._surroundings import Surroundings
from dsframework.execution._versions import versions
from dsframework.execution._work import Handle

__all__ = ["ASKED", "RayWorker"]

ASKED = "asked"
"""The concurrency group of questions, which do not wait for the batch that is done."""


class RayWorker:
    """See the module's text."""

    def __init__(self) -> None:
        hold_blas()
        self._values: dict[int, Any] = {}
        self._station = Station()

    def ready(self, libraries: list[str]) -> tuple[str, int, dict[str, str | None]]:
        """Answer, which says that the worker is there and has imported what fits need.

        Returns
        -------
        tuple
            Its node, its process there, and the versions of the libraries.
        """
        importlib.import_module("dsframework.experiment")
        return importlib.import_module("ray").get_runtime_context().get_node_id(), os.getpid(), versions(libraries)

    def surround(self, surroundings: Surroundings) -> None:
        """Have the variables and the folder of a driver on this machine."""
        surroundings.take_beside_rays()

    def hold(self, numbers: list[int], *values: Any) -> None:
        """Take values that tasks will ask for.

        Parameters
        ----------
        numbers, values
            Their handles, and the values: a pickle, and its buffers in the object store.
        """
        for number, (pickled, buffers) in zip(numbers, values, strict=True):
            self._values[number] = unpack(pickled, buffers)

    def do(self, body: bytes) -> bytes:
        """Do a batch, from `packed_batch`."""
        with self._station.listening():
            done = []
            for one in do(body, self._value, self._station.begin):
                self._station.end()
                done.append(one)
        return sendable(done)

    def told(self) -> Told:
        """Return what the other thread is at."""
        return self._station.told()

    def last_words(self, pid: int) -> str:
        """Return what another worker of this node printed before it ended."""
        return last_words(pid)

    def drop(self, number: int) -> None:
        """Forget a value."""
        self._values.pop(number, None)

    def _value(self, handle: Handle) -> Any:
        return self._values[handle.number]
