"""A model of the user's own that is edited while the notebook is open: the next study runs what the file says now."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dsframework.spec import parse_spec
from dsframework.study import run_study

SPEC = """
version: 1
name: edited
task: regression
data: {loader: sample, n_entities: 2, n_days: 160}
target: {column: volume}
features: [{lag: {columns: [volume], periods: [0, 1]}}]
split: {cv: {folds: 2}}
models: [{python: {class: edited_model.Constant}}]
metrics: [mae]
"""
MODEL = """
import numpy as np
import edited_value

class Constant:
    def fit(self, X, y):
        return self
    def predict(self, X):
        return np.full(len(X), edited_value.VALUE)
"""


def mae(folder: Path, executor: str) -> float:
    (experiment,) = run_study(parse_spec(SPEC), base=folder, executor=executor).result.experiments
    assert experiment.status == "finished", experiment.error
    return experiment.test["mae"] or 0.0


def write(folder: Path, value: float) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "edited_model.py").write_text(MODEL)
    (folder / "edited_value.py").write_text(f"VALUE = {value}\n")


@pytest.mark.parametrize("executor", ["local", "threads"])
def test_a_study_runs_what_the_files_say_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: str) -> None:
    """The edit is of a file that the model's own file imports."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    write(tmp_path / "a", 0.0)
    first = mae(tmp_path / "a", executor)
    write(tmp_path / "a", 1e12)
    second = mae(tmp_path / "a", executor)
    assert abs(second - 1e12) < first * 10, "the second study ran the first one's code"


@pytest.mark.parametrize("executor", ["local", "threads"])
def test_two_folders_may_have_files_of_the_same_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, executor: str) -> None:
    """The current folder has one as well, and none of the studies is in it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    write(tmp_path / "a", 0.0)
    write(tmp_path / "b", 1e12)
    write(tmp_path / "here", 1e15)
    monkeypatch.chdir(tmp_path / "here")
    one, other, again = (mae(tmp_path / name, executor) for name in ("a", "b", "a"))
    assert abs(other - 1e12) < one * 10
    assert again == one
