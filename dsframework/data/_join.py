"""As-of joins: each row takes the newest values of another source that were known at its own time.

A row of a source is known from its `available` time on; a row of the panel sees what was known at its own time, that moment included.
Of the known rows of its series the one with the latest own time counts, and of several of that time (a figure that was revised) the one
that became known last. A value that became known longer ago than `tolerance` is missing; an older one never stands in for it.

Where one side has days and the other moments, a day is taken for its end: a source's day is known from the next midnight on, and a row of a
day knows what was known when its session closed (without a calendar, at the end of the day).
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from dsframework.calendars import trading_calendar
from dsframework.data._base import LoadRequest
from dsframework.data._checks import find_column
from dsframework.data._inspect import inspect
from dsframework.data._mistakes import RowError
from dsframework.data._place import placing
from dsframework.data._source import raw_rows, tidy_rows
from dsframework.data._times import tidy_times
from dsframework.data._watch import check_unchanged, file_states
from dsframework.errors import DataError
from dsframework.spec import DataSpec, JoinSpec, parse_duration

__all__ = ["Joined", "join_all", "load_sources"]

_KNOWN, _NOW, _ROW, _BY = "__known", "__now", "__row", "__by"
_AVAILABLE = "available.column"
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Joined:
    """A source as it was read.

    Attributes
    ----------
    frame
        Rows with a column that says when each was known.
    names
        The columns to join, and what they are called then.
    """

    name: str
    spec: JoinSpec
    frame: pl.DataFrame
    names: dict[str, str]
    notes: tuple[str, ...]


def load_sources(data: DataSpec, request: LoadRequest) -> list[Joined]:
    """Read every joined source with its own loader, and look at it as at the main one."""
    return [_load(name, join, data, request) for name, join in data.joins.items()]


def _load(name: str, join: JoinSpec, data: DataSpec, request: LoadRequest) -> Joined:
    source, column = join.source.model_copy(update={"checks": data.checks}), join.available.column
    asked = source.columns
    if asked is not None and column is not None:
        source = source.model_copy(update={"columns": list(dict.fromkeys([*asked, column]))})
    try:
        with placing(source, request.base):
            frame, notes = _read(source, column, request)
    except DataError as error:
        field = f"data.joins.{name}." + (error.field or "data").replace("data", "source", 1)
        if error.field == _AVAILABLE:
            field = f"data.joins.{name}.{_AVAILABLE}"
        raise DataError(error.message, field=field, value=error.value, mend=error.mend) from error
    frame = frame.with_columns(_known(frame[column or source.time], join).alias(_KNOWN))
    hidden = {source.time, source.entity, _KNOWN, *([column] if column is not None and asked is not None and column not in asked else [])}
    prefix = f"{name}_" if join.prefix is None else join.prefix
    names = {found: f"{prefix}{found}" for found in frame.columns if found not in hidden}
    if not names:
        raise DataError("the source has no column to join", field=f"data.joins.{name}.source.columns", mend="name a column beside its keys")
    return Joined(name, join, frame, names, tuple(f"{name}: {note}" for note in notes))


def _read(source: DataSpec, column: str | None, request: LoadRequest) -> tuple[pl.DataFrame, tuple[str, ...]]:
    states = file_states(source, request.base)
    frame, notes = raw_rows(source, request)
    check_unchanged(states, source, request.base)
    if column is not None:
        find_column(column, frame.columns, field=_AVAILABLE)
        if column != source.time:
            frame = frame.with_columns(_available(frame[column], source))
    frame, notes = tidy_rows(frame, source, notes, version=column)
    keys = [source.time, *([source.entity] if source.entity else [])]
    once = frame if column is None else frame.unique(keys, keep="last", maintain_order=True)
    return frame, (*notes, *inspect(once, source, future=False))


def _available(values: pl.Series, source: DataSpec) -> pl.Series:
    try:
        return tidy_times(values, source.timezone)[0]
    except RowError as error:
        raise RowError(error.message, rows=error.rows, field=_AVAILABLE, value=error.value, mend=error.mend) from error
    except DataError as error:
        raise DataError(error.message, field=_AVAILABLE, value=error.value, mend=error.mend) from error


def _known(times: pl.Series, join: JoinSpec) -> pl.Series:
    """When rows were known; a lag on days counts in whole days, a part of one being one."""
    lag = parse_duration(join.available.lag) if join.available.lag is not None else dt.timedelta(0)
    return times + (lag if isinstance(times.dtype, pl.Datetime) else math.ceil(lag / _DAY) * _DAY)


def join_all(frame: pl.DataFrame, data: DataSpec, sources: list[Joined]) -> pl.DataFrame:
    """Add the columns of sources to the rows, which keep their order.

    Raises
    ------
    DataError
        When a column is there already, when a source can't be matched, or when times with a zone meet times without one.
    """
    for joined in sources:
        taken = next((name for name in joined.names.values() if name in frame.columns), None)
        if taken is not None:
            field = f"data.joins.{joined.name}.prefix"
            raise DataError("there is a column of that name already", field=field, value=taken, mend="set another prefix")
        frame = _join(frame, data, joined)
    return frame


def _join(frame: pl.DataFrame, data: DataSpec, joined: Joined) -> pl.DataFrame:
    place = f"data.joins.{joined.name}"
    now, known = _moments(frame[data.time], joined.frame[_KNOWN], data, joined.spec.source, place)
    left = pl.DataFrame([now.alias(_NOW)]).with_row_index(_ROW)
    newest = joined.frame.with_columns(known.alias(_KNOWN))
    by = _matched(frame, data, joined, place)
    if by is not None:
        left = left.with_columns(by.alias(_BY))
        newest = newest.with_columns(pl.col(str(joined.spec.source.entity)).alias(_BY))
    keys = [] if by is None else [_BY]
    newest = _as_it_became_known(newest, joined.spec.source.time, keys)
    tolerance = None if joined.spec.tolerance is None else parse_duration(joined.spec.tolerance)
    found = left.sort(_NOW).join_asof(
        newest.select(_KNOWN, *keys, *joined.names),
        left_on=_NOW,
        right_on=_KNOWN,
        by=_BY if keys else None,
        strategy="backward",
        tolerance=tolerance,
        check_sortedness=False,
    )
    found = found.sort(_ROW).select(pl.col(old).alias(new) for old, new in joined.names.items())
    return pl.concat([frame, found], how="horizontal")


def _as_it_became_known(rows: pl.DataFrame, time: str, keys: list[str]) -> pl.DataFrame:
    """The rows in the order in which they became known, without those that were older than one known already."""
    rows = rows.sort([_KNOWN, time], maintain_order=True)
    latest = pl.col(time).cum_max()
    return rows.filter(pl.col(time) >= (latest.over(keys) if keys else latest))


def _matched(frame: pl.DataFrame, data: DataSpec, joined: Joined, place: str) -> pl.Series | None:
    """The column here that a source's entity is looked up in; None for a source of one series, which is the same for all rows."""
    entity, by = joined.spec.source.entity, joined.spec.by or data.entity
    if entity is None:
        if joined.spec.by is not None:
            mend = "name its entity, or leave 'by' out"
            raise DataError("the source has no entity to match", field=f"{place}.by", value=joined.spec.by, mend=mend)
        return None
    if by is None:
        raise DataError("these rows have no entity", field=f"{place}.by", mend="name the column that the source's entity is looked up in")
    find_column(by, frame.columns, field=f"{place}.by")
    here, there = frame[by], joined.frame[entity]
    if here.dtype.is_integer() and there.dtype.is_integer():
        return here.cast(there.dtype, strict=False)
    if here.dtype != there.dtype:
        text = f"{by!r} is {here.dtype}, and {entity!r} of the source is {there.dtype}"
        raise DataError(text, field=f"{place}.by", value=by, mend="give both the same type")
    return here


def _moments(now: pl.Series, known: pl.Series, data: DataSpec, source: DataSpec, place: str) -> tuple[pl.Series, pl.Series]:
    """The rows' times and the times of knowledge, in one type."""
    days, known_days = (not isinstance(times.dtype, pl.Datetime) for times in (now, known))
    if days and known_days:
        return now.cast(pl.Datetime("us")), known.cast(pl.Datetime("us"))
    zones = [times.dtype.time_zone for times in (now, known) if isinstance(times.dtype, pl.Datetime)]
    if len(zones) == 2 and (zones[0] is None) != (zones[1] is None):
        which = "these rows have no time zone, and the source's have one" if zones[0] is None else "the source's times have no time zone"
        raise DataError(which, field=f"{place}.source.timezone", value=source.timezone, mend="set the time zone of both")
    calendar = data.calendar or source.calendar
    zone = zones[0] if zones[0] is None or calendar is None else trading_calendar(calendar).timezone
    if days:
        now = _closes(now, data.calendar, zone)
    elif known_days:
        known = _midnights(known, zone)
    unit: Any = "ns" if "ns" in [times.dtype.time_unit for times in (now, known) if isinstance(times.dtype, pl.Datetime)] else "us"
    both = (times.dt.convert_time_zone("UTC") if zone is not None else times for times in (now, known))
    one, other = (times.dt.cast_time_unit(unit) for times in both)
    return one, other


def _midnights(days: pl.Series, zone: str | None) -> pl.Series:
    """The ends of days."""
    ends = (days + _DAY).cast(pl.Datetime("us"))
    if zone is None:
        return ends
    found = ends.dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    later = (ends + dt.timedelta(hours=1)).dt.replace_time_zone(zone, ambiguous="latest", non_existent="null")
    return pl.select(pl.coalesce(found, later)).to_series()


def _closes(days: pl.Series, calendar: str | None, zone: str | None) -> pl.Series:
    """The moment at which a day's row is known: its session's close, or the end of the day where there is none."""
    ends = _midnights(days, zone)
    if calendar is None:
        return ends
    exchange = trading_calendar(calendar, days.min())  # type: ignore[arg-type]
    wanted = days.to_numpy().astype("datetime64[D]")
    place = np.minimum(np.searchsorted(exchange.days, wanted), len(exchange.days) - 1)
    closes = pl.Series(exchange.closes[place]).cast(pl.Datetime("us")).dt.replace_time_zone("UTC").dt.convert_time_zone(exchange.timezone)
    closes = closes.dt.replace_time_zone(None) if zone is None else closes.dt.convert_time_zone(zone)
    return pl.select(pl.when(pl.Series(exchange.days[place] == wanted)).then(closes).otherwise(ends)).to_series()
