"""What OneTick is asked: a graph of onetick-py or SQL, sent to the server's web API, and what can go wrong on the way."""

from __future__ import annotations

import datetime as dt
import importlib
import re
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from dsframework.errors import DataError, MissingDependencyError, one_line
from dsframework.spec import OneTickData, parse_duration

__all__ = ["STAMP", "Answer", "ask"]

STAMP = "TSML_EPOCH"
"""The field with a row's time in nanoseconds since 1970, which no time zone shifts."""

_DAY = 10
_BOUND = re.compile(r"(?<![:\w]):(start|end)\b")
_REFUSED = re.compile(r"authenti|authoriz|unauthor|credential|password|access token|\b401\b|\b403\b", re.IGNORECASE)
_WHO = "set OTP_ACCESS_TOKEN, or OTP_HTTP_USERNAME and OTP_HTTP_PASSWORD, to those of a user who may read it"


@dataclass(frozen=True)
class Answer:
    """What came back for one symbol.

    Attributes
    ----------
    symbol
        As OneTick names it.
    rows
        Its rows, with `STAMP` and, whatever it was asked in, ``Time``; None when there is none.
    errors
        What OneTick says is wrong with it.
    """

    symbol: str
    rows: pl.DataFrame | None
    errors: tuple[str, ...]


def ask(data: OneTickData) -> list[Answer]:
    """Send the query and return the answer for each symbol.

    Raises
    ------
    DataError
        When the server is not named, does not answer in time, refuses, or breaks off.
    MissingDependencyError
        Without onetick-py or the package of its web API.
    """
    import_onetick()
    import onetick.py as otp
    import onetick.query_webapi as otq

    address = otp.config.http_address
    if not address:
        raise DataError("no OneTick server is named", field="data.loader", value="onetick", mend=f"set OTP_HTTP_ADDRESS; {_WHO}")
    otq.API_CONFIG["SHOW_STACK_WARNING"] = 0  # a hint that it prints among the output of a command
    asked = _query(data) | {"output_structure": otq.OutputStructure.symbol_result_list, "output_mode": otq.QueryOutputMode.polars}
    try:
        found = _within(data.timeout, lambda: otq.run(**asked))
    except _failures() as error:
        raise _told(error, data, address) from error
    return [Answer(name, _table(rows), tuple(str(text) for _, text in errors)) for name, rows, errors, *_ in found]


def import_onetick() -> None:
    """Import onetick-py, speaking to the web API.

    Raises
    ------
    MissingDependencyError
        When one of its packages is missing.
    DataError
        When it was told to use OneTick's own programs on this machine.
    """
    try:
        importlib.import_module("onetick.query_webapi")
        otp = importlib.import_module("onetick.py")
    except ImportError as error:
        raise MissingDependencyError("onetick-py", "onetick") from error
    if not otp.__webapi__:
        text = "onetick-py uses the OneTick that is installed on this machine, and not a server's web API"
        raise DataError(text, field="data.loader", value="onetick", mend="set the environment variable OTP_WEBAPI=1 before the start")


def _table(rows: Any) -> pl.DataFrame | None:
    return rows if isinstance(rows, pl.DataFrame) else None


def _query(data: OneTickData) -> dict[str, Any]:
    """The query and its bounds, as `onetick.query_webapi.run` takes them."""
    import onetick.py as otp

    if data.sql is not None:
        return {"query": otp.SqlQuery(_statement(data)), "timezone": "UTC"}
    start, end = _bounds(data)
    source = _stored(data) if data.query is not None else _of_database(data)
    source[STAMP] = source["Time"].astype(int)
    graph = source.to_graph(symbols=list(data.symbols or ()), start=start, end=end)
    return {"query": graph, "symbols": list(data.symbols or ()), "start": start, "end": end, "timezone": data.timezone}


def _stored(data: OneTickData) -> Any:
    import onetick.py as otp

    return otp.Query(otp.query(data.query, **data.parameters))


def _of_database(data: OneTickData) -> Any:
    """The ticks of a database, or the bars that the server makes of them; bars without a tick are left out."""
    import onetick.py as otp
    import onetick.query_webapi as otq

    inputs = {data.price: float, **({data.size: float} if data.size else {})} if data.bucket else {}
    source = otp.DataSource(data.db, tick_type=data.tick_type, schema_policy="manual", schema=inputs)
    if data.bucket is None:
        wanted = [name for name in data.columns or () if name not in (data.time, data.entity)]
        if wanted:
            source.sink(otq.Passthrough(fields=",".join(wanted)))
        return source
    price, agg = data.price, otp.agg
    parts = {"OPEN": agg.first(price), "HIGH": agg.max(price), "LOW": agg.min(price), "CLOSE": agg.last(price)}
    if data.size:
        parts |= {"VOLUME": agg.sum(data.size), "VWAP": agg.vwap(price, data.size)}
    seconds = int(parse_duration(data.bucket).total_seconds())
    length = {"bucket_interval": 1, "bucket_units": "days"} if data.bucket == "1d" else {"bucket_interval": seconds}
    bars = source.agg(parts | {"COUNT": agg.count()}, bucket_time="end", **length)
    return bars.where(bars["COUNT"] > 0)


def _bounds(data: OneTickData) -> tuple[dt.datetime, dt.datetime]:
    """The first moment, and the one after the last, by the clock of `data.timezone`.

    Bars are asked for in whole days, and none that is not over yet. Without an end, as in a schedule, it is the present.
    """
    start, now = _moment(data, "start"), dt.datetime.now(ZoneInfo(data.timezone or "UTC")).replace(tzinfo=None)
    if data.bucket is not None:
        start = dt.datetime.combine(start.date(), dt.time())
    if data.end is None:
        end = now
    elif len(data.end.strip()) <= _DAY:
        end = _moment(data, "end") + dt.timedelta(days=1)
    else:
        end = _moment(data, "end") + dt.timedelta(microseconds=1)
    if data.bucket == "1d":
        end = _midnight_after(end)
    elif data.bucket is not None:
        length, today = parse_duration(data.bucket), dt.datetime.combine(now.date(), dt.time())
        end = min(_midnight_after(end), today + (now - today) // length * length)
    if end <= start:
        raise DataError("the end lies before the start", field="data.end", value=data.end, mend="set it to the start's day or later")
    return start, end


def _midnight_after(moment: dt.datetime) -> dt.datetime:
    """The end of the day, of which a midnight is the end already."""
    midnight = dt.datetime.combine(moment.date(), dt.time())
    return midnight if midnight == moment else midnight + dt.timedelta(days=1)


def _moment(data: OneTickData, name: str) -> dt.datetime:
    text = str(getattr(data, name)).strip()
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise DataError("this is not a day", field=f"data.{name}", value=text, mend="write 2024-01-31") from None
    zone = ZoneInfo(data.timezone or "UTC")
    return moment if moment.tzinfo is None else moment.astimezone(zone).replace(tzinfo=None)


def _statement(data: OneTickData) -> str:
    """The SQL with its bounds: ``:end`` is the first moment after the last day."""
    text = data.sql or ""
    asked = set(_BOUND.findall(text))
    if "start" in asked and data.start is None:
        raise DataError("the query asks for :start", field="data.start", mend="set data.start, or take :start out of the query")
    values = {"start": _moment(data, "start")} if "start" in asked else {}
    if "end" in asked:
        open_end = dt.datetime.now(ZoneInfo(data.timezone or "UTC")).replace(tzinfo=None)
        day_or_moment = open_end if data.end is None else _moment(data, "end")
        whole = data.end is None or len(data.end.strip()) <= _DAY
        values["end"] = dt.datetime.combine(day_or_moment.date() + dt.timedelta(days=1), dt.time()) if whole else day_or_moment
    written = {name: f"'{moment.isoformat(' ')} {data.timezone}'" for name, moment in values.items()}
    return _BOUND.sub(lambda found: written[found[1]], text)


def _within(limit: str, call: Callable[[], Any]) -> Any:
    """Call in a thread of its own, which is left to itself when the time is over: the package has no limit of its own."""
    answer: Future[Any] = Future()

    def work() -> None:
        try:
            answer.set_result(call())
        except BaseException as error:  # noqa: BLE001 (raised again in the caller's thread)
            answer.set_exception(error)

    threading.Thread(target=work, name="tsml-onetick", daemon=True).start()
    return answer.result(timeout=parse_duration(limit).total_seconds())


def _failures() -> tuple[type[Exception], ...]:
    """What the package raises for a server's doing: its own error, those of HTTP and Arrow, and others for an answer that is none."""
    import pyarrow as pa
    import requests
    import urllib3
    from onetick.query_webapi import OneTickException

    found = (OneTickException, requests.RequestException, urllib3.exceptions.HTTPError, pa.ArrowException)
    return (*found, TimeoutError, ValueError, KeyError, TypeError, RuntimeError)


def _told(error: Exception, data: OneTickData, address: str) -> DataError:
    """What went wrong, without the address, which may hold a password."""
    import pyarrow as pa
    import requests
    from onetick.query_webapi import OneTickException

    if isinstance(error, TimeoutError):
        text, mend = f"OneTick did not answer within {data.timeout}", "look whether the server runs, ask for less, or set data.timeout"
        return DataError(text, field="data.timeout", value=data.timeout, mend=mend)
    if isinstance(error, ValueError) and not isinstance(error, requests.RequestException | pa.ArrowException):
        text = f"onetick-py's settings do not fit together: {one_line(error, 200)}"
        return DataError(text, field="data.loader", value="onetick", mend=_WHO)
    if isinstance(error, requests.ConnectionError):
        mend = "check OTP_HTTP_ADDRESS, and that the server runs"
        return DataError("the OneTick server can't be reached", field="data.loader", value="onetick", mend=mend)
    if not isinstance(error, OneTickException):
        text = f"OneTick's answer breaks off, or is none: {type(error).__name__}"
        return DataError(text, field="data.loader", value="onetick", mend="try again; check that OTP_HTTP_ADDRESS is a OneTick web server")
    said = re.sub(r"^ERROR_\w+: | \S+\.py:\d+$", "", one_line(error)).replace(address.rstrip("/"), "***").strip()
    if not said or _REFUSED.search(said):
        text = f"OneTick refuses the user: {one_line(said, 160) or 'it gives no reason'}"
        return DataError(text, field="data.loader", value="onetick", mend=_WHO)
    field, value = next((f"data.{name}", getattr(data, name)) for name in ("db", "query", "sql") if getattr(data, name) is not None)
    return DataError(f"OneTick says: {one_line(said, 200)}", field=field, value=value, mend="mend the query, or the rights of the user")
