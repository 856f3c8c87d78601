"""What a feature may look at: the past, and no more of it than it says."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsframework.features import FeatureTable, build_features, feature_names, known_features, needed_columns
from dsframework.spec import Component, catalogue, spec_from_dict

FIELDS = [
    "day_of_week", "day_of_month", "week_of_year", "month", "quarter", "hour", "minute", "is_month_start", "is_month_end",
    "is_quarter_end", "days_to_holiday", "days_since_holiday", "is_early_close",
]  # fmt: skip
OVER = "OVER (PARTITION BY ticker ORDER BY time"
STATS = ["mean", "std", "min", "max", "sum", "median", "zscore", "skew", "kurt", "count", "quantile:0.2"]
EVERY: dict[str, list[Any]] = {
    "lag": [
        {"lag": {"columns": ["v", "close"], "periods": [0, 1, 4]}},
        {"lag": {"columns": ["v"], "sessions": [1, 2]}},
        {"lag": {"columns": ["close"], "sessions": [1, 2], "absent": "missing"}},
    ],
    "rolling": [
        {"rolling": {"columns": ["v"], "windows": [4, 7], "stats": STATS}},
        {"rolling": {"columns": ["close"], "windows": [4, 6], "stats": STATS, "min_samples": 2}},
    ],
    "expanding": [{"expanding": {"columns": ["v"], "stats": STATS, "max_rows": 9, "min_samples": 4}}],
    "ewm": [
        {"ewm": {"columns": ["v"], "spans": [3], "halflives": [1.5], "alphas": [0.4], "stats": ["mean", "std"], "tolerance": 0.01}},
        {"ewm": {"columns": ["v"], "alphas": [1.0], "stats": ["mean"]}},
    ],
    "seasonal": [
        {"seasonal": {"columns": ["v"], "seasons": [1, 2], "by": "slot", "stats": ["mean", "max"]}},
        {"seasonal": {"columns": ["v", "close"], "seasons": [2], "by": "day_of_week", "stats": ["mean", "std", "median"]}},
        {"seasonal": {"columns": ["v"], "seasons": [2], "by": "day_and_slot"}},
        {"seasonal": {"columns": ["v"], "seasons": [4], "period": 3, "stats": STATS}},
    ],
    "returns": [{"returns": {"columns": ["v"], "periods": [1, 3]}}, {"returns": {"columns": ["v"], "periods": [2], "log": True}}],
    "range": [
        {"range": {"windows": [1, 4]}},
        *[{"range": {"windows": [3], "method": method, "open": "low"}} for method in ("parkinson", "garman_klass", "rogers_satchell")],
    ],
    "realised_volatility": [{"realised_volatility": {"columns": ["close"], "windows": [1, 4]}}],
    "rank": [{"rank": {"columns": ["v"]}}],
    "zscore": [{"zscore": {"columns": ["v", "close"]}}],
    "calendar": [{"calendar": FIELDS}],
    "volume_profile": [
        {"volume_profile": {"columns": ["v", "close"], "sessions": [1, 2], "stats": ["share", "cumulative", "done"]}},
    ],
    "cross_asset": [
        {"cross_asset": {"columns": ["v"], "entities": ["A"], "lags": [0, 2]}},
        {"cross_asset": {"columns": ["v", "close"], "means": ["market", "others"]}},
    ],
    "fourier": [{"fourier": {"cycles": ["time_of_day", "day_of_week", "day_of_month", "day_of_year"], "days": [30.5], "order": 2}}],
    "sql": [
        {
            "sql": {
                "expressions": {
                    "spread": "(high - low) / close",
                    "before": f"LAG(v, 2) {OVER}) - v",
                    "nested": f"AVG(v + LAG(close) {OVER})) {OVER} ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
                    "counted": f"v / COUNT(v) {OVER} ROWS 3 PRECEDING)",
                }
            }
        }
    ],
    "python": [{"python": {"function": "features_of_tests.middle", "columns": ["v", "close"], "lookback": 3, "names": ["middle", "gap"]}}],
    "tsfresh": [{"tsfresh": {"columns": ["v"], "windows": [3, 5], "calculators": {"mean": [], "quantile": [{"q": 0.2}]}}}],
}
CHAIN = [
    {"returns": {"columns": ["v"], "periods": [2]}},
    {"rolling": {"columns": ["v_return_2"], "windows": [3], "stats": ["mean"]}},
    {"lag": {"columns": ["v_return_2_mean_3"], "periods": [1]}},
    {"rank": {"columns": ["v_return_2_mean_3_lag_1"]}},
]
BACK = [
    {"returns": {"columns": ["v"], "periods": [2]}},
    {"cross_asset": {"columns": ["v_return_2"], "entities": ["A"], "lags": [1]}},
    {"lag": {"columns": ["v_return_2"], "sessions": [1], "absent": "missing"}},
    {"lag": {"columns": ["v"], "periods": [1]}},
    {"volume_profile": {"columns": ["v_lag_1"], "sessions": [2], "stats": ["done"]}},
    {"rolling": {"columns": ["v_return_2_session_lag_1", "v_lag_1_profile_done_2"], "windows": [2], "stats": ["mean"]}},
    {"sql": {"expressions": {"both": f"v_return_2_session_lag_1_mean_2 + LAG(v_return_2, 3) {OVER})"}}},
]


def components(features: list[Any]) -> list[Component]:
    spec = {"name": "t", "task": "regression", "data": {"loader": "sample"}, "target": {"column": "v"}}
    built = spec_from_dict({**spec, "features": features, "models": ["ridge"]}).features
    assert built is not None
    return built


def build(frame: pl.DataFrame, features: list[Any]) -> FeatureTable:
    return build_features(frame, components(features), time="time", entity="ticker", calendar="XNYS")


numbers = st.one_of(st.none(), st.floats(min_value=-1e6, max_value=1e6, allow_subnormal=False), st.sampled_from([0.0, 1.0, 1e12]))


@st.composite
def panels(draw: st.DrawFn) -> pl.DataFrame:
    """Up to three entities with rows at some of fourteen times."""
    start = draw(st.datetimes(dt.datetime(2015, 1, 1), dt.datetime(2024, 12, 1)))
    rows = []
    for ticker in draw(st.sampled_from(["A", "AB", "ABC"])):
        for hour in sorted(draw(st.sets(st.integers(0, 13), min_size=1))):
            moment = start.replace(microsecond=0) + dt.timedelta(hours=7 * hour)
            rows.append((moment, ticker, draw(numbers), draw(numbers), draw(numbers), draw(numbers)))
    schema = {"time": pl.Datetime("us"), "ticker": pl.String, "v": pl.Float64, "high": pl.Float64, "low": pl.Float64, "close": pl.Float64}
    return pl.DataFrame(rows, schema=schema, orient="row").sort("time", "ticker")


def test_every_registered_feature_is_tested_here() -> None:
    of_rows = set(known_features()) - {"summary"}  # which makes one row an entity, and is tested in a file of its own
    assert set(EVERY) == of_rows == set(catalogue.names("features")) - {"summary"}


@pytest.mark.parametrize("features", [*EVERY.values(), CHAIN, BACK], ids=[*EVERY, "chain", "back"])
@given(frame=panels(), data=st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_other_values_in_the_future_change_nothing_now(features: list[Any], frame: pl.DataFrame, data: st.DataObject) -> None:
    now = data.draw(st.sampled_from(frame["time"].unique().sort().to_list()))
    later = pl.col("time") > now
    names = ["v", "high", "low", "close"]
    changed = frame.with_columns(pl.when(later).then(pl.col(name) * -3 + 17).otherwise(pl.col(name)).alias(name) for name in names)
    known = (frame["time"] <= now).to_numpy()
    expected = build(frame, features).matrix[known]
    np.testing.assert_array_equal(build(changed, features).matrix[known], expected)
    np.testing.assert_array_equal(build(frame.filter(~later), features).matrix, expected)


@pytest.mark.parametrize("features", [*EVERY.values(), CHAIN, BACK], ids=[*EVERY, "chain", "back"])
def test_a_row_needs_its_lookback_and_no_more(features: list[Any]) -> None:
    frame = walk(30, 3).with_columns(v=pl.when(pl.int_range(pl.len()) < 9).then(pl.col("v") * 1e12).otherwise("v"))
    whole = build(frame, features)
    assert not np.isnan(whole.matrix[whole.warm]).any()
    last = frame.filter(pl.int_range(pl.len(), 0, -1).over("ticker") <= whole.lookback + 1)
    short = build(last, features)
    assert short.warm.sum() == 3
    np.testing.assert_array_equal(short.matrix[short.warm], whole.matrix[-3:])


def walk(n: int, entities: int) -> pl.DataFrame:
    rng = np.random.default_rng(3)
    frames = []
    for number in range(entities):
        close = 50 * np.exp(np.cumsum(rng.standard_normal(n) * 0.02))
        time = pl.datetime_range(dt.datetime(2024, 1, 1, 10), interval="1d", end=dt.datetime(2024, 1, n, 10), eager=True)
        columns = {"v": rng.lognormal(10, 1, n), "high": close * 1.01, "low": close * 0.99, "close": close}
        frames.append(pl.DataFrame({"time": time, "ticker": ["ABC"[number]] * n, **columns}))
    return pl.concat(frames).sort("time", "ticker")


@pytest.mark.parametrize(
    ("features", "lookback"),
    [
        ([{"lag": {"columns": ["v"], "periods": [0]}}], 0),
        ([{"lag": {"columns": ["v"], "periods": [1, 5]}}], 5),
        ([{"rolling": {"columns": ["v"], "windows": [21], "stats": ["mean"]}}], 20),
        ([{"range": {"windows": [5]}}], 4),
        (EVERY["rank"], 0),
        (EVERY["calendar"], 0),
        (CHAIN, 2 + 2 + 1),
        ([*CHAIN, {"lag": {"columns": ["v"], "periods": [9]}}], 9),
    ],
)
def test_lookbacks_of_chained_features_add_up(features: list[Any], lookback: int) -> None:
    assert build(walk(15, 2), features).lookback == lookback


def test_an_entity_that_starts_late_is_warm_later() -> None:
    frame = walk(10, 2).filter((pl.col("ticker") == "A") | (pl.col("time") > dt.datetime(2024, 1, 5)))
    table = build(frame, [{"lag": {"columns": ["v"], "periods": [3]}}])
    warm = frame.filter(pl.Series(table.warm)).group_by("ticker").agg(pl.col("time").min().dt.day()).sort("ticker")
    assert warm.rows() == [("A", 4), ("B", 8)]


def test_needed_columns_are_those_of_the_data() -> None:
    chained = components([*CHAIN, *EVERY["range"], {"lag": {"columns": ["close", "w"], "periods": [1]}}])
    assert needed_columns(chained) == ["v", "high", "low", "close", "w"]
    assert feature_names(chained)[:2] == ["v_return_2", "v_return_2_mean_3"]
