"""The model of twenty lines that the documentation shows: it gets search, folds, records and a schedule without another line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from dsframework.deployment import ScheduleRequest, plan_schedule
from dsframework.records import StudyResult
from dsframework.spec import parse_spec
from dsframework.study import run_study
from dsframework.tracking import search_runs

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extending.md").read_text()
(MODEL,) = re.findall(r"```python\n(import numpy as np\n\n\nclass Shrunk:.*?)```", PAGE, re.DOTALL)
(MODELS,) = re.findall(r"```yaml\n(models:\n  - python.*?)```", PAGE, re.DOTALL)
SPEC = """
version: 1
name: twenty-lines
task: regression
data: {loader: parquet, path: data/panel.parquet, time: time, entity: ticker, calendar: XNYS}
target: {column: volume, transform: log}
features: [{lag: {columns: [volume], periods: [0, 1]}}]
split: {test: 0.2, cv: {folds: 2}}
audit: "off"
"""
ELSEWHERE = """
import sys
from pathlib import Path
from dsframework.data import load_panel
from dsframework.tracking import load_pipeline
for run in sys.argv[2:]:
    pipeline = load_pipeline(run)
    print(*pipeline.predict(load_panel(pipeline.data, base=Path(sys.argv[1])).frame)["prediction"])
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the model's file and its data in it."""
    from dsframework.data import load_panel
    from dsframework.spec import SampleData

    (tmp_path / "data").mkdir()
    panel = load_panel(SampleData(n_entities=2, n_days=120)).frame
    panel.write_parquet(tmp_path / "data" / "panel.parquet")
    (tmp_path / "my_models.py").write_text(MODEL)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "my_models", raising=False)
    return tmp_path


@pytest.fixture
def result(folder: Path) -> StudyResult:
    """The study of the model alone, and inside a stacked one."""
    return run_study(parse_spec(SPEC + MODELS), base=folder).result


@pytest.mark.slow
def test_a_model_of_twenty_lines_is_searched_cut_into_folds_recorded_and_scheduled(
    result: StudyResult, folder: Path, tmp_path: Path
) -> None:
    assert len(MODEL.strip().splitlines()) <= 22
    own, stacked = result.experiments
    assert (own.error, stacked.error) == (None, None)
    assert (own.n_trials, stacked.n_trials) == (2, 2)
    assert own.params["arguments.share"] in (0.2, 0.9)
    assert stacked.params["models.1.python.arguments.share"] in (0.5, 0.8)
    for experiment in (own, stacked):
        assert len(experiment.cv["mae"].folds) == 2
        assert experiment.run_id in {run.run_id for run in search_runs().runs}
        plan = plan_schedule(ScheduleRequest(run_id=experiment.run_id))
        assert plan.spec["model"]["run_id"] == experiment.run_id
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    command = [sys.executable, "-c", ELSEWHERE, str(folder), str(own.run_id), str(stacked.run_id)]
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    assert [len(line.split()) for line in done.stdout.splitlines()] == [2, 2]


@pytest.mark.slow
def test_an_edited_class_inside_an_ensemble_is_fitted_again(result: StudyResult, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = result.experiments[1].test["mae"]
    (folder / "my_models.py").write_text(MODEL.replace("self.share * line", "0.5 * self.share * line"))
    monkeypatch.delitem(sys.modules, "my_models", raising=False)
    again = run_study(parse_spec(SPEC + MODELS), base=folder).result
    assert again.experiments[1].error is None
    assert again.experiments[1].test["mae"] != before
