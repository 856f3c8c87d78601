"""A worker on Ray: an actor that does batches of tasks and keeps the large values that it has read."""

from __future__ import annotations

import importlib
import os
from typing import Any

from dsframework.execution._batch import do, sendable
from dsframework.execution._blas import hold_blas
from dsframework.execution._packing import unpack
from dsframework.execution._surroundings import Surroundings
from dsframework.execution._work import Handle

__all__ = ["RayWorker"]


class RayWorker:
    """See the module's text."""

    def __init__(self) -> None:
        hold_blas()
        self._values: dict[int, Any] = {}

    def ready(self) -> tuple[str, int]:
        """Answer, which says that the worker is there and has imported what fits need; returns its node and its process there."""
        importlib.import_module("dsframework.experiment")
        return importlib.import_module("ray").get_runtime_context().get_node_id(), os.getpid()

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
        return sendable(list(do(body, self._value, _nobody_asks)))

    def drop(self, number: int) -> None:
        """Forget a value."""
        self._values.pop(number, None)

    def _value(self, handle: Handle) -> Any:
        return self._values[handle.number]


def _nobody_asks(_position: int) -> None:
    """Which task a batch is at is not told across machines."""
