"""A naive forecast that a metric is not defined for leaves the model alone."""

from __future__ import annotations

import numpy as np
import polars as pl

from dsframework.spec import spec_from_dict
from dsframework.study import run_study


def test_a_drift_below_zero_has_no_qlike_and_the_experiment_goes_on() -> None:
    n = 240
    rng = np.random.default_rng(3)
    volume = np.exp(rng.normal(size=n) * 0.2) * 900.0 * np.exp(-np.arange(n) / 40)  # it levels out, and the line through it goes on
    frame = pl.DataFrame({"time": pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 12, 31), eager=True)[:n], "volume": volume})
    document = {
        "name": "falling",
        "task": "regression",
        "data": {"loader": "frame", "frame": "frame", "time": "time"},
        "target": {"column": "volume", "horizon": 5, "transform": "log"},
        "features": [{"lag": {"columns": ["volume"], "periods": [0, 1]}}],
        "split": {"test": 0.1, "cv": {"folds": 2}},
        "models": ["ridge"],
        "metrics": ["qlike", "mae"],
        "audit": "off",
    }
    (found,) = run_study(spec_from_dict(document), frames={"frame": frame}).result.experiments
    assert (found.status, found.error) == ("finished", None)
    assert found.baselines["drift"]["qlike"] is None
    assert found.baselines["drift"]["mae"] is not None
    assert found.baselines["naive"]["qlike"] is not None
    assert found.test["qlike"] is not None
