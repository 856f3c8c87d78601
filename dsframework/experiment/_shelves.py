"""The shelves of this process: what the fits of a fold can use of those before them, as long as there is room."""

from __future__ import annotations

import os
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from dsframework.experiment._dataset import Dataset
from dsframework.experiment._job import FitJob
from dsframework.preprocessing import make_steps
from dsframework.shelf import Shelf
from dsframework.splitting import Fold

__all__ = ["Shelves", "room_for_shelves", "shelves"]

_SHARE = 4
_GROUP_LIMIT = Path("/sys/fs/cgroup/memory.max")


def room_for_shelves() -> int:
    """Return the bytes that the shelves of one process may have: those of a machine together have at most a fourth of its memory."""
    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    with suppress(OSError, ValueError):  # no such file, or "max"
        memory = min(memory, int(_GROUP_LIMIT.read_text(encoding="ascii")))
    return memory // _SHARE // processors


@dataclass(eq=False)
class _Kept:
    """The shelf of one fold's training rows, for fits that differ in nothing but the model's parameters."""

    dataset: weakref.ref[Dataset]
    recipe: FitJob
    steps: tuple[type, ...]
    fold: Fold
    shelf: Shelf = field(default_factory=Shelf)

    def same_as(self, other: _Kept) -> bool:
        same = self.dataset() is other.dataset() and self.fold == other.fold and self.steps == other.steps
        return same and self.recipe == other.recipe


class Shelves:
    """Shelves that are lent to one fit at a time; those used longest ago go first, and all of a dataset go with it.

    A fit whose shelf is lent to another one, in another thread of this process, gets an empty one.

    Parameters
    ----------
    most
        The bytes of all shelves that are not lent; `room_for_shelves` by default.
    """

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._kept: list[_Kept] = []
        self._lock = threading.RLock()  # a dataset may be let go of by any line, this module's included

    @property
    def size(self) -> int:
        """Bytes of all shelves that are not lent."""
        with self._lock:
            return sum(one.shelf.size for one in self._kept)

    @contextmanager
    def lend(self, dataset: Dataset, job: FitJob, fold: Fold) -> Iterator[Shelf]:
        """Lend the shelf of a fold's training rows and of all that the job makes of them before the model comes."""
        steps = tuple(type(step) for step in make_steps(job.preprocessing).steps)
        asked = _Kept(weakref.ref(dataset, self._drop_dead), _recipe(job), steps, fold)
        with self._lock:
            found = next((one for one in self._kept if one.same_as(asked)), None)
            if found is not None:
                self._kept.remove(found)
        lent = asked if found is None else found
        try:
            yield lent.shelf
        finally:
            self._take_back(lent)

    def clear(self) -> None:
        """Let go of every shelf that is not lent."""
        with self._lock:
            self._kept = []

    def _take_back(self, lent: _Kept) -> None:
        with self._lock:
            if any(one.same_as(lent) for one in self._kept):
                return
            self._most = room_for_shelves() if self._most is None else self._most
            lent.shelf.trim(self._most)
            self._kept.append(lent)
            while self.size > self._most:
                self._kept.pop(0)

    def _drop_dead(self, _gone: weakref.ref[Dataset]) -> None:
        with self._lock:
            self._kept = [one for one in self._kept if one.dataset() is not None]


def _recipe(job: FitJob) -> FitJob:
    """The job without what only the model and the scores depend on."""
    return replace(job, model="", params={}, metrics=(), quantiles=())


shelves = Shelves()
