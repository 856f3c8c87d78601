"""Every feature against an oracle of another make: SQL on real data, a direct loop on a panel with all that can be odd."""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest

from dsframework.features import build_features
from dsframework.spec import Component, spec_from_dict

NAN = float("nan")


def components(features: list[Any]) -> list[Component]:
    spec = {"name": "t", "task": "regression", "data": {"loader": "sample"}, "target": {"column": "volume"}}
    built = spec_from_dict({**spec, "features": features, "models": ["ridge"]}).features
    assert built is not None
    return built


def matrix(
    frame: pl.DataFrame, features: list[Any], *, entity: str | None = "ticker", calendar: str | None = None
) -> dict[str, np.ndarray]:
    table = build_features(frame, components(features), time="date", entity=entity, calendar=calendar)
    assert table.matrix.flags.c_contiguous
    assert table.matrix.dtype == np.float64
    assert not np.isinf(table.matrix).any()
    return {name: table.matrix[:, position] for position, name in enumerate(table.names)}


# ---------------------------------------------------------------------------------------------------------- SQL, real data


def window(inner: str, size: int, column: str) -> str:
    over = f"over (partition by ticker order by date rows between {size - 1} preceding and current row)"
    return f"case when count({column}) {over} = {size} then {inner.format(over=over)} end"


SQL: dict[str, str] = {
    "volume_lag_0": "volume",
    "volume_lag_5": "lag(volume, 5) over (partition by ticker order by date)",
    "high_lag_2": "lag(high, 2) over (partition by ticker order by date)",
    "volume_mean_21": window("avg(volume) {over}", 21, "volume"),
    "volume_std_21": window("stddev_samp(volume) {over}", 21, "volume"),
    "volume_min_21": window("min(volume) {over}", 21, "volume"),
    "volume_max_21": window("max(volume) {over}", 21, "volume"),
    "volume_sum_21": window("sum(volume) {over}", 21, "volume"),
    "volume_median_21": window("median(volume) {over}", 21, "volume"),
    "volume_zscore_21": window("(volume - avg(volume) {over}) / stddev_samp(volume) {over}", 21, "volume"),
    "high_mean_5": window("avg(high) {over}", 5, "high"),
    "close_return_1": "close / lag(close, 1) over (partition by ticker order by date) - 1",
    "close_return_21": "close / lag(close, 21) over (partition by ticker order by date) - 1",
    "close_log_return_5": "ln(close / lag(close, 5) over (partition by ticker order by date))",
    "range_1": "(high - low) / close",
    "range_5": window("avg((high - low) / close) {over}", 5, "(high - low) / close"),
    "volume_rank": (
        "(rank() over (partition by date order by volume) + (count(*) over (partition by date, volume) - 1) / 2.0)"
        " / count(volume) over (partition by date)"
    ),
}


def test_features_of_real_bars_are_those_of_sql(market_data: Path) -> None:
    frame = pl.read_parquet(market_data / "sp500_60.parquet").sort("date", "ticker")
    found = matrix(
        frame,
        [
            {"lag": {"columns": ["volume"], "periods": [0, 5]}},
            {"lag": {"columns": ["high"], "periods": [2]}},
            {"rolling": {"columns": ["volume"], "windows": [21], "stats": ["mean", "std", "min", "max", "sum", "median", "zscore"]}},
            {"rolling": {"columns": ["high"], "windows": [5], "stats": ["mean"]}},
            {"returns": {"columns": ["close"], "periods": [1, 21]}},
            {"returns": {"columns": ["close"], "periods": [5], "log": True}},
            {"range": {"windows": [1, 5]}},
            {"rank": {"columns": ["volume"]}},
        ],
    )
    assert list(found) == list(SQL)
    with duckdb.connect() as database:
        database.register("bars", frame.to_arrow())
        chosen = ", ".join(f"({text})::double as {name}" for name, text in SQL.items())
        expected = database.execute(f"select {chosen} from bars order by date, ticker").fetchnumpy()
    for name, values in found.items():
        oracle = np.ma.filled(expected[name], NAN)
        np.testing.assert_allclose(values, oracle, rtol=1e-9, atol=1e-12, err_msg=name)


def test_a_rank_of_an_earlier_feature_is_that_of_pandas(market_data: Path) -> None:
    frame = pl.read_parquet(market_data / "sp500_60.parquet").sort("date", "ticker")
    found = matrix(frame, [{"returns": {"columns": ["close"], "periods": [21]}}, {"rank": {"columns": ["close_return_21"]}}])
    bars = frame.to_pandas()
    change = bars.groupby("ticker")["close"].pct_change(21, fill_method=None)
    expected = change.groupby(bars["date"]).rank(pct=True)
    np.testing.assert_allclose(found["close_return_21_rank"], expected.to_numpy(), rtol=1e-12)


# ---------------------------------------------------------------------------------------------------- a direct loop, odd data


def odd_panel() -> pl.DataFrame:
    """Three entities: one starts late, one skips days; nulls, zeros, negative, equal and infinite values."""
    start = dt.date(2024, 1, 1)
    nan, inf = None, math.inf
    series: dict[str, tuple[int, int, list[float | None]]] = {
        "A": (0, 1, [5.0, 0.0, -2.0, 4.0, nan, 3.0, 3.0, 3.0, 3.0, 8.0, inf, 1.5, 2.5, 9.0, 7.0, 6.0]),
        "B": (7, 1, [1e9, 1e9 + 1, 1e9 + 3, 2.0, 2.0, 2.0, 2.0, 0.25]),
        "C": (1, 2, [1.0, 4.0, 9.0, 16.0, 25.0]),
    }
    rows = [
        (start + dt.timedelta(days=first + step * number), name, value)
        for name, (first, step, values) in series.items()
        for number, value in enumerate(values)
    ]
    frame = pl.DataFrame(rows, schema={"date": pl.Date, "ticker": pl.String, "v": pl.Float64}, orient="row").sort("date", "ticker")
    return frame.with_columns(high=pl.col("v") + 2, low=pl.col("v") - 1, close=pl.col("v"))


Rows = list[float]


def clean(value: float | None) -> float:
    return NAN if value is None or math.isinf(value) else value


def loop(frame: pl.DataFrame, rule: Callable[[Rows], float], column: str = "v") -> np.ndarray:
    """Apply `rule` to the entity's values up to each row, that row the last."""
    out = []
    history: dict[str, Rows] = {}
    for name, value in frame.select("ticker", column).rows():
        past = history.setdefault(name, [])
        past.append(clean(value))
        out.append(rule(past))
    return np.array(out)


def over(size: int, statistic: Callable[[Rows], float]) -> Callable[[Rows], float]:
    def rule(past: Rows) -> float:
        rows = past[-size:]
        return NAN if len(rows) < size or any(math.isnan(value) for value in rows) else statistic(rows)

    return rule


def zscore(rows: Rows) -> float:
    deviation = statistics.stdev(rows)
    return 0.0 if deviation == 0 else float(Fraction(rows[-1]) - statistics.mean(map(Fraction, rows))) / deviation


def back(period: int) -> Callable[[Rows], float]:
    return lambda past: past[-1 - period] if len(past) > period else NAN


def change(period: int) -> Callable[[Rows], float]:
    def rule(past: Rows) -> float:
        before = back(period)(past)
        return NAN if before == 0 else past[-1] / before - 1

    return rule


def log_change(period: int) -> Callable[[Rows], float]:
    def rule(past: Rows) -> float:
        before = back(period)(past)
        return math.log(past[-1] / before) if before > 0 and past[-1] > 0 else NAN

    return rule


LOOPS: dict[str, Callable[[Rows], float]] = {
    "v_lag_0": back(0),
    "v_lag_1": back(1),
    "v_lag_3": back(3),
    "v_mean_3": over(3, statistics.fmean),
    "v_std_3": over(3, statistics.stdev),
    "v_min_3": over(3, min),
    "v_max_3": over(3, max),
    "v_sum_3": over(3, math.fsum),
    "v_median_3": over(3, statistics.median),
    "v_zscore_3": over(3, zscore),
    "v_return_2": change(2),
    "v_log_return_2": log_change(2),
}
ODD = [
    {"lag": {"columns": ["v"], "periods": [0, 1, 3]}},
    {"rolling": {"columns": ["v"], "windows": [3], "stats": ["mean", "std", "min", "max", "sum", "median", "zscore"]}},
    {"returns": {"columns": ["v"], "periods": [2]}},
    {"returns": {"columns": ["v"], "periods": [2], "log": True}},
]


@pytest.mark.parametrize("name", LOOPS)
def test_features_of_odd_data_are_those_of_a_loop(name: str) -> None:
    frame = odd_panel()
    np.testing.assert_allclose(matrix(frame, ODD)[name], loop(frame, LOOPS[name]), rtol=1e-9, atol=1e-12)


def test_equal_values_have_no_spread_even_after_huge_ones() -> None:
    found = matrix(odd_panel().filter(pl.col("ticker") == "B"), ODD, entity=None)
    assert found["v_std_3"][5] == found["v_zscore_3"][5] == 0.0


def test_the_range_is_missing_where_the_close_is_zero() -> None:
    frame = odd_panel()
    found = matrix(frame, [{"range": {"windows": [1, 2]}}])
    expected = loop(frame, lambda past: NAN if past[-1] == 0 else 3 / past[-1])
    np.testing.assert_allclose(found["range_1"], expected)
    pairs = loop(frame.with_columns(r=pl.Series(expected).fill_nan(None)), over(2, statistics.fmean), "r")
    np.testing.assert_allclose(found["range_2"], pairs, rtol=1e-9)


def test_the_rank_counts_the_entities_that_have_a_value() -> None:
    day = [dt.date(2024, 1, 2)]
    frame = pl.DataFrame({"date": day * 5, "ticker": list("ABCDE"), "v": [3.0, None, 1.0, 3.0, 9.0]})
    np.testing.assert_array_equal(matrix(frame, [{"rank": {"columns": ["v"]}}])["v_rank"], [2.5 / 4, NAN, 1 / 4, 2.5 / 4, 1.0])


def test_booleans_and_whole_numbers_are_numbers() -> None:
    frame = pl.DataFrame({"date": [dt.date(2024, 1, day) for day in (1, 2, 3)], "flag": [True, False, True], "n": [1, 2, 4]})
    found = matrix(frame, [{"lag": {"columns": ["flag", "n"], "periods": [1]}}], entity=None)
    np.testing.assert_array_equal(found["flag_lag_1"], [NAN, 1.0, 0.0])
    np.testing.assert_array_equal(found["n_lag_1"], [NAN, 1.0, 2.0])


def test_what_overflows_is_missing() -> None:
    frame = pl.DataFrame({"date": [dt.date(2024, 1, day) for day in (1, 2, 3)], "v": [1e-308, 1e300, -1e308]})
    features = [
        {"returns": {"columns": ["v"], "periods": [1]}},
        {"rolling": {"columns": ["v"], "windows": [2], "stats": ["std", "zscore", "sum"]}},
        {"range": {"high": "v", "low": "v", "close": "v"}},
    ]
    found = matrix(frame, features, entity=None)
    assert np.isnan(found["v_return_1"][:2]).all()
    assert np.isnan(found["v_std_2"][2])
    np.testing.assert_allclose(found["v_sum_2"], [NAN, 1e300, -1e308])
