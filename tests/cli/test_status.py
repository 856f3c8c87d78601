"""What `tsml status` says of a study while it runs, and that it follows one until it ends."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator

import pytest

from dsframework.cli import main
from dsframework.records import ExperimentProgress, StudyStatus, WorkerLine
from dsframework.tracking import StudyStore


def status(study: str, **more: object) -> StudyStatus:
    busy = WorkerLine(
        name="node-2 pid 7", node="node-2", experiment="lightgbm", trial=4, fold=2, what="fit", seconds=130.0, done=9,
        step=50, steps=200, curve=[4.0, 2.0, 1.0], curve_of="validation l2",
    )  # fmt: skip
    known = {"status": "running", "trials_done": 3, "trials_failed": 1, "trials_running": 2, "trials_total": 10, "best_score": 0.25}
    figures = {"seconds": 61.0, "seconds_left": 7260.0, "throughput": 1.5, "workers": [busy, WorkerLine(name="pid 8")], "workers_total": 2}
    lines = [ExperimentProgress(name="lightgbm", model="lightgbm")]
    return StudyStatus.model_validate({"study": study, "name": "live", "metric": "mae", "experiments": lines, **known, **figures, **more})


@pytest.fixture
def study() -> Iterator[tuple[StudyStore, str]]:
    store = StudyStore("status")
    identity = store.create_study("live", {})
    store.claim(identity)
    store.save_status(status(identity))
    yield store, identity
    store.finish(identity, "FINISHED")


def test_workers_pace_and_the_time_left_are_told(study: tuple[StudyStore, str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", study[1][:8]]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[1] == "4 of 10 trials ended, 1 failed, 2 running, best mae 0.25, 1.5 fits a second, 61 s so far, about 2 h 1 min left"
    assert said[-4] == "workers: 2"
    cells = [line.split("  ") for line in said[-3:]]
    busy, idle = ([cell.strip() for cell in line if cell.strip()] for line in cells[1:])
    assert busy == ["node-2 pid 7", "fit", "lightgbm", "4", "2", "2 min", "9", "50/200", "1 █▃▁ validation l2"]
    assert idle[:2] == ["pid 8", "waits"]


def test_the_place_in_the_queue_is_told(study: tuple[StudyStore, str], capsys: pytest.CaptureFixture[str]) -> None:
    store, identity = study
    store.save_status(status(identity, queue_position=2))
    assert main(["status", identity[:8]]) == 0
    assert "number 2 in the queue for more workers" in capsys.readouterr().out.splitlines()
    assert main(["status"]) == 0
    assert "queue_position" in capsys.readouterr().out
    why = "2nd in the queue for pool 'cpu': user ann has 3 of 3 fits in flight"
    store.save_status(status(identity, queue_position=2, waiting_since="2026-01-01T00:00:00+00:00", waiting_for=why))
    assert main(["status", identity[:8]]) == 0
    assert f"waiting for workers since 2026-01-01T00:00:00+00:00: {why}" in capsys.readouterr().out


@pytest.mark.parametrize(("end", "code"), [("finished", 0), ("failed", 1)])
def test_a_study_is_followed_until_it_ends(
    study: tuple[StudyStore, str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, end: str, code: int
) -> None:
    monkeypatch.setattr("dsframework.cli._status._SECONDS", 0.05)
    store, identity = study
    later = threading.Timer(0.3, store.save_status, (status(identity, status=end, workers=[], workers_total=0),))
    later.start()
    assert main(["status", identity[:8], "--follow", "--json"]) == code
    later.join()
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["status"] for one in told] == ["running", end]  # what did not change is not told again
    assert told[0]["workers"][0]["curve"] == [4.0, 2.0, 1.0]


def test_following_needs_a_study(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--follow"]) == 2
    assert "--follow needs a study" in capsys.readouterr().err
