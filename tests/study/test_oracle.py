"""The numbers of a study against a loop written by hand with pandas and scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score
from sklearn.model_selection import TimeSeriesSplit

from dsframework.spec import parse_spec
from dsframework.study import run_study

ONE_STOCK = """
version: 1
name: one-stock-oracle
task: regression
data: {loader: csv, path: one_stock.csv, time: date}
target: {column: volume, horizon: 1}
features:
  - lag: {columns: [volume], periods: [0, 1, 4]}
models: [ridge]
"""


def by_hand(path: Path) -> tuple[list[dict[str, float]], dict[str, float], dict[str, float]]:
    """Fold scores, test scores and the naive forecast's test scores, from the file alone."""
    frame = pd.read_csv(path)
    rows = pd.DataFrame({f"lag_{n}": frame["volume"].shift(n) for n in (0, 1, 4)})
    rows["y"] = frame["volume"].shift(-1)
    rows = rows.dropna()
    x, y = rows[["lag_0", "lag_1", "lag_4"]].to_numpy(), rows["y"].to_numpy()
    n_test = int(np.ceil(0.15 * len(y)))
    n_train = len(y) - n_test
    folds = []
    for train, test in TimeSeriesSplit(5).split(x[:n_train]):
        predicted = Ridge().fit(x[train], y[train]).predict(x[test])
        folds.append(scores(y[test], predicted) | {"mase": mase(x, y, train, test, predicted)})
    final = Ridge().fit(x[:n_train], y[:n_train]).predict(x[n_train:])
    train, test = np.arange(n_train), np.arange(n_train, len(y))
    return (
        folds,
        scores(y[test], final) | {"mase": mase(x, y, train, test, final)},
        scores(y[test], x[test, 0]) | {"mase": mase(x, y, train, test, x[test, 0])},
    )


def scores(actual: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    return {
        "mae": mean_absolute_error(actual, predicted),
        "rmse": float(np.sqrt(mean_squared_error(actual, predicted))),
        "mape": float(np.mean(np.abs(actual - predicted) / np.abs(actual))),
        "r2": r2_score(actual, predicted),
    }


def mase(x: np.ndarray, y: np.ndarray, train: np.ndarray, test: np.ndarray, predicted: np.ndarray) -> float:
    return float(np.abs(y[test] - predicted).mean() / np.abs(y[train] - x[train, 0]).mean())


def test_ridge_on_one_stock_equals_a_loop_written_by_hand(market_data: Path) -> None:
    folds, test, naive = by_hand(market_data / "one_stock.csv")
    found = run_study(parse_spec(ONE_STOCK), base=market_data).result.experiments[0]
    for metric in ("mae", "rmse", "mape", "r2", "mase"):
        assert found.cv[metric].folds == pytest.approx([fold[metric] for fold in folds], rel=1e-9)
        assert found.cv[metric].mean == pytest.approx(np.mean([fold[metric] for fold in folds]), rel=1e-9)
        assert found.cv[metric].std == pytest.approx(np.std([fold[metric] for fold in folds]), rel=1e-9)
        assert found.test[metric] == pytest.approx(test[metric], rel=1e-9)
        assert found.baselines["naive"][metric] == pytest.approx(naive[metric], rel=1e-9)


def test_purged_panel_folds_equal_a_loop_written_by_hand(market_data: Path) -> None:
    """Five-day direction of all stocks: dates are the axis, labels that overlap the test are left out, and the embargo widens the gap."""
    spec = parse_spec(
        """
version: 1
name: panel-oracle
task: classification
data: {loader: parquet, path: sp500_60.parquet, time: date, entity: ticker}
target: {column: close, as: direction, horizon: 5}
features:
  - returns: {columns: [close], periods: [1, 5]}
preprocessing: [standard_scale]
split: {test: 0.2, cv: {folds: 3, window: 252, purge: auto, embargo: 2}}
models: [logistic_regression]
metrics: [roc_auc, accuracy, log_loss, brier]
"""
    )
    found = run_study(spec, base=market_data).result.experiments[0]

    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame = pd.read_parquet(market_data / "sp500_60.parquet").sort_values(["date", "ticker"], ignore_index=True)
    close = frame.groupby("ticker")["close"]
    frame["r1"], frame["r5"] = close.pct_change(1), close.pct_change(5)
    frame["ahead"], frame["label_date"] = close.shift(-5), frame.groupby("ticker")["date"].shift(-5)
    frame = frame.dropna(subset=["r1", "r5", "ahead"])
    frame["y"] = (frame["ahead"] > frame["close"]).astype(float)
    axis = np.sort(frame["date"].unique())
    gap = 5 - 1 + 2
    n_train = len(axis) - int(np.ceil(0.2 * len(axis))) - gap
    for fold, (train, test) in enumerate(TimeSeriesSplit(3, gap=gap, max_train_size=252).split(np.arange(n_train))):
        fit = frame[frame["date"].isin(axis[train]) & (frame["label_date"] <= axis[test[0]])]
        held = frame[frame["date"].isin(axis[test])]
        model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)).fit(fit[["r1", "r5"]].to_numpy(), fit["y"])
        p = model.predict_proba(held[["r1", "r5"]].to_numpy())[:, 1]
        assert found.cv["roc_auc"].folds[fold] == pytest.approx(roc_auc_score(held["y"], p), rel=1e-9)
        assert found.cv["log_loss"].folds[fold] == pytest.approx(log_loss(held["y"], p), rel=1e-9)
        assert found.cv["brier"].folds[fold] == pytest.approx(brier_score_loss(held["y"], p), rel=1e-9)
        assert found.cv["accuracy"].folds[fold] == pytest.approx(float(((p >= 0.5) == held["y"]).mean()), rel=1e-9)
