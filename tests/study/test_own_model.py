"""A model of a file beside the notebook: what is recorded can be loaded where that file is not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dsframework.errors import SpecError
from dsframework.records import StudyResult
from dsframework.spec import parse_spec
from dsframework.study import run_study

SPEC = """
version: 1
name: own-model
task: regression
data: {{loader: sample, n_entities: 2, n_days: 160}}
target: {{column: volume}}
features: [{{lag: {{columns: [volume], periods: [0, 1]}}}}]
split: {{cv: {{folds: 2}}}}
models: [{{python: {{class: {path}}}}}]
"""
HELPER = "import numpy as np\ndef constant(x, value):\n    return np.full(len(x), value)\n"
OWN = """
from kept_helper import constant

class Mean:
    def fit(self, X, y):
        self.mean_ = float(y.mean())
        return self
    def predict(self, X):
        return constant(X, self.mean_)
"""
ELSEWHERE = """
import sys
from dsframework.data import load_panel
from dsframework.tracking import load_pipeline
pipeline = load_pipeline(sys.argv[1])
print(pipeline.predict(load_panel(pipeline.data).frame)["prediction"].to_list())
assert "kept_models" not in sys.modules
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a model and its helper in it."""
    folder = tmp_path / "beside"
    folder.mkdir()
    (folder / "kept_models.py").write_text(OWN)
    (folder / "kept_helper.py").write_text(HELPER)
    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name in ("kept_models", "kept_helper"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder


def run(path: str, folder: Path) -> StudyResult:
    return run_study(parse_spec(SPEC.format(path=path)), base=folder).result


@pytest.mark.slow
def test_the_recorded_model_predicts_in_a_process_that_has_not_its_file(folder: Path, tmp_path: Path) -> None:
    result = run("kept_models.Mean", folder)
    assert result.status == "finished", result.experiments[0].error
    command = [sys.executable, "-c", ELSEWHERE, str(result.best)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert len(done.stdout.split(",")) == 2


def test_a_class_of_main_is_refused_before_anything_is_recorded(folder: Path) -> None:
    with pytest.raises(SpecError) as caught:
        run("__main__.Mean", folder)
    (issue,) = caught.value.issues
    assert issue.field == "models[0].python.class" and issue.line == 9
    assert issue.message.endswith("put it into my_models.py beside it, and name my_models.Mean, got '__main__.Mean'")
