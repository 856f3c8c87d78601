"""Where fits run.

An executor takes functions with a key and gives back their results as they finish, in no particular order. It never changes what a
function computes: the same fit gives the same bits on every executor. A function that raises gives its error back as the result; an
executor that breaks raises `ExecutorError`. `put` hands a large value over once; its handle may be an argument of any number of tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

from dsframework.errors import ModelError, TsmlError, one_line
from dsframework.execution._at_work import Workers
from dsframework.execution._said import raised_at
from dsframework.execution._work import Work

__all__ = ["Executor", "Finished", "Waiting", "guarded"]

Finished = tuple[str, Any]


class Waiting(NamedTuple):
    """Why nothing is done though something is to do, and since when (seconds of the epoch)."""

    since: float
    why: str


class Executor(Protocol):
    """See the module's text."""

    name: str

    @property
    def free(self) -> int:
        """How many more tasks are worth submitting now."""
        ...

    @property
    def waiting(self) -> Waiting | None:
        """Since when tasks wait for a worker, and why; None while one is being done, or there is none."""
        ...

    @property
    def place(self) -> int | None:
        """Its place in the queue for workers, 1 for the next to get one; None while it has as many as it may have."""
        ...

    def at_work(self) -> Workers:
        """Return what its workers are at, those with the caller's tasks first; may be called once a second, as it costs little."""
        ...

    def put(self, value: Any) -> Any:
        """Hand over a large value; returns its handle."""
        ...

    def drop(self, handle: Any) -> None:
        """Forget a value that no task in hand reads, here and where workers hold it."""
        ...

    def submit(self, work: Work) -> None:
        """Queue a task; handles among its arguments are resolved."""
        ...

    def wait(self, timeout: float) -> list[Finished]:
        """Return what finished, waiting up to `timeout` seconds for the first; an error is returned, not raised."""
        ...

    def close(self) -> None:
        """Drop what has not started and let go of the workers; may be called twice."""
        ...


def guarded(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """Run a task; an error of ours is its result, and anything else a library raised becomes a `ModelError` that says where in its log."""
    try:
        return function(*arguments)
    except TsmlError as error:
        error.log = raised_at(error.__cause__)
        return error
    except Exception as error:  # noqa: BLE001  # the border to foreign code: estimators may raise anything, and the other trials go on
        found = ModelError(f"{type(error).__name__}: {one_line(error)}", field="models")
        found.log = raised_at(error)
        return found
