"""Sessions without a row."""

from __future__ import annotations

import numpy as np
import polars as pl

from dsframework.calendars import Days, trading_calendar
from dsframework.records import Gap

__all__ = ["find_gaps"]

_DAY = np.timedelta64(1, "D")


def find_gaps(keys: pl.DataFrame, time: str, entity: str | None, calendar: str | None) -> list[Gap]:
    """Return the stretches of missing sessions between the first and the last row of each series, the longest first.

    With a calendar, a session is a session of the exchange. Without it, it is a day of the week on which the data has rows, and a
    single missing one is taken for a holiday.

    Parameters
    ----------
    keys
        Times (days or datetimes, none missing) and entities.
    """
    if keys.height == 0:
        return []
    local = _local(keys[time], calendar)
    frame = pl.DataFrame({"day": local.cast(pl.Date), "entity": keys[entity] if entity else pl.repeat(None, keys.height, eager=True)})
    groups = frame.unique().sort("entity", "day").partition_by("entity", as_dict=True, maintain_order=True)
    sessions = _sessions(frame["day"], calendar)
    shortest = 1 if calendar else 2
    gaps = []
    for (name,), rows in groups.items():
        days = rows["day"].to_numpy().astype("datetime64[D]")
        gaps += _stretches(sessions, days, None if name is None else str(name), shortest)
    return sorted(gaps, key=lambda gap: (-gap.sessions, gap.first, gap.entity or ""))


def _local(times: pl.Series, calendar: str | None) -> pl.Series:
    if getattr(times.dtype, "time_zone", None) is None or calendar is None:
        return times
    return times.dt.convert_time_zone(trading_calendar(calendar).timezone)


def _sessions(days: pl.Series, calendar: str | None) -> Days:
    first, last = (np.datetime64(str(edge), "D") for edge in (days.min(), days.max()))
    if calendar is not None:
        known = trading_calendar(calendar, first.astype(object)).days
        return known[(known >= first) & (known <= last)]
    every = np.arange(first, last + _DAY)
    used = np.unique(_weekday(days.unique().to_numpy().astype("datetime64[D]")))
    return every[np.isin(_weekday(every), used)]


def _weekday(days: Days) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return (days.astype(np.int64) + 3) % 7


def _stretches(sessions: Days, days: Days, entity: str | None, shortest: int) -> list[Gap]:
    inside = sessions[(sessions >= days[0]) & (sessions <= days[-1])]
    missing = np.flatnonzero(~np.isin(inside, days))
    runs = np.split(missing, np.flatnonzero(np.diff(missing) > 1) + 1) if len(missing) else []
    return [
        Gap(entity=entity, first=str(inside[run[0]]), last=str(inside[run[-1]]), sessions=len(run)) for run in runs if len(run) >= shortest
    ]
