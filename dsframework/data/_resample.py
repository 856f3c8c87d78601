"""Ticks to bars.

A bar has the time of its end, so that it is known at its own time. Ticks are read in blocks on several threads and never held together, so
that memory grows with the bars and not with the ticks. Their order is used where it is there and is never assumed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import polars as pl

from dsframework.calendars import trading_calendar
from dsframework.data._bar_blocks import BLOCK, Block, Moments, Parts, Ticks, block_parts
from dsframework.data._bar_clock import bar_clock
from dsframework.data._bar_merge import merge_parts
from dsframework.data._checks import find_column
from dsframework.data._times import localize, tidy_times
from dsframework.errors import DataError
from dsframework.kernels import run_jobs
from dsframework.spec import DataSpec, ResampleSpec

__all__ = ["SORTED", "Job", "bars_of_blocks", "bars_of_frame", "check_tick_columns", "tick_columns"]

Job = Callable[[], Iterable[Block]]
"""Gives some of the ticks, in blocks."""
SORTED = "ticks were not in time order; sorted"


def tick_columns(data: DataSpec) -> list[str]:
    """Return the columns of a tick that its bars are made of: time, entity, price, size and those of further columns."""
    assert data.resample is not None
    return list(dict.fromkeys([data.time, *([data.entity] if data.entity else []), *data.resample.inputs]))


def bars_of_frame(frame: pl.DataFrame, data: DataSpec) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Make the bars of ticks in memory; returns them, sorted by time, then entity, and notes.

    Raises
    ------
    DataError
        When a column is missing or not what it should be, when times are missing, or when no tick has a price.
    """
    if frame.height == 0:
        raise _no_rows(data)
    check_tick_columns(frame.schema, data)
    frame = frame.select(tick_columns(data))
    notes: tuple[str, ...] = ()
    if not isinstance(frame.schema[data.time], pl.Datetime):
        times, notes = tidy_times(frame[data.time], None)
        frame = frame.with_columns(times)
    if not isinstance(frame.schema[data.time], pl.Datetime):
        raise DataError(f"{data.time!r} has days and no times", field="data.resample", mend="bars are made of ticks with times of day")
    jobs: list[Job] = [partial(_slice, frame, start) for start in range(0, frame.height, BLOCK)]
    times = frame[data.time]
    try:
        bars, more = bars_of_blocks(jobs, data, frame.schema, lambda: (times.min(), times.max()), sort_blocks=False)
    except _UnsortedError:
        bars, found = bars_of_frame(frame.sort(data.time, maintain_order=True), data)
        more = (SORTED, *found)
    return bars, (*notes, *more)


def _slice(frame: pl.DataFrame, start: int) -> list[Block]:
    return [Block(frame.slice(start, BLOCK))]


class _UnsortedError(Exception):
    """The ticks of a series are not in the order of time."""


def bars_of_blocks(
    jobs: Sequence[Job], data: DataSpec, schema: pl.Schema, span: Callable[[], tuple[Any, Any]], *, sort_blocks: bool = True
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Make the bars of ticks that come in blocks.

    Parameters
    ----------
    jobs
        Each gives some of the ticks, in the order of the source; they are called on several threads, each once.
    data
        What the columns are, and `data.resample`.
    schema
        The types of the columns.
    span
        Gives the first and the last time, or moments around them; it is asked for bars that follow a wall clock only.
    sort_blocks
        Whether a block that is not in the order of time is sorted on its own; otherwise it is an `_UnsortedError`.
    """
    resample = data.resample
    assert resample is not None
    check_tick_columns(schema, data)
    dtype = schema[data.time]
    assert isinstance(dtype, pl.Datetime)
    if dtype.time_zone is None and data.timezone is not None:
        dtype = pl.Datetime(dtype.time_unit, data.timezone)
    zone = _zone(data, dtype)
    clock = bar_clock(resample, dtype.time_unit, zone, lambda: _numbers(span(), schema[data.time]))
    whole = resample.size is not None and schema[resample.size].is_integer()
    ticks = Ticks(resample, data.time, data.entity, clock, whole, dict(resample.aggregations))
    found: list[list[Parts]] = [[] for _ in jobs]

    def job(number: int) -> None:
        for block in jobs[number]():
            for start in range(0, block.rows.height, BLOCK):
                rows, moments = _with_moments(block.rows.slice(start, BLOCK), data, dtype)
                part = block_parts(Block(rows, block.names), moments, ticks)
                if not (part.sorted or sort_blocks):
                    raise _UnsortedError
                found[number].append(part)

    run_jobs(len(jobs), job)
    parts = [part for one in found for part in one]
    if not parts:
        raise _no_rows(data)
    if not any(len(part.bars) for part in parts):
        raise DataError("no tick has a price", field="data.resample.price", value=resample.price, mend="name the column with prices")
    merged, names, in_order = merge_parts(parts, ticks.own)
    return _finished(merged, names, data, ticks, dtype), _notes(parts, resample, in_order=in_order)


def _no_rows(data: DataSpec) -> DataError:
    return DataError("there are no rows", field="data.path" if hasattr(data, "path") else "data", mend="use data with rows")


def _numbers(span: tuple[Any, Any], dtype: pl.DataType) -> tuple[int, int]:
    if span[0] is None:
        raise DataError("there are no rows", field="data", mend="use data with rows")
    first, last = pl.Series([span[0], span[1]], dtype=dtype).to_physical()
    return int(first), int(last)


def _zone(data: DataSpec, dtype: pl.Datetime) -> str | None:
    """The zone whose wall clock bars follow: that of the spec, of the exchange, or of the times; none for times without one."""
    if dtype.time_zone is None:
        return None
    if data.timezone is not None:
        return data.timezone
    return trading_calendar(data.calendar).timezone if data.calendar else dtype.time_zone


def _with_moments(rows: pl.DataFrame, data: DataSpec, dtype: pl.Datetime) -> tuple[pl.DataFrame, Moments]:
    """The ticks that count, and their times as whole numbers."""
    missing = rows[data.time].null_count()
    if missing:
        raise DataError(f"{missing} times are missing", field="data.time", value=data.time, mend="fill or drop those rows")
    if data.entity is not None and rows[data.entity].null_count():
        text = f"{rows[data.entity].null_count()} rows have no entity"
        raise DataError(text, field="data.entity", value=data.entity, mend="fill or drop those rows")
    times = rows[data.time]
    if dtype.time_zone is not None and times.dtype.time_zone is None:  # type: ignore[attr-defined]
        times = localize(times, dtype.time_zone)
    moments = times.to_numpy().view(np.int64)  # in UTC where they have a zone
    assert data.resample is not None
    if not data.resample.sessions_only:
        return rows, moments
    inside = _in_sessions(moments, data, dtype)
    return rows.filter(pl.Series(inside)), moments[inside]


def _in_sessions(moments: Moments, data: DataSpec, dtype: pl.Datetime) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Mark the ticks from a session's open to its close, both included; times without a zone are those of the exchange's clock."""
    assert data.calendar is not None
    calendar = trading_calendar(data.calendar)
    edges = [pl.Series(edge).cast(pl.Datetime(dtype.time_unit)) for edge in (calendar.opens, calendar.closes)]
    if dtype.time_zone is None:
        edges = [edge.dt.replace_time_zone("UTC").dt.convert_time_zone(calendar.timezone).dt.replace_time_zone(None) for edge in edges]
    opens, closes = (edge.to_physical().to_numpy() for edge in edges)
    session = np.searchsorted(opens, moments, side="right") - 1
    inside: np.ndarray[Any, np.dtype[np.bool_]] = (session >= 0) & (moments <= closes[np.maximum(session, 0)])
    return inside


def _notes(parts: list[Parts], resample: ResampleSpec, *, in_order: bool) -> tuple[str, ...]:
    notes = []
    if not (in_order and all(part.sorted for part in parts)):
        notes.append(SORTED)
    dropped = sum(part.dropped for part in parts)
    if dropped:
        notes.append(f"{dropped} ticks without a {resample.price!r} were left out")
    return tuple(notes)


def _finished(merged: pl.DataFrame, names: pl.Series | None, data: DataSpec, ticks: Ticks, dtype: pl.Datetime) -> pl.DataFrame:
    assert data.resample is not None
    target = None if dtype.time_zone is None else data.timezone or dtype.time_zone
    label = ticks.clock.labels(merged["number"].to_numpy(), target).alias(data.time)
    columns: list[pl.Series] = [label]
    if names is not None and data.entity is not None:
        columns.append(names.gather(merged["entity"]).alias(data.entity))
    volume = merged["whole_volume" if ticks.whole_sizes else "volume"].alias("volume")
    values = {name: merged[name] for name in ("open", "high", "low", "close", "count", *ticks.own)}
    if data.resample.size is not None:
        vwap = pl.select(pl.when(volume != 0).then(merged["turnover"] / volume)).to_series()
        values |= {"volume": volume, "vwap": vwap}
    columns += [values[name].alias(name) for name in data.resample.names]
    return pl.DataFrame(columns)


def check_tick_columns(schema: pl.Schema, data: DataSpec) -> None:
    resample = data.resample
    assert resample is not None
    header = list(schema)
    find_column(data.time, header, field="data.time")
    if data.entity is not None:
        find_column(data.entity, header, field="data.entity")
    find_column(resample.price, header, field="data.resample.price")
    if resample.size is not None:
        find_column(resample.size, header, field="data.resample.size")
    for name, part in resample.aggregations.items():
        find_column(part.column, header, field=f"data.resample.aggregations.{name}.column")
    numeric = {"price": resample.price, **({"size": resample.size} if resample.size else {})}
    for key, name in numeric.items():
        if not schema[name].is_numeric():
            text = f"{name!r} is not numeric but {schema[name]}"
            raise DataError(text, field=f"data.resample.{key}", value=name, mend="name a numeric column")
    for name, part in resample.aggregations.items():
        if part.stat in ("sum", "mean", "std", "median") and not schema[part.column].is_numeric():
            text = f"{part.column!r} is not numeric but {schema[part.column]}"
            raise DataError(text, field=f"data.resample.aggregations.{name}.column", value=part.column, mend="name a numeric column")
