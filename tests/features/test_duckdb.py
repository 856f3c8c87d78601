"""Every feature against SQL of DuckDB, on panels with nulls, ties, gaps, late entities, constant columns and half days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsframework.features import FeatureTable, build_features, known_features
from dsframework.spec import Component, catalogue

OF = "over (partition by ticker order by time"
SLOT = "over (partition by ticker, time::time order by time"
STATS = ["mean", "std", "min", "max", "sum", "median", "zscore", "skew", "kurt", "count", "quantile:0.2"]


def stat_sql(stat: str, column: str, over: str, least: int, rows: int) -> str:
    """A statistic over a window that is null where fewer than `least` values are in it, or where the window is not whole for a count."""
    varied = f"max({column}) {over} > min({column}) {over}"
    inner, own = {
        "mean": (f"avg({column}) {over}", 1),
        "std": (f"case when {varied} then stddev_samp({column}) {over} else 0 end", 2),
        "zscore": (f"case when {varied} then ({column} - avg({column}) {over}) / stddev_samp({column}) {over} else 0 * {column} end", 2),
        "skew": (f"case when {varied} then skewness({column}) {over} end", 3),
        "kurt": (f"case when {varied} then kurtosis({column}) {over} end", 4),
        "median": (f"median({column}) {over}", 1),
        "quantile:0.2": (f"quantile_cont({column}, 0.2) {over}", 1),
    }.get(stat, (f"{stat}({column}) {over}", 1))
    if stat == "count":
        return f"case when count(*) {over} >= {rows} then count({column}) {over} end"
    return f"case when count({column}) {over} >= {max(least, own)} then {inner} end"


def windows(column: str, size: int, stats: list[str], *, least: int | None = None, of: str = OF, rows: int | None = None) -> list[str]:
    over = f"{of} rows between {size - 1} preceding and current row)"
    return [stat_sql(stat, column, over, size if least is None else least, rows or size) for stat in stats]


def weighted(column: str, decay: float, stat: str) -> str:
    """An exponentially weighted statistic by its definition, over the rows that together weigh all but a hundredth."""
    length = next(n for n in range(1, 1000) if decay**n <= 0.01)
    weight = f"pow({decay!r}, a.rn - b.rn)"
    where = f"from numbered b where b.ticker = a.ticker and b.rn between a.rn - {length - 1} and a.rn and b.{column} is not null"
    mean = f"(select sum(b.{column} * {weight}) / sum({weight}) {where})"
    if stat == "mean":
        return mean
    spread = f"sum({weight} * (b.{column} - m.mean) * (b.{column} - m.mean))"
    unbiased = f"sum({weight}) - sum({weight} * {weight}) / sum({weight})"
    inner = f"select case when count(*) > 1 then sqrt({spread} / ({unbiased})) end from numbered b, (select {mean} as mean) m"
    return f"({inner} {where.partition('from numbered b ')[2]})"


def volatility(method: str) -> str:
    return {
        "parkinson": "pow(ln(high / low), 2) / (4 * ln(2))",
        "garman_klass": "pow(ln(high / low), 2) / 2 - (2 * ln(2) - 1) * pow(ln(close / open), 2)",
        "rogers_satchell": "ln(high / close) * ln(high / open) + ln(low / close) * ln(low / open)",
    }[method]


def ranged(row: str, size: int, root: bool) -> str:
    over = f"{OF} rows between {size - 1} preceding and current row)"
    mean = f"case when count({row}) {over} = {size} then avg({row}) {over} end"
    return f"sqrt({mean})" if root else mean


def profile(stat: str, sessions: int) -> str:
    """The mean over the sessions before of their part; sessions that close early are passed over."""
    before = "select * from sessions s where s.ticker = a.ticker and s.day < a.day and not s.early"
    chosen = f"from ({before} order by s.day desc limit {sessions}) s"
    enough = f"(select count(*) {chosen}) = {sessions}"
    then = "select sum(b.volume) from numbered b where b.ticker = s.ticker and b.day = s.day and b.slot"
    part = {"share": f"coalesce(({then} = a.slot), 0)", "cumulative": f"coalesce(({then} <= a.slot), 0)"}
    today = "select sum(b.volume) from numbered b where b.ticker = a.ticker and b.day = a.day and b.time <= a.time"
    so_far = f"coalesce(({today}), 0)"
    if stat == "done":
        return f"case when {enough} then {so_far} / (select avg(s.total) {chosen} where s.total > 0) end"
    return f"case when {enough} then (select avg({part[stat]} / s.total) {chosen} where s.total > 0) end"


def turn(phase: str, wave: str, k: int) -> str:
    return f"{wave}(2 * pi() * {k} * ({phase}))"


RANK = "rank() over (partition by time order by v) + (count(*) over (partition by time, v) - 1) / 2.0"
YEAR = "(dayofyear(time) - 1) / dayofyear(make_date(year(time), 12, 31))::double"
SINCE = "(epoch(time) / 86400.0) / 30.5"
EXPRESSIONS = {
    "spread": "(high - low) / close",
    "before": f"LAG(v, 2) {OF}) - v",
    "mixed": f"AVG(v + LAG(close) {OF})) {OF} ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) / COUNT(v) {OF} ROWS 3 PRECEDING)",
    "odd": "CASE WHEN v > 0 AND close IS NOT NULL THEN LN(v) WHEN v IN (0, -1) THEN COALESCE(close, 7) ELSE ABS(v) END",
    "least": "LEAST(v, close) + SQRT(ABS(v)) - FLOOR(POWER(v, 2))",
}
ORACLES: dict[str, tuple[list[dict[str, Any]], list[str]]] = {
    "lag": (
        [{"columns": ["v", "close"], "periods": [0, 1, 4]}, {"columns": ["v"], "sessions": [1, 2]}],
        [
            *(f"lag({column}, {period}) {OF})" for column in ("v", "close") for period in (0, 1, 4)),
            *(f"lag(v, {sessions}) {SLOT})" for sessions in (1, 2)),
        ],
    ),
    "lag of an exact session": (
        [{"columns": ["v"], "sessions": [1, 2], "absent": "missing"}],
        [
            f"(select b.v from numbered b where b.ticker = a.ticker and b.session = a.session - {sessions} and b.slot = a.slot)"
            for sessions in (1, 2)
        ],
    ),
    "rolling": (
        [
            {"columns": ["v", "same"], "windows": [4], "stats": STATS},
            {"columns": ["close"], "windows": [6], "stats": STATS, "min_samples": 2},
        ],
        [*windows("v", 4, STATS), *windows("same", 4, STATS), *windows("close", 6, STATS, least=2, rows=2)],
    ),
    "expanding": (
        [{"columns": ["v"], "stats": STATS, "max_rows": 9, "min_samples": 4}],
        windows("v", 9, STATS, least=4, rows=4),
    ),
    "ewm": (
        [{"columns": ["v"], "spans": [3], "alphas": [0.4], "stats": ["mean", "std"], "tolerance": 0.01}],
        [weighted("v", decay, stat) for decay in (0.5, 0.6) for stat in ("mean", "std")],
    ),
    "seasonal": (
        [
            {"columns": ["v"], "seasons": [2], "by": "slot", "stats": ["mean", "max"]},
            {"columns": ["v"], "seasons": [3], "by": "day_of_week", "stats": ["mean", "std", "median"]},
            {"columns": ["close"], "seasons": [2], "by": "day_and_slot", "stats": ["sum"]},
            {"columns": ["v"], "seasons": [2], "period": 3, "stats": ["mean", "min"]},
        ],
        [
            *windows("v", 2, ["mean", "max"], of=SLOT),
            *windows("v", 3, ["mean", "std", "median"], of="over (partition by ticker, dayofweek(time) order by time"),
            *windows("close", 2, ["sum"], of="over (partition by ticker, dayofweek(time), time::time order by time"),
            *windows("v", 2, ["mean", "min"], of="over (partition by ticker, rn % 3 order by time"),
        ],
    ),
    "returns": (
        [{"columns": ["v"], "periods": [1, 3]}, {"columns": ["v"], "periods": [2], "log": True}],
        [
            *(f"v / nullif(lag(v, {period}) {OF}), 0) - 1" for period in (1, 3)),
            f"case when v > 0 and lag(v, 2) {OF}) > 0 then ln(v / lag(v, 2) {OF})) end",
        ],
    ),
    "range": (
        [
            {"windows": [1, 4]},
            *({"windows": [3], "method": method} for method in ("parkinson", "garman_klass", "rogers_satchell")),
        ],
        [
            *(ranged("((high - low) / close)", size, root=False) for size in (1, 4)),
            *(ranged(f"({volatility(method)})", 3, root=True) for method in ("parkinson", "garman_klass", "rogers_satchell")),
        ],
    ),
    "realised_volatility": (
        [{"columns": ["close"], "windows": [1, 4]}],
        [f"sqrt({text})" for size in (1, 4) for text in windows("change", size, ["sum"])],
    ),
    "rank": (
        [{"columns": ["v"]}],
        [
            f"case when v is not null then ({RANK}) / count(v) over (partition by time) end",
        ],
    ),
    "zscore": (
        [{"columns": ["v"]}],
        [stat_sql("zscore", "v", "over (partition by time)", 2, 2)],
    ),
    "calendar": (
        [{"fields": ["day_of_week", "day_of_month", "week_of_year", "month", "quarter", "hour", "minute"]}],
        ["isodow(time) - 1", "day(time)", "week(time)", "month(time)", "quarter(time)", "hour(time)", "minute(time)"],
    ),
    "volume_profile": (
        [{"sessions": [1, 3], "stats": ["share", "cumulative", "done"]}],
        [profile(stat, sessions) for sessions in (1, 3) for stat in ("share", "cumulative", "done")],
    ),
    "cross_asset": (
        [{"columns": ["v"], "entities": ["A"], "lags": [0, 2]}, {"columns": ["v"], "means": ["market", "others"]}],
        [
            *(
                f"(select b.v from numbered b where b.ticker = 'A' and b.time <= a.time order by b.time desc limit 1 offset {lag})"
                for lag in (0, 2)
            ),
            "avg(v) over (partition by time)",
            "(select avg(b.v) from numbered b where b.time = a.time and b.ticker <> a.ticker)",
        ],
    ),
    "fourier": (
        [{"cycles": ["time_of_day", "day_of_week", "day_of_month", "day_of_year"], "days": [30.5], "order": 2}],
        [
            turn(phase, wave, k)
            for phase in (
                "(hour(time) * 60 + minute(time)) / 1440.0",
                "(isodow(time) - 1) / 7.0",
                "(day(time) - 1) / day(last_day(time))::double",
                YEAR,
                SINCE,
            )
            for k in (1, 2)
            for wave in ("sin", "cos")
        ],
    ),
    "sql": (
        [{"expressions": EXPRESSIONS}],
        [
            "(high - low) / nullif(close, 0)",
            EXPRESSIONS["before"],
            f"case when rn > 3 then {EXPRESSIONS['mixed'].replace('LAG(close) ' + OF + ')', 'close_before')} end",
            EXPRESSIONS["odd"],
            EXPRESSIONS["least"],
        ],
    ),
    "python": (
        [{"function": "features_of_tests.middle", "columns": ["v", "close"], "lookback": 3, "names": ["middle", "gap"]}],
        [f"case when rn > 3 then {windows('v', 4, ['median'], least=1)[0]} end", f"close - lag(close, 3) {OF})"],
    ),
    "tsfresh": (
        [{"columns": ["v"], "windows": [3], "calculators": {"mean": [], "maximum": [], "median": []}}],
        windows("v", 3, ["max", "mean", "median"]),
    ),
}
DAYS = [dt.date(2024, 6, 28), *(dt.date(2024, 7, day) for day in (1, 2, 3, 5, 8, 9, 10, 11))]  # 3 July closes early
HALF = dt.date(2024, 7, 3)
SLOTS = [dt.time(9, 30), dt.time(11, 15), dt.time(12, 45), dt.time(15, 59)]


@st.composite
def panels(draw: st.DrawFn) -> pl.DataFrame:
    """Entities A to C with some of the bars of nine days; B and C may begin later. Values are few, so that there are ties."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    nulls, rows = draw(st.sampled_from([0.0, 0.1, 0.5])), []
    for ticker in draw(st.sampled_from(["A", "AB", "ABC"])):
        first = 0 if ticker == "A" else draw(st.integers(0, 5))
        missing = draw(st.sets(st.tuples(st.integers(0, 8), st.integers(0, 3)), max_size=8))
        for number, day in enumerate(DAYS[first:], start=first):
            for place, slot in enumerate(SLOTS[:3] if day == HALF else SLOTS):
                if (number, place) not in missing or (number, place) == (8, 0):
                    values = [rng.integers(-8, 8) / 4, rng.integers(4, 40) / 4, int(rng.integers(0, 6))]
                    rows.append((dt.datetime.combine(day, slot), ticker, *(None if rng.random() < nulls else value for value in values)))
    schema = {"time": pl.Datetime("us"), "ticker": pl.String, "v": pl.Float64, "close": pl.Float64, "volume": pl.Int64}
    frame = pl.DataFrame(rows, schema=schema, orient="row").sort("time", "ticker")
    more = {"high": pl.col("close") + 0.5, "low": pl.col("close") - 0.25, "open": pl.col("close") + 0.125, "same": pl.lit(0.1)}
    return frame.with_columns(**more)


def components(name: str) -> list[Component]:
    kind = name.partition(" ")[0]
    model = catalogue.arguments("features", kind)
    return [Component(name=kind, arguments=model(**arguments)) for arguments in ORACLES[name][0]]


def build(frame: pl.DataFrame, name: str) -> FeatureTable:
    return build_features(frame, components(name), time="time", entity="ticker", calendar="XNYS")


@pytest.fixture(scope="module")
def database() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as made:
        yield made


def asked(database: duckdb.DuckDBPyConnection, frame: pl.DataFrame, texts: list[str]) -> np.ndarray:
    database.register("bars", frame.to_arrow())
    chosen = ", ".join(f"({text})::double as c{place}" for place, text in enumerate(texts))
    found = database.execute(
        f"""
        with numbered as (
            select *, time::date as day, time::time as slot, row_number() {OF}) as rn,
                dense_rank() over (partition by ticker order by time::date) as session,
                lag(close) {OF}) as close_before, pow(ln(close / lag(close) {OF})), 2) as change
            from bars
        ), sessions as (
            select ticker, day, coalesce(sum(volume), 0) as total, day = date '{HALF}' as early from numbered group by ticker, day
        )
        select {chosen} from numbered a order by time, ticker
        """
    ).fetchnumpy()
    return np.stack([np.ma.filled(np.ma.masked_array(found[f"c{place}"], dtype=float), np.nan) for place in range(len(texts))], axis=1)


def test_every_feature_has_an_oracle() -> None:
    assert {name.partition(" ")[0] for name in ORACLES} == set(known_features()) - {"summary"}


@pytest.mark.parametrize("name", ORACLES)
@given(frame=panels())
@settings(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_a_feature_is_what_sql_says(database: duckdb.DuckDBPyConnection, name: str, frame: pl.DataFrame) -> None:
    found = build(frame, name)
    texts = ORACLES[name][1]
    assert len(found.names) == len(texts)
    expected = asked(database, frame, texts)
    expected[~np.isfinite(expected)] = np.nan
    for place, column in enumerate(found.names):
        np.testing.assert_allclose(found.matrix[:, place], expected[:, place], rtol=1e-9, atol=1e-9, err_msg=column)


@pytest.mark.parametrize("name", ORACLES)
@given(frame=panels())
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
def test_the_last_rows_are_the_same_from_their_lookback(name: str, frame: pl.DataFrame) -> None:
    whole = build(frame, name)
    left = frame.select(pl.int_range(pl.len(), 0, -1).over("ticker")).to_series()
    short = build(frame.filter(left <= whole.lookback + 1), name)
    last = (left == 1) & (frame["time"] == frame["time"].max()) & pl.Series(whole.warm)
    served = last.filter(left <= whole.lookback + 1).to_numpy()
    assert short.warm[served].all()
    np.testing.assert_array_equal(short.matrix[served], whole.matrix[last.to_numpy()])
