"""What a feature is.

A feature is a function from its arguments to columns. Each column says what it is called, which columns it reads, how many rows of
history before the row it reads, and how it is computed, in one of five ways: an operation, which compiled kernels do for the whole panel
in one pass (`FeatureColumn.compiled`); a polars expression over the read columns (floats; a missing or infinite value is null); a kernel,
which is a Python function of the read columns as arrays, in which the rows of each entity follow one another in the order of time and a
missing value is NaN (what it says where a window reaches into another entity is thrown away); for what the date itself says, a function
of the times; or a function of the whole panel and the read columns, for what none of these can do.

Its value depends on the data at or before the row's time only, and not on how far the data goes on. Nor does it depend on where the
history begins: the same `lookback` rows before a row give the same bits, in training and when the row is predicted from a short history.
So nothing is carried along from row to row. What reads all that there is (an expanding mean, an exponentially weighted one) says how many
rows back it looks at most. Where a value is not defined (a division by zero) it is null, never infinite or NaN.

Scope ``entity``: the column sees the rows of one entity in the order of time. Scope ``time``: the rows of all entities at one time.
A window over a stretch of the past is written with ``min_samples`` equal to the window, so that it is null until it has its history.

`by` makes an operation or kernel see only the rows of the entity that have the same key, such as those of the same weekday; then `lookback`
counts those rows. `reach` says for each row how far back it reads, where that is not the same for all, such as to the first row of an
earlier session. `source` says of which row a value is, where it is one of another entity; then `lookback` counts rows of that entity.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol, Self

import numpy as np
import polars as pl

from dsframework.calendars import TradingCalendar, trading_calendar
from dsframework.features._operations import Operation
from dsframework.features._orders import Positions
from dsframework.features._view import View

__all__ = ["Feature", "FeatureColumn", "Floats", "Grouping", "Moments"]

Floats = np.ndarray[Any, np.dtype[np.float64]]


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
class Grouping:
    """What parts the rows of an entity, such as their weekday.

    Attributes
    ----------
    name
        What tells it from other groupings.
    keys
        A function of the times; equal whole numbers are the same part.
    """

    name: str
    keys: Callable[[Moments], pl.Series]


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
        How many rows of history before the row it reads: with these the value is what it is with any longer history.
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
    warm_up
        How many rows of its own an entity must have before the row for it to have a value; `lookback` by default. It is less where fewer
        rows than the column would read are enough at the start of an entity.
    operation
        How compiled kernels compute it from `inputs`.
    by
        What parts the rows of an entity, for an operation or a kernel.
    of_panel
        How it is computed from the panel and arrays of `inputs`, which are in the panel's order, as is the result.
    reach
        How many rows of its entity before a row it reads, for each row; more than there are where the row has not the history.
    source
        Which row of the panel a value is of, for each row; -1 where it is not there.
    others
        Entities that the column reads whichever entity the row is of.
    keys
        Names that must be those of the columns with the times or the entities: field, name, ``time`` or ``entity``.
    """

    name: str
    inputs: tuple[tuple[str, str], ...] = ()
    lookback: int = 0
    expression: pl.Expr | None = None
    kernel: Callable[..., Floats] | None = None
    of_times: Callable[[Moments], pl.Series] | None = None
    scope: Literal["entity", "time"] = "entity"
    needs: Literal["entity", "calendar", "clock"] | None = None
    warm_up: int | None = None
    operation: Operation | None = None
    by: Grouping | None = None
    of_panel: Callable[..., Floats] | None = None
    reach: Callable[[View], Positions] | None = None
    source: Callable[[View], Positions] | None = None
    others: tuple[str, ...] = ()
    keys: tuple[tuple[str, str, Literal["time", "entity"]], ...] = ()

    @property
    def counts_rows(self) -> bool:
        """Whether `lookback` counts the last rows of the row's entity."""
        return self.by is None and self.reach is None and self.source is None

    @classmethod
    def compiled(cls, name: str, inputs: tuple[tuple[str, str], ...], operation: Operation, **more: Any) -> Self:
        """Return a column that an operation makes, which knows what it reads."""
        return cls(name, inputs, operation.reach, operation=operation, warm_up=operation.warm_up, **more)


class Feature(Protocol):
    """See the module's text."""

    def __call__(self, arguments: Any) -> list[FeatureColumn]:
        """Return the columns, in the order of the matrix; raises `FeatureError` with the argument as its field."""
        ...
