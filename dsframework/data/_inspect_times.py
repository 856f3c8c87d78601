"""Sessions and series: rows where the exchange is closed, sessions without rows, series that begin late or end early."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from dsframework.calendars import TradingCalendar, trading_calendar
from dsframework.data._inspect_columns import FINDING, Rows
from dsframework.kernels import Array, kernel

__all__ = ["TimeSteps", "inspect_spans", "outside_sessions", "time_steps"]

Ints = np.ndarray[Any, np.dtype[np.int64]]
Codes = np.ndarray[Any, np.dtype[np.int32]]
_LATE_STEPS, _LATE_SHARE = 5, 0.01
"""A series is late where it begins more than this many steps, and more than this share of all steps, after the first."""

_spans = kernel(
    "tsml_check_spans",
    Array(np.int32, optional=True),
    Array(np.int32, optional=True),
    ctypes.c_int64,
    ctypes.c_int64,
    Array(np.int64, out=True),
    Array(np.int64, out=True),
    Array(np.int64, out=True),
    Array(np.int64, out=True),
    Array(np.int64, ndim=2, out=True),
    returns=None,
)


@dataclass(frozen=True)
class TimeSteps:
    """The times that occur.

    Attributes
    ----------
    times
        Each once, sorted.
    starts
        The first row of each.
    n_rows
        How many rows there are.
    calendar
        The exchange's, if one is named.
    """

    times: pl.Series
    starts: Ints
    n_rows: int
    calendar: TradingCalendar | None

    @cached_property
    def counts(self) -> Ints:
        """How many rows each time has."""
        return np.diff(self.starts, append=self.n_rows)

    @cached_property
    def local(self) -> pl.Series:
        """The times on the exchange's clock, without a zone."""
        if not isinstance(self.times.dtype, pl.Datetime):
            return self.times
        zone = self.times.dtype.time_zone
        if zone is None:
            return self.times
        seen = self.times if self.calendar is None else self.times.dt.convert_time_zone(self.calendar.timezone)
        return seen.dt.replace_time_zone(None)

    @cached_property
    def daily(self) -> bool:
        """Whether the times are days, or datetimes that are all midnights."""
        if not isinstance(self.times.dtype, pl.Datetime):
            return True
        return bool((self.local.dt.truncate("1d") == self.local).all())

    @cached_property
    def days(self) -> np.ndarray[Any, np.dtype[np.datetime64]]:
        """The day of each time."""
        return self.local.cast(pl.Date).to_numpy().astype("datetime64[D]")

    @cached_property
    def day_of_row(self) -> Codes | None:
        """A number for each row's day; None for daily rows."""
        if self.daily:
            return None
        numbers = self.days.astype(np.int64).astype(np.int32)
        return np.repeat(numbers, self.counts)

    @cached_property
    def session(self) -> Ints:
        """The number of each time's session, -1 where its day has none."""
        assert self.calendar is not None
        known = self.calendar.days
        place = np.minimum(np.searchsorted(known, self.days), len(known) - 1)
        return np.where(known[place] == self.days, place, -1)


def time_steps(times: pl.Series, calendar: str | None) -> TimeSteps:
    """Return the steps of a sorted time column."""
    moments = times.to_physical().to_numpy()
    starts = np.flatnonzero(np.append(True, moments[1:] != moments[:-1]))
    once = times.gather(starts)
    exchange = None if calendar is None else trading_calendar(calendar, _first_day(once))
    return TimeSteps(once, starts, len(times), exchange)


def _first_day(times: pl.Series) -> Any:
    return times.head(1).dt.date()[0] if isinstance(times.dtype, pl.Datetime) else times[0]


def outside_sessions(rows: Rows, steps: TimeSteps) -> Iterator[str]:
    """Rows on days without a session, before the open, or after the close."""
    assert steps.calendar is not None
    calendar = steps.calendar
    closed = steps.session < 0
    outside = closed | ~_within(steps) if not steps.daily else closed
    if not outside.any():
        return
    first = int(np.flatnonzero(outside)[0])
    if closed[first]:
        why = "there is no session on that day"
    else:
        early = steps.days[first] in calendar.early
        number = steps.session[first]
        why = f"the session is from {_clock(calendar, calendar.opens[number])} to {_clock(calendar, calendar.closes[number])}"
        why += ", a half day" if early else ""
    count = int(steps.counts[outside].sum())
    yield f"{count} rows lie outside the sessions of {calendar.name}, the first at {rows.place(int(steps.starts[first]))} ({why})"


def _within(steps: TimeSteps) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Whether each time lies from its session's open to its close, both included."""
    assert steps.calendar is not None
    opens, closes = (_local(steps.calendar, edge[np.maximum(steps.session, 0)]) for edge in (steps.calendar.opens, steps.calendar.closes))
    moments = steps.local.cast(pl.Datetime("us")).to_numpy()
    within: np.ndarray[Any, np.dtype[np.bool_]] = (moments >= opens) & (moments <= closes)
    return within


def _local(calendar: TradingCalendar, moments: Any) -> Any:
    utc = pl.Series(moments).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    return utc.dt.convert_time_zone(calendar.timezone).dt.replace_time_zone(None).to_numpy()


def _clock(calendar: TradingCalendar, moment: Any) -> str:
    return str(_local(calendar, np.array([moment]))[0])[11:16]


def inspect_spans(rows: Rows, steps: TimeSteps) -> Iterator[tuple[str, str]]:
    """Sessions without a row inside of a series, and series that begin late or end early."""
    session = None if steps.calendar is None else np.repeat(steps.session.astype(np.int32), steps.counts)
    count = max(1, len(rows.names))
    first, last, at = (np.empty(count, dtype=np.int64) for _ in range(3))
    missing, found = np.zeros(1, dtype=np.int64), np.empty((1, FINDING), dtype=np.int64)
    _spans(rows.codes, session, rows.n, count, first, last, at, missing, found)
    if found[0, 0]:
        row = int(found[0, 1])
        assert steps.calendar is not None
        where = f"before {rows.place(row)}"
        yield "gaps", f"{missing[0]} sessions of {steps.calendar.name} have no row, in {found[0, 0]} stretches, the first {where}"
    if len(rows.names) > 1:
        yield from _late(rows, steps, first, last)


def _late(rows: Rows, steps: TimeSteps, first: Ints, last: Ints) -> Iterator[tuple[str, str]]:
    total = len(steps.times)
    begin, end = (np.searchsorted(steps.starts, rows_, side="right") - 1 for rows_ in (first, last))
    allowed = max(_LATE_STEPS, _LATE_SHARE * total)
    for what, late, at in (("begin late", begin > allowed, first), ("end early", total - 1 - end > allowed, last)):
        where = np.flatnonzero(late)
        if len(where):
            verb = "begins" if what == "begin late" else "ends"
            one, moment = rows.names[int(where[0])], rows.frame[rows.time][int(at[where[0]])]
            yield "short", f"{len(where)} of {len(rows.names)} series {what}: {one} {verb} at {moment}"
