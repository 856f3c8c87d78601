"""The bars that a day has, and so the time of day that a target ahead will belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from dsframework.calendars import trading_calendar
from dsframework.data import Panel
from dsframework.rows import Codes

__all__ = ["BarsOfDay", "local_times"]

Whole = np.ndarray[Any, np.dtype[np.int64]]
_OFTEN = 0.5
"""A time of day is a bar where at least this share of the days with the usual number of bars has it."""
_MINUTE = 60_000_000
_DAY = 1440 * _MINUTE


def local_times(times: pl.Series, calendar: str | None) -> pl.Series:
    """Return the times as the clocks at the exchange show them; those without a zone as they are."""
    zone = getattr(times.dtype, "time_zone", None)
    if zone is None:
        return times
    if calendar is not None:
        times = times.dt.convert_time_zone(trading_calendar(calendar).timezone)
    return times.dt.replace_time_zone(None)


@dataclass(frozen=True, eq=False)
class BarsOfDay:
    """The times of day at which a full day has bars, and how far ahead a target lies.

    Attributes
    ----------
    clock
        Local times of day in microseconds, rising, shape (bars,).
    calendar
        The exchange whose hours say which days are short, and which day comes next; None where all days are taken to be full.
    horizon
        In rows.
    """

    clock: Whole
    calendar: str | None
    horizon: int

    @classmethod
    def of(cls, panel: Panel, horizon: int) -> BarsOfDay | None:
        """Return the bars of a panel's days; None where a day has one row."""
        times = panel.frame[panel.time].unique()
        if times.dtype == pl.Date:
            return None
        day, clock = _parts(local_times(times, panel.calendar))
        _, of_day, count = np.unique(day, return_inverse=True, return_counts=True)
        full = count >= _OFTEN * count.max()
        if count.max() < 2:
            return None
        usual = full[of_day]
        bars, often = np.unique(clock[usual], return_counts=True)
        return cls(bars[often >= _OFTEN * full.sum()], panel.calendar, horizon)

    def label_slot(self, times: pl.Series) -> Codes:
        """Return the local time of day, in minutes, at which the targets of rows will lie, shape (rows,).

        It is counted in bars of the exchange's hours, so that it is known at the row's time: a bar that is missing later changes nothing.
        """
        day, clock = _parts(local_times(times, self.calendar))
        place = np.minimum(np.searchsorted(self.clock, clock), len(self.clock) - 1)
        days, bars = self._days(day)
        before = np.append(0, np.cumsum(bars))
        target = before[np.searchsorted(days, day)] + place + self.horizon
        beyond = np.maximum(target - before[-1], 0)
        on = np.minimum(np.searchsorted(before, target, side="right") - 1, len(days) - 1)
        found = np.where(target >= before[-1], beyond % len(self.clock), target - before[on])
        slots: Codes = (self.clock[np.minimum(found, len(self.clock) - 1)] // _MINUTE).astype(np.int32)
        return slots

    def _days(self, seen: Whole) -> tuple[Whole, Whole]:
        """The days from the first one on, and how many bars each has."""
        own = np.unique(seen)
        if self.calendar is None or not len(own):
            return own, np.full(len(own), len(self.clock), dtype=np.int64)
        exchange = trading_calendar(self.calendar, own[0].astype("datetime64[D]").astype(object))
        sessions = exchange.days.astype(np.int64)
        ahead = own[-1] + 10 + 2 * self.horizon
        days = np.union1d(own, sessions[(sessions >= own[0]) & (sessions <= ahead)])
        bars = np.full(len(days), len(self.clock), dtype=np.int64)
        early = np.isin(days, exchange.early.astype(np.int64))
        place = np.searchsorted(sessions, days[early])
        closes = pl.Series(exchange.closes[place]).dt.replace_time_zone("UTC").dt.convert_time_zone(exchange.timezone)
        _, close = _parts(closes.dt.replace_time_zone(None))
        last = close if self._labels_ends(exchange) else close - 1
        bars[early] = np.maximum(np.searchsorted(self.clock, last, side="right"), 1)
        return days, bars

    def _labels_ends(self, exchange: Any) -> bool:
        """Whether a bar carries the time of its end, as the last one of a full day then has the time of the close."""
        closes = pl.Series(exchange.closes[-60:]).dt.replace_time_zone("UTC").dt.convert_time_zone(exchange.timezone)
        _, close = _parts(closes.dt.replace_time_zone(None))
        return bool(self.clock[-1] >= np.median(close))


def _parts(local: pl.Series) -> tuple[Whole, Whole]:
    """The days since 1970, and the time of day in microseconds."""
    moments = local.to_numpy().astype("datetime64[us]").astype(np.int64)
    return moments // _DAY, moments % _DAY
