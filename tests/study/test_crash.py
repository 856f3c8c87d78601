"""A run that is killed half-way, and the same command again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

SPEC = """
version: 1
name: killed
task: regression
data: {loader: sample, n_entities: 2, n_days: 150, seed: 1}
target: {column: volume}
features:
  - lag: {columns: [volume], periods: [0, 1]}
split: {cv: {folds: 2}}
models:
  - python: {class: counted_model.Counted, arguments: {alpha: [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]}}
  - ridge: {alpha: [1.0, 2.0]}
metrics: [mae]
"""

# every fit leaves a line, so that one can count what was really fitted; with HOLD set, the fits of the later trials never end
MODEL = """
import os, time
from sklearn.linear_model import Ridge

class Counted(Ridge):
    def fit(self, X, y):
        with open(os.environ["FITS"], "a") as log:
            log.write(f"{self.alpha}\\n")
        while "HOLD" in os.environ and self.alpha > 4:
            time.sleep(0.05)
        return super().fit(X, y)
"""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "dsframework.cli", *arguments]


def environment(folder: Path, log: str, **more: str) -> dict[str, str]:
    return {**os.environ, "TSML_HOME": str(folder / "home"), "FITS": str(folder / log), **more}


def fits(folder: Path, log: str) -> Counter[str]:
    path = folder / log
    return Counter(path.read_text().split()) if path.exists() else Counter()


def lines_of_trials(home: Path) -> list[str]:
    """What is kept of trials: in MLflow, or on its way there."""
    return [
        line
        for pattern in ("trials/*.jsonl", "spool/*/*/trials.jsonl")
        for path in home.rglob(pattern)
        for line in path.read_text().splitlines()
    ]


def recorded(folder: Path) -> set[str]:
    """The values of alpha whose trial is recorded."""
    found = set()
    for line in lines_of_trials(folder / "home"):
        with suppress(ValueError, KeyError):
            params = json.loads(json.loads(line)["trial"])["params"]
            if "arguments.alpha" in params:
                found.add(str(params["arguments.alpha"]))
    return found


def table(text: str) -> list[Any]:
    """What does not depend on when and where it ran."""
    keys = ("name", "params", "cv", "test", "baselines", "n_trials", "n_train", "n_test", "status")
    return [{key: experiment[key] for key in keys} for experiment in json.loads(text)["experiments"]]


def prepare(folder: Path) -> Path:
    folder.mkdir()
    (folder / "counted_model.py").write_text(MODEL)
    (folder / "spec.yaml").write_text(SPEC)
    return folder


def test_a_killed_run_goes_on_without_repeating_a_finished_trial(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "killed")
    process = subprocess.Popen(
        command("run", "spec.yaml", "--json"),
        cwd=folder,
        env=environment(folder, "first", HOLD="yes"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 90
    while len(recorded(folder)) < 4 and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    assert process.poll() is None, "it ended before it could be killed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = recorded(folder)
    assert len(finished) == 4

    again = subprocess.run(
        command("run", "spec.yaml", "--json"), cwd=folder, env=environment(folder, "second"), capture_output=True, text=True, check=True
    )
    repeated = fits(folder, "second")
    best = str(json.loads(again.stdout)["experiments"][0]["params"]["arguments.alpha"])
    for alpha in finished:
        assert repeated[alpha] == (3 if alpha == best else 0), "only the final fit and the audit's two may touch a finished trial's point"
    assert sum(repeated.values()) == 2 * (8 - len(finished)) + 3

    whole = prepare(tmp_path / "whole")
    uninterrupted = subprocess.run(
        command("run", "spec.yaml", "--json"), cwd=whole, env=environment(whole, "all"), capture_output=True, text=True, check=True
    )
    assert table(again.stdout) == table(uninterrupted.stdout)
    assert sum(fits(whole, "all").values()) == 2 * 8 + 3


def test_a_killed_study_is_shown_as_ended_and_not_as_running(tmp_path: Path) -> None:
    folder = prepare(tmp_path / "killed")
    process = subprocess.Popen(
        command("run", "spec.yaml"),
        cwd=folder,
        env=environment(folder, "first", HOLD="yes"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 90
    while not recorded(folder) and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    process.wait()
    shown = subprocess.run(command("status", "--json"), env=environment(folder, "first"), capture_output=True, text=True, check=True)
    status = json.loads(shown.stdout)[0]
    assert status["status"] == "failed"
    assert "finished trials are kept" in status["error"]


POINTS = {
    "create_run:1": "the study has a run and nothing else",
    "log_artifact:1": "a trial's predictions are there, its record is not",
    "log_outputs:1": "the model is there, the scores are not",
    "log_text:result.json": "the result is there, the experiment has not ended",
    "set_terminated:1": "the experiment has ended, the study has not",
}


@pytest.mark.slow
def test_a_run_killed_at_any_write_goes_on_and_leaves_nothing_twice(tmp_path: Path) -> None:
    program = [sys.executable, str(Path(__file__).with_name("killed_anywhere.py")), str(tmp_path), *POINTS]
    done = subprocess.run(program, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    whole = report.pop("whole")
    assert (sorted(whole["fitted"]), whole["models"], len(whole["folds"])) == ([0, 1], ["READY"], 2)
    for point, found in report.items():
        assert table(json.dumps(found["result"])) == table(json.dumps(whole["result"])), POINTS[point]
        assert len(found["fitted"]) == 2 - found["before"], f"{POINTS[point]}: a finished trial was fitted again"
        for key in ("runs", "models", "folds", "files", "trials", "predictions"):
            assert found[key] == whole[key], f"{POINTS[point]}: {key}"
