"""The loader `onetick`: the real onetick-py against a stand-in for the server, for bars, ticks, stored queries and SQL."""

from __future__ import annotations

import datetime as dt
import math
import time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from sklearn.linear_model import Ridge

from dsframework.data import load_panel
from dsframework.errors import DataError
from dsframework.migration import migrate_text
from dsframework.spec import FrameData, OneTickData, spec_from_dict
from dsframework.study import run_study

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # the package leaves one open when a query fails
NEW_YORK = ZoneInfo("America/New_York")
SECRET = "s3cret-word"
SPAN = {"start": "2024-03-07", "end": "2024-03-12"}
TRADES: dict[str, Any] = {"db": "US", "symbols": ["AAPL", "MSFT"], **SPAN}


def stamp(year: int, month: int, day: int, hour: int, minute: int = 0, *, fold: int = 0) -> int:
    """Nanoseconds since 1970 of a moment in New York."""
    return int(dt.datetime(year, month, day, hour, minute, tzinfo=NEW_YORK, fold=fold).timestamp()) * 1_000_000_000


def read(**data: Any) -> pl.DataFrame:
    return load_panel(OneTickData.model_validate(data)).frame


def bars_by_sql(onetick_ticks: pl.DataFrame, seconds: int) -> pl.DataFrame:
    """Bars by DuckDB: each has the time of its end."""
    length = seconds * 10**9
    return duckdb.sql(f"""
        select make_timestamptz(((epoch // {length} + 1) * {length}) // 1000) as "Time", symbol,
            arg_min(PRICE, epoch) as "OPEN", max(PRICE) as "HIGH", min(PRICE) as "LOW", arg_max(PRICE, epoch) as "CLOSE",
            sum(SIZE)::double as "VOLUME", sum(PRICE * SIZE) / sum(SIZE) as "VWAP", count(*) as "COUNT"
        from onetick_ticks group by all order by 1, 2""").pl()


@pytest.mark.parametrize(("bucket", "seconds"), [("5min", 300), ("90s", 90), ("1h", 3600)])
def test_bars_carry_the_time_of_their_end(both_servers: str, onetick_ticks: pl.DataFrame, bucket: str, seconds: int) -> None:
    found = read(**TRADES, bucket=bucket)
    expected = bars_by_sql(onetick_ticks, seconds).with_columns(pl.col("Time").dt.convert_time_zone("America/New_York"))
    assert_frame_equal(found, expected)


def test_a_bar_of_a_day_has_the_day_and_the_last_day_is_there(both_servers: str, onetick_ticks: pl.DataFrame) -> None:
    found = read(**TRADES, bucket="1d", columns=["CLOSE", "VOLUME"])
    moments = pl.from_epoch("epoch", "ns").dt.replace_time_zone("UTC").dt.convert_time_zone("America/New_York")
    days = onetick_ticks.sort("epoch").group_by(moments.dt.date().alias("Time"), "symbol")
    expected = days.agg(pl.col("PRICE").last().alias("CLOSE"), pl.col("SIZE").sum().cast(pl.Float64).alias("VOLUME"))
    assert_frame_equal(found, expected.sort("Time", "symbol"))
    assert found["Time"].max() == dt.date(2024, 3, 12)


def test_ticks_keep_their_types_and_nanoseconds_and_both_bounds_are_included(both_servers: str, onetick_ticks: pl.DataFrame) -> None:
    found = read(**(TRADES | {"symbols": ["AAPL"], "start": "2024-03-11 09:35", "end": "2024-03-11 09:50"}))
    low, high = stamp(2024, 3, 11, 9, 35), stamp(2024, 3, 11, 9, 50)
    expected = onetick_ticks.filter(pl.col("symbol") == "AAPL", pl.col("epoch").is_between(low, high)).sort("epoch")
    assert found["Time"].dt.epoch("ns").to_list() == expected["epoch"].to_list()
    assert found["Time"].dt.epoch("ns")[-1] == high
    assert_frame_equal(found.select("PRICE", "SIZE", "EXCHANGE"), expected.select("PRICE", "SIZE", "EXCHANGE"))
    assert read(**TRADES, columns=["SIZE"]).columns == ["Time", "symbol", "SIZE"]


def test_the_hour_that_clocks_repeat_is_two_hours(both_servers: str) -> None:
    found = read(db="US", tick_type="COIN", symbols=["BTC"], start="2024-11-03", end="2024-11-03")
    assert found["PRICE"].to_list() == [1.0, 2.0]
    assert found["Time"].dt.epoch("s").diff().to_list() == [None, 3600]
    bars = read(db="US", tick_type="COIN", symbols=["BTC"], start="2024-11-03", end="2024-11-03", bucket="30min", size=None)
    assert [moment.isoformat() for moment in bars["Time"]] == ["2024-11-03T01:00:00-05:00", "2024-11-03T02:00:00-05:00"]
    assert "VOLUME" not in bars.columns


def test_quotes_have_no_volume_and_other_zones_their_own_days(both_servers: str, onetick_ticks: pl.DataFrame) -> None:
    keys = TRADES | {"tick_type": "QTE", "timezone": "Asia/Tokyo", "end": "2024-03-13"}
    found = read(**keys, bucket="1d", price="BID", size=None)
    assert found.columns == ["Time", "symbol", "OPEN", "HIGH", "LOW", "CLOSE", "COUNT"]
    tokyo = pl.from_epoch("epoch", "ns").dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo").dt.date()
    counts = onetick_ticks.group_by(tokyo.alias("Time"), "symbol").agg(pl.len().cast(pl.Int64).alias("COUNT")).sort("Time", "symbol")
    assert_frame_equal(found.select("Time", "symbol", "COUNT"), counts)


def test_our_own_bars_of_the_ticks_are_the_server_s(onetick_server: str) -> None:
    theirs = read(**TRADES, bucket="5min").rename(str.lower).rename({"time": "Time"})
    ours = read(**TRADES, resample={"every": "5min", "price": "PRICE", "size": "SIZE"})
    assert_frame_equal(ours.select(sorted(ours.columns)), theirs.select(sorted(theirs.columns)), check_dtypes=False)


def test_a_stored_query_takes_parameters(both_servers: str, onetick_ticks: pl.DataFrame) -> None:
    data = {"query": "remote://US::bars/hourly.otq::hourly", "symbols": ["US::MSFT"], "parameters": {"SECONDS": 1800}, **SPAN}
    found = read(**data).filter(pl.col("TOTAL") > 0)
    expected = bars_by_sql(onetick_ticks.filter(pl.col("symbol") == "MSFT"), 1800)
    assert found["symbol"].unique().to_list() == ["MSFT"]
    assert found["Time"].dt.convert_time_zone("UTC").to_list() == expected["Time"].dt.convert_time_zone("UTC").to_list()
    assert found["TOTAL"].to_list() == expected["VOLUME"].to_list()


def test_sql_gets_the_bounds(both_servers: str, onetick_ticks: pl.DataFrame) -> None:
    sql = "select PRICE,SIZE from US.TRD where symbol_name in ('AAPL','MSFT') and TIMESTAMP >= :start and TIMESTAMP < :end"
    found = read(sql=sql, **SPAN)
    assert found.height == onetick_ticks.height
    day = read(sql=sql, start="2024-03-11", end="2024-03-11", columns=["PRICE"])
    on_that_day = pl.col("epoch").is_between(stamp(2024, 3, 11, 0), stamp(2024, 3, 12, 0), closed="left")
    expected = onetick_ticks.filter(on_that_day).sort("epoch", "symbol")
    assert day["Time"].dt.epoch("ns").to_list() == expected["epoch"].to_list()
    assert day["PRICE"].to_list() == expected["PRICE"].to_list()
    assert read(sql=sql, start="2024-03-07").height == onetick_ticks.height
    with pytest.raises(DataError, match=r"^data\.start: the query asks for :start; set data\.start, or take :start out of the query$"):
        read(sql=sql, end="2024-03-11")


@pytest.mark.parametrize("more", [{"bucket": "5min"}, {"bucket": "1d"}, {}])
def test_without_an_end_rows_go_to_the_present(onetick_server: str, more: dict[str, Any]) -> None:
    served = OneTickData.model_validate(TRADES | more).model_copy(update={"end": None})  # as a schedule reads
    assert_frame_equal(load_panel(served).frame, read(**TRADES, **more))


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_bar_that_is_not_over_is_not_asked_for(onetick_folder: Path, onetick_server: str, zone: str) -> None:
    now = time.time_ns()
    rows = {"symbol": ["NOW"] * 2, "epoch": [now - 3600 * 10**9, now - 10**6], "PRICE": [1.0, 2.0], "SIZE": [1, 1]}
    pl.DataFrame(rows).write_parquet(onetick_folder / "US" / f"LIVE_{zone[:4]}.parquet")
    today = dt.datetime.now(ZoneInfo(zone)).date()
    keys = {"db": "US", "tick_type": f"LIVE_{zone[:4]}", "symbols": ["NOW"], "timezone": zone, "start": str(today - dt.timedelta(days=2))}
    for end in ({}, {"end": str(today + dt.timedelta(days=1))}):
        found = read(**keys, **end, bucket="1h")
        assert found["OPEN"].to_list() == [1.0]
        assert found["Time"].dt.epoch("ns").max() <= now


def test_a_migrated_datafeed_is_loaded(onetick_server: str) -> None:
    old = """
datafeeds: [{class: dsframework.impl.OneTickBarsDatafeed, use: True, db: US, tick_type: TRD, symbols: [AAPL, MSFT],
             start: [2024, 3, 7], end: [2024, 3, 12], bucket: BUCKET, timezone: EST5EDT}]
features: [{class: dsframework.impl.CalcLags, use: True, columns: [VOLUME], periods: [1], column_with_groups: TICKER}]
splitters: [{class: dsframework.impl.SplitXYTrainTest, use: True, columns_to_predict: [VOLUME], test_size: 0.15}]
training: {use: RandomForestRegressor, models: {RandomForestRegressor: {init_params: {n_estimators: [5]}}}}
"""
    minutes = load_panel(migrate_text(old.replace("BUCKET", "300")).spec.data)
    assert minutes.frame.columns == ["Time", "TICKER", "OPEN", "HIGH", "LOW", "CLOSE", "VOLUME", "VWAP", "COUNT"]
    hours = load_panel(migrate_text(old.replace("BUCKET", "7200").replace("[VOLUME]", "[volume]")).spec.data)
    assert hours.frame["volume"].sum() == minutes.frame["VOLUME"].sum()
    assert 0 < hours.frame.height < minutes.frame.height


@pytest.mark.slow
def test_a_study_of_real_bars_of_a_server_is_the_one_by_hand(market_data: Path, onetick_folder: Path, onetick_server: str) -> None:
    days = pl.read_parquet(market_data / "sp500_60.parquet").filter(pl.col("date").dt.year() == 2016)
    names = sorted(days["ticker"].unique())[:3]
    days = days.filter(pl.col("ticker").is_in(names)).rename(str.upper)
    closing = pl.col("DATE").cast(pl.Datetime("ns")).dt.offset_by("16h").dt.replace_time_zone("America/New_York").dt.epoch("ns")
    served = days.select(pl.col("TICKER").alias("symbol"), closing.alias("epoch"), "CLOSE", "VOLUME")
    (onetick_folder / "DAYS").mkdir(exist_ok=True)
    served.write_parquet(onetick_folder / "DAYS" / "DAY.parquet")
    asked = {"loader": "onetick", "db": "DAYS", "tick_type": "DAY", "symbols": names, "start": "2016-01-01", "end": "2016-12-31"}
    theirs = asked | {"bucket": "1d", "price": "CLOSE", "size": "VOLUME", "columns": ["CLOSE", "VOLUME"], "calendar": "XNYS"}
    (found,) = run_study(spec_from_dict(_study(theirs))).result.experiments
    assert found.status == "finished", found.error
    assert found.test["mae"] == pytest.approx(_ridge_by_hand(days), rel=1e-9)


def _ridge_by_hand(days: pl.DataFrame) -> float:
    """The mean absolute error on the last fifth of the days, of a ridge of yesterday's and today's volume."""
    shifts = {"y": -1, "today": 0, "yesterday": 1}
    rows = days.sort("DATE").with_columns(pl.col("VOLUME").shift(by).over("TICKER").alias(name) for name, by in shifts.items()).drop_nulls()
    axis = rows["DATE"].unique().sort()
    first = axis[len(axis) - math.ceil(0.2 * len(axis))]
    train, test = rows.filter(pl.col("DATE") < first), rows.filter(pl.col("DATE") >= first)
    model = Ridge(alpha=1.0).fit(train.select("today", "yesterday").to_numpy(), train["y"].to_numpy())
    return float(np.abs(model.predict(test.select("today", "yesterday").to_numpy()) - test["y"].to_numpy()).mean())


def _study(data: dict[str, Any]) -> dict[str, Any]:
    return {
        "version": 1,
        "name": "onetick",
        "task": "regression",
        "data": data,
        "target": {"column": "VOLUME", "horizon": 1},
        "features": [{"lag": {"columns": ["VOLUME"], "periods": [0, 1]}}],
        "split": {"test": 0.2, "cv": {"folds": 2}},
        "models": [{"ridge": {}}],
        "metrics": ["mae"],
        "audit": "off",
    }


def test_frames_and_servers_give_one_fingerprint(onetick_server: str) -> None:
    data = OneTickData.model_validate(TRADES | {"bucket": "1h"})
    panel = load_panel(data)
    again = load_panel(FrameData(frame="f", time="Time", entity="symbol"), frames={"f": panel.frame})
    assert panel.fingerprint == again.fingerprint == load_panel(data).fingerprint
