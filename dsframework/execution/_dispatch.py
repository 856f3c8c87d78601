"""Which worker does which tasks next. No processes, no sockets, no clock: only the decisions, so that they can be tested by the thousand.

* Tasks wait in queues, one a study. The one with the fewest batches in hand for its priority is next, of equals the one served longest ago.
* A worker is given a batch, as many tasks as fill a twentieth of a second by what tasks of their kind took so far, and has a second batch
  waiting, so that it is never idle while the driver is busy. Towards the end batches shrink, so that no worker is left with the rest.
* Among the next tasks those are preferred whose data the worker has in hand already (`Work.near`).
* Tasks of a worker that died go back to the front of their queue. The one that it died of is tried again by itself, with nothing behind it;
  after three workers it is given up, with an error that says what they died of.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

from dsframework.errors import ExecutorError
from dsframework.execution._batch import Done
from dsframework.execution._shares import weight
from dsframework.execution._work import Work
from dsframework.spec import Priority

__all__ = ["Dispatcher", "Loss", "Queue"]

_BATCH_SECONDS = 0.05
_MOST_TASKS = 256
_AHEAD = 2
_LOOK = 64
_KEPT_NEAR = 32
_ATTEMPTS = 3


@dataclass(frozen=True)
class Loss:
    """Why a worker is gone.

    Attributes
    ----------
    reason
        In words.
    attempts
        How many workers a task may cost before it is given up for this reason.
    alone
        Whether the task is to be tried again with no other task beside it.
    """

    reason: str
    attempts: int = _ATTEMPTS
    alone: bool = False


@dataclass
class Queue:
    """The tasks of one study.

    Attributes
    ----------
    priority
        Beside other queues.
    workers
        On how many workers it could be at once; None for all.
    may
        On how many it may be, so that other studies get theirs; None where nobody says.
    since
        When its first task came, on the monotonic clock; 0 before.
    stalled
        Since when its tasks wait and none is in hand, in seconds of the epoch; 0 when that is not so.
    batches
        How many of its batches are in hand.
    turn
        When it was served last, counted by batches of all queues.
    """

    number: int
    priority: Priority = "normal"
    workers: int | None = None
    may: int | None = None
    since: float = 0.0
    stalled: float = 0.0
    waiting: deque[Work] = field(default_factory=deque)
    finished: deque[Done] = field(default_factory=deque)
    lost: dict[str, int] = field(default_factory=dict)
    alone: set[str] = field(default_factory=set)
    hands: dict[int, int] = field(default_factory=dict)
    in_hand: int = 0
    batches: int = 0
    turn: int = 0

    def takes(self, worker: int) -> bool:
        """Whether something waits that the worker may do; nobody gets more while too many workers have some."""
        if not self.waiting:
            return False
        most = min((one for one in (self.workers, self.may) if one is not None), default=None)
        return most is None or len(self.hands) - (worker in self.hands) < most

    @property
    def rank(self) -> tuple[float, int, int]:
        """The lowest is served next."""
        return self.batches / weight(self.priority), self.turn, self.number

    @property
    def left(self) -> int:
        """How many tasks are not finished."""
        return len(self.waiting) + self.in_hand


@dataclass
class _Hand:
    """What a worker has been given and has not answered, in its order; `suspect` says that the last of it may have cost a worker before."""

    tasks: OrderedDict[tuple[int, str], Work] = field(default_factory=OrderedDict)
    batches: deque[list[int]] = field(default_factory=deque)  # how many tasks of each are unanswered, and whose it is
    suspect: bool = False
    near: OrderedDict[str, None] = field(default_factory=OrderedDict)


class Dispatcher:
    """See the module's text. It is not safe for threads; the crew that uses it holds a lock."""

    def __init__(self) -> None:
        self._queues: dict[int, Queue] = {}
        self._hands: dict[int, _Hand] = {}
        self._seconds: dict[str, float] = {}
        self._made = 0
        self._turn = 0
        self._alone: int | None = None  # the worker beside which all others pause

    @property
    def workers(self) -> list[int]:
        """The workers that are there."""
        return list(self._hands)

    @property
    def left(self) -> int:
        """How many tasks of all queues are not finished."""
        return sum(queue.left for queue in self._queues.values())

    def open(self, *, priority: Priority = "normal", workers: int | None = None) -> Queue:
        """Return a new queue."""
        self._made += 1
        queue = Queue(self._made, priority=priority, workers=workers)
        self._queues[queue.number] = queue
        return queue

    def close(self, queue: Queue) -> list[int]:
        """Forget a queue; returns the workers that are busy with it."""
        self._queues.pop(queue.number, None)
        return [worker for worker, hand in self._hands.items() if any(number == queue.number for number, _ in hand.tasks)]

    def join(self, worker: int) -> None:
        """A worker is ready."""
        self._hands[worker] = _Hand()

    def next_batch(self, worker: int) -> list[tuple[int, Work]]:
        """Return what a worker is to do next, with the queue's number; empty when it has enough or nothing waits."""
        hand = self._hands[worker]
        if len(hand.batches) >= _AHEAD or (hand.suspect and hand.tasks) or (self._alone is not None and self._alone != worker):
            return []
        queue = self._hungriest(worker)
        if queue is None:
            return []
        batch = self._batch(queue, hand, worker)
        if batch:
            self._note(queue, hand, len(batch))
        return [(queue.number, work) for work in batch]

    def next_tame(self, worker: int) -> tuple[int, Work] | None:
        """Return one task for the driver's own process, which is not a place for every task; None when it has one or nothing fits."""
        hand = self._hands[worker]
        queue = self._hungriest(worker)
        if queue is None or hand.tasks or not queue.waiting[0].tame or queue.waiting[0].key in queue.lost:
            return None
        work = queue.waiting.popleft()
        self._give(queue, hand, work, worker)
        self._note(queue, hand, 1)
        return queue.number, work

    def _note(self, queue: Queue, hand: _Hand, size: int) -> None:
        hand.batches.append([size, queue.number])
        self._turn += 1
        queue.turn = self._turn
        queue.batches += 1

    def _hungriest(self, worker: int) -> Queue | None:
        open_ones = [queue for queue in self._queues.values() if queue.takes(worker)]
        return min(open_ones, key=lambda queue: queue.rank) if open_ones else None

    def _batch(self, queue: Queue, hand: _Hand, worker: int) -> list[Work]:
        first = queue.waiting[0]
        if first.key in queue.alone:
            return self._take_alone(queue, hand, worker)
        if first.key in queue.lost:
            if hand.tasks:
                return []  # it may take the worker with it
            room = 1
        else:
            room = min(self.room(first.kind), -(-len(queue.waiting) // (2 * len(self._hands))))
        batch: list[Work] = []
        for _ in range(room):
            work = self._pick(queue, hand, first.kind, fresh=not batch)
            if work is None:
                break
            batch.append(work)
            self._give(queue, hand, work, worker)
        return batch

    def room(self, kind: str) -> int:
        """Return how many tasks of a kind make a batch; one, as long as nobody knows how long they take."""
        expected = self._seconds.get(kind)
        return 1 if expected is None else max(1, min(_MOST_TASKS, int(_BATCH_SECONDS / max(expected, 1e-6))))

    def _take_alone(self, queue: Queue, hand: _Hand, worker: int) -> list[Work]:
        """Hold the others back until nobody is busy, then give the one task."""
        self._alone = worker if self._alone is None else self._alone
        if any(other.tasks for other in self._hands.values()):
            return []
        work = queue.waiting.popleft()
        self._give(queue, hand, work, worker)
        return [work]

    def _pick(self, queue: Queue, hand: _Hand, kind: str, *, fresh: bool) -> Work | None:
        """Take the next task of the kind, preferring one whose data the worker has; a task that cost a worker is only given by itself."""
        if not queue.waiting:
            return None
        chosen = 0
        if hand.near:
            for position in range(min(_LOOK, len(queue.waiting))):
                work = queue.waiting[position]
                if work.near in hand.near and work.kind == kind and work.key not in queue.lost:
                    chosen = position
                    break
        work = queue.waiting[chosen]
        if not fresh and (work.kind != kind or work.key in queue.lost):
            return None
        del queue.waiting[chosen]
        return work

    def _give(self, queue: Queue, hand: _Hand, work: Work, worker: int) -> None:
        hand.suspect = work.key in queue.lost
        hand.tasks[(queue.number, work.key)] = work
        queue.in_hand += 1
        queue.hands[worker] = queue.hands.get(worker, 0) + 1
        if work.near:
            hand.near[work.near] = None
            hand.near.move_to_end(work.near)
            if len(hand.near) > _KEPT_NEAR:
                hand.near.popitem(last=False)

    def done(self, worker: int, results: list[tuple[int, Done]]) -> None:
        """Take in what a worker has finished; results of a closed queue are dropped."""
        hand = self._hands[worker]
        for number, result in results:
            work = hand.tasks.pop((number, result.key), None)
            if work is None:
                continue
            self._count_down(hand)
            old = self._seconds.get(work.kind)
            self._seconds[work.kind] = result.seconds if old is None else 0.8 * old + 0.2 * result.seconds
            queue = self._queues.get(number)
            if queue is not None:
                self._hand_back(queue, worker)
                queue.finished.append(result)
        if self._alone == worker and not hand.tasks:
            self._alone = None

    @staticmethod
    def _hand_back(queue: Queue, worker: int) -> None:
        queue.in_hand -= 1
        queue.hands[worker] -= 1
        if not queue.hands[worker]:
            del queue.hands[worker]

    def _count_down(self, hand: _Hand) -> None:
        first = hand.batches[0]
        first[0] -= 1
        if first[0] == 0:
            self._forget(hand.batches.popleft()[1])

    def _forget(self, number: int) -> None:
        """A batch of a queue is no longer in hand."""
        if number in self._queues:
            self._queues[number].batches -= 1

    def batch_of(self, worker: int) -> int:
        """Return how many tasks of its first batch a worker has not answered."""
        batches = self._hands[worker].batches
        return batches[0][0] if batches else 0

    def running(self, worker: int) -> Work | None:
        """Return the first task that a worker has not answered."""
        return next(iter(self._hands[worker].tasks.values()), None)

    def queue_of(self, worker: int) -> int | None:
        """Return the number of the queue whose task a worker is at; None when it is at none."""
        return next((number for number, _ in self._hands[worker].tasks), None)

    def lose(self, worker: int, loss: Loss, *, at: int | None = None, unknown: bool = False, log: str = "") -> None:
        """A worker is gone.

        Parameters
        ----------
        worker
            Which.
        loss
            Why.
        at
            How many of the unanswered tasks it had finished before it died; its death is blamed on the next. None when it had begun none.
        unknown
            Nobody knows which task of its first batch it died of: each is tried again by itself.
        log
            The last that it printed.
        """
        hand = self._hands.pop(worker)
        unsure = hand.batches[0][0] if unknown and hand.batches else 0
        at = 0 if unsure == 1 else at
        if self._alone == worker:
            self._alone = None
        for _, number in hand.batches:
            self._forget(number)
        back: list[tuple[Queue, Work]] = []
        for position, ((number, _), work) in enumerate(hand.tasks.items()):
            queue = self._queues.get(number)
            if queue is None:
                continue
            self._hand_back(queue, worker)
            if position == at and self._blame(queue, work, loss, log):
                continue
            if position < unsure:
                queue.lost.setdefault(work.key, 0)
            back.append((queue, work))
        for queue, work in reversed(back):
            queue.waiting.appendleft(work)

    def _blame(self, queue: Queue, work: Work, loss: Loss, log: str) -> bool:
        """Count a worker against a task; returns whether the task is given up."""
        queue.lost[work.key] = queue.lost.get(work.key, 0) + 1
        if queue.lost[work.key] < loss.attempts:
            if loss.alone:
                queue.alone.add(work.key)
            return False
        times = queue.lost[work.key]
        said = loss.reason if times == 1 else f"{loss.reason}; it cost {times} workers and is given up"
        queue.finished.append(Done(work.key, ExecutorError(said, field="models"), 0.0, log))
        return True

    def place(self, queue: Queue) -> int:
        """Return the place of a queue that has nothing in hand among those that wait like it, 1 for the next to be served."""
        return 1 + sum(other.rank < queue.rank for other in self._queues.values() if other.waiting and not other.in_hand)
