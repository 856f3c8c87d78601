"""Who runs a study: one process at a time, and nobody for ever."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from dsframework.errors import ConflictError, ExecutorError
from dsframework.records import StudyEvent
from dsframework.spec import ExperimentSpec, parse_spec
from dsframework.study import list_studies, run_study, study_status
from dsframework.tracking import home, load_predictions

Make = Callable[[str], ExperimentSpec]

SLOW = """
version: 1
name: taken
task: regression
data: {loader: sample, n_entities: 1, n_days: 120}
target: {column: volume}
features: [lag: {columns: [volume], periods: [0, 1]}]
split: {cv: {folds: 2}}
models: [python: {class: slow_model.Slow, arguments: {alpha: [1.0, 2.0, 3.0]}}]
metrics: [mae]
"""
MODEL = """
import os, time
from pathlib import Path
from sklearn.linear_model import Ridge

class Slow(Ridge):
    def fit(self, X, y):
        while self.alpha > 1 and not Path("go").exists():
            time.sleep(0.05)
        return super().fit(X, y)
"""


def start(folder: Path) -> subprocess.Popen[str]:
    folder.mkdir(exist_ok=True)
    (folder / "slow_model.py").write_text(MODEL)
    (folder / "spec.yaml").write_text(SLOW)
    command = [sys.executable, "-m", "dsframework.cli", "run", "spec.yaml", "--json"]
    environment = {**os.environ, "TSML_HOME": str(folder / "home")}
    return subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(found: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 90
    while not found() and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


@pytest.mark.slow
def test_of_two_processes_with_the_same_spec_one_runs_it_and_one_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "two"
    processes = [start(folder), start(folder)]
    deadline = time.monotonic() + 90
    while all(process.poll() is None for process in processes) and time.monotonic() < deadline:
        time.sleep(0.05)
    (folder / "go").touch()
    outputs = [process.communicate(timeout=90) for process in processes]
    assert sorted(process.returncode for process in processes) == [0, 1], outputs
    refused = next(errors for process, (_, errors) in zip(processes, outputs, strict=True) if process.returncode == 1)
    assert "this study is running already" in refused
    assert len(refused.strip().splitlines()) == 1
    assert len(list((folder / "home").rglob("environment.json"))) == 1


@pytest.mark.slow
def test_an_interrupt_marks_the_study_as_stopped_and_the_same_command_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "interrupted"
    process = start(folder)
    wait_for(lambda: list((folder / "home").rglob("trials/*.jsonl")), process)
    process.send_signal(signal.SIGINT)
    (folder / "go").touch()
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, len(errors.strip().splitlines())) == (130, 1), errors
    assert "the same command goes on" in errors
    monkeypatch.setenv("TSML_HOME", str(folder / "home"))
    assert [status.status for status in list_studies()] == ["stopped"]
    again = start(folder)
    out, errors = again.communicate(timeout=90)
    assert again.returncode == 0, errors
    assert len(list_studies()) == 1
    assert json.loads(out)["experiments"][0]["n_trials"] == 3
    assert list_studies()[0].trials_resumed >= 1


def test_a_listener_that_breaks_leaves_a_study_that_can_go_on_here(small_spec: Make, tmp_path: Path) -> None:
    def breaks(event: StudyEvent) -> None:
        if event.kind == "trial_finished":
            raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        run_study(small_spec("broken-listener"), base=tmp_path, listener=breaks)
    left = next(status for status in list_studies() if status.name == "broken-listener")
    assert left.status == "stopped"
    outcome = run_study(small_spec("broken-listener"), base=tmp_path)
    assert (outcome.study, outcome.result.status) == (left.study, "finished")
    assert study_status(left.study).trials_resumed >= 1


def test_a_cluster_that_is_not_there_takes_no_study(small_spec: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsframework.study import _run

    def refuse(*_: object, **__: object) -> None:
        raise ExecutorError("Ray at nowhere does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(_run, "make_executor", refuse)
        with pytest.raises(ExecutorError):
            run_study(small_spec("no-cluster"), base=tmp_path)
    assert not [status for status in list_studies() if status.name == "no-cluster"]


def test_a_study_is_refused_to_a_second_thread_while_the_first_runs_it(small_spec: Make, tmp_path: Path) -> None:
    caught: list[BaseException] = []

    def second() -> None:
        try:
            run_study(small_spec("threads"), base=tmp_path)
        except ConflictError as error:
            caught.append(error)

    def listener(event: StudyEvent) -> None:
        if event.kind == "experiment_started" and not caught:
            thread = threading.Thread(target=second)
            thread.start()
            thread.join(60)

    outcome = run_study(small_spec("threads"), base=tmp_path, listener=listener)
    assert outcome.result.status == "finished"
    assert len(caught) == 1


def test_predictions_of_a_trial_that_did_not_win_elsewhere_are_made_again(tmp_path: Path) -> None:
    """Only a winner's predictions are kept; one that wins in another study must have them there."""
    text = (
        "{{version: 1, name: second-best, task: regression, data: {{loader: sample, n_entities: 1, n_days: 120}}, "
        "target: {{column: volume}}, features: [lag: {{columns: [volume], periods: [0, 1]}}], split: {{cv: {{folds: 2}}}}, metrics: [mae], "
        "models: [ridge: {{alpha: {}}}]}}"
    )
    first = run_study(parse_spec(text.format("[0.5, 2.0]")), base=tmp_path).result.experiments[0]
    loser = {0.5: 2.0, 2.0: 0.5}[float(first.params["alpha"])]
    number = [0.5, 2.0].index(loser)
    for file in home().rglob(f"{first.run_id}/artifacts/trials/{number:05d}.parquet"):
        file.unlink()  # which is there when it happened to finish before the winner

    heard: list[StudyEvent] = []
    second = run_study(parse_spec(text.format(f"[{loser}]")), base=tmp_path, listener=heard.append).result.experiments[0]
    predictions = load_predictions(second.run_id, "cv")
    assert predictions is not None
    errors = predictions.with_columns((pl.col("actual") - pl.col("predicted")).abs().alias("error"))
    per_fold = errors.group_by("fold").agg(pl.col("error").mean()).sort("fold")["error"]
    assert per_fold.to_list() == pytest.approx(second.cv["mae"].folds, rel=1e-12)
    assert second.n_trials == 1
    assert heard[-1].status.trials_resumed == 0
