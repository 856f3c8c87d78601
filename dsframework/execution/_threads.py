"""Fits in the threads of this process: nothing to start or to copy, a debugger stops in them, and nothing protects one from another."""

from __future__ import annotations

import os
import threading
import warnings
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Any

from dsframework.execution._at_work import SHOWN, AtWork, Station, Workers
from dsframework.execution._base import Finished, guarded
from dsframework.execution._blas import hold_blas, release_blas
from dsframework.execution._work import Work

__all__ = ["ThreadExecutor", "processors"]


class ThreadExecutor:
    """Runs as many fits at once as the processors allow; the libraries release the interpreter while they fit.

    Parameters
    ----------
    workers
        Fits at once; one for every processor by default.
    """

    name = "threads"

    def __init__(self, *, workers: int | None = None) -> None:
        self._workers = workers or processors()
        self._pool: ThreadPoolExecutor | None = None
        self._filters: list[Any] = []
        self._running: dict[Future[Any], str] = {}
        self._stations: dict[str, Station] = {}

    @property
    def free(self) -> int:
        """How many more fits are worth submitting: one spare for every worker keeps them busy."""
        return 2 * self._workers - len(self._running)

    @property
    def place(self) -> None:
        """Nobody else uses these threads."""
        return None

    @property
    def waiting(self) -> None:
        """Nothing: threads are always there."""
        return

    def at_work(self) -> Workers:
        """Return what the threads are at."""
        found = []
        for name, station in sorted(self._stations.items()):
            key, seconds, done, curve = station.told()
            found.append(AtWork(0, name, None, key, seconds=seconds, done=done, curve=curve))
        return Workers(found[:SHOWN], len(found))

    def put(self, value: Any) -> Any:
        """Return `value` itself: threads share memory."""
        return value

    def drop(self, handle: Any) -> None:
        """Nothing was copied."""

    def submit(self, work: Work) -> None:
        """Queue a fit."""
        if self._pool is None:
            hold_blas()
            self._filters = list(warnings.filters)
            self._pool = ThreadPoolExecutor(self._workers, thread_name_prefix="tsml-fit")
        self._running[self._pool.submit(self._do, work)] = work.key

    def _do(self, work: Work) -> Any:
        name = f"thread {threading.current_thread().name.rpartition('_')[2]}"
        with self._stations.setdefault(name, Station()).at(work.key):
            return guarded(work.function, work.arguments)

    def wait(self, timeout: float) -> list[Finished]:
        """Return the fits that finished."""
        done, _ = wait(self._running, timeout=timeout, return_when=FIRST_COMPLETED)
        return [(self._running.pop(future), future.result()) for future in done]

    def close(self) -> None:
        """Drop the queued fits; the running ones end by themselves and their results are dropped."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None
            release_blas()
            _put_back(self._filters)
        self._running.clear()
        self._stations.clear()


def _put_back(filters: list[Any]) -> None:
    """Have the filters of warnings again that fits have lost: libraries change them for a moment, and threads undo each other's changes."""
    if any(one not in warnings.filters for one in filters):
        warnings.filters[:] = [*(one for one in warnings.filters if one not in filters), *filters]  # type: ignore[index]


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
