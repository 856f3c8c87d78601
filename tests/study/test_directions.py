"""The share of right directions: of the change from the last known value, and of a return from zero."""

from __future__ import annotations

import polars as pl
import pytest

from dsframework.data import load_panel
from dsframework.spec import SampleData, spec_from_dict
from dsframework.study import run_study
from dsframework.tracking import load_predictions


@pytest.mark.parametrize("target", [{"column": "close", "as": "return"}, {"column": "close", "as": "log_return"}, {"column": "close"}])
def test_directions_are_of_the_change(target: dict[str, str]) -> None:
    document = {
        "name": "directions",
        "task": "regression",
        "data": {"loader": "sample", "n_entities": 3, "n_days": 200},
        "target": target,
        "features": [{"returns": {"columns": ["close"], "periods": [1, 2, 5]}}, {"lag": {"columns": ["close"], "periods": [0]}}],
        "split": {"test": 0.2, "cv": {"folds": 2}},
        "models": ["ridge"],
        "metrics": ["mae", "directional_accuracy"],
        "audit": "off",
    }
    best = run_study(spec_from_dict(document)).best
    assert best is not None
    test = load_predictions(best.run_id, "test")
    assert test is not None
    close = load_panel(SampleData(n_entities=3, n_days=200)).frame.select(
        pl.col("time").cast(pl.Datetime("ns")), pl.col("ticker").alias("entity"), "close"
    )
    known = test.join(close, on=["time", "entity"], how="left")["close"] if "as" not in target else pl.Series([0.0] * test.height)
    moved, said = (test["actual"] - known).sign(), (test["predicted"] - known).sign()
    assert best.test["directional_accuracy"] == pytest.approx((moved == said).filter(moved != 0).mean())
