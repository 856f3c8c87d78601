"""One row an entity, or a day: against pandas and statsmodels, group by group."""

import datetime as dt
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsframework.errors import FeatureError
from dsframework.features import SummaryTable, build_features, build_summary, is_summary, summary_needs
from dsframework.spec import Component, catalogue

STATS = ["mean", "std", "min", "max", "sum", "median", "skew", "kurt", "count", "quantile:0.25", "autocorrelation_1", "autocorrelation_3"]


def components(*features: dict[str, Any]) -> list[Component]:
    return [
        Component(name=name, arguments=catalogue.arguments("features", name)(**given))
        for feature in features
        for name, given in feature.items()
    ]


def summary(*columns: str, stats: list[str] | None = None, over: str = "entity") -> dict[str, Any]:
    return {"summary": {"columns": list(columns), "stats": stats or STATS, "over": over}}


def build(frame: pl.DataFrame, *features: dict[str, Any], entity: str | None = "ticker") -> SummaryTable:
    return build_summary(frame, components(*features), time="time", entity=entity, calendar=None)


@st.composite
def panels(draw: st.DrawFn) -> pl.DataFrame:
    rows = []
    numbers = st.one_of(st.none(), st.integers(-50, 50).map(lambda value: value / 4))
    for ticker in draw(st.sampled_from(["A", "BA", "CBA"])):
        for hour in sorted(draw(st.sets(st.integers(0, 20), min_size=1))):
            rows.append((dt.datetime(2024, 1, 1, 9) + dt.timedelta(hours=5 * hour), ticker, draw(numbers)))
    return pl.DataFrame(rows, schema={"time": pl.Datetime("us"), "ticker": pl.String, "v": pl.Float64}, orient="row").sort("time", "ticker")


def expected(part: Any, stat: str) -> float:
    """What pandas says of one group; the autocorrelation in a plain loop."""
    values = part["v"]
    if stat.startswith("autocorrelation"):
        lag, known = int(stat[-1]), values.dropna()
        if len(known) < 2 or known.nunique() == 1:
            return float("nan")
        pairs = []
        for _, own in part.groupby("ticker", sort=False):
            listed = list(own["v"])
            pairs += [(a - known.mean()) * (b - known.mean()) for a, b in zip(listed[lag:], listed, strict=False) if not np.isnan(a + b)]
        return sum(pairs) / ((known - known.mean()) ** 2).sum() if pairs else float("nan")
    if stat == "quantile:0.25":
        return float(values.quantile(0.25))
    if stat == "sum":
        return float(values.sum(min_count=1))
    found = float(getattr(values, stat)())
    return float("nan") if stat in ("skew", "kurt") and values.dropna().nunique() == 1 else found


@pytest.mark.parametrize("over", ["entity", "day"])
@given(frame=panels())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_row_is_what_pandas_says_of_its_group(frame: pl.DataFrame, over: str) -> None:
    found = build(frame, summary("v", over=over))
    rows = frame.with_columns(day=pl.col("time").cast(pl.Date)).to_pandas()
    groups = list(rows.groupby("ticker" if over == "entity" else "day"))
    assert found.keys.len() == len(groups) == len(found.matrix)
    assert found.names == tuple(f"v_{stat.replace(':', '_')}" for stat in STATS)
    for place, (key, part) in enumerate(groups):
        assert str(found.keys[place]) == str(key)[:10]
        assert found.n_rows[place] == len(part)
        assert found.last[place] == part.index[-1]
        np.testing.assert_allclose(found.matrix[place], [expected(part, stat) for stat in STATS], rtol=1e-9, atol=1e-9)


def test_the_autocorrelation_is_that_of_statsmodels() -> None:
    from statsmodels.tsa.stattools import acf

    values = np.random.default_rng(0).normal(size=80).cumsum()
    days = [dt.datetime(2024, 1, 1) + dt.timedelta(days=day) for day in range(80)]
    found = build(
        pl.DataFrame({"time": days, "ticker": ["A"] * 80, "v": values}), summary("v", stats=["autocorrelation_1", "autocorrelation_7"])
    )
    np.testing.assert_allclose(found.matrix[0], acf(values, nlags=7, fft=False)[[1, 7]])


def test_features_before_it_are_summed_up_and_rows_without_history_are_left_out(market_data: Any) -> None:
    frame = pl.read_parquet(market_data / "sp500_60.parquet").rename({"date": "time"}).sort("time", "ticker")
    returns = {"returns": {"columns": ["close"], "periods": [1]}}
    found = build(frame, returns, summary("close_return_1", "volume", stats=["mean", "std", "skew", "autocorrelation_1"]))
    assert found.matrix.shape == (60, 8)
    assert np.isfinite(found.matrix).all()
    rows = build_features(frame, components(returns), time="time", entity="ticker", calendar=None)
    own = rows.matrix[(frame["ticker"] == found.keys[7]).to_numpy(), 0]
    assert found.matrix[7, 0] == pytest.approx(np.nanmean(own), rel=1e-12)
    assert found.n_rows.sum() == frame.height


def test_what_it_reads_of_the_data_is_known() -> None:
    listed = components({"returns": {"columns": ["close"], "periods": [1]}}, summary("close_return_1", "volume"))
    assert is_summary(listed)
    assert not is_summary(listed[:1])
    assert summary_needs(listed) == ["close", "volume"]


FRAME = pl.DataFrame({"time": [dt.datetime(2024, 1, 1)], "ticker": ["A"], "v": [1.0], "name": ["x"]})


@pytest.mark.parametrize(
    ("features", "entity", "says"),
    [
        ([summary("w")], "ticker", "no such column"),
        ([summary("vv")], "ticker", "did you mean v"),
        ([summary("name")], "ticker", "not numeric"),
        ([summary("time")], "ticker", "no such column"),
        ([summary("v")], None, "over: day"),
        ([summary("v"), summary("v", over="day")], "ticker", "one of the two"),
        ([summary("v"), summary("v", stats=["mean"])], "ticker", "two summaries make a column 'v_mean'"),
        ([summary("v"), {"lag": {"columns": ["v"], "periods": [1]}}], "ticker", "move the summary to the end"),
        ([{"lag": {"columns": ["v"], "periods": [1]}}], "ticker", "add summary"),
    ],
)
def test_what_can_not_be_summed_up_is_one_line(features: list[Any], entity: str | None, says: str) -> None:
    with pytest.raises(FeatureError, match=says):
        build(FRAME, *features, entity=entity)


def test_a_feature_of_rows_it_refuses_to_be() -> None:
    with pytest.raises(FeatureError, match="would read the future; use it for task: clustering"):
        build_features(FRAME, components(summary("v")), time="time", entity="ticker", calendar=None)


@pytest.mark.parametrize(
    ("stat", "says"), [("zscore", "not available"), ("autocorrelation_0", "try autocorrelation_1"), ("quantile:2", "between 0 and 1")]
)
def test_a_statistic_that_is_not_there_is_refused(stat: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        components(summary("v", stats=[stat]))


SHAPES = [
    "mode_5", "mode_10", "correlation_length", "first_minimum", "time_asymmetry", "large_changes", "longest_above_mean", "longest_fall",
    "mean_of_three_error", "motif_entropy",
]  # fmt: skip


def correlations(runs: list[list[float]], mean: float, total: float, longest: int) -> list[float]:
    """The autocorrelation at each lag, NaN where no two rows are so far apart; the rows of an entity are a run, NaN where missing."""
    found = [1.0]
    for lag in range(1, longest):
        pairs = [(a - mean) * (b - mean) for run in runs for a, b in zip(run, run[lag:], strict=False) if not np.isnan(a + b)]
        found.append(sum(pairs) / total if pairs else float("nan"))
    return found


def shape(runs: list[list[float]], stat: str) -> float:
    """A statistic of a group by its definition, in a plain loop."""
    known = [value for run in runs for value in run if not np.isnan(value)]
    length = sum(len(run) for run in runs)
    if len(known) < 2 or min(known) == max(known):
        return float("nan")
    mean, total = sum(known) / len(known), sum((value - sum(known) / len(known)) ** 2 for value in known)
    deviation = (total / (len(known) - 1)) ** 0.5
    found = correlations(runs, mean, total, length)
    if stat == "correlation_length":
        return float(next((lag for lag in range(1, length) if found[lag] < 1 / np.e), length))
    if stat == "first_minimum":
        return float(next((lag for lag in range(1, length - 1) if found[lag] < found[lag - 1] and found[lag] < found[lag + 1]), length))
    stretches: list[list[float]] = []
    for run in runs:
        stretches.append([])
        for value in run:
            if np.isnan(value):
                stretches.append([])
            else:
                stretches[-1].append((value - mean) / deviation)
    scaled = [value for stretch in stretches for value in stretch]
    changes = [b - a for stretch in stretches for a, b in pairwise(stretch)]
    if stat.startswith("mode"):
        n_bins = int(stat.removeprefix("mode_"))
        width = (max(scaled) - min(scaled)) / n_bins
        edges = [min(scaled) + number * width for number in range(n_bins)] + [max(scaled)]
        counts = [sum(a <= value < b for value in scaled) for a, b in pairwise(edges)]
        counts[-1] += sum(value == edges[-1] for value in scaled)
        middles = [(edges[number] + edges[number + 1]) / 2 for number in range(n_bins) if counts[number] == max(counts)]
        return sum(middles) / len(middles)
    if stat == "time_asymmetry":
        return sum(change**3 for change in changes) / len(changes) if changes else float("nan")
    if stat == "large_changes":
        return sum(abs(change) > 0.04 for change in changes) / len(changes) if changes else float("nan")
    if stat.startswith("longest"):
        best = 0
        for stretch in stretches:
            falls = [b < a for a, b in pairwise(stretch)]
            length = 0
            for holds in falls if stat == "longest_fall" else [value > 0 for value in stretch]:
                length = length + 1 if holds else 0
                best = max(best, length)
        return float(best)
    if stat == "mean_of_three_error":
        errors = [s[place] - (s[place - 1] + s[place - 2] + s[place - 3]) / 3 for s in stretches for place in range(3, len(s))]
        return float(np.std(errors, ddof=1)) if len(errors) > 1 else float("nan")
    third = {value: 3 * sum(other < value for other in known) // len(known) for value in known}
    words = [(third[a], third[b]) for run in runs for a, b in pairwise(run) if not np.isnan(a + b)]
    shares = [words.count(word) / len(words) for word in set(words)]
    return -sum(share * np.log(share) for share in shares) if words else float("nan")


@pytest.mark.parametrize("over", ["entity", "day"])
@given(frame=panels(), noise=st.integers(0, 1000))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_shape_of_a_series_is_what_a_plain_loop_says(frame: pl.DataFrame, noise: int, over: str) -> None:
    """Values without ties at the borders of bins and thirds, where the last bit would decide."""
    odd = np.random.default_rng(noise).normal(size=frame.height)
    frame = frame.with_columns(v=pl.col("v") + pl.Series(odd))
    found = build(frame, summary("v", stats=SHAPES, over=over))
    rows = frame.with_columns(day=pl.col("time").cast(pl.Date))
    for place, key in enumerate(found.keys):
        part = rows.filter(pl.col("ticker" if over == "entity" else "day") == key)
        runs = [[float("nan") if value is None else value for value in own["v"]] for _, own in sorted(part.group_by("ticker"))]
        np.testing.assert_allclose(found.matrix[place], [shape(runs, stat) for stat in SHAPES], rtol=1e-9, atol=1e-9)


def test_shapes_of_series_that_are_known() -> None:
    days = [dt.datetime(2024, 1, 1) + dt.timedelta(days=day) for day in range(400)]
    wave = np.sin(2 * np.pi * (np.arange(400) + 0.3) / 20)
    found = build(pl.DataFrame({"time": days, "ticker": ["A"] * 400, "v": wave}), summary("v", stats=SHAPES))
    known = dict(zip(SHAPES, found.matrix[0], strict=True))
    assert known["first_minimum"] == 10, "half a period"
    assert known["correlation_length"] == 4, "cos(2 pi 4 / 20) is 0.31, cos(2 pi 3 / 20) is 0.59"
    assert known["longest_fall"] == 10
    assert known["longest_above_mean"] == 10
    assert known["time_asymmetry"] == pytest.approx(0, abs=1e-3)
    assert known["large_changes"] == pytest.approx(0.9, abs=0.01), "not from one side of an extreme to the other"
