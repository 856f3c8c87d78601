"""The rows that an executor holds for the fits of a study."""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import Any

from dsframework.execution import Executor
from dsframework.study._stage_settings import room_for_rows
from dsframework.study._task import Task

__all__ = ["Handles"]


class Handles:
    """Hands rows over once. Of a search over stages those used longest ago go when others need the room and no fit in hand reads them.

    Parameters
    ----------
    executor
        Where fits run.
    most
        The bytes of features that the settings of a search may have there; `room_for_rows` by default.
    """

    def __init__(self, executor: Executor, most: int | None = None) -> None:
        self._executor, self._most = executor, room_for_rows() if most is None else most
        self._held: dict[str, Any] = {}
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self._read_by: dict[str, str] = {}

    def of(self, task: Task) -> Any:
        """Return the executor's handle of the rows of a task, which is in hand from now on."""
        key = task.dataset_key
        if task.prepared.settings is not None:
            self._sizes[key] = task.prepared.dataset.x.nbytes
            self._sizes.move_to_end(key)
        self._read_by[task.key] = key
        if key not in self._held:
            self._make_room()
            self._held[key] = self._executor.put(task.prepared.dataset)
        return self._held[key]

    def done(self, key: str) -> None:
        """Note that a task is no longer in hand."""
        self._read_by.pop(key, None)

    def _make_room(self) -> None:
        in_hand = Counter(self._read_by.values())
        for key in list(self._sizes):
            if sum(self._sizes.values()) <= self._most:
                return
            if not in_hand[key]:
                self._executor.drop(self._held.pop(key))
                del self._sizes[key]
