"""Blocking calls beside the event loop: a bounded pool, a bounded queue, and a time limit."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import Enum
from http import HTTPStatus
from typing import Any, TypeVar

from jupyterlab_tsml.problems import ProblemError
from jupyterlab_tsml.wire import ErrorBody

__all__ = ["Lane", "Workers"]

T = TypeVar("T")


class Lane(Enum):
    """What a call waits for, and what to do when that takes too long. Calls of one lane can't hold up those of another."""

    OWN = "make the document smaller"
    """Nothing but this process: documents, versions."""
    DATA = "use a smaller file, or Parquet in place of CSV"
    """Data files, which may be large."""
    TRACKING = "see whether MLflow answers"
    """MLflow, which may be far away or silent."""
    SCHEDULES = "see whether MLflow answers, and whether the disk is slow"
    """MLflow, copies of models, and the DAGs folder."""


class Workers:
    """A pool of threads for what would block the event loop.

    Parameters
    ----------
    threads
        How many calls run at the same time.
    waiting
        How many more may wait; a further call is refused at once.
    seconds
        How long a call may take, its waiting included.
    mend
        What to do when it takes longer.
    """

    def __init__(self, *, threads: int, waiting: int, seconds: float, mend: str) -> None:
        self.seconds = seconds
        self.mend = mend
        self._most = threads + waiting
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="tsml")
        self._open: set[Future[Any]] = set()

    async def call(self, function: Callable[[], T], *, seconds: float | None = None) -> T:
        """Run `function` in a thread and return what it returns.

        Parameters
        ----------
        function
            What would block.
        seconds
            Another time limit than the usual one.

        Raises
        ------
        ProblemError
            503, when all threads and places in the queue are taken, or when the time is up. A call whose time is up is not
            waited for; its thread is free again when it returns.
        """
        if len(self._open) >= self._most:
            raise self._busy("server.busy", "too many requests are waiting for an answer")
        future = self._pool.submit(function)
        limit = self.seconds if seconds is None else seconds
        loop = asyncio.get_running_loop()
        self._open.add(future)
        future.add_done_callback(lambda done: _on_loop(loop, self._open, done))
        try:
            return await asyncio.wait_for(asyncio.wrap_future(future), limit)
        except TimeoutError:
            if future.done() and not future.cancelled():
                raise
            raise self._busy("server.timeout", f"no answer within {limit:g} s") from None

    def _busy(self, code: str, message: str) -> ProblemError:
        body = ErrorBody(code=code, message=message, mend=f"try again in a moment; if it stays so, {self.mend}")
        return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, body, retry_after=5)

    def close(self) -> None:
        """Take no more calls, drop those that wait, and do not wait for those that run."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _on_loop(loop: asyncio.AbstractEventLoop, waiting: set[Future[Any]], done: Future[Any]) -> None:
    """Forget a finished call, on the loop's own thread; nobody counts any more when the loop is gone."""
    if not loop.is_closed():
        loop.call_soon_threadsafe(waiting.discard, done)
