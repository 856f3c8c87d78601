"""The numbers of a panel study against a loop in pandas and scikit-learn that shares no code with it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, mean_absolute_percentage_error, mean_squared_error, r2_score
from sklearn.model_selection import TimeSeriesSplit

from dsframework.spec import spec_from_dict
from dsframework.study import run_study

HORIZON, WINDOW, EMBARGO, FOLDS, TEST = 3, 25, 2, 3, 0.2
LAGS = (0, 2, 4)


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    random = np.random.default_rng(5)
    days = pd.date_range("2020-01-01", periods=140).date
    parts = [
        pd.DataFrame({"day": days, "who": "steady", "v": 50.0}),
        pd.DataFrame({"day": days, "who": "wild", "v": np.exp(random.normal(8, 0.5, 140))}),
        pd.DataFrame({"day": days[20:], "who": "late", "v": np.exp(random.normal(3, 0.2, 120))}),
    ]
    return pd.concat(parts).sample(frac=1, random_state=0).reset_index(drop=True)


def by_hand(bars: pd.DataFrame) -> tuple[pd.DataFrame, list[pd.Timestamp]]:
    """Features and label of every usable row, and the time axis."""
    rows = bars.sort_values(["day", "who"]).reset_index(drop=True)
    values = rows.groupby("who")["v"]
    for lag in LAGS:
        rows[f"lag_{lag}"] = values.shift(lag)
    rows["y"], rows["known"] = values.shift(-HORIZON), rows.groupby("who")["day"].shift(-HORIZON)
    rows = rows.dropna().reset_index(drop=True)
    return rows, sorted(rows["day"].unique())


def scores(rows: pd.DataFrame, train_days: list, test_days: list) -> dict[str, float]:
    names = [f"lag_{lag}" for lag in LAGS]
    train, test = rows[rows["day"].isin(train_days)], rows[rows["day"].isin(test_days)]
    train = train[train["known"] <= test_days[0]]
    predicted = np.exp(Ridge(alpha=2.0).fit(train[names], np.log(train["y"])).predict(test[names]))
    scale = (train["y"] - train["v"]).abs().groupby(train["who"]).mean()
    scaled = ((test["y"] - predicted).abs() / test["who"].map(scale)).replace(np.inf, np.nan)
    return {
        "mae": mean_absolute_error(test["y"], predicted),
        "rmse": mean_squared_error(test["y"], predicted) ** 0.5,
        "mape": mean_absolute_percentage_error(test["y"], predicted),
        "r2": r2_score(test["y"], predicted),
        "mase": scaled[test["who"] != "steady"].mean(),
    }


def test_every_definition_at_once_equals_the_loop_by_hand(bars: pd.DataFrame) -> None:
    spec = spec_from_dict(
        {
            "name": "definitions",
            "task": "regression",
            "data": {"loader": "frame", "frame": "bars", "time": "day", "entity": "who"},
            "target": {"column": "v", "horizon": HORIZON, "transform": "log"},
            "features": [{"lag": {"columns": ["v"], "periods": list(LAGS)}}],
            "split": {"test": TEST, "cv": {"folds": FOLDS, "window": WINDOW, "embargo": EMBARGO}},
            "models": [{"ridge": {"alpha": 2.0}}],
        }
    )
    (found,) = run_study(spec, frames={"bars": bars}).result.experiments
    assert found.error is None
    rows, axis = by_hand(bars)
    gap = HORIZON - 1 + EMBARGO
    n_test = int(np.ceil(TEST * len(axis)))
    test_days, train_days = axis[-n_test:], axis[: len(axis) - n_test - gap]
    folds = TimeSeriesSplit(FOLDS, gap=gap, max_train_size=WINDOW).split(train_days)
    expected = [scores(rows, [train_days[i] for i in train], [train_days[i] for i in test]) for train, test in folds]
    for name in ("mae", "rmse", "mape", "r2", "mase"):
        assert found.cv[name].folds == pytest.approx([fold[name] for fold in expected], rel=1e-9), name
    assert found.test == pytest.approx(scores(rows, train_days, test_days), rel=1e-9)
    used = rows["day"].isin(train_days) & (rows["known"] <= test_days[0])
    assert (found.n_train, found.n_test) == (int(used.sum()), int(rows["day"].isin(test_days).sum()))
    assert found.n_dropped == len(bars) - len(rows) == 3 * (max(LAGS) + HORIZON)


def test_the_baselines_equal_forecasts_by_hand(bars: pd.DataFrame) -> None:
    spec = spec_from_dict(
        {
            "name": "baselines",
            "task": "regression",
            "data": {"loader": "frame", "frame": "bars", "time": "day", "entity": "who"},
            "target": {"column": "v", "horizon": HORIZON},
            "features": [{"lag": {"columns": ["v"], "periods": list(LAGS)}}],
            "split": {"test": TEST, "cv": {"folds": 1}},
            "models": ["ridge"],
            "metrics": ["mae"],
        }
    )
    (found,) = run_study(spec, frames={"bars": bars}).result.experiments
    rows, axis = by_hand(bars)
    n_test = int(np.ceil(TEST * len(axis)))
    test = rows[rows["day"].isin(axis[-n_test:])]
    train = rows[rows["day"].isin(axis[: len(axis) - n_test - HORIZON + 1]) & (rows["known"] <= axis[-n_test])]
    place = rows.groupby("who").cumcount()
    first = rows.groupby("who")["v"].transform("first")
    weekday = pd.to_datetime(rows["day"]).dt.day_of_week
    by_slot = train.groupby([train["who"], weekday[train.index]])["y"].mean()
    season = bars.sort_values("day").set_index(["who", "day"])["v"].groupby("who").shift(5 - HORIZON)
    expected = {
        "naive": test["v"],
        "seasonal_naive": pd.Series([season[key] for key in zip(test["who"], test["day"], strict=True)], index=test.index),
        "historic_mean": test["who"].map(train.groupby("who")["y"].mean()),
        "slot_mean": pd.Series([by_slot[test["who"][row], weekday[row]] for row in test.index], index=test.index),
        "drift": test["v"] + HORIZON * (test["v"] - first[test.index]) / place[test.index],
    }
    assert set(found.baselines) == set(expected)
    for name, forecast in expected.items():
        assert found.baselines[name]["mae"] == pytest.approx((test["y"] - forecast).abs().mean(), rel=1e-12), name
