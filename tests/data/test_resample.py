"""Bars of ticks: against a plain loop over ticks, and against DuckDB; from memory and from Parquet files of any layout."""

from __future__ import annotations

import datetime as dt
import itertools
import statistics
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dsframework.data import Panel, _ticks, load_panel
from dsframework.errors import DataError
from dsframework.spec import FrameData, ParquetData, parse_duration

UTC = dt.UTC
SORTED = "ticks were not in time order; sorted"
DST = dt.datetime(2024, 3, 10, 4, tzinfo=UTC)  # three hours before New York's clocks jump
FALL = dt.datetime(2024, 11, 3, 3, tzinfo=UTC)


def bars(rows: Any, resample: dict[str, Any], **more: Any) -> Panel:
    checks = {"sessions": "ignore", "gaps": "ignore", "bars": "ignore", "short": "ignore"}
    return load_panel(FrameData.model_validate({"frame": "f", "resample": resample, "checks": checks, **more}), frames={"f": rows})


def wall_end(moment: dt.datetime, length: dt.timedelta, zone: str, closed: str) -> Any:
    """The label of the bar that a tick lies in, by the clock on the wall, or in elapsed time for bars of up to an hour."""
    moment = moment - dt.timedelta(microseconds=1) if closed == "right" else moment
    local = moment.astimezone(ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
    if length == dt.timedelta(days=1):
        return local.date()
    if length <= dt.timedelta(hours=1):
        wall = local.replace(tzinfo=None)
        return (moment + (length - (wall - midnight) % length)).astimezone(ZoneInfo(zone))
    number = (local.replace(tzinfo=None) - midnight) // length
    end = midnight + (number + 1) * length
    found = end.replace(tzinfo=ZoneInfo(zone), fold=1)
    if found.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != end:  # the clock jumps over that time
        found = (end + dt.timedelta(hours=1)).replace(tzinfo=ZoneInfo(zone), fold=1)
    return found.astimezone(UTC).astimezone(ZoneInfo(zone))


def loop(ticks: list[tuple[dt.datetime, str, float | None, int]], every: str, zone: str, closed: str) -> dict[Any, dict[str, Any]]:
    """Bars by label and entity: one tick after the other, in the order of time; of one moment the order of the rows decides."""
    found: dict[Any, dict[str, Any]] = {}
    for moment, entity, price, size in sorted(ticks, key=lambda tick: tick[0]):
        if price is None:
            continue
        key = wall_end(moment, parse_duration(every), zone, closed), entity
        bar = found.setdefault(key, {"open": price, "high": price, "low": price, "volume": 0, "turnover": 0.0, "count": 0, "sizes": []})
        bar["high"], bar["low"], bar["close"] = max(bar["high"], price), min(bar["low"], price), price
        bar["volume"], bar["turnover"], bar["count"] = bar["volume"] + size, bar["turnover"] + price * size, bar["count"] + 1
        bar["sizes"].append(size)
    return found


@st.composite
def tick_lists(draw: st.DrawFn) -> list[tuple[dt.datetime, str, float | None, int]]:
    start = draw(st.sampled_from([DST, FALL, dt.datetime(2024, 6, 3, 13, 30, tzinfo=UTC)]))
    quarter = st.integers(0, 40).map(lambda number: number * 15 * 60 * 10**6)
    near = st.sampled_from([-1, 0, 0, 1, 30 * 10**6])
    moment = st.builds(lambda base, off: start + dt.timedelta(microseconds=base + off), quarter, near)
    price = st.one_of(st.none(), st.integers(1, 50).map(lambda number: number / 4))
    tick = st.tuples(moment, st.sampled_from(["A", "B"]), price, st.integers(0, 9))
    ticks = draw(st.lists(tick, min_size=1, max_size=40))
    if all(tick[2] is None for tick in ticks):
        ticks.append((start, "A", 1.0, 1))
    return sorted(ticks, key=lambda tick: tick[0]) if draw(st.booleans()) else ticks


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ticks=tick_lists(),
    every=st.sampled_from(["30s", "15min", "1h", "2h", "4h", "1d"]),
    zone=st.sampled_from(["UTC", "America/New_York", "Asia/Kolkata"]),
    closed=st.sampled_from(["left", "right"]),
    unit=st.sampled_from(["ms", "us", "ns"]),
    block=st.sampled_from([3, 1 << 20]),
)
def test_bars_are_those_of_a_loop_over_the_ticks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ticks: Any, every: str, zone: str, closed: str, unit: Any, block: int
) -> None:
    for module in ("_resample", "_bar_blocks"):
        monkeypatch.setattr(f"dsframework.data.{module}.BLOCK", block)
    if unit == "ms":
        ticks = [(moment.replace(microsecond=moment.microsecond // 1000 * 1000), *rest) for moment, *rest in ticks]
        closed = "left"  # the loop counts in microseconds
    if unit == "ns":
        closed = "left"
    moments = pl.Series([tick[0] for tick in ticks]).cast(pl.Datetime("us", "UTC")).dt.cast_time_unit(unit)
    frame = pl.DataFrame({"time": moments, "t": [t[1] for t in ticks], "price": [t[2] for t in ticks], "size": [t[3] for t in ticks]})
    frame = frame.cast({"price": pl.Float64})
    expected = loop(ticks, every, zone, closed)
    own = {"largest": {"column": "size", "stat": "max"}, "spread": {"column": "size", "stat": "std"}}
    resample = {"every": every, "closed": closed, "aggregations": own | {"middle": {"column": "size", "stat": "median"}}}
    panel = bars(frame, resample, entity="t", timezone=zone)
    assert panel.frame.select("time", "t").rows() == sorted(expected)
    for row in panel.frame.to_dicts():
        bar = expected[row["time"], row["t"]]
        assert {name: row[name] for name in ("open", "high", "low", "close", "volume", "count")} == {
            name: bar[name] for name in ("open", "high", "low", "close", "volume", "count")
        }
        assert row["vwap"] == (pytest.approx(bar["turnover"] / bar["volume"]) if bar["volume"] else None)
        assert (row["largest"], row["middle"]) == (max(bar["sizes"]), statistics.median(bar["sizes"]))
        assert row["spread"] == (pytest.approx(statistics.stdev(bar["sizes"]), abs=1e-9) if bar["count"] > 1 else None)
    known = [tick for tick in ticks if tick[2] is not None]
    in_order = all(a[0] <= b[0] for e in "AB" for mine in [[t for t in known if t[1] == e]] for a, b in itertools.pairwise(mine))
    assert (SORTED in panel.notes) == (not in_order)
    missing = len(ticks) - len(known)
    assert [note for note in panel.notes if "without" in note] == ([f"{missing} ticks without a 'price' were left out"] if missing else [])
    frame.write_parquet(tmp_path / "t.parquet", row_group_size=block if block < 100 else 7)
    monkeypatch.setattr(_ticks, "_LARGE", 5)
    monkeypatch.setattr(_ticks, "_BATCH", 4)
    data = {"path": "t.parquet", "resample": resample, "entity": "t", "timezone": zone, "checks": {"bars": "ignore", "short": "ignore"}}
    streamed = load_panel(ParquetData.model_validate(data), base=tmp_path)
    assert_frame_equal(streamed.frame, panel.frame)
    assert sorted(streamed.notes) == sorted(panel.notes)


@pytest.fixture(scope="module")
def market() -> pl.DataFrame:
    """Ticks of three stocks over the Friday after Thanksgiving, which closes at 13:00 in New York, and the Monday after it."""
    rng = np.random.default_rng(3)
    n = 6000
    start = np.datetime64("2024-11-29T13:00:00", "us")
    times = np.sort(start + rng.integers(0, 4 * 86_400_000_000, n).astype("timedelta64[us]"))
    times[100:200] = times[100]
    return pl.DataFrame(
        {
            "time": pl.Series(times).dt.replace_time_zone("UTC"),
            "ticker": rng.choice(["A", "BB", "C"], n),
            "price": 100 + rng.normal(0, 1, n).cumsum(),
            "size": rng.integers(1, 500, n),
            "side": rng.choice(["buy", "sell", None], n),
        }
    )


def in_sql(ticks: pl.DataFrame, where: str = "true") -> pl.DataFrame:
    return duckdb.sql(
        f"""
        with t as (select *, row_number() over () n from ticks where {where})
        select time_bucket(interval '5 minutes', time) + interval '5 minutes' as time, ticker,
               first(price order by time, n) as open, max(price) as high, min(price) as low, last(price order by time, n) as close,
               sum(size)::bigint as volume, sum(price * size) / sum(size) as vwap, count(*) as count,
               count(side) as sides, first(side order by time, n) filter (side is not null) as first_side, avg(size) as mean_size
        from t group by 1, 2 order by 1, 2
        """
    ).pl()


OWN = {
    "sides": {"column": "side", "stat": "count"},
    "first_side": {"column": "side", "stat": "first"},
    "mean_size": {"column": "size", "stat": "mean"},
}
REGULAR = """
    (time >= timestamptz '2024-11-29 14:30:00+00' and time <= timestamptz '2024-11-29 18:00:00+00'
     or time >= timestamptz '2024-12-02 14:30:00+00' and time <= timestamptz '2024-12-02 21:00:00+00')
"""


@pytest.mark.parametrize("order", ["by time", "by ticker", "shuffled", "two swapped", "halves swapped"])
@pytest.mark.parametrize("regular", [False, True], ids=["all day", "sessions only"])
def test_bars_are_those_of_sql_whatever_the_order(market: pl.DataFrame, order: str, regular: bool, tmp_path: Path) -> None:
    ticks = market
    if order == "by ticker":
        ticks = market.sort("ticker", maintain_order=True)
    elif order == "shuffled":
        ticks = market.sample(fraction=1, shuffle=True, seed=1)
    elif order == "two swapped":
        ticks = pl.concat([market[:4700], market[4740:4741], market[4700:4740], market[4741:]])
    elif order == "halves swapped":
        ticks = pl.concat([market[3000:], market[:3000]])
    expected = in_sql(ticks, REGULAR if regular else "true").with_columns(pl.col("time").dt.convert_time_zone("UTC"))
    resample = {"every": "5min", "aggregations": OWN, "sessions_only": regular}
    more = {"entity": "ticker", "calendar": "XNYS"} if regular else {"entity": "ticker"}
    panel = bars(ticks, resample, **more)
    assert_frame_equal(panel.frame, expected, check_dtypes=False)
    assert (SORTED in panel.notes) == (order not in ("by time", "by ticker"))
    ticks.write_parquet(tmp_path / "t.parquet", row_group_size=701)
    streamed = load_panel(ParquetData.model_validate({"path": "t.parquet", "resample": resample, **more}), base=tmp_path)
    assert_frame_equal(streamed.frame, expected, check_dtypes=False)
    assert (SORTED in streamed.notes) == (order not in ("by time", "by ticker"))


def test_half_days_end_early_on_the_exchanges_clock_too() -> None:
    local = [
        dt.datetime(2024, 11, 29, 12, 59),
        dt.datetime(2024, 11, 29, 13),
        dt.datetime(2024, 11, 29, 13, 0, 1),
        dt.datetime(2024, 12, 2, 15),
    ]
    frame = pl.DataFrame({"time": local, "price": [1.0, 2.0, 3.0, 4.0], "size": [1, 1, 1, 1]})
    resample = {"every": "1d", "sessions_only": True}
    for timezone in (None, "America/New_York"):
        panel = bars(frame, resample, calendar="XNYS", timezone=timezone)
        assert panel.frame.select("time", "close", "count").rows() == [(dt.date(2024, 11, 29), 2.0, 2), (dt.date(2024, 12, 2), 4.0, 1)]


def test_quotes_have_neither_volume_nor_vwap(market: pl.DataFrame) -> None:
    panel = bars(market.drop("size"), {"every": "1h", "size": None}, entity="ticker")
    assert panel.frame.columns == ["time", "ticker", "open", "high", "low", "close", "count"]
    assert panel.frame["count"].sum() == market.height


def test_sizes_with_fractions_and_missing_sizes() -> None:
    start = dt.datetime(2024, 6, 3, 14, tzinfo=UTC)
    frame = pl.DataFrame({"time": [start] * 3, "price": [1.0, 2.0, 4.0], "size": [0.5, None, 1.5]})
    row = bars(frame, {"every": "1min"}).frame.to_dicts()[0]
    assert (row["volume"], row["vwap"], row["count"], row["close"]) == (2.0, 3.25, 3, 4.0)


def test_bars_are_cut_chosen_and_need_no_entity(market: pl.DataFrame) -> None:
    panel = bars(market, {"every": "1d"}, columns=["close"], start="2024-11-30", end="2024-12-01")
    assert panel.frame.columns == ["time", "close"]
    assert panel.frame["time"].to_list() == [dt.date(2024, 11, 30), dt.date(2024, 12, 1)]


def test_a_partitioned_folder_and_any_number_of_threads_give_the_same_bits(
    market: pl.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for (day,), rows in market.group_by(pl.col("time").dt.date(), maintain_order=True):
        (tmp_path / "ticks" / f"day={day}").mkdir(parents=True)
        rows.write_parquet(tmp_path / "ticks" / f"day={day}" / "part.parquet", row_group_size=211)
    data = ParquetData.model_validate({"path": "ticks", "entity": "ticker", "resample": {"every": "5min"}})
    found = []
    for threads in ("1", "4"):
        monkeypatch.setenv("TSML_THREADS", threads)
        found.append(load_panel(data, base=tmp_path))
    assert found[0].fingerprint == found[1].fingerprint
    assert_frame_equal(
        found[0].frame, in_sql(market).select(found[0].frame.columns).with_columns(pl.col("time").dt.convert_time_zone("UTC"))
    )


WRONG: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "no price": ({"price": [None, None]}, {}, "data.resample.price: no tick has a price (got 'price'); name the column with prices"),
    "texts": ({"price": ["a", "b"]}, {}, "data.resample.price: 'price' is not numeric but String (got 'price'); name a numeric column"),
    "another name": ({}, {"price": "prize"}, "data.resample.price: no such column (got 'prize'); did you mean price?"),
    "no size": ({}, {"size": "volume"}, "data.resample.size: no such column (got 'volume'); there are time, price, size"),
    "infinite": (
        {"price": [1.0, float("inf")]},
        {},
        (
            "data.resample.price: 1 ticks have an infinite price or size (first at 2024-06-03 14:00:01+00:00) (got 'price');"
            " remove those ticks or leave the price empty"
        ),
    ),
    "days": (
        {"time": [dt.date(2024, 6, 3), dt.date(2024, 6, 4)]},
        {},
        "data.resample: 'time' has days and no times; bars are made of ticks with times of day",
    ),
    "a missing time": (
        {"time": [dt.datetime(2024, 6, 3, 14, tzinfo=UTC), None]},
        {},
        "data.time: 1 times are missing (got 'time'); fill or drop those rows",
    ),
    "a mean of texts": (
        {"note": ["a", "b"]},
        {"aggregations": {"m": {"column": "note", "stat": "mean"}}},
        "data.resample.aggregations.m.column: 'note' is not numeric but String (got 'note'); name a numeric column",
    ),
    "no rows": ({"time": [], "price": [], "size": []}, {}, "data: there are no rows; use data with rows"),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("loader", ["frame", "parquet"])
def test_ticks_that_make_no_bars_are_one_line(kind: str, loader: str, tmp_path: Path) -> None:
    changed, settings_, message = WRONG[kind]
    times = [dt.datetime(2024, 6, 3, 14, tzinfo=UTC), dt.datetime(2024, 6, 3, 14, 0, 1, tzinfo=UTC)]
    frame = pl.DataFrame({"time": times, "price": [1.0, 2.0], "size": [1, 1]} | changed)
    if kind == "no rows":
        frame = frame.cast({"time": pl.Datetime("us", "UTC"), "price": pl.Float64, "size": pl.Int64})
    if kind == "no price":
        frame = frame.cast({"price": pl.Float64})
    frame.write_parquet(tmp_path / "t.parquet")
    resample = {"every": "1min", **settings_}
    data = {"loader": loader, "resample": resample, **({"frame": "f"} if loader == "frame" else {"path": "t.parquet"})}
    model = FrameData if loader == "frame" else ParquetData
    with pytest.raises(DataError) as caught:
        load_panel(model.model_validate(data), base=tmp_path, frames={"f": frame})
    assert str(caught.value).replace("data.path", "data").replace(" in t.parquet", "").replace(" in data frame f", "") == message


def test_ticks_out_of_order_can_be_refused(market: pl.DataFrame) -> None:
    data = {"frame": "f", "resample": {"every": "1min"}, "checks": {"order": "error"}}
    with pytest.raises(
        DataError, match=r"^data\.checks\.order: ticks are not in time order in data frame f \(got 'error'\); sort them, or set it to sort$"
    ):
        load_panel(FrameData.model_validate(data), frames={"f": market[::-1]})
    assert load_panel(FrameData.model_validate(data), frames={"f": market}).n_rows
