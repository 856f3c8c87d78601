"""Fits in threads: what comes back, what is dropped, and that BLAS is left as it was."""

from __future__ import annotations

import threading
import time
import warnings
from typing import Any

import pytest
from threadpoolctl import threadpool_info

from dsframework.errors import DataError, ExecutorError, ModelError, TsmlError
from dsframework.execution import make_executor
from dsframework.execution._threads import ThreadExecutor
from dsframework.execution._work import Work
from dsframework.tracking import home


def gather(executor: ThreadExecutor, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    deadline = time.monotonic() + 30
    while len(found) < number and time.monotonic() < deadline:
        found |= dict(executor.wait(1.0))
    return found


def blas_threads() -> set[int]:
    import scipy.linalg  # noqa: F401  (loads the library that is asked)

    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_every_key_comes_back_once_with_its_value() -> None:
    executor = ThreadExecutor(workers=3)
    try:
        handle = executor.put([1, 2, 3])
        for power in range(10):
            executor.submit(Work(str(power), lambda values, power: sum(value**power for value in values), (handle, power)))
        assert gather(executor, 10) == {str(power): 1 + 2**power + 3**power for power in range(10)}
        assert executor.wait(0.0) == []
    finally:
        executor.close()


def test_an_error_is_the_result_of_its_own_task_only() -> None:
    def broken(kind: type[Exception]) -> None:
        raise kind("it is\nbroken")

    executor = ThreadExecutor(workers=2)
    try:
        executor.submit(Work("ours", broken, (DataError,)))
        executor.submit(Work("theirs", broken, (ZeroDivisionError,)))
        executor.submit(Work("good", int, ("7",)))
        found = gather(executor, 3)
    finally:
        executor.close()
    assert type(found["ours"]) is DataError
    assert type(found["theirs"]) is ModelError
    assert str(found["theirs"]) == "models: ZeroDivisionError: it is broken"
    assert found["good"] == 7


def test_there_is_one_spare_fit_for_every_worker() -> None:
    executor = ThreadExecutor(workers=2)
    gate = threading.Event()
    try:
        for number in range(4):
            assert executor.free == 4 - number
            executor.submit(Work(str(number), gate.wait, (30,)))
        assert executor.free == 0
        gate.set()
        gather(executor, 4)
        assert executor.free == 4
    finally:
        gate.set()
        executor.close()


def test_close_drops_what_has_not_begun_and_may_be_called_twice() -> None:
    executor = ThreadExecutor(workers=1)
    begun, gate, ran = threading.Event(), threading.Event(), []

    def first() -> None:
        begun.set()
        gate.wait(30)

    executor.submit(Work("first", first, ()))
    executor.submit(Work("second", ran.append, (2,)))
    assert begun.wait(30)
    executor.close()
    executor.close()
    gate.set()
    for thread in threading.enumerate():
        if thread.name.startswith("tsml-fit"):
            thread.join(30)
    assert ran == []


def test_blas_has_one_thread_while_fits_run_and_its_own_number_afterwards() -> None:
    before = blas_threads()
    one, two = ThreadExecutor(workers=1), ThreadExecutor(workers=1)
    try:
        one.submit(Work("threads", blas_threads, ()))
        two.submit(Work("threads", blas_threads, ()))
        assert gather(one, 1) == gather(two, 1) == {"threads": {1}}
        one.close()
        assert blas_threads() == {1}, "the other executor still holds it"
    finally:
        one.close()
        two.close()
    assert blas_threads() == before


def test_an_unknown_executor_is_one_line() -> None:
    with pytest.raises(ExecutorError, match=r"executor: no such executor \(got 'spark'\); use one of local, ray"):
        make_executor("spark", home=home())
    assert issubclass(ExecutorError, TsmlError)


def test_filters_of_warnings_are_what_they_were_after_fits_that_undo_each_others() -> None:
    """Each enters and leaves in the other's middle, as `catch_warnings` in two threads does."""
    turns = [threading.Event() for _ in range(3)]

    def first() -> None:
        with warnings.catch_warnings():
            warnings.resetwarnings()
            turns[0].set()
            turns[1].wait(10)
        turns[2].set()

    def second() -> None:
        turns[0].wait(10)
        with warnings.catch_warnings():
            turns[1].set()
            turns[2].wait(10)

    before = list(warnings.filters)
    executor = ThreadExecutor(workers=2)
    for function in (first, second):
        executor.submit(Work(function.__name__, function, ()))
    gather(executor, 2)
    assert before
    assert list(warnings.filters) == [], "the fits lost nothing, so that this shows nothing"
    executor.close()
    assert list(warnings.filters) == before
