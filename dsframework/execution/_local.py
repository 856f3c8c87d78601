"""Fits in the worker processes of this machine."""

from __future__ import annotations

from typing import Any

from dsframework.execution._at_work import Workers
from dsframework.execution._base import Finished, Waiting
from dsframework.execution._pool import shared_pool
from dsframework.execution._threads import processors
from dsframework.execution._work import Handle, Work
from dsframework.spec import Priority

__all__ = ["LocalExecutor"]


class LocalExecutor:
    """Runs as many fits at once as the processors allow, each in a process of its own that may die without harm.

    Parameters
    ----------
    workers
        Fits at once; one for every processor by default.
    priority
        Beside other studies of this process.
    gpus
        How many GPUs, or which part of one, a fit takes.
    """

    name = "local"

    def __init__(self, *, workers: int | None = None, priority: Priority = "normal", gpus: float = 0) -> None:
        self._pool = shared_pool(gpus)
        self._queue = self._pool.open(workers or processors(), priority=priority)
        self._kind = ""

    @property
    def free(self) -> int:
        """How many more fits are worth submitting."""
        return self._pool.free(self._queue, self._kind)

    @property
    def waiting(self) -> Waiting | None:
        """Since when nothing is done though something waits, and why."""
        return self._pool.waiting(self._queue)

    @property
    def place(self) -> int | None:
        """Its place in the queue for workers; None while it has as many as it may have."""
        return self._pool.place(self._queue)

    def at_work(self) -> Workers:
        """Return what the workers are at, this study's own tasks first."""
        return self._pool.at_work(self._queue)

    def put(self, value: Any) -> Handle:
        """Copy a value to shared memory, where every worker reads it in place."""
        return self._pool.put(self._queue, value)

    def drop(self, handle: Handle) -> None:
        """Forget a value that no task in hand reads."""
        self._pool.drop(handle)

    def submit(self, work: Work) -> None:
        """Queue a fit."""
        self._kind = work.kind
        self._pool.submit(self._queue, work)

    def wait(self, timeout: float) -> list[Finished]:
        """Return the fits that finished."""
        return [done.finished() for done in self._pool.wait(self._queue, timeout)]

    def close(self) -> None:
        """Drop the queued fits, and end those that still run a second later."""
        self._pool.close(self._queue)
