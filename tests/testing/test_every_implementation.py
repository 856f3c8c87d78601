"""Every registered implementation of every stage keeps the contract that other packages are held to."""

from __future__ import annotations

import ast
import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dsframework.data import loader_names
from dsframework.evaluation import evaluators
from dsframework.features import known_features
from dsframework.metrics import metric_names
from dsframework.spec import catalogue
from dsframework.testing import check_evaluator, check_feature, check_loader, check_metric

ROOT = Path(__file__).resolve().parents[1]
OVER = "OVER (PARTITION BY ticker ORDER BY time"
STATS = ["mean", "std", "min", "max", "sum", "median", "zscore", "count", "quantile:0.2"]
FEATURES: dict[str, list[dict[str, Any]]] = {
    "calendar": [{"fields": ["day_of_week", "hour", "days_to_holiday", "is_early_close"]}],
    "cross_asset": [{"columns": ["close"], "entities": ["B"], "lags": [0, 2]}, {"columns": ["close"], "means": ["market", "others"]}],
    "ewm": [{"columns": ["close"], "spans": [3], "stats": ["mean", "std"], "tolerance": 0.05}],
    "expanding": [{"columns": ["value"], "stats": STATS, "max_rows": 20, "min_samples": 4}],
    "fourier": [{"cycles": ["time_of_day", "day_of_week"], "order": 2}],
    "lag": [{"columns": ["close", "value"], "periods": [0, 1, 5]}, {"columns": ["volume"], "sessions": [1, 2]}],
    "python": [{"function": "features_of_the_suite.spread", "columns": ["high", "low"], "lookback": 2}],
    "range": [{"windows": [1, 4]}],
    "rank": [{"columns": ["close"]}],
    "realised_volatility": [{"columns": ["close"], "windows": [6]}],
    "returns": [{"columns": ["close"], "periods": [1, 3]}],
    "rolling": [{"columns": ["value", "close"], "windows": [4, 9], "stats": STATS, "min_samples": 3}],
    "seasonal": [{"columns": ["volume"], "by": "slot", "seasons": [2], "stats": ["mean", "max"]}],
    "sql": [
        {
            "expressions": {
                "gap": f"open / LAG(close) {OVER}) - 1",
                "calm": f"AVG(high - low) {OVER} ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)",
            }
        }
    ],
    "tsfresh": [{"columns": ["close"], "windows": [5], "calculators": {"c3": [{"lag": 1}], "maximum": []}}],
    "volume_profile": [{"sessions": [2], "stats": ["share", "cumulative", "done"]}],
    "zscore": [{"columns": ["close"]}],
}
NO_FEATURE_OF_ROWS = {"summary"}
"""One row an entity, which refuses to be a feature of rows: tests/features/test_summary.py."""
EVALUATORS: dict[str, list[dict[str, Any]]] = {
    "backtest": [{"price": "close"}, {"price": "close", "weights": "rank", "volume": "volume"}],
    "breakdown": [{"by": ["entity", "month"]}],
    "calibration": [{}],
    "ranking": [{}],
    "residuals": [{}],
}
ASKS_A_SERVER = {"onetick"}
"""Tried against a stand-in for its server: tests/data."""


@pytest.fixture(autouse=True, scope="module")
def own_file(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("own")
    (folder / "features_of_the_suite.py").write_text("def spread(frame):\n    return (frame['high'] - frame['low']).rolling_mean(3)\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        yield


@pytest.mark.parametrize(("name", "arguments"), [(name, one) for name, forms in FEATURES.items() for one in forms], ids=str)
def test_every_feature_keeps_the_contract(name: str, arguments: dict[str, Any]) -> None:
    check_feature(name, arguments)


def test_no_feature_is_left_out() -> None:
    assert set(FEATURES) | NO_FEATURE_OF_ROWS == set(known_features()) == set(catalogue.names("features"))


@pytest.mark.parametrize("name", metric_names())
def test_every_metric_keeps_the_contract(name: str) -> None:
    check_metric(name)


@pytest.mark.parametrize(("name", "arguments"), [(name, one) for name, forms in EVALUATORS.items() for one in forms], ids=str)
def test_every_evaluator_keeps_the_contract(name: str, arguments: dict[str, Any]) -> None:
    check_evaluator(name, arguments)


def test_no_evaluator_is_left_out() -> None:
    assert set(EVALUATORS) == set(evaluators.names()) == set(catalogue.names("evaluation"))


def bars() -> pl.DataFrame:
    days = [dt.date(2024, 1, 2) + dt.timedelta(days=number) for number in range(6)]
    values = np.random.default_rng(0).normal(size=12).round(3)
    return pl.DataFrame({"day": days * 2, "ticker": ["A"] * 6 + ["B"] * 6, "close": values, "volume": np.arange(12)})


@pytest.fixture
def there(tmp_path: Path) -> Path:
    import sqlite3

    import duckdb

    rows = bars()
    rows.write_csv(tmp_path / "bars.csv")
    rows.write_parquet(tmp_path / "bars.parquet")
    with duckdb.connect(str(tmp_path / "bars.duckdb")) as base:
        base.sql("create table bars as select * from rows")
    with sqlite3.connect(tmp_path / "bars.sqlite") as base:
        base.execute("create table bars (day text, ticker text, close real, volume integer)")
        base.executemany("insert into bars values (?, ?, ?, ?)", [(str(day), *more) for day, *more in rows.iter_rows()])
    base.close()
    return tmp_path


LOADERS: dict[str, dict[str, Any]] = {
    "csv": {"path": "bars.csv", "time": "day", "entity": "ticker"},
    "duckdb": {"path": "bars.duckdb", "table": "bars", "time": "day", "entity": "ticker"},
    "frame": {"frame": "bars", "time": "day", "entity": "ticker"},
    "parquet": {"path": "bars.parquet", "time": "day", "entity": "ticker"},
    "sample": {"n_entities": 3, "n_days": 40, "seed": 1},
    "sql": {"connection": "TSML_TEST_SUITE_BASE", "table": "bars", "time": "day", "entity": "ticker"},
}


@pytest.mark.parametrize("name", LOADERS)
def test_every_loader_keeps_the_contract(name: str, there: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSML_TEST_SUITE_BASE", f"sqlite:///{there / 'bars.sqlite'}")
    check_loader(name, LOADERS[name], base=there, frames={"bars": bars()})


def test_no_loader_is_left_out() -> None:
    assert set(LOADERS) | ASKS_A_SERVER == set(loader_names()) == set(catalogue.names("data"))


def calls(folder: str, function: str) -> set[str]:
    """Names of the tests' files of a folder that call a suite."""
    found = set()
    for file in (ROOT / folder).glob("test_*.py"):
        tree = ast.parse(file.read_text())
        if any(isinstance(node, ast.Call) and getattr(node.func, "id", None) == function for node in ast.walk(tree)):
            found.add(file.name)
    return found


@pytest.mark.parametrize(
    ("folder", "function"),
    [("models", "check_model"), ("preprocessing", "check_step"), ("preprocessing", "check_scale"), ("splitting", "check_splitter")],
)
def test_the_other_suites_run_in_the_folder_of_their_stage(folder: str, function: str) -> None:
    assert calls(folder, function)
