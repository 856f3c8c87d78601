"""Models on a real market: the volume of sixty stocks, a day ahead."""

import numpy as np
import polars as pl
import pytest

from dsframework.metrics import Sample, score
from dsframework.models import make_model
from dsframework.spec import WalkForwardCv
from dsframework.splitting import TimeAxis, walk_forward

SMALL = {
    "lightgbm": {"n_estimators": 40, "learning_rate": 0.2},
    "xgboost": {"n_estimators": 40},
    "catboost": {"iterations": 40, "learning_rate": 0.3},
    "random_forest": {"n_estimators": 6, "max_depth": 8},
}


@pytest.fixture(scope="module")
def volume(market_data):
    """Lags of log volume and its next value, the rows of the last fold's train and test."""
    lags = [pl.col("volume").log().shift(lag).over("ticker").alias(f"lag_{lag}") for lag in (0, 1, 2, 4, 9, 20)]
    frame = pl.read_parquet(market_data / "sp500_60.parquet").sort("date", "ticker")
    frame = frame.with_columns(*lags, pl.col("volume").log().shift(-1).over("ticker").alias("y")).drop_nulls()
    frame = frame.filter(pl.all_horizontal(pl.col("^lag_.*$", "y").is_finite()))
    steps = frame["date"].rank("dense").to_numpy().astype(int) - 1
    fold = walk_forward(TimeAxis.of(int(steps.max()) + 1), WalkForwardCv(folds=3))[-1]
    x = frame.select(pl.col("^lag_.*$")).to_numpy().astype(float, order="C")
    train, test = steps < fold.train[0].stop, steps >= fold.test[0].start
    y = frame["y"].to_numpy()
    return x[train], y[train], x[test], y[test]


@pytest.mark.parametrize("name", SMALL)
def test_a_model_gives_the_same_bits_with_any_number_of_threads_and_beats_yesterdays_volume(volume, name):
    x, y, x_test, y_test = volume
    assert len(x) > 40_000
    one, two = (make_model(name, SMALL[name], task="regression", seed=1, threads=n).fit(x, y).predict(x_test) for n in (1, 2))
    assert one.tobytes() == two.tobytes()
    ours = score(["mae"], Sample(np.exp(y_test), np.exp(one)))["mae"]
    naive = score(["mae"], Sample(np.exp(y_test), np.exp(x_test[:, 0])))["mae"]
    assert ours < naive
