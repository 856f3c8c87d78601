"""What the workers of this machine and those of a cluster have in common: queues, large values, and a lock around the dispatcher."""

from __future__ import annotations

import os
import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from dsframework.errors import ExecutorError
from dsframework.execution._at_work import SHOWN, AtWork, Station, Workers
from dsframework.execution._base import Waiting, guarded
from dsframework.execution._batch import Done
from dsframework.execution._blas import hold_blas, release_blas
from dsframework.execution._dispatch import Dispatcher, Loss, Queue
from dsframework.execution._work import Handle, Work
from dsframework.spec import Priority

__all__ = ["HERE", "Crew", "Value"]


@dataclass
class Value:
    """Something large that a study handed over, and what it became where the workers read it (None until one needs it)."""

    value: Any
    owner: int
    stored: Any = None


HERE = 0
"""The number of the worker that is a thread of this process; those of others are higher."""

_LOOK_SECONDS = 0.25
_MOMENT_SECONDS = 0.3
_PLACE_SECONDS = 2.0


class Crew(ABC):
    """Workers that do the tasks of one or many studies. Every method may be called from any thread.

    Until the first worker is there, a thread of this process does the tasks that can do no harm, so that a small study does not wait, and
    does not start workers that it has no use for. It is one: two would take turns at this process's filters of warnings, and lose them.
    """

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._dispatch = Dispatcher()
        self._queues: dict[int, Queue] = {}
        self._values: dict[int, Value] = {}
        self._here: dict[int, Station] = {}
        self._made = 0
        self._broken: ExecutorError | None = None

    def open(self, workers: int | None, *, priority: Priority = "normal") -> Queue:
        """Return a queue for a study, which may be on so many workers at once; they begin to start."""
        with self._lock:
            queue = self._dispatch.open(priority=priority, workers=workers)
            self._queues[queue.number] = queue
            self._begin()
            self._start_here()
            return queue

    def put(self, queue: Queue, value: Any) -> Handle:
        """Hand over a value that must not change any more; workers get it once and read it in place."""
        with self._lock:
            self._made += 1
            self._values[self._made] = Value(value, queue.number)
            return Handle(self._made)

    def drop(self, handle: Handle) -> None:
        """Forget a value that no task in hand reads."""
        with self._lock:
            value = self._values.pop(handle.number, None)
            if value is not None:
                self._drop(handle.number, value)

    def submit(self, queue: Queue, work: Work) -> None:
        """Queue a task."""
        with self._lock:
            queue.since = queue.since or time.monotonic()
            queue.waiting.append(work)
            if len(queue.waiting) == 1 or queue.in_hand == 0:
                self._poke()
                self._lock.notify_all()

    def wait(self, queue: Queue, timeout: float) -> list[Done]:
        """Return what is finished; waits up to `timeout` seconds for the first.

        Raises
        ------
        ExecutorError
            When no worker can be had.
        """
        with self._lock:
            self._lock.wait_for(lambda: queue.finished or self._broken or not queue.left, timeout)
            queue.stalled = (queue.stalled or time.time()) if queue.waiting and not queue.in_hand else 0.0
            if not queue.finished and self._broken is not None:
                raise self._broken
            found = list(queue.finished)
            queue.finished.clear()
            return found

    def waiting(self, queue: Queue) -> Waiting | None:
        """Return since when nothing of a queue is done though something waits, and why; None while something is."""
        with self._lock:
            return Waiting(queue.stalled, self._why(queue)) if queue.stalled else None

    def place(self, queue: Queue) -> int | None:
        """Return the place of a queue among those that wait; None while it has as many workers as it may have."""
        with self._lock:
            return self._place(queue)

    def _place(self, queue: Queue) -> int | None:
        """In this process only who has nothing waits: the others are served in turns; called with the lock."""
        waits = queue.stalled and time.time() - queue.stalled > _PLACE_SECONDS
        return self._dispatch.place(queue) if waits and len(self._queues) > 1 else None

    def at_work(self, queue: Queue | None = None, most: int = SHOWN) -> Workers:
        """Return what the workers are at: first those with tasks of the queue (of any, for None), then the free ones, then the others."""
        with self._lock:
            order = sorted(self._dispatch.workers, key=lambda worker: (self._interest(worker, queue), abs(worker)))
            order = [worker for worker in order if worker > HERE or self._interest(worker, queue) == 0]
            return Workers([self._seen(worker, queue) for worker in order[:most]], len(order))

    def _interest(self, worker: int, queue: Queue | None) -> int:
        at = self._dispatch.queue_of(worker)
        return 1 if at is None else 0 if queue is None or at == queue.number else 2

    def _seen(self, worker: int, queue: Queue | None) -> AtWork:
        work = self._dispatch.running(worker)
        if worker > HERE:
            found = self._see(worker, work.key if work else None)
        else:
            key, seconds, done, curve = self._here[worker].told()
            found = AtWork(0, f"pid {os.getpid()}, the study's own", None, key, seconds=seconds, done=done, curve=curve)
        return found.of_another() if self._interest(worker, queue) == 2 else found

    def free(self, queue: Queue, kind: str) -> int:
        """Return how many more tasks of a kind are worth submitting: two batches for every worker."""
        with self._lock:
            return 2 * (queue.workers or 1) * self._dispatch.room(kind) - queue.left

    def close(self, queue: Queue) -> None:
        """Forget a study: what waits is dropped, and workers that are still busy with it a second later are ended."""
        with self._lock:
            if self._queues.pop(queue.number, None) is None:
                return
            busy = self._dispatch.close(queue)
            for number in [number for number, one in self._values.items() if one.owner == queue.number]:
                self._drop(number, self._values.pop(number))
            self._let_go([worker for worker in busy if worker > HERE])
            self._lock.notify_all()
            self._poke()

    def _start_here(self) -> None:
        """Begin to work in this process as long as no worker is there; called with the lock."""
        if not self._dispatch.workers:
            self._dispatch.join(HERE)
            self._here[HERE] = Station()
            threading.Thread(target=self._work_here, args=(self._dispatch, HERE), name="tsml-fit", daemon=True).start()

    def _work_here(self, dispatch: Dispatcher, worker: int) -> None:
        hold_blas()
        station = self._here[worker]
        try:
            while (given := self._tame_task(dispatch, worker)) is not None:
                number, work, values = given
                started = time.perf_counter()
                with station.at(work.key):
                    outcome = guarded(work.function, values)
                with self._lock:
                    dispatch.done(worker, [(number, Done(work.key, outcome, time.perf_counter() - started))])
                    self._lock.notify_all()
        finally:
            release_blas()

    def _tame_task(self, dispatch: Dispatcher, worker: int) -> tuple[int, Work, tuple[Any, ...]] | None:
        """Wait for a task that may be done here; None when the workers are there, or no study is."""
        with self._lock:
            while self._dispatch is dispatch and self._queues and max(dispatch.workers) <= HERE:
                given = dispatch.next_tame(worker)
                if given is not None:
                    number, work = given
                    values = [self._values[one.number].value if isinstance(one, Handle) else one for one in work.arguments]
                    return number, work, tuple(values)
                self._lock.wait(_LOOK_SECONDS)
            if worker in dispatch.workers:
                dispatch.lose(worker, Loss("the workers are there"))
            return None

    def _wanted(self) -> bool:
        """Whether a study has work for more than a moment, or such as may not be done in this process; called with the lock."""
        latest = time.monotonic() - _MOMENT_SECONDS
        return any(
            queue.left and (queue.since < latest or (queue.waiting and not queue.waiting[0].tame)) for queue in self._queues.values()
        )

    @abstractmethod
    def _see(self, worker: int, key: str | None) -> AtWork:
        """Return what a worker is at, which was given the task of that key; called with the lock."""

    @abstractmethod
    def _why(self, queue: Queue) -> str:
        """Say why no worker does the tasks of a queue; called with the lock."""

    @abstractmethod
    def _begin(self) -> None:
        """See that workers are on their way; called with the lock."""

    @abstractmethod
    def _poke(self) -> None:
        """Something is to be done: wake who does it; called with the lock."""

    @abstractmethod
    def _let_go(self, busy: list[int]) -> None:
        """The study that these workers are busy with is closed; called with the lock."""

    @abstractmethod
    def _drop(self, number: int, value: Value) -> None:
        """Nobody needs the value any more; called with the lock."""
