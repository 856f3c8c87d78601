"""A plan of a schedule made without a run, and a recorded run."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dsframework.data import load_panel
from dsframework.deployment import SchedulePlan
from dsframework.deployment._dag import render_dag
from dsframework.deployment._sessions import make_cadence
from dsframework.spec import SampleData, parse_spec
from dsframework.study import StudyOutcome, run_study

MakeLiteral = Callable[..., dict[str, Any]]
MakePlan = Callable[..., SchedulePlan]


@pytest.fixture(scope="session")
def make_literal() -> MakeLiteral:
    """Return plain data as `plan_schedule` makes it; keyword arguments replace keys."""
    cadence = asdict(make_cadence("XNYS"))

    def make(name: str = "volume", run_id: str = "a" * 32, **changes: Any) -> dict[str, Any]:
        return {
            "name": name,
            "dag_id": f"tsml_{name}",
            "owner": "ann",
            "created": "2026-11-23T20:00:00+00:00",
            "model": {"run_id": run_id, "study": "volume", "model": "ridge", "target": "volume", "horizon": 1, "metrics": {"mae": 1.5}},
            "cadence": cadence,
            "data": "/data/volume.parquet",
            "wait": {"timeout_minutes": 60.0, "poke_seconds": 60, "coverage": 0.9},
            "publish": {"parquet": "/predictions"},
            "bundle": "/bundle",
            "staging": "/staging",
            "environments": "/environments",
        } | changes

    return make


@pytest.fixture(scope="session")
def make_plan(make_literal: MakeLiteral) -> MakePlan:
    """Return a plan whose file lies in `folder`."""

    def make(folder: Path, name: str = "volume", **changes: Any) -> SchedulePlan:
        literal = make_literal(name, **changes)
        return SchedulePlan(
            name=name, dag_id=literal["dag_id"], file=str(folder / f"tsml_{name}.py"), text=render_dag(literal), next_runs=[], spec=literal
        )

    return make


SPEC = """
version: 1
name: sample volume
task: regression
data: {loader: parquet, path: panel.parquet, time: time, entity: ticker, calendar: XNYS}
target: {column: volume, horizon: 2, transform: log}
features:
  - lag: {columns: [volume], periods: [0, 1, 4]}
models:
  - ridge: {alpha: 1.0}
split: {test: 0.2, cv: {folds: 2}}
"""


@dataclass(frozen=True)
class Recorded:
    """A study of one ridge on four tickers from 2015-01-02 to 2015-06-24, and the file that it was trained from."""

    run_id: str
    study: str
    outcome: StudyOutcome
    file: Path

    @property
    def panel(self) -> pl.DataFrame:
        """The rows of the file."""
        return pl.read_parquet(self.file)


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Run a small study, whose spec has a path relative to its folder."""
    folder = tmp_path_factory.mktemp("study")
    load_panel(SampleData(n_entities=4, n_days=120)).frame.write_parquet(folder / "panel.parquet")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # MLflow 3.17 uses what pandas 3.1 calls outdated; the study's own tests judge its warnings
        outcome = run_study(parse_spec(SPEC), base=folder)
    assert outcome.result.best is not None
    return Recorded(outcome.result.best, outcome.study, outcome, folder / "panel.parquet")
