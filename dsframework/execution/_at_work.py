"""What workers are at: told by themselves, for whoever shows it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import NamedTuple

from dsframework.progress import Progress, Snapshot

__all__ = ["SHOWN", "AtWork", "Station", "Told", "Workers"]

SHOWN = 16
"""How many workers are shown at most, and so how many are asked."""


@dataclass(frozen=True)
class AtWork:
    """What one worker is at.

    Attributes
    ----------
    pid, name, node
        Its process (0 for a thread of the caller's), what it is called, and its node, where there are many.
    key
        The task that it is at; None when it is at none of the caller's.
    elsewhere
        Whether it is at a task of another study.
    seconds, done
        How long it has been at it, and how many tasks it has done.
    curve
        What its fit reports.
    """

    pid: int
    name: str
    node: str | None = None
    key: str | None = None
    elsewhere: bool = False
    seconds: float = 0.0
    done: int = 0
    curve: Snapshot | None = None

    def of_another(self) -> AtWork:
        """Return what the caller may see of a worker that is at the task of another."""
        return replace(self, key=None, elsewhere=True, curve=None)


class Workers(NamedTuple):
    """Some workers, those with the caller's own tasks first, and how many there are."""

    shown: list[AtWork]
    total: int


class Told(NamedTuple):
    """What a worker says of itself: see `AtWork`."""

    key: str | None
    seconds: float
    done: int
    curve: Snapshot | None


class Station:
    """Where a worker says what it is at, for other threads of its process."""

    def __init__(self) -> None:
        self.key: str | None = None
        self.done = 0
        self._since = 0.0
        self._progress = Progress()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear what the tasks of this thread report."""
        with self._progress.listening():
            yield

    @contextmanager
    def at(self, key: str) -> Iterator[None]:
        """Be at a task, and hear what it reports."""
        self.begin(key)
        try:
            with self.listening():
                yield
        finally:
            self.end()

    def begin(self, key: str) -> None:
        """A task begins."""
        self._progress.clear()
        self.key, self._since = key, time.monotonic()

    def end(self) -> None:
        """The task has ended."""
        self.key, self.done = None, self.done + 1

    def told(self) -> Told:
        """Return what the thread is at."""
        key, curve = self.key, self._progress.curve
        if key is None:
            return Told(None, 0.0, self.done, None)
        return Told(key, time.monotonic() - self._since, self.done, curve.snapshot() if curve else None)
