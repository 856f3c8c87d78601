"""A study while it runs: its workers, what each of them is at, and how a loss goes while it is learnt."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from dsframework.records import StudyEvent, StudyStatus, WorkerLine
from dsframework.spec import parse_spec
from dsframework.study import run_study, study_status
from dsframework.tracking import load_result

MODEL = """
import time
from pathlib import Path
from sklearn.linear_model import Ridge
from dsframework.progress import report

class Learner(Ridge):
    def fit(self, X, y):
        seen, deadline, step = Path(__file__).with_name("seen"), time.monotonic() + 60, 0
        while self.alpha == 2.0 and not seen.exists() and time.monotonic() < deadline:
            step += 1
            report(step, 1.0 / step, steps=1000000, of="validation mae")
            time.sleep(0.01)
        return super().fit(X, y)
"""
SPEC = """
version: 1
name: {name}
task: regression
data: {{loader: sample, n_entities: 1, n_days: 200, seed: 1}}
target: {{column: volume}}
features: [{{lag: {{columns: [volume], periods: [0, 1]}}}}]
split: {{{inner}cv: {{folds: 2}}}}
models: [{{python: {{class: learner_model.Learner, arguments: {{alpha: [1.0, 2.0]}}}}}}]
metrics: [mae]
audit: 'off'
"""


class Watcher:
    """Lets the fits go on when the study has said how they learn; keeps what it said."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.told: list[WorkerLine] = []
        self.recorded: StudyStatus | None = None
        self.last: StudyStatus | None = None
        self.times: list[float] = []

    def __call__(self, event: StudyEvent) -> None:
        self.last = event.status
        if event.kind != "study_progressed":
            return
        self.times.append(time.monotonic())
        self.told += event.status.workers
        if self.recorded is None and any(len(line.curve) > 2 for line in study_status(event.status.study).workers):
            self.recorded = study_status(event.status.study)
            (self.folder / "seen").touch()


def watched(name: str, folder: Path, executor: str, inner: str = "") -> Watcher:
    (folder / "learner_model.py").write_text(MODEL)
    watcher = Watcher(folder)
    outcome = run_study(parse_spec(SPEC.format(name=name, inner=inner)), base=folder, executor=executor, listener=watcher)
    assert outcome.result.status == "finished"
    return watcher


@pytest.mark.parametrize("executor", ["threads", "local", pytest.param("ray", marks=pytest.mark.ray)])
def test_fits_are_seen_as_they_learn_by_event_and_by_record(executor: str, tmp_path: Path) -> None:
    watcher = watched(f"live-{executor}", tmp_path, executor)
    assert watcher.recorded is not None
    assert watcher.recorded.status == "running"
    assert watcher.recorded.workers_total >= 1
    for lines in (watcher.told, watcher.recorded.workers):
        line = next(line for line in lines if len(line.curve) > 2)
        assert (line.experiment, line.trial, line.what, line.inside) == ("python", 1, "fit", None)
        assert line.fold in (1, 2)
        assert (line.steps, line.curve_of) == (1000000, "validation mae")
        assert line.step is not None
        assert line.curve[-1] == pytest.approx(1 / line.step, rel=1e-3)
        assert line.curve == sorted(line.curve, reverse=True)
        assert line.seconds > 0
    assert min(later - earlier for earlier, later in zip(watcher.times, watcher.times[1:], strict=False)) > 0.5

    last = watcher.last
    assert last is not None
    assert (last.status, last.workers, last.workers_total, last.throughput) == ("finished", [], 0, None)


def test_of_a_nested_split_the_search_is_named(tmp_path: Path) -> None:
    watcher = watched("live-nested", tmp_path, "local", inner="inner: {folds: 2}, ")
    seen = {(line.inside, line.fold) for line in watcher.told if line.what == "fit" and line.trial is not None}
    assert seen
    assert all(inside in (0, 1, 2) and fold in (1, 2) for inside, fold in seen)


EARLY = """
version: 1
name: {name}
task: regression
data: {{loader: sample, n_entities: 2, n_days: 250, seed: 1}}
target: {{column: volume, transform: log}}
features: [{{lag: {{columns: [volume], periods: [0, 1, 4]}}}}]
split: {{cv: {{folds: 2}}}}
models: [{{lightgbm: {{n_estimators: 200, learning_rate: 0.3}}}}, ridge]
tuning: {{metric: mae, early_stopping: {{rounds: 5}}}}
metrics: [mae]
audit: 'off'
"""


def test_the_curve_of_the_final_fit_is_kept_and_is_the_same_wherever_it_ran() -> None:
    here, there = (run_study(parse_spec(EARLY.format(name=f"early-{name}")), executor=name).result for name in ("threads", "local"))
    boosted, ridge = here.experiments
    assert ridge.curve is None
    assert boosted.curve is not None
    assert boosted.curve.of == "validation l2"
    assert 5 < boosted.curve.steps < 200
    assert min(boosted.curve.values) < boosted.curve.values[0]
    assert there.experiments[0].curve == boosted.curve
    assert load_result(boosted.run_id).curve == boosted.curve
