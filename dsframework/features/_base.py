"""What a feature is.

A feature is a function from its arguments to columns. Each column says what it is called, which columns it reads, how many rows of
history before the row it needs, and how it is computed, in one of three ways: a polars expression over the read columns (floats; a
missing or infinite value is null); a kernel, which is a function of the read columns as arrays, in which the rows of each entity follow
one another in the order of time and a missing value is NaN (what it says where a window reaches into another entity is thrown away); or,
for what the date itself says, a function of the times.

Its value depends on the data at or before the row's time only, and not on how far the data goes on. Where it is not defined (a
division by zero) it is null, never infinite or NaN.

Scope ``entity``: the expression sees the rows of one entity in the order of time. Scope ``time``: the rows of all entities at one time.
A window over a stretch of the past is written with ``min_samples`` equal to the window, so that it is null until it has its history.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import polars as pl

from dsframework.calendars import TradingCalendar, trading_calendar
from dsframework.features._windows import Floats

__all__ = ["Feature", "FeatureColumn", "Moments"]


@dataclass(frozen=True)
class Moments:
    """The times of the rows.

    Attributes
    ----------
    times
        Times of the rows: days, datetimes, or datetimes with a time zone.
    calendar
        The exchange's code, or None.
    """

    times: pl.Series
    calendar: str | None

    @cached_property
    def exchange(self) -> TradingCalendar:
        """The exchange's calendar, long enough for the times."""
        assert self.calendar is not None
        first: Any = self.times.min()
        return trading_calendar(self.calendar, first)

    @cached_property
    def local(self) -> pl.Series:
        """The times as the clocks at the exchange show them; those without a zone as they are."""
        zone = getattr(self.times.dtype, "time_zone", None)
        if zone is None:
            return self.times
        if self.calendar is not None:
            return self.times.dt.convert_time_zone(self.exchange.timezone).dt.replace_time_zone(None)
        return self.times.dt.replace_time_zone(None)

    @cached_property
    def days(self) -> pl.Series:
        """The local days."""
        return self.local.cast(pl.Date)


@dataclass(frozen=True)
class FeatureColumn:
    """One column of a feature; see the module's text.

    Attributes
    ----------
    name
        What the column is called.
    inputs
        The columns that it reads, of the data or of an earlier feature, each behind the argument that names it.
    lookback
        Rows of history that it needs before the row.
    expression
        How it is computed from `inputs`.
    kernel
        How it is computed from arrays of `inputs`, in their order; all have the shape of the result.
    of_times
        How it is computed from the times.
    scope
        Which rows the expression sees.
    needs
        What must be there: ``entity``, ``calendar`` (an exchange) or ``clock`` (times of day).
    """

    name: str
    inputs: tuple[tuple[str, str], ...] = ()
    lookback: int = 0
    expression: pl.Expr | None = None
    kernel: Callable[..., Floats] | None = None
    of_times: Callable[[Moments], pl.Series] | None = None
    scope: Literal["entity", "time"] = "entity"
    needs: Literal["entity", "calendar", "clock"] | None = None


class Feature(Protocol):
    """See the module's text."""

    def __call__(self, arguments: Any) -> list[FeatureColumn]:
        """Return the columns, in the order of the matrix; raises `FeatureError` with the argument as its field."""
        ...
