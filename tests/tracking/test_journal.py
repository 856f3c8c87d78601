"""Trials on their way to MLflow: kept at once, sent soon, never lost and never doubled."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dsframework.errors import ConflictError, TrackingError, TrackingUnavailableError
from dsframework.records import MetricSummary, StudyStatus, TrialRecord
from dsframework.tracking._client import home
from dsframework.tracking._journal import Journal, _place, send_batch, send_leftovers
from dsframework.tracking._spool import Spool, parse_line, spools
from dsframework.tracking._store import StudyStore


class Moody(StudyStore):
    """MLflow that is away when it is told to be."""

    away = False
    refuses = False

    def _mood(self) -> None:
        if self.away:
            raise TrackingUnavailableError("MLflow at http://mlflow:5000 does not answer", field="tracking")
        if self.refuses:
            raise TrackingError("MLflow: the run was deleted", field="tracking")

    def log_text(self, run_id: str, text: str, path: str) -> None:
        self._mood()
        super().log_text(run_id, text, path)

    def log_frame(self, run_id: str, frame: pl.DataFrame, path: str) -> None:
        self._mood()
        super().log_frame(run_id, frame, path)

    def set_tags(self, run_id: str, tags: Any) -> None:
        self._mood()
        super().set_tags(run_id, tags)


@pytest.fixture(autouse=True)
def own_home_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlflow.db'}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database)  # one database for all: making one takes seconds
    monkeypatch.setenv("TSML_HOME", str(tmp_path))


def trial(number: int) -> TrialRecord:
    cv = {"mae": MetricSummary(mean=1.0 / (number + 1), std=0.0, folds=[1.0], note=None)}
    return TrialRecord(number=number, key=f"key-{number}", params={"alpha": number}, status="finished", cv=cv, seconds=0.1)


def frame(number: int) -> pl.DataFrame:
    return pl.DataFrame({"prediction": [float(number)] * 3})


def started() -> tuple[Moody, str, str]:
    store = Moody("journal")
    study = store.create_study("journal", {})
    return store, study, store.create_experiment_run(study, "ridge", {})


def artifacts(store: StudyStore, run_id: str) -> list[str]:
    return [item.path for item in store._client.list_artifacts(run_id, "trials")]


def test_trials_are_in_mlflow_once_after_a_flush_and_the_spool_is_gone() -> None:
    store, study, run = started()
    journal = Journal(store, study)
    for number in range(25):
        journal.record_trial(run, trial(number), frame(number) if number == 7 else None)
    assert journal.read_trial_predictions(run, 7) is not None
    journal.flush()
    journal.close()
    found = store.read_trials([run])
    assert {key: stored.record for key, stored in found.items()} == {f"key-{number}": trial(number) for number in range(25)}
    kept = store.read_trial_predictions(run, 7)
    assert kept is not None
    assert kept.equals(frame(7))
    assert len([path for path in artifacts(store, run) if path.endswith(".jsonl")]) <= 3, "they are sent together"
    assert spools(_place()) == []


def test_while_mlflow_is_away_trials_are_kept_and_then_sent() -> None:
    store, study, run = started()
    journal = Journal(store, study)
    store.away = True
    begun = time.perf_counter()
    for number in range(50):
        journal.record_trial(run, trial(number), frame(number) if number % 10 == 0 else None)
    assert time.perf_counter() - begun < 2.0, "the study does not wait"
    deadline = time.monotonic() + 20
    while journal.away is None and time.monotonic() < deadline:
        time.sleep(0.05)
    assert journal.away == "tracking: MLflow at http://mlflow:5000 does not answer"
    again = journal.read_trial_predictions(run, 40)
    assert again is not None
    assert again.equals(frame(40))
    store.away = False
    journal.flush()
    assert journal.away is None
    journal.close()
    assert len(store.read_trials([run])) == 50
    last = store.read_trial_predictions(run, 40)
    assert last is not None
    assert last.equals(frame(40))
    assert store.read_trial_predictions(run, 10) is None, "those that were the best for a moment only need not travel"


def test_patience_ends_and_what_is_kept_is_sent_by_the_next_study() -> None:
    store, study, run = started()
    journal = Journal(store, study, patience=0.5)
    store.away = True
    journal.record_trial(run, trial(0), frame(0))
    with pytest.raises(TrackingUnavailableError, match="does not answer"):
        journal.flush()
    journal.close()
    assert store.read_trials([run]) == {}
    assert len(spools(_place())) == 1
    store.away = False
    send_leftovers(store)
    assert list(store.read_trials([run])) == ["key-0"]
    assert spools(_place()) == []


def test_a_refusal_is_told_at_the_next_trial() -> None:
    store, study, run = started()
    journal = Journal(store, study)
    store.refuses = True
    journal.record_trial(run, trial(0), None)
    journal._thread.join(20)
    with pytest.raises(TrackingError, match="the run was deleted"):
        journal.record_trial(run, trial(1), None)
    journal.close()


def test_the_last_status_and_the_wish_to_stop_travel_beside_the_study() -> None:
    store, study, _ = started()
    journal = Journal(store, study)
    for done in range(5):
        status = StudyStatus(study=study, name="journal", status="running", metric="mae", executor="local", trials_done=done)
        journal.save_status(status)
    journal.flush()
    assert '"trials_done":4' in store.tags(study)["tsml.status"]
    assert not journal.stop_requested
    store.set_tags(study, {"tsml.stop": "yes"})
    deadline = time.monotonic() + 20
    while not journal.stop_requested and time.monotonic() < deadline:
        time.sleep(0.05)
    assert journal.stop_requested
    journal.close()


def test_a_batch_sent_again_after_a_crash_replaces_itself() -> None:
    """The process died after MLflow had the batch and before that was noted; more trials were added before it was sent again."""
    store, study, run = started()
    spool = Spool(_place() / study)
    spool.append(run, trial(0), None)
    batches, _ = spool.unsent()
    store.log_text(run, batches[0].text, batches[0].name)
    spool.append(run, trial(1), None)
    spool._file.close()  # as the end of the process does
    send_leftovers(store)
    assert len(artifacts(store, run)) == 1
    assert sorted(store.read_trials([run])) == ["key-0", "key-1"]


def test_a_line_torn_by_a_crash_counts_as_not_there(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "torn")
    spool.append("run", trial(0), None)
    spool._file.write(b'{"run": "run", "sha256": "1')
    spool._file.close()
    again = Spool(tmp_path / "torn")
    again.append("run", trial(1), None)
    (batch,), _ = again.unsent()
    assert [parse_line(line) for line in batch.text.splitlines()] == [trial(0), trial(1)]
    again._file.close()


def test_a_line_whose_figures_were_changed_is_not_believed() -> None:
    body = trial(0).model_dump_json()
    assert parse_line(json.dumps({"run": "run", "sha256": "0" * 64, "trial": body})) is None


def test_the_spool_of_a_living_study_is_left_alone(tmp_path: Path) -> None:
    store, study, run = started()
    spool = Spool(_place() / study)
    spool.append(run, trial(0), None)
    program = f"from pathlib import Path; from dsframework.tracking._spool import Spool; Spool(Path({str(spool.folder)!r}))"
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "ConflictError" in other.stderr
    with pytest.raises(ConflictError):
        Spool(spool.folder)
    send_leftovers(store)
    assert store.read_trials([run]) == {}
    spool._file.close()


@contextmanager
def full_disk(size: int) -> Iterator[None]:
    """No file of this process grows beyond a size."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("predictions", [None, frame(1)])
def test_a_full_disk_is_told_with_the_mend_and_tears_nothing(tmp_path: Path, predictions: pl.DataFrame | None) -> None:
    spool = Spool(tmp_path / "full")
    spool.append("run", trial(0), None)
    with full_disk(spool.waiting + 20), pytest.raises(TrackingError, match=r"trials can't be kept in .*full: .*; make room there"):
        spool.append("run", trial(1), predictions)
    spool.append("run", trial(2), None)
    (batch,), _ = spool.unsent()
    assert [parse_line(line) for line in batch.text.splitlines()] == [trial(0), trial(2)]
    assert batch.frames == {}
    spool._file.close()


def test_a_disk_that_fails_while_trials_are_sent_ends_the_study_and_keeps_them() -> None:
    store, study, run = started()
    journal = Journal(store, study)
    (journal._spool.folder / "sent.part").mkdir()
    journal.record_trial(run, trial(0), None)
    with pytest.raises(TrackingError, match="start the study again; finished trials are kept"):
        journal.flush()
    (journal._spool.folder / "sent.part").rmdir()
    journal.close()
    send_leftovers(store)
    assert sorted(store.read_trials([run])) == ["key-0"]
    assert len(artifacts(store, run)) == 1


def test_what_the_machine_lost_with_its_power_takes_nothing_else_with_it() -> None:
    """Lines that were not on the disk yet are gone, also such as MLflow has; the next ones take none of their names."""
    store, study, run = started()
    spool = Spool(_place() / study)
    spool.append(run, trial(0), None)
    short = spool.waiting
    for number in (1, 2):
        spool.append(run, trial(number), frame(number))
        batches, until = spool.unsent()
        for batch in batches:
            send_batch(store, batch)
        spool.mark_sent(until)
    spool.append(run, trial(3), frame(3))
    spool._file.close()
    os.truncate(spool.folder / "trials.jsonl", short)
    os.truncate(spool._frame(run, 3), 0)
    again = Spool(spool.folder)
    again.append(run, trial(4), None)
    assert again.frame(run, 3) is None
    again._file.close()
    send_leftovers(store)
    assert sorted(store.read_trials([run])) == ["key-0", "key-1", "key-2", "key-4"]


def test_what_mlflow_gets_is_on_the_disk_before_and_not_every_trial_asks_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    on_disk: list[bool] = []
    real = os.fsync

    class Watching(Moody):
        def log_text(self, run_id: str, text: str, path: str) -> None:
            on_disk.append(lines.stat().st_size in asked)
            super().log_text(run_id, text, path)

    def watched(number: int) -> None:
        asked.append(os.fstat(number).st_size)
        real(number)

    monkeypatch.setattr(os, "fsync", watched)
    _, study, run = started()
    journal = Journal(Watching("journal"), study)
    lines = journal._spool.folder / "trials.jsonl"
    for number in range(200):
        journal.record_trial(run, trial(number), None)
    journal.flush()
    journal.close()
    assert on_disk
    assert all(on_disk)
    assert len(asked) < 30


def test_recording_costs_well_below_a_millisecond_a_trial() -> None:
    store, study, run = started()
    journal = Journal(store, study)
    begun = time.thread_time()
    for number in range(300):
        journal.record_trial(run, trial(number), None)
    assert (time.thread_time() - begun) / 300 < 0.001
    journal.flush()
    journal.close()
