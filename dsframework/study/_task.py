"""The fits of a search that wait to be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from typing import Any

from dsframework.execution import Work
from dsframework.study._prepare import Prepared

__all__ = ["AUDIT", "FINAL", "OUTER", "Task", "TaskQueue"]

FINAL, AUDIT, OUTER = "final", "audit", "outer-"
"""What stands in a key in the place of a trial's number: the final fit, the audit, and, before a fold's number, what that fold chose."""


@dataclass(frozen=True)
class Task:
    """One fit to be done: a function of the executor's handle of the rows, which are those of `prepared`.

    Its key is ``position/what/fold``: of the experiment, the trial's number or one of the words above, and the first fold that it serves.
    """

    key: str
    function: Callable[..., Any]
    prepared: Prepared
    arguments: tuple[Any, ...]

    @property
    def dataset_key(self) -> str:
        """What the rows are known by."""
        return self.prepared.dataset_key

    def work(self, rows: Any, *, tame: bool) -> Work:
        """Return it as a task for an executor, which knows the rows by a handle."""
        position, _, fold = self.key.split("/")
        return Work(
            self.key,
            self.function,
            (rows, *self.arguments),
            kind=f"{position}/{self.function.__name__}",
            near=f"{self.dataset_key}/{fold}",
            tame=tame,
        )


class TaskQueue:
    """Hands out the fits of the lowest trial first, so that trials end about in their order; each is made when its turn comes."""

    def __init__(self) -> None:
        self._waiting: list[tuple[int, int, Callable[[], Task]]] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, trial: int, fold: int, make: Callable[[], Task]) -> None:
        """Add what makes the fit of a trial for a fold and those that it serves as well."""
        heappush(self._waiting, (trial, fold, make))

    def pop(self) -> tuple[int, Callable[[], Task]] | None:
        """Return the trial of the next one and what makes it, or None when none waits."""
        if not self._waiting:
            return None
        trial, _, make = heappop(self._waiting)
        return trial, make

    def drop(self, trial: int) -> None:
        """Forget the fits of a trial."""
        self._waiting = [one for one in self._waiting if one[0] != trial]
        heapify(self._waiting)

    def clear(self) -> None:
        """Forget all of them."""
        self._waiting.clear()
