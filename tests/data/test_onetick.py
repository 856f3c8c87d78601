"""The loader `onetick`: the real onetick-py against a stand-in for the server: bars, ticks, stored queries, SQL, and what goes wrong."""

from __future__ import annotations

import datetime as dt
import gc
import http.server
import math
import random
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from pydantic import ValidationError
from sklearn.linear_model import Ridge

from dsframework.data import load_panel
from dsframework.errors import DataError, MissingDependencyError
from dsframework.migration import migrate_text
from dsframework.spec import FrameData, OneTickData, spec_from_dict
from dsframework.study import run_study

pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # the package leaves one open when a query fails
NEW_YORK = ZoneInfo("America/New_York")
SECRET = "s3cret-word"
SPAN = {"start": "2024-03-07", "end": "2024-03-12"}
TRADES: dict[str, Any] = {"db": "US", "symbols": ["AAPL", "MSFT"], **SPAN}
STORED = """[hourly]
CPU_NUMBER = 1
ROOT=PASSTHROUGH()
ROOT_SOURCE = NODE_1
NODE_1=COMPUTE(COMPUTE="SUM(INPUT_FIELD_NAME=SIZE) TOTAL,LAST(INPUT_FIELD_NAME=PRICE) CLOSE",BUCKET_INTERVAL=$SECONDS)
NODE_1_SOURCE = NODE_2
NODE_2=PASSTHROUGH()
NODE_2_TICK_TYPE=US::TRD
TYPE = GRAPH
PARAMETER = SECONDS 3600

[_meta]
file_version = 1.0
"""


def stamp(year: int, month: int, day: int, hour: int, minute: int = 0, *, fold: int = 0) -> int:
    """Nanoseconds since 1970 of a moment in New York."""
    return int(dt.datetime(year, month, day, hour, minute, tzinfo=NEW_YORK, fold=fold).timestamp()) * 1_000_000_000


def trades() -> pl.DataFrame:
    """Ticks of two symbols on both sides of a change of clocks, some of them at the very edge of a bar."""
    rng = random.Random(5)
    rows = []
    for symbol in ("AAPL", "MSFT"):
        for day in (7, 8, 11, 12):
            opening = stamp(2024, 3, day, 9, 30)
            moments = {opening + 300 * 10**9 * number for number in range(5)} | {
                opening + rng.randrange(23_400 * 10**9) for _ in range(150)
            }
            rows += [(symbol, moment, round(100 + rng.gauss(0, 1), 2), rng.randrange(1, 500), "NQ"[rng.randrange(2)]) for moment in moments]
    rng.shuffle(rows)
    return pl.DataFrame(rows, schema=["symbol", "epoch", "PRICE", "SIZE", "EXCHANGE"], orient="row")


@pytest.fixture(scope="module")
def ticks() -> pl.DataFrame:
    return trades()


@pytest.fixture(scope="module")
def folder(ticks: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the servers serve."""
    place = tmp_path_factory.mktemp("onetick")
    for name in ("US", "SILENT", "otq"):
        (place / name).mkdir()
    ticks.write_parquet(place / "US" / "TRD.parquet")
    quotes = ticks.select("symbol", "epoch", pl.col("PRICE").alias("BID"), pl.col("PRICE").add(0.01).alias("ASK"))
    quotes.write_parquet(place / "US" / "QTE.parquet")
    cut = ticks.filter(pl.col("symbol") == "AAPL").with_columns(symbol=pl.lit("CUT"))
    twice = {"symbol": ["BTC"] * 2, "epoch": [stamp(2024, 11, 3, 1, 30, fold=fold) for fold in (0, 1)], "PRICE": [1.0, 2.0]}
    cut.write_parquet(place / "US" / "BAD.parquet")
    pl.DataFrame(twice).write_parquet(place / "US" / "COIN.parquet")
    (place / "otq" / "bars").mkdir()
    (place / "otq" / "bars" / "hourly.otq").write_text(STORED)
    return place


@pytest.fixture(scope="module")
def serve(folder: Path) -> Iterator[Callable[[str], str]]:
    """A function that returns the address of a server: with times in UTC, or by the clock of the query's zone."""
    running: dict[str, tuple[subprocess.Popen[str], str]] = {}

    def start(times: str) -> str:
        if times not in running:
            program = [sys.executable, str(Path(__file__).with_name("onetick_server.py")), str(folder)]
            process = subprocess.Popen([*program, *(["--shift"] if times == "clock" else [])], stdout=subprocess.PIPE, text=True)
            assert process.stdout is not None
            running[times] = process, f"http://127.0.0.1:{process.stdout.readline().strip()}"
        return running[times][1]

    yield start
    for process, _ in running.values():
        process.kill()
        process.communicate()
    for thread in [one for one in threading.enumerate() if one.name == "tsml-onetick"]:
        thread.join(timeout=20)
    gc.collect()  # the sockets of failed queries, so that no other test is told of them


@pytest.fixture(params=["clock", "utc"])
def both(request: pytest.FixtureRequest, serve: Callable[[str], str], named: Callable[..., None]) -> str:
    """Ask one server after the other: they differ in how they write times."""
    named(OTP_HTTP_ADDRESS=serve(request.param))
    return str(request.param)


@pytest.fixture
def server(serve: Callable[[str], str], named: Callable[..., None]) -> str:
    """Ask the server that writes the clock of the query's zone."""
    named(OTP_HTTP_ADDRESS=serve("clock"))
    return serve("clock")


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that sets the environment of onetick-py, and no other variable of it."""
    for name in ("ADDRESS", "USERNAME", "PASSWORD"):
        monkeypatch.delenv(f"OTP_HTTP_{name}", raising=False)
    for name in ("OTP_ACCESS_TOKEN", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)

    def set_all(**values: str) -> None:
        for name, value in ({"OTP_HTTP_USERNAME": "ann", "OTP_HTTP_PASSWORD": SECRET} | values).items():
            monkeypatch.setenv(name, value)

    return set_all


def read(**data: Any) -> pl.DataFrame:
    return load_panel(OneTickData.model_validate(data)).frame


def bars_by_sql(ticks: pl.DataFrame, seconds: int) -> pl.DataFrame:
    """Bars by DuckDB: each has the time of its end."""
    length = seconds * 10**9
    return duckdb.sql(f"""
        select make_timestamptz(((epoch // {length} + 1) * {length}) // 1000) as "Time", symbol,
            arg_min(PRICE, epoch) as "OPEN", max(PRICE) as "HIGH", min(PRICE) as "LOW", arg_max(PRICE, epoch) as "CLOSE",
            sum(SIZE)::double as "VOLUME", sum(PRICE * SIZE) / sum(SIZE) as "VWAP", count(*) as "COUNT"
        from ticks group by all order by 1, 2""").pl()


@pytest.mark.parametrize(("bucket", "seconds"), [("5min", 300), ("90s", 90), ("1h", 3600)])
def test_bars_are_those_of_the_ticks_and_carry_the_time_of_their_end(both: str, ticks: pl.DataFrame, bucket: str, seconds: int) -> None:
    found = read(**TRADES, bucket=bucket)
    expected = bars_by_sql(ticks, seconds).with_columns(pl.col("Time").dt.convert_time_zone("America/New_York"))
    assert_frame_equal(found, expected)


def test_a_bar_of_a_day_has_the_day_and_the_last_day_is_there(both: str, ticks: pl.DataFrame) -> None:
    found = read(**TRADES, bucket="1d", columns=["CLOSE", "VOLUME"])
    moments = pl.from_epoch("epoch", "ns").dt.replace_time_zone("UTC").dt.convert_time_zone("America/New_York")
    days = ticks.sort("epoch").group_by(moments.dt.date().alias("Time"), "symbol")
    expected = days.agg(pl.col("PRICE").last().alias("CLOSE"), pl.col("SIZE").sum().cast(pl.Float64).alias("VOLUME"))
    assert_frame_equal(found, expected.sort("Time", "symbol"))
    assert found["Time"].max() == dt.date(2024, 3, 12)


def test_ticks_keep_their_types_and_nanoseconds_and_both_bounds_are_included(both: str, ticks: pl.DataFrame) -> None:
    found = read(**(TRADES | {"symbols": ["AAPL"], "start": "2024-03-11 09:35", "end": "2024-03-11 09:50"}))
    low, high = stamp(2024, 3, 11, 9, 35), stamp(2024, 3, 11, 9, 50)
    expected = ticks.filter(pl.col("symbol") == "AAPL", pl.col("epoch").is_between(low, high)).sort("epoch")
    assert found["Time"].dt.epoch("ns").to_list() == expected["epoch"].to_list()
    assert found["Time"].dt.epoch("ns")[-1] == high
    assert_frame_equal(found.select("PRICE", "SIZE", "EXCHANGE"), expected.select("PRICE", "SIZE", "EXCHANGE"))
    assert read(**TRADES, columns=["SIZE"]).columns == ["Time", "symbol", "SIZE"]


def test_the_hour_that_clocks_repeat_is_two_hours(both: str) -> None:
    found = read(db="US", tick_type="COIN", symbols=["BTC"], start="2024-11-03", end="2024-11-03")
    assert found["PRICE"].to_list() == [1.0, 2.0]
    assert found["Time"].dt.epoch("s").diff().to_list() == [None, 3600]
    bars = read(db="US", tick_type="COIN", symbols=["BTC"], start="2024-11-03", end="2024-11-03", bucket="30min", size=None)
    assert [moment.isoformat() for moment in bars["Time"]] == ["2024-11-03T01:00:00-05:00", "2024-11-03T02:00:00-05:00"]
    assert "VOLUME" not in bars.columns


def test_quotes_have_no_volume_and_other_zones_their_own_days(both: str, ticks: pl.DataFrame) -> None:
    keys = TRADES | {"tick_type": "QTE", "timezone": "Asia/Tokyo", "end": "2024-03-13"}
    found = read(**keys, bucket="1d", price="BID", size=None)
    assert found.columns == ["Time", "symbol", "OPEN", "HIGH", "LOW", "CLOSE", "COUNT"]
    tokyo = pl.from_epoch("epoch", "ns").dt.replace_time_zone("UTC").dt.convert_time_zone("Asia/Tokyo").dt.date()
    counts = ticks.group_by(tokyo.alias("Time"), "symbol").agg(pl.len().cast(pl.Int64).alias("COUNT")).sort("Time", "symbol")
    assert_frame_equal(found.select("Time", "symbol", "COUNT"), counts)


def test_our_own_bars_of_the_ticks_are_the_server_s(server: str) -> None:
    theirs = read(**TRADES, bucket="5min").rename(str.lower).rename({"time": "Time"})
    ours = read(**TRADES, resample={"every": "5min", "price": "PRICE", "size": "SIZE"})
    assert_frame_equal(ours.select(sorted(ours.columns)), theirs.select(sorted(theirs.columns)), check_dtypes=False)


def test_a_stored_query_takes_parameters(both: str, ticks: pl.DataFrame) -> None:
    data = {"query": "remote://US::bars/hourly.otq::hourly", "symbols": ["US::MSFT"], "parameters": {"SECONDS": 1800}, **SPAN}
    found = read(**data).filter(pl.col("TOTAL") > 0)
    expected = bars_by_sql(ticks.filter(pl.col("symbol") == "MSFT"), 1800)
    assert found["symbol"].unique().to_list() == ["MSFT"]
    assert found["Time"].dt.convert_time_zone("UTC").to_list() == expected["Time"].dt.convert_time_zone("UTC").to_list()
    assert found["TOTAL"].to_list() == expected["VOLUME"].to_list()


def test_sql_gets_the_bounds(both: str, ticks: pl.DataFrame) -> None:
    sql = "select PRICE,SIZE from US.TRD where symbol_name in ('AAPL','MSFT') and TIMESTAMP >= :start and TIMESTAMP < :end"
    found = read(sql=sql, **SPAN)
    assert found.height == ticks.height
    day = read(sql=sql, start="2024-03-11", end="2024-03-11", columns=["PRICE"])
    on_that_day = pl.col("epoch").is_between(stamp(2024, 3, 11, 0), stamp(2024, 3, 12, 0), closed="left")
    expected = ticks.filter(on_that_day).sort("epoch", "symbol")
    assert day["Time"].dt.epoch("ns").to_list() == expected["epoch"].to_list()
    assert day["PRICE"].to_list() == expected["PRICE"].to_list()
    assert read(sql=sql, start="2024-03-07").height == ticks.height
    with pytest.raises(DataError, match=r"^data\.start: the query asks for :start; set data\.start, or take :start out of the query$"):
        read(sql=sql, end="2024-03-11")


@pytest.mark.parametrize("more", [{"bucket": "5min"}, {"bucket": "1d"}, {}])
def test_without_an_end_rows_go_to_the_present(server: str, more: dict[str, Any]) -> None:
    served = OneTickData.model_validate(TRADES | more).model_copy(update={"end": None})  # as a schedule reads
    assert_frame_equal(load_panel(served).frame, read(**TRADES, **more))


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_a_bar_that_is_not_over_is_not_asked_for(folder: Path, server: str, zone: str) -> None:
    now = time.time_ns()
    rows = {"symbol": ["NOW"] * 2, "epoch": [now - 3600 * 10**9, now - 10**6], "PRICE": [1.0, 2.0], "SIZE": [1, 1]}
    pl.DataFrame(rows).write_parquet(folder / "US" / f"LIVE_{zone[:4]}.parquet")
    today = dt.datetime.now(ZoneInfo(zone)).date()
    keys = {"db": "US", "tick_type": f"LIVE_{zone[:4]}", "symbols": ["NOW"], "timezone": zone, "start": str(today - dt.timedelta(days=2))}
    for end in ({}, {"end": str(today + dt.timedelta(days=1))}):
        found = read(**keys, **end, bucket="1h")
        assert found["OPEN"].to_list() == [1.0]
        assert found["Time"].dt.epoch("ns").max() <= now


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "database": (
        TRADES | {"db": "UX"},
        "data.db: OneTick says: Database UX is not found in the locator (got 'UX'); mend the query, or the",
    ),
    "symbol": (
        TRADES | {"symbols": ["AAPL", "APPL"]},
        "data.symbols: 1 of 2 symbols have no row from 2024-03-07 to 2024-03-12 (got 'APPL'); mend their names, or leave them out",
    ),
    "entitlement": (
        TRADES | {"symbols": ["AAPL", "LOCKED"]},
        "data.symbols: OneTick says: No entitlement for the symbol (got 'LOCKED'); mend the name, or the rights of the user",
    ),
    "empty": (
        TRADES | {"start": "2023-03-07", "end": "2023-03-12"},
        "data.db: OneTick's answer has no row (got 'US'); look at the symbols, the tick type, data.start and data.end",
    ),
    "silence": (
        TRADES | {"db": "SILENT", "timeout": "300ms"},
        "data.timeout: OneTick did not answer within 300ms (got '300ms'); look whether the server runs, ask for less, or set data.timeout",
    ),
    "truncated": (
        TRADES | {"tick_type": "BAD", "symbols": ["CUT"]},
        "data.loader: OneTick's answer breaks off, or is none: ChunkedEncodingError (got 'onetick'); try again; check that",
    ),
    "stored": (
        {"query": "remote://US::bars/daily.otq", "symbols": ["US::AAPL"], **SPAN},
        "data.query: OneTick says: Otq file bars/daily.otq is not found (got 'remote://US::bars/daily.otq'); mend the query",
    ),
    "sql": ({"sql": "selekt 1"}, "data.sql: OneTick says: SQL parse error (got 'selekt 1'); mend the query, or the rights of the user"),
    "column": (TRADES | {"entity": "PRICE"}, "data.entity: OneTick's answer has a field of that name (got 'PRICE'); write it to another"),
    "bounds": (TRADES | {"end": "2024-03-06"}, "data.end: the end lies before the start (got '2024-03-06'); set it to the start's day or"),
    "day": (TRADES | {"end": "tomorrow"}, "data.end: this is not a day (got 'tomorrow'); write 2024-01-31"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_one_line(server: str, case: str, capsys: pytest.CaptureFixture[str]) -> None:
    data, message = WRONG[case]
    with pytest.raises(DataError) as caught:
        read(**data)
    assert str(caught.value).startswith(message)
    assert SECRET not in str(caught.value)
    assert server not in str(caught.value)
    assert capsys.readouterr().out == ""


def test_a_server_that_is_not_there_or_is_another_or_refuses_is_told(server: str, named: Callable[..., None]) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        free = probe.getsockname()[1]
    page = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    threading.Thread(target=page.serve_forever, daemon=True).start()
    cases = [
        (
            {"OTP_HTTP_ADDRESS": ""},
            "data.loader: no OneTick server is named (got 'onetick'); set OTP_HTTP_ADDRESS; set OTP_ACCESS_TOKEN, or",
        ),
        (
            {"OTP_HTTP_ADDRESS": f"http://127.0.0.1:{free}"},
            "data.loader: the OneTick server can't be reached (got 'onetick'); check OTP_HTTP_",
        ),
        (
            {"OTP_HTTP_ADDRESS": f"http://127.0.0.1:{page.server_port}"},
            "data.loader: OneTick's answer breaks off, or is none: ArrowInvalid",
        ),
        (
            {"OTP_HTTP_ADDRESS": server, "OTP_HTTP_PASSWORD": "wr0ng-word"},
            "data.loader: OneTick refuses the user: User is not authenticated",
        ),
    ]
    for environment, message in cases:
        named(**environment)
        with pytest.raises(DataError) as caught:
            read(**TRADES)
        assert str(caught.value).startswith(message)
        assert "word" not in str(caught.value).replace("PASSWORD", "")
        assert "127.0.0.1" not in str(caught.value)
    page.shutdown()
    page.server_close()


class _Page(http.server.BaseHTTPRequestHandler):
    """A page of a proxy."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer with HTML, whatever is asked."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<html><body>Sign in</body></html>")


def test_an_access_token_is_enough(server: str, named: Callable[..., None]) -> None:
    named(OTP_HTTP_ADDRESS=server, OTP_HTTP_USERNAME="", OTP_HTTP_PASSWORD="", OTP_ACCESS_TOKEN="t0ken-word")
    assert read(**TRADES, bucket="1d").height == 8


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("onetick.py", "onetick.query_webapi"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, name, None)
            with pytest.raises(MissingDependencyError, match=r'^onetick-py is not installed; pip install "jupyterlab-tsml\[onetick\]"$'):
                read(**TRADES)


REFUSED = [
    ({}, "write one of 'db' and 'query' and 'sql', and not none"),
    (TRADES | {"sql": "select 1"}, "write one of 'db' and 'query' and 'sql', and not both"),
    ({"db": "US", **SPAN}, "'symbols' is needed here"),
    ({"db": "US", "symbols": ["AAPL"], "end": "2024-03-07"}, "'start' is needed here"),
    ({"sql": "select 1", "symbols": ["AAPL"]}, "'symbols' does nothing beside 'sql', whose text names them; remove it"),
    (TRADES | {"price": "LAST"}, "'price' does nothing without 'bucket'; remove it"),
    (TRADES | {"parameters": {"A": 1}}, "'parameters' does nothing without 'query'; remove it"),
    ({"sql": "select 1", "bucket": "1d"}, "'bucket' does nothing without 'db'; remove it"),
    (TRADES | {"bucket": "1min", "resample": {"every": "5min"}}, "'bucket' and 'resample' both make bars of ticks; remove one of the two"),
    (TRADES | {"bucket": "2h"}, "expected bars that divide the hour, or 1d, such as 30s, 5min or 1h; other lengths are made by 'resample'"),
    (TRADES | {"entity": None}, "'entity' is needed for several symbols: it names the column that the symbol is written to"),
    (TRADES | {"timezone": None}, "'timezone' is needed: bounds and bars are seen in it"),
    (TRADES | {"symbols": ["A\nROOT=WRITE()"]}, "should match pattern"),
    ({"query": "bars.otq", "symbols": ["US::AAPL"], **SPAN}, "should match pattern"),
]


@pytest.mark.parametrize(("data", "message"), REFUSED, ids=[message[:24] for _, message in REFUSED])
def test_settings_that_would_do_nothing_are_refused(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        OneTickData.model_validate(data)
    assert message in str(caught.value)


def test_a_migrated_datafeed_is_loaded(server: str) -> None:
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
def test_a_study_of_real_bars_of_a_server_is_the_one_by_hand(market_data: Path, folder: Path, server: str) -> None:
    days = pl.read_parquet(market_data / "sp500_60.parquet").filter(pl.col("date").dt.year() == 2016)
    names = sorted(days["ticker"].unique())[:3]
    days = days.filter(pl.col("ticker").is_in(names)).rename(str.upper)
    closing = pl.col("DATE").cast(pl.Datetime("ns")).dt.offset_by("16h").dt.replace_time_zone("America/New_York").dt.epoch("ns")
    served = days.select(pl.col("TICKER").alias("symbol"), closing.alias("epoch"), "CLOSE", "VOLUME")
    (folder / "DAYS").mkdir(exist_ok=True)
    served.write_parquet(folder / "DAYS" / "DAY.parquet")
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


def test_frames_and_servers_give_one_fingerprint(server: str) -> None:
    data = OneTickData.model_validate(TRADES | {"bucket": "1h"})
    panel = load_panel(data)
    again = load_panel(FrameData(frame="f", time="Time", entity="symbol"), frames={"f": panel.frame})
    assert panel.fingerprint == again.fingerprint == load_panel(data).fingerprint
