"""Decisions of the dispatcher, without any process: every task ends exactly once, whatever dies."""

from __future__ import annotations

import random
import time
import tracemalloc
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from dsframework.errors import ExecutorError
from dsframework.execution._batch import Done
from dsframework.execution._dispatch import Dispatcher, Loss, Queue
from dsframework.execution._work import Work

KILLED = Loss("its worker was ended by SIGKILL")


def tasks(number: int, *, kind: str = "fit", near: str = "") -> list[Work]:
    return [Work(f"{kind}-{position}", int, (), kind=kind, near=near) for position in range(number)]


def finish(dispatcher: Dispatcher, worker: int, batch: list[tuple[int, Work]], seconds: float = 0.001) -> None:
    dispatcher.done(worker, [(number, Done(work.key, work.key, seconds)) for number, work in batch])


def learn(dispatcher: Dispatcher, queue: Queue, worker: int, seconds: float, kind: str = "fit") -> None:
    """Let it see how long tasks of a kind take."""
    queue.waiting.append(Work(f"{kind}-known", int, (), kind=kind))
    finish(dispatcher, worker, dispatcher.next_batch(worker), seconds)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), workers=st.integers(1, 5), number=st.integers(1, 60), knows=st.booleans())
def test_every_task_ends_once_whatever_dies(seed: int, workers: int, number: int, knows: bool) -> None:
    """Workers die at random moments, some tasks kill every worker; who was at fault is known or not."""
    chance = random.Random(seed)
    dispatcher = Dispatcher()
    queue = dispatcher.open()
    poison = {f"fit-{position}" for position in range(number) if chance.random() < 0.1}
    queue.waiting.extend(tasks(number))
    hands: dict[int, list[tuple[int, Work]]] = {}
    ends: Counter[str] = Counter()
    fresh = workers
    for worker in range(workers):
        dispatcher.join(worker)
        hands[worker] = []
    for _ in range(20_000):
        if not queue.left:
            break
        worker = chance.choice(list(hands))
        hands[worker] += dispatcher.next_batch(worker)
        if hands[worker]:
            first = hands[worker][0]
            if first[1].key in poison or chance.random() < 0.02:
                dispatcher.lose(worker, KILLED, at=0 if knows else None, unknown=not knows)
                del hands[worker]
                hands[fresh] = []
                dispatcher.join(fresh)
                fresh += 1
            else:
                finish(dispatcher, worker, [hands[worker].pop(0)], chance.choice([0.0001, 0.01]))
        while queue.finished:
            done = queue.finished.popleft()
            ends[done.key] += 1
            if done.key in poison:
                assert "cost 3 workers" in str(done.outcome)
    assert ends == Counter(f"fit-{position}" for position in range(number))


def test_a_batch_is_as_long_as_its_tasks_are_short() -> None:
    dispatcher = Dispatcher()
    queue = dispatcher.open()
    dispatcher.join(1)
    queue.waiting.extend(tasks(1000))
    assert len(dispatcher.next_batch(1)) == 1, "nobody knows yet how long they take"
    finish(dispatcher, 1, [(queue.number, Work("fit-0", int, (), kind="fit"))], 0.001)
    assert len(dispatcher.next_batch(1)) == 50
    assert len(dispatcher.next_batch(1)) == 50
    assert dispatcher.next_batch(1) == [], "two batches are enough"


def test_batches_shrink_towards_the_end_and_nobody_is_left_with_the_rest() -> None:
    dispatcher = Dispatcher()
    queue = dispatcher.open()
    for worker in (1, 2):
        dispatcher.join(worker)
    learn(dispatcher, queue, 1, 0.001)
    queue.waiting.extend(tasks(40))
    sizes = [len(dispatcher.next_batch(worker)) for worker in (1, 2, 1, 2)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] == 10
    assert 0 < len(queue.waiting) < 20


def test_a_worker_gets_the_folds_that_it_has() -> None:
    dispatcher = Dispatcher()
    queue = dispatcher.open()
    for worker in (1, 2):
        dispatcher.join(worker)
    learn(dispatcher, queue, 1, 10.0)
    queue.waiting.extend(Work(f"{trial}/{fold}", int, (), kind="fit", near=f"fold {fold}") for trial in range(4) for fold in (1, 2))
    done: dict[int, list[str]] = {1: [], 2: []}
    while queue.left:
        for worker in (1, 2):
            batch = dispatcher.next_batch(worker)
            done[worker] += [work.near for _, work in batch]
            finish(dispatcher, worker, batch, 10.0)
    assert [len(set(nears)) for nears in done.values()] == [1, 1]


def test_queues_share_the_workers_by_their_priorities() -> None:
    dispatcher = Dispatcher()
    normal, high = dispatcher.open(), dispatcher.open(priority="high")
    for worker in range(10):
        dispatcher.join(worker)
    for queue in (normal, high):
        queue.waiting.extend(tasks(100))
    for worker in range(10):
        dispatcher.next_batch(worker)
    assert (normal.in_hand, high.in_hand) == (2, 8)


def test_many_short_fits_of_one_study_are_worth_one_long_fit_of_another() -> None:
    dispatcher = Dispatcher()
    short, long = dispatcher.open(), dispatcher.open()
    for worker in range(8):
        dispatcher.join(worker)
    learn(dispatcher, short, 0, 0.001, kind="short")
    short.waiting.extend(tasks(2000, kind="short"))
    long.waiting.extend(tasks(100, kind="long"))
    given = [dispatcher.next_batch(worker) for worker in range(8)]
    assert sorted(len(batch) for batch in given) == [1] * 4 + [50] * 4


def test_queues_take_turns_where_they_are_more_than_workers() -> None:
    dispatcher = Dispatcher()
    queues = [dispatcher.open() for _ in range(3)]
    dispatcher.join(1)
    for queue in queues:
        queue.waiting.extend(tasks(100))
    order = []
    for _ in range(12):
        batch = dispatcher.next_batch(1)
        order += [number for number, _ in batch]
        finish(dispatcher, 1, batch, 1.0)
    assert order == [1, 2, 3] * 4
    assert [dispatcher.place(queue) for queue in queues] == [1, 2, 3]


def test_a_queue_that_may_have_fewer_workers_gives_them_back_as_fits_end() -> None:
    dispatcher = Dispatcher()
    queue = dispatcher.open(workers=4)
    hands: dict[int, list[tuple[int, Work]]] = {worker: [] for worker in range(4)}
    queue.waiting.extend(tasks(100))
    for worker in hands:
        dispatcher.join(worker)
        hands[worker] = dispatcher.next_batch(worker)
    queue.may = 2
    assert [dispatcher.next_batch(worker) for worker in hands] == [[]] * 4, "nothing is taken away, nothing is added"
    for worker in (0, 1):
        finish(dispatcher, worker, hands[worker], 1.0)
        assert dispatcher.next_batch(worker) == []
    assert dispatcher.next_batch(2), "who is left goes on"
    assert len(queue.hands) == 2


def test_a_queue_is_on_no_more_workers_than_it_may() -> None:
    dispatcher = Dispatcher()
    queue = dispatcher.open(workers=2)
    for worker in range(4):
        dispatcher.join(worker)
    queue.waiting.extend(tasks(20))
    given = [dispatcher.next_batch(worker) for worker in range(4)]
    assert [bool(batch) for batch in given] == [True, True, False, False]


def test_the_task_that_cost_a_worker_is_tried_by_itself_and_given_up_after_three() -> None:
    dispatcher = Dispatcher()
    queue = dispatcher.open()
    dispatcher.join(1)
    learn(dispatcher, queue, 1, 0.001)
    queue.finished.clear()
    queue.waiting.extend(tasks(5))
    worker = 1
    for attempt in range(3):
        batch = dispatcher.next_batch(worker)
        assert next(work.key for _, work in batch) == "fit-0"
        assert attempt == 0 or len(batch) == 1
        dispatcher.lose(worker, KILLED, at=0, log="the last line")
        worker += 1
        dispatcher.join(worker)
    (done,) = queue.finished
    assert done.key == "fit-0"
    assert isinstance(done.outcome, ExecutorError)
    assert str(done.outcome) == "models: its worker was ended by SIGKILL; it cost 3 workers and is given up"
    assert done.log == "the last line"
    assert [work.key for work in queue.waiting] == ["fit-1", "fit-2", "fit-3", "fit-4"], "the others keep their order"


def test_nothing_stands_behind_a_task_that_cost_a_worker() -> None:
    dispatcher = Dispatcher()
    queue = dispatcher.open()
    dispatcher.join(1)
    queue.waiting.extend(tasks(4))
    dispatcher.next_batch(1)
    dispatcher.next_batch(1)
    dispatcher.lose(1, KILLED, unknown=True)
    dispatcher.join(2)
    assert [work.key for _, work in dispatcher.next_batch(2)] == ["fit-0"]
    assert dispatcher.next_batch(2) == []


def test_only_tasks_of_the_first_batch_are_under_suspicion_where_nobody_knows() -> None:
    dispatcher = Dispatcher()
    queue = dispatcher.open()
    dispatcher.join(1)
    learn(dispatcher, queue, 1, 0.02)
    queue.finished.clear()
    queue.waiting.extend(tasks(8))
    sizes = [len(dispatcher.next_batch(1)), len(dispatcher.next_batch(1))]
    assert min(sizes) == 2
    dispatcher.lose(1, KILLED, unknown=True)
    assert queue.lost == {"fit-0": 0, "fit-1": 0}
    assert [work.key for work in queue.waiting] == [f"fit-{number}" for number in range(8)]


def test_out_of_memory_is_tried_once_more_alone() -> None:
    dispatcher = Dispatcher()
    queue = dispatcher.open()
    ran_out = Loss("out of memory", attempts=2, alone=True)
    for worker in (1, 2):
        dispatcher.join(worker)
    queue.waiting.extend(tasks(4))
    first, second = dispatcher.next_batch(1), dispatcher.next_batch(2)
    dispatcher.lose(1, ran_out, at=0)
    dispatcher.join(3)
    assert dispatcher.next_batch(3) == [], "the other worker is still busy"
    assert dispatcher.next_batch(2) == [], "and gets nothing more"
    finish(dispatcher, 2, second)
    alone = dispatcher.next_batch(3)
    assert [work.key for _, work in alone] == [first[0][1].key]
    assert dispatcher.next_batch(2) == []
    dispatcher.lose(3, ran_out, at=0)
    assert "out of memory" in str(queue.finished[-1].outcome)
    assert dispatcher.next_batch(2), "then all go on"


def test_only_a_tame_task_is_done_in_the_drivers_own_process() -> None:
    dispatcher = Dispatcher()
    queue = dispatcher.open()
    dispatcher.join(0)
    queue.waiting.append(Work("wild", int, ()))
    assert dispatcher.next_tame(0) is None
    queue.waiting.appendleft(Work("tame", int, (), tame=True))
    given = dispatcher.next_tame(0)
    assert given is not None
    assert given[1].key == "tame"


def test_a_thousand_workers_and_many_fits() -> None:
    """At least 2,000 fits a second, and memory that does not grow with their number."""
    dispatcher = Dispatcher()
    queue = dispatcher.open()
    for worker in range(1000):
        dispatcher.join(worker)
    tracemalloc.start()
    started = time.process_time()
    fed = done = 0
    while done < 20_000:
        while fed < 20_000 and len(queue.waiting) < 4000:
            queue.waiting.append(Work(f"{fed}", int, (), kind="fit", near=f"fold {fed % 5}"))
            fed += 1
        for worker in range(1000):
            batch = dispatcher.next_batch(worker)
            finish(dispatcher, worker, batch, 0.02)
            done += len(batch)
        queue.finished.clear()
    seconds = time.process_time() - started
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 20_000 / seconds > 2000
    assert peak < 20e6
