"""What workers are at: told while they are at it, by each executor, to the study that asks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dsframework.execution import Executor, make_executor
from dsframework.execution._at_work import AtWork
from dsframework.execution._local import LocalExecutor
from dsframework.execution._mark import SIZE, Mark, begun, told
from dsframework.execution._ray_room import node_names
from dsframework.execution._work import Work
from dsframework.progress import Curve, report
from dsframework.tracking import home


def learn_until(path: Path) -> int:
    """Learn, round by round, until there is a file."""
    step = 0
    while not path.exists():
        step += 1
        report(step, 1.0 / step, steps=10**6, of="validation mae")
        time.sleep(0.01)
    return step


def nothing() -> None:
    pass


def seen(executor: Executor, is_so: Callable[[list[AtWork]], Any], seconds: float = 60) -> list[AtWork]:
    """The shown workers as soon as they are as they should be."""
    deadline = time.monotonic() + seconds
    while not is_so(shown := executor.at_work().shown):
        assert time.monotonic() < deadline, shown
        executor.wait(0.05)
    return shown


def finished(executor: Executor, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    deadline = time.monotonic() + 60
    while len(found) < number and time.monotonic() < deadline:
        found |= dict(executor.wait(1.0))
    return found


@pytest.fixture(params=["threads", "local", pytest.param("ray", marks=pytest.mark.ray)])
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    made = make_executor(request.param, home=home())
    yield made
    made.close()


def test_a_long_fit_is_seen_as_it_learns_and_is_gone_when_it_is_done(executor: Executor, tmp_path: Path) -> None:
    executor.submit(Work("0/7/2", learn_until, (tmp_path / "enough",)))
    first = seen(executor, lambda shown: shown and shown[0].key == "0/7/2" and shown[0].curve and len(shown[0].curve.values) > 3)[0]
    assert first.curve is not None
    assert (first.curve.of, first.curve.steps) == ("validation mae", 10**6)
    assert first.curve.values[-1] == pytest.approx(1.0 / first.curve.step)
    assert first.name
    later = seen(executor, lambda shown: shown[0].curve and shown[0].curve.step > first.curve.step)[0]  # type: ignore[union-attr]
    assert later.seconds > first.seconds > 0

    (tmp_path / "enough").touch()
    assert finished(executor, 1)["0/7/2"] >= later.curve.step  # type: ignore[union-attr]
    executor.submit(Work("0/8/1", nothing, ()))
    assert "0/8/1" in finished(executor, 1)
    assert all(one.key is None and one.curve is None for one in seen(executor, lambda _: True))


def test_a_study_does_not_see_what_workers_do_for_another(tmp_path: Path) -> None:
    mine, other = LocalExecutor(workers=1), LocalExecutor(workers=1)
    try:
        other.submit(Work("0/0/1", learn_until, (tmp_path / "enough",)))
        seen(other, lambda shown: shown and shown[0].key == "0/0/1" and shown[0].curve)
        (line,) = [one for one in mine.at_work().shown if one.elsewhere]
        assert (line.key, line.curve) == (None, None)
        (tmp_path / "enough").touch()
        assert finished(other, 1)
    finally:
        mine.close()
        other.close()


def test_a_reader_beside_the_worker_never_sees_half_a_word(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsframework.execution._mark._TELL_SECONDS", 0.0)
    path = tmp_path / "mark"
    path.write_bytes(bytes(SIZE))
    with path.open("r+b") as file:
        mark, over = Mark(file.fileno()), threading.Event()

        def write() -> None:
            while not over.is_set():
                curve = Curve("loss", 10**6)
                mark.begin()
                for step in range(1, 60):
                    curve.add(step, float(step))
                    mark.tell(curve)

        writer = threading.Thread(target=write)
        writer.start()
        try:
            heard = 0
            while heard < 2000:
                count, _ = begun(file.fileno())
                found = told(file.fileno(), count)
                if found is not None:
                    heard += 1
                    assert found.values[-1] == found.step
        finally:
            over.set()
            writer.join()
        assert told(file.fileno(), begun(file.fileno())[0] + 1) is None


def test_nodes_are_called_as_their_machines_and_those_of_one_machine_apart() -> None:
    nodes = [
        {"NodeID": "a" * 56, "NodeManagerHostname": "large", "Alive": True},
        {"NodeID": "b" * 56, "NodeManagerHostname": "small", "Alive": True},
        {"NodeID": "c" * 56, "NodeManagerHostname": "small", "Alive": True},
        {"NodeID": "d" * 56, "NodeManagerHostname": "gone", "Alive": False},
    ]
    assert list(node_names(nodes).values()) == ["large", "small bbbbbb", "small cccccc"]
