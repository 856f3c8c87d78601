"""The feature ``calendar``: what the date itself says, and the exchange's calendar about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import FeatureError
from dsframework.features._base import FeatureColumn, Moments
from dsframework.spec import CalendarArguments

__all__ = ["calendar_columns"]

_OfTimes = Callable[[Moments], pl.Series]
_Days = np.ndarray[Any, np.dtype[np.datetime64]]


def calendar_columns(arguments: CalendarArguments) -> list[FeatureColumn]:
    """Columns that are named as the fields are.

    ``day_of_week`` counts from Monday, 0. With ``data.calendar``, ``is_month_start``, ``is_month_end`` and ``is_quarter_end`` mean the
    first or last planned session of the month or quarter, and times with a zone are read as the exchange's clocks show them; without
    it, the first or last day. ``days_to_holiday`` are calendar days until the next planned weekday closure, ``days_since_holiday``
    since the last; both are 0 on the closure itself.
    """
    return [_column(field) for field in arguments.fields]


def _column(field: str) -> FeatureColumn:
    if field in _PARTS:
        return FeatureColumn(field, of_times=_PARTS[field])
    if field in _CLOCK:
        return FeatureColumn(field, of_times=_CLOCK[field], needs="clock")
    if field in _EDGES:
        return FeatureColumn(field, of_times=_EDGES[field])
    return FeatureColumn(field, of_times=_EXCHANGE[field], needs="calendar")


_PARTS: dict[str, _OfTimes] = {
    "day_of_week": lambda moments: moments.days.dt.weekday() - 1,
    "day_of_month": lambda moments: moments.days.dt.day(),
    "week_of_year": lambda moments: moments.days.dt.week(),
    "month": lambda moments: moments.days.dt.month(),
    "quarter": lambda moments: moments.days.dt.quarter(),
}
_CLOCK: dict[str, _OfTimes] = {
    "hour": lambda moments: moments.local.dt.hour(),
    "minute": lambda moments: moments.local.dt.minute(),
}


def _edge(moments: Moments, period: str, side: str) -> pl.Series:
    """Whether a day is the first or last of its month or quarter; of the planned sessions where there is a calendar."""
    days = _days(moments)
    known = _within(moments, days) if moments.calendar else days
    unit = 1 if period == "month" else 3
    numbers = known.astype("datetime64[M]").astype(np.int64) // unit
    if moments.calendar:
        planned = moments.exchange.planned
        groups = planned.astype("datetime64[M]").astype(np.int64) // unit
        turns = np.flatnonzero(np.diff(groups) != 0)
        edges = planned[np.append(turns, len(planned) - 1)] if side == "end" else planned[np.append(0, turns + 1)]
        return pl.Series(np.isin(known, edges))
    first = (numbers * unit).astype("datetime64[M]").astype("datetime64[D]")
    last = ((numbers + 1) * unit).astype("datetime64[M]").astype("datetime64[D]") - np.timedelta64(1, "D")
    return pl.Series(known == (last if side == "end" else first))


_EDGES: dict[str, _OfTimes] = {
    "is_month_start": lambda moments: _edge(moments, "month", "start"),
    "is_month_end": lambda moments: _edge(moments, "month", "end"),
    "is_quarter_end": lambda moments: _edge(moments, "quarter", "end"),
}


def _days(moments: Moments) -> _Days:
    return moments.days.to_numpy().astype("datetime64[D]")


def _within(moments: Moments, days: _Days) -> _Days:
    exchange = moments.exchange
    if len(days) and (days.min() < exchange.days[0] or days.max() > exchange.days[-1]):
        outside = days.min() if days.min() < exchange.days[0] else days.max()
        raise FeatureError(
            f"{exchange.name} knows sessions from {exchange.span} only",
            field="calendar",
            value=str(outside),
            mend="set data.start and data.end",
        )
    return days


def _to_holiday(moments: Moments) -> pl.Series:
    days, holidays = _within(moments, _days(moments)), moments.exchange.holidays
    following = np.searchsorted(holidays, days)
    return _distance(holidays, following, days, forward=True)


def _since_holiday(moments: Moments) -> pl.Series:
    days, holidays = _within(moments, _days(moments)), moments.exchange.holidays
    previous = np.searchsorted(holidays, days, side="right") - 1
    return _distance(holidays, previous, days, forward=False)


def _distance(holidays: _Days, positions: np.ndarray[Any, np.dtype[np.int64]], days: _Days, *, forward: bool) -> pl.Series:
    known = (positions >= 0) & (positions < len(holidays))
    distances = np.full(len(days), np.nan)
    gaps = (holidays[positions[known]] - days[known]).astype(np.float64)
    distances[known] = gaps if forward else -gaps
    return pl.Series(distances)


def _early_close(moments: Moments) -> pl.Series:
    return pl.Series(np.isin(_within(moments, _days(moments)), moments.exchange.early))


_EXCHANGE: dict[str, _OfTimes] = {
    "days_to_holiday": _to_holiday,
    "days_since_holiday": _since_holiday,
    "is_early_close": _early_close,
}
