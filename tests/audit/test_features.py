"""Every planted leak is found, with the feature and the date; nothing clean is accused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from dsframework.audit import audit_features
from dsframework.data import load_panel
from dsframework.spec import SampleData

V, C = pl.col("volume"), pl.col("close")


@dataclass(frozen=True)
class Table:
    names: tuple[str, ...]
    matrix: np.ndarray
    warm: np.ndarray
    lookback: int


def builder(feature, lookback):
    """Make the features of one function as the framework makes those of a spec."""

    def build(frame: pl.DataFrame) -> Table:
        found = feature(frame)
        values = found if isinstance(found, pl.Series) else frame.select(found.alias("f"))["f"]
        matrix = values.cast(pl.Float64).fill_null(float("nan")).to_numpy().reshape(-1, 1)
        number = frame.select(pl.int_range(pl.len()).over("ticker")).to_series().to_numpy()
        matrix = np.where(number[:, None] < lookback, np.nan, matrix)
        return Table(("suspect",), matrix, number >= lookback, lookback)

    return build


def own(expression: pl.Expr) -> Callable[[pl.DataFrame], pl.Expr]:
    """The expression within each ticker."""
    return lambda _: expression.over("ticker")


def over_all(expression: pl.Expr) -> Callable[[pl.DataFrame], pl.Expr]:
    """The expression over all rows of the panel."""
    return lambda _: expression


def backwards(frame: pl.DataFrame) -> pl.Series:
    """An exponential mean that runs from the end."""
    return frame.select(V.cast(pl.Float64).reverse().ewm_mean(span=10).reverse().over("ticker")).to_series()


def interpolated(frame: pl.DataFrame) -> pl.Series:
    holed = pl.when(pl.int_range(pl.len()) % 3 != 1).then(V.cast(pl.Float64))
    return frame.select(holed.interpolate().over("ticker")).to_series()


def principal(frame: pl.DataFrame) -> pl.Series:
    x = frame.select(V.log(), C.log()).to_numpy()
    x = x - x.mean(axis=0)
    return pl.Series(x @ np.linalg.svd(x, full_matrices=False)[2][0])


def trend(frame: pl.DataFrame) -> pl.Series:
    """Distance from a line that was fitted to the whole history."""
    y, x = frame["close"].to_numpy(), np.arange(frame.height)
    return pl.Series(y - np.polyval(np.polyfit(x, y, 1), x))


def smoothed(frame: pl.DataFrame) -> pl.Series:
    """A filter that looks to both sides."""
    return frame.select(V.cast(pl.Float64).rolling_mean(7, center=True, min_samples=1).over("ticker")).to_series()


def spectrum(frame: pl.DataFrame) -> pl.Series:
    """A denoised series: the largest Fourier coefficients of the whole history."""

    def denoise(values: np.ndarray) -> np.ndarray:
        found = np.fft.rfft(values)
        found[np.abs(found) < np.quantile(np.abs(found), 0.9)] = 0
        return np.fft.irfft(found, len(values))

    parts = [
        pl.DataFrame({"row": part["row"], "f": denoise(part["close"].to_numpy())})
        for part in frame.with_row_index("row").partition_by("ticker")
    ]
    return pl.concat(parts).sort("row")["f"]


def best_lag(frame: pl.DataFrame) -> pl.Series:
    """The lag that was chosen by its correlation over the whole history."""
    y = V.shift(-1).over("ticker")
    lags = [V.shift(lag).over("ticker") for lag in range(1, 6)]
    table = frame.select(y.alias("y"), *(lag.alias(str(number)) for number, lag in enumerate(lags)))
    scores = [abs(table.select(pl.corr("y", str(number))).item()) for number in range(len(lags))]
    return table[str(int(np.argmax(scores)))] * float(max(scores))


def report(frame: pl.DataFrame) -> pl.Series:
    """A month's total, known on its first day."""
    return frame.select(V.sum().over(pl.col("ticker"), pl.col("date").dt.month_start())).to_series()


def week(frame: pl.DataFrame) -> pl.Series:
    """Bars of a week that carry the date of its first day."""
    return frame.select(C.last().over(pl.col("ticker"), pl.col("date").dt.truncate("1w"))).to_series()


def target_mean(frame: pl.DataFrame) -> pl.Series:
    """The mean of tomorrow's volume by day of the week."""
    return frame.select(V.shift(-1).over("ticker").mean().over("ticker", pl.col("date").dt.weekday())).to_series()


def nearest(frame: pl.DataFrame) -> pl.Series:
    """What followed the most similar day of the whole history."""
    found = np.full(frame.height, np.nan)
    for part in frame.with_row_index("row").partition_by("ticker"):
        v = part["volume"].to_numpy().astype(float)
        for i in range(len(v)):
            distance = np.abs(v - v[i])
            distance[i] = np.inf
            distance[-1] = np.inf
            found[part["row"][i]] = v[int(np.argmin(distance)) + 1] if len(v) > 2 else np.nan
    return pl.Series(found)


LEAKS = {
    "tomorrow's value": own(V.shift(-1)),
    "the value in eight days": own(V.shift(-8)),
    "the value in fifty days": own(V.shift(-50)),
    "tomorrow's return": own(C.shift(-1) / C - 1),
    "tomorrow's direction": own((C.shift(-1) > C).cast(pl.Float64)),
    "a centred mean": smoothed,
    "a centred deviation": own(V.cast(pl.Float64).rolling_std(5, center=True, min_samples=2)),
    "the largest of the next week": own(V.reverse().rolling_max(5, min_samples=1).reverse()),
    "filled from behind": own(pl.when(pl.int_range(pl.len()) % 4 == 0).then(V).backward_fill()),
    "interpolated gaps": interpolated,
    "z-score over the whole history": own((V - V.mean()) / V.std()),
    "z-score over all tickers": over_all((V - V.mean()) / V.std()),
    "scaled by the largest of all": own(V / V.max()),
    "min-max over the whole history": own((C - C.min()) / (C.max() - C.min())),
    "rank within the whole history": own(V.rank()),
    "quantile bin of the whole history": own((V.quantile(0.75) < V).cast(pl.Float64)),
    "filled with the mean of all": own(pl.when(pl.int_range(pl.len()) % 5 == 0).then(V.mean()).otherwise(V)),
    "sum from the end": own(V.reverse().cum_sum().reverse()),
    "exponential mean from the end": backwards,
    "the last price of all": own(C.last() / C),
    "share of the final total": own(V.cum_sum() / V.sum()),
    "distance to the highest of all": own(C / C.max() - 1),
    "days since the peak of all": own((pl.int_range(pl.len()) - C.arg_max()).cast(pl.Float64)),
    "rows that are still to come": own(pl.len() - pl.int_range(pl.len())),
    "main component of everything": principal,
    "residual of a line through everything": trend,
    "denoised by the spectrum of everything": spectrum,
    "a lag chosen on everything": best_lag,
    "a month's total on its first day": report,
    "a week's close on its first day": week,
    "mean of tomorrow by weekday": target_mean,
    "what followed the most similar day": nearest,
    "yesterday's rank within the whole history": own(V.rank().shift(1)),
    "tomorrow's median of all tickers": lambda _: V.median().over("date").shift(-1).over("ticker"),
}
"""Each looks into the future somewhere; (b) to (h) of the audit have leaks of their own."""

CLEAN = {
    "today's value": (own(V), 0),
    "a lag": (own(V.shift(1)), 1),
    "a long lag": (own(V.shift(63)), 63),
    "a return": (own(C / C.shift(5) - 1), 5),
    "a rolling mean": (own(V.cast(pl.Float64).rolling_mean(21)), 20),
    "a rolling z-score": (own((V - V.rolling_mean(21)) / V.rolling_std(21)), 20),
    "a rolling rank": (own((V.rolling_median(9) <= V).cast(pl.Float64)), 8),
    "today's rank among tickers": (lambda _: V.rank().over("date"), 0),
    "today's z-score among tickers": (lambda _: (V - V.mean().over("date")) / V.std().over("date"), 0),
    "yesterday's mean of all tickers": (lambda _: V.mean().over("date").shift(1).over("ticker"), 1),
    "distance to the highest of a month": (own(C / C.rolling_max(21) - 1), 20),
    "day of the week": (lambda _: pl.col("date").dt.weekday(), 0),
    "end of the month": (lambda _: (pl.col("date") == pl.col("date").dt.month_end()).cast(pl.Float64), 0),
    "days to the month's end": (lambda _: (pl.col("date").dt.month_end() - pl.col("date")).dt.total_days(), 0),
    "a constant": (lambda _: pl.lit(3.0) + V * 0, 0),
    "high over low": (lambda _: pl.col("high") / pl.col("low"), 0),
    "share of the day's volume": (lambda _: V / V.sum().over("date"), 0),
    "longest run up in a week": (own((C.shift(1) < C).cast(pl.Float64).rolling_sum(5)), 5),
    "a missing value where there is none": (own(pl.when(V.shift(1) > V).then(V)), 1),
    "the sign of a change": (own((V - V.shift(2)).sign()), 2),
}


@pytest.fixture(scope="module")
def rows() -> pl.DataFrame:
    panel = load_panel(SampleData(n_entities=4, n_days=320, seed=5))
    frame = panel.frame.rename({panel.time: "date", panel.entity: "ticker"})
    late = frame["ticker"].unique().sort()[0]  # one ticker begins late, one skips days
    skips = frame["ticker"].unique().sort()[1]
    day = pl.col("date").rank("dense")
    return frame.filter(~((pl.col("ticker") == late) & (day < 60)) & ~((pl.col("ticker") == skips) & (day % 11 == 3)))


def audit(rows: pl.DataFrame, feature, lookback: int):
    return {check.name: check for check in audit_features(rows, builder(feature, lookback), time="date", entity="ticker")}


@pytest.mark.parametrize("name", LEAKS)
def test_a_planted_leak_is_found_with_its_feature_and_date(rows, name):
    found = audit(rows, LEAKS[name], 8)["future"]
    assert found.verdict == "failed"
    assert found.feature == "suspect"
    assert found.date is not None
    assert str(rows["date"][0]) <= found.date <= str(rows["date"][-1])


@pytest.mark.parametrize("name", CLEAN)
def test_a_clean_feature_is_not_accused(rows, name):
    found = audit(rows, *CLEAN[name])
    assert {check.name: check.verdict for check in found.values()} == {"future": "clean", "serving": "clean", "warm-up": "clean"}, found


def test_there_are_enough_of_both():
    assert len(LEAKS) >= 28
    assert len(CLEAN) >= 15


@pytest.mark.parametrize(
    ("feature", "lookback", "check"),
    [
        (lambda _: pl.col("volume").cast(pl.Float64).rolling_mean(21, min_samples=1).over("ticker"), 5, "warm-up"),
        (lambda _: pl.col("volume").cum_sum().over("ticker"), 20, "warm-up"),
        (lambda _: pl.col("volume").cast(pl.Float64).ewm_mean(span=30).over("ticker"), 10, "warm-up"),
        (lambda _: pl.col("volume").shift(30, fill_value=0).over("ticker"), 10, "serving"),
        (lambda _: pl.int_range(pl.len()).over("ticker"), 0, "serving"),
    ],
)
def test_a_history_that_is_too_short_is_told(rows, feature, lookback, check):
    found = audit(rows, feature, lookback)
    assert found["future"].verdict == "clean"
    assert found[check].verdict == "failed"
    assert found[check].feature == "suspect"
    assert found[check].date is not None
