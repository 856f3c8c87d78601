"""The loader ``onetick``: bars, ticks, a stored query or SQL of a OneTick server, through onetick-py and the server's web API.

The server's address and who asks are settings of onetick-py (``OTP_HTTP_ADDRESS``, ``OTP_ACCESS_TOKEN`` and others of the environment) and
never part of a spec. The web API writes the wall clock of the query's time zone into its times, which says nothing in the hour that clocks
repeat; so every row is asked for its nanoseconds since 1970 as well, and SQL is asked for in UTC.
"""

from __future__ import annotations

import polars as pl
from polars import selectors

from dsframework.data._base import LoadRequest
from dsframework.data._checks import find_column
from dsframework.data._onetick_query import STAMP, Answer, ask
from dsframework.errors import DataError, one_line
from dsframework.spec import DataSpec, OneTickData

__all__ = ["load_onetick"]

_TIME = "Time"
_LISTED = 5


def load_onetick(data: DataSpec, request: LoadRequest) -> pl.DataFrame:
    """Read what `data` asks OneTick for; see `Loader`.

    A bar of up to an hour has the time of its end. A bar of a day has the day, which counts as known at its end. Other rows have the time
    that OneTick gives them.

    Raises
    ------
    DataError
        When the server is not named, does not answer in time, refuses, has no such database or symbol, or breaks off.
    """
    assert isinstance(data, OneTickData)
    answers = ask(data)
    _check_answers(answers, data)
    parts = [_rows(answer, data) for answer in answers if answer.rows is not None and answer.rows.height]
    return pl.concat(parts, how="diagonal_relaxed")


def _check_answers(answers: list[Answer], data: OneTickData) -> None:
    """Raise where a symbol was refused, or has no row at all."""
    wrong = next((answer for answer in answers if answer.errors), None)
    if wrong is not None:
        name = wrong.symbol if data.symbols and wrong.symbol in data.symbols else None
        field = "data.symbols" if name else _field(data)
        text = f"OneTick says: {one_line('; '.join(wrong.errors), 200)}"
        raise DataError(text, field=field, value=name or wrong.symbol, mend="mend the name, or the rights of the user")
    found = {answer.symbol for answer in answers if answer.rows is not None and answer.rows.height}
    if not found:
        text = "OneTick's answer has no row"
        raise DataError(text, field=_field(data), value=_asked(data), mend="look at the symbols, the tick type, data.start and data.end")
    empty = [name for name in dict.fromkeys(data.symbols or ()) if name not in found]
    if empty:
        listed = ", ".join(empty[:_LISTED]) + (", …" if len(empty) > _LISTED else "")
        text = f"{len(empty)} of {len(set(data.symbols or ()))} symbols have no row from {data.start} to {data.end}"
        raise DataError(text, field="data.symbols", value=listed, mend="mend their names, or leave them out")


def _field(data: OneTickData) -> str:
    return "data.db" if data.db is not None else "data.query" if data.query is not None else "data.sql"


def _asked(data: OneTickData) -> str | None:
    return data.db or data.query or data.sql


def _rows(answer: Answer, data: OneTickData) -> pl.DataFrame:
    """The rows of one symbol, with the time and the symbol in the columns that `data` names."""
    assert answer.rows is not None
    rows = answer.rows.with_columns(pl.col(pl.Binary).cast(pl.String))
    if STAMP not in rows.columns:
        find_column(_TIME, rows.columns, field=_field(data))
        times = rows[_TIME]
    else:
        times = pl.from_epoch(rows[STAMP], "ns").dt.replace_time_zone("UTC")
        rows = _relabelled(rows, times)
    if data.timezone is not None:
        times = times.dt.convert_time_zone(data.timezone)
    if data.bucket == "1d":
        times = times.dt.offset_by("-1ns").dt.date()
    names = [(data.time, times, "data.time")]
    if data.entity is not None:
        symbol = pl.Series([answer.symbol.rpartition("::")[2]], dtype=pl.String).new_from_index(0, rows.height)
        names.append((data.entity, symbol, "data.entity"))
    rows = rows.drop(_TIME, STAMP, strict=False)
    for name, _, field in names:
        if name in rows.columns:
            raise DataError("OneTick's answer has a field of that name", field=field, value=name, mend="write it to another column")
    return rows.select(*(values.alias(name) for name, values, _ in names), pl.all())


def _relabelled(rows: pl.DataFrame, times: pl.Series) -> pl.DataFrame:
    """Take the zone off the other times where the server wrote the query's wall clock into them."""
    if _TIME not in rows.columns or (rows[_TIME].dt.epoch("ns") == times.dt.epoch("ns")).all():
        return rows
    return rows.with_columns(selectors.datetime().dt.replace_time_zone(None))
