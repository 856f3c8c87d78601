"""Where bars begin and end: on the wall clock of a time zone, in whole numbers."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from dsframework.spec import ResampleSpec, parse_duration

__all__ = ["BarClock", "bar_clock", "clock_changes"]

Whole = np.ndarray[Any, np.dtype[np.int64]]
_HOUR = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)
_SCALE = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


@dataclass(frozen=True)
class BarClock:
    """Bar number = floor((moment + shift) / every), all in the times' own unit.

    Attributes
    ----------
    every
        The length of a bar.
    changes, shifts
        From the moment ``changes[i]`` on, ``shifts[i + 1]`` holds; before the first, ``shifts[0]``.
    unit
        ``ms``, ``us`` or ``ns``.
    days
        Whether a bar is a day, which is labelled by its date.
    local
        Whether the numbers count on the wall clock of `zone`; otherwise they count in UTC (or in times without a zone).
    right
        One where the tick at a bar's end belongs to it, else 0.
    """

    every: int
    changes: Whole
    shifts: Whole
    unit: str
    zone: str | None
    days: bool
    local: bool
    right: int

    def labels(self, numbers: Whole, target: str | None) -> pl.Series:
        """Return the ends of bars: dates for days, else times in the zone `target` (none for times without a zone)."""
        if self.days:
            return pl.Series(numbers).cast(pl.Int32).cast(pl.Date)
        if not self.local:
            moments = (numbers + 1) * self.every - (int(self.shifts[0]) + self.right)
            times = pl.Series(moments).cast(pl.Datetime(self.unit))  # type: ignore[arg-type]
            return times if target is None else times.dt.replace_time_zone("UTC").dt.convert_time_zone(target)
        wall = pl.Series((numbers + 1) * self.every).cast(pl.Datetime(self.unit))  # type: ignore[arg-type]
        assert self.zone is not None and target is not None  # noqa: PT018
        late = wall.dt.replace_time_zone(self.zone, ambiguous="latest", non_existent="null")
        skipped = (wall + _HOUR).dt.replace_time_zone(self.zone, ambiguous="latest", non_existent="null")
        whole = pl.select(pl.coalesce(late, skipped)).to_series()
        return whole.dt.convert_time_zone(target)


def bar_clock(resample: ResampleSpec, unit: str, zone: str | None, span: Callable[[], tuple[int, int]]) -> BarClock:
    """Return the clock for times between the two that `span` gives: whole numbers of `unit` in UTC, without a zone where `zone` is None.

    Bars of up to an hour count in UTC from an offset, so that the hour that a clock shows twice is two hours of bars. Longer ones
    follow the wall clock.
    """
    scale = _SCALE[unit]
    length = parse_duration(resample.every)
    every = round(length / dt.timedelta(microseconds=1)) * scale // 1_000_000
    right = 1 if resample.closed == "right" else 0
    days = length == _DAY
    if zone is None or length <= _HOUR:
        aligned = zone is None or (15 * 60 * scale) % every == 0  # every offset is a multiple of a quarter of an hour
        shift = 0 if aligned else _offset(str(zone), span()[0], scale) * scale % every
        changes: list[int] = []
        shifts, local = [shift - right], False
    else:
        first, last = span()
        changes, offsets = clock_changes(zone, first - scale * 86_400, last + scale * 86_400, scale)
        shifts, local = [offset * scale - right for offset in offsets], True
    return BarClock(every, np.array(changes, dtype=np.int64), np.array(shifts, dtype=np.int64), unit, zone, days, local, right)


def _offset(zone: str, moment: int, scale: int) -> int:
    """Seconds that the zone's clock is ahead of UTC."""
    found = dt.datetime.fromtimestamp(moment // scale, tz=ZoneInfo(zone)).utcoffset()
    assert found is not None
    return round(found.total_seconds())


def clock_changes(zone: str, first: int, last: int, scale: int) -> tuple[list[int], list[int]]:
    """The moments at which the zone's offset changes, and the offsets before, between and after them."""
    week = 7 * 86_400
    at, end = first // scale, last // scale + 1
    moments: list[int] = []
    offsets = [_offset(zone, at, 1)]
    while at < end:
        ahead = min(at + week, end)
        if _offset(zone, ahead, 1) != offsets[-1]:
            low, high = at, ahead
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(zone, middle, 1) == offsets[-1] else (low, middle)
            moments.append(high * scale)
            offsets.append(_offset(zone, high, 1))
            at = high
        else:
            at = ahead
    return moments, offsets
