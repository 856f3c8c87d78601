"""Local threads and a real Ray give the same bits."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dsframework.errors import ExecutorError
from dsframework.execution import Executor, Placement, Work, make_executor
from dsframework.records import StudyEvent
from dsframework.spec import parse_spec
from dsframework.study import reproduce, run_study
from dsframework.study._experiment_run import ExperimentRun
from dsframework.tracking import home

SPEC = """
version: 1
name: {name}
task: regression
data: {{loader: parquet, path: sp500_60.parquet, time: date, entity: ticker, start: 2016-06-01}}
target: {{column: volume, transform: log}}
features:
  - lag: {{columns: [volume], periods: [0, 1, 4]}}
  - rolling: {{columns: [volume], windows: [5], stats: [mean, std]}}
preprocessing: [{{impute: {{strategy: median}}}}, standard_scale]
split: {{cv: {{folds: 2}}}}
models:
  - ridge: {{alpha: {{log_uniform: [0.1, 10]}}}}
  - random_forest: {{n_estimators: 8, max_depth: {{int: [3, 6]}}}}
  - lightgbm: {{n_estimators: 60, num_leaves: [7, 15]}}
  - xgboost: {{n_estimators: 60, max_depth: [3, 4]}}
  - catboost: {{iterations: 60, depth: [3, 4]}}
tuning: {{method: tpe, trials: 2, metric: mae, seed: 3, early_stopping: {{rounds: 10}}}}
metrics: [mae, rmse]
"""


@pytest.fixture
def ray_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every fit runs on Ray, none in this process until Ray is there."""
    pytest.importorskip("ray")
    monkeypatch.setattr(ExperimentRun, "tame", False)


def gather(executor: Executor, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    deadline = time.monotonic() + 300
    while len(found) < number and time.monotonic() < deadline:
        found |= dict(executor.wait(1.0))
    return found


def pid() -> int:
    return os.getpid()


def sleep(seconds: float) -> str:
    time.sleep(seconds)
    return "awake"


def end_itself() -> None:
    print("a first line")
    print("the last words", file=sys.stderr)
    os.kill(os.getpid(), signal.SIGKILL)


def total(values: Any) -> float:
    return float(values.sum())


@pytest.mark.ray
def test_ray_does_what_the_workers_of_this_machine_do(ray_here: None) -> None:
    """Values are read in place, a task that kills its workers is given up, one that hangs is ended, and the others go on."""
    executor = make_executor("ray", home=home())
    try:
        rows = executor.put(np.arange(1000.0))
        executor.submit(Work("pid", pid, ()))
        executor.submit(Work("sum", total, (rows,)))
        executor.submit(Work("kills", end_itself, ()))
        executor.submit(Work("hangs", sleep, (600.0,), seconds=1.0))
        for number in range(20):
            executor.submit(Work(f"{number}", sleep, (0.05,), kind="short"))
        found = gather(executor, 24)
    finally:
        executor.close()
    assert found.pop("pid") != os.getpid()
    assert found.pop("sum") == 499500.0
    kills, hangs = found.pop("kills"), found.pop("hangs")
    assert "cost 3 workers and is given up" in str(kills)
    assert kills.log.splitlines()[-2:] == ["a first line", "the last words"]
    assert str(hangs) == "models: took longer than its limit of 1 s and was ended"
    assert found == {f"{number}": "awake" for number in range(20)}


@pytest.mark.ray
def test_a_small_study_does_not_wait_for_ray() -> None:
    """What may run in this process does, until Ray is there."""
    executor = make_executor("ray", home=home())
    try:
        executor.submit(Work("pid", pid, (), tame=True))
        found = gather(executor, 1)
    finally:
        executor.close()
    assert set(found) == {"pid"}


@pytest.mark.ray
def test_every_model_gives_the_same_bits_on_ray_and_here(market_data: Path, ray_here: None) -> None:
    local = run_study(parse_spec(SPEC.format(name="same-local")), base=market_data)
    heard: list[StudyEvent] = []
    remote = run_study(parse_spec(SPEC.format(name="same-ray")), base=market_data, executor="ray", listener=heard.append)
    assert heard[-1].status.trials_resumed == 0
    for mine, theirs in zip(local.result.experiments, remote.result.experiments, strict=True):
        assert mine.status == theirs.status == "finished"
        assert (mine.cv, mine.test, mine.baselines, mine.params) == (theirs.cv, theirs.test, theirs.baselines, theirs.params), mine.name
    assert reproduce(remote.result.experiments[2].run_id, base=market_data).verdict == "identical"


@pytest.mark.ray
def test_a_class_beside_the_spec_runs_on_ray(tmp_path: Path, ray_here: None) -> None:
    (tmp_path / "own_ridge.py").write_text("from sklearn.linear_model import Ridge\nclass Own(Ridge):\n    pass\n")
    spec = parse_spec(
        "{version: 1, name: own-on-ray, task: regression, data: {loader: sample, n_entities: 1, n_days: 90}, target: {column: volume}, "
        "features: [lag: {columns: [volume], periods: [0]}], split: {cv: {folds: 2}}, models: [python: {class: own_ridge.Own}]}"
    )
    assert run_study(spec, base=tmp_path, executor="ray").result.status == "finished"


@pytest.mark.ray
def test_asking_for_more_than_the_cluster_has_is_one_line(ray_here: None) -> None:
    executor = make_executor("ray", Placement(cpus=512), home=home())
    executor.submit(Work("any", int, ()))
    with pytest.raises(ExecutorError, match="no node has 512 CPUs"):
        gather(executor, 1)
    executor.close()


def test_the_number_of_workers_changes_nothing(market_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dsframework.execution import LocalExecutor
    from dsframework.study import _run

    results = []
    for workers in (1, 3):
        monkeypatch.setattr(_run, "make_executor", lambda *_, workers=workers, **__: LocalExecutor(workers=workers))
        results.append(run_study(parse_spec(SPEC.format(name=f"workers-{workers}")), base=market_data).result)
    for one, three in zip(results[0].experiments, results[1].experiments, strict=True):
        assert (one.cv, one.test, one.params) == (three.cv, three.test, three.params), one.name
