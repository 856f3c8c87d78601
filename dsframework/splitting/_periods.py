"""Sessions, days, weeks, months and years along the time axis."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from dsframework.calendars import trading_calendar
from dsframework.errors import SplitError

__all__ = ["Period", "period_borders"]

Period = Literal["session", "day", "week", "month", "year"]
Steps = np.ndarray[Any, np.dtype[np.int64]]
Times = np.ndarray[Any, np.dtype[np.datetime64]]
_EPOCH_IS_A_THURSDAY = 3


def period_borders(times: Times, day: np.ndarray[Any, Any], by: Period, *, calendar: str | None = None, aware: bool = True) -> Steps:
    """Return the first step of every period, and the number of steps.

    Parameters
    ----------
    times
        Sorted unique times, in UTC where they are aware, shape (steps,).
    day
        The local day of each step at the exchange, in days since 1970, shape (steps,).
    by
        ``session`` of the exchange, which may begin on the evening before, or ``day``, ``week`` (from Monday), ``month``, ``year``.
    calendar
        The exchange's code; a session needs one unless the times are days.
    aware
        Whether `times` have a zone; those without one are clocks at the exchange.

    Raises
    ------
    SplitError
        When sessions are asked for and no calendar is named.

    Examples
    --------
    >>> times = np.array(["2024-07-03T14:00", "2024-07-03T16:00", "2024-07-05T14:00"], dtype="datetime64[ns]")
    >>> period_borders(times, times.astype("datetime64[D]").astype(int), "session", calendar="XNYS")
    array([0, 2, 3])
    """
    if by == "session":
        period = _sessions(times, day, calendar, aware)
    elif by == "day":
        period = day.astype(np.int64)
    elif by == "week":
        period = (day.astype(np.int64) + _EPOCH_IS_A_THURSDAY) // 7
    else:
        period = day.astype("datetime64[D]").astype("datetime64[M]" if by == "month" else "datetime64[Y]").astype(np.int64)
    first = np.flatnonzero(np.diff(period, prepend=period[:1] - 1))
    return np.append(first, len(times)).astype(np.int64)


def _sessions(times: Times, day: np.ndarray[Any, Any], calendar: str | None, aware: bool) -> Steps:
    """The number of the session that each time belongs to: what lies between two sessions goes to the nearer one."""
    daily = bool((np.diff(day) > 0).all()) and bool((times.astype("datetime64[D]") == times).all())
    if daily:
        return np.arange(len(times))
    if calendar is None:
        raise SplitError(
            "sessions are known by an exchange's calendar", field="split.by", value="session", mend="name data.calendar, or use by: day"
        )
    known = trading_calendar(calendar)
    between = known.closes[:-1] + (known.opens[1:] - known.closes[:-1]) // 2
    if not aware:
        between = _clocks(between, known.timezone)
    return np.searchsorted(between, times, side="right").astype(np.int64)


def _clocks(moments: Times, timezone: str) -> Times:
    """What the clocks of a zone show at moments of UTC."""
    import polars as pl

    local = pl.Series(moments.astype("datetime64[us]")).dt.replace_time_zone("UTC").dt.convert_time_zone(timezone)
    return local.dt.replace_time_zone(None).to_numpy().astype("datetime64[ns]")
