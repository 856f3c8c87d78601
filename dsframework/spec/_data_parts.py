"""What the data of every loader may have beside its rows: sources joined to it, bars made of its ticks, and checks."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Strict

__all__ = ["BAR_STATS", "Aggregation", "Available", "Checks", "Duration", "Policy", "ResampleSpec", "parse_duration"]

_UNITS = {"us": 1, "ms": 1_000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_WRITTEN = re.compile(r"^(\d{1,9})(us|ms|s|min|h|d)$")
_DAY = _UNITS["d"]
BAR_STATS = ("first", "last", "min", "max", "sum", "mean", "std", "median", "count")


def parse_duration(text: str) -> timedelta:
    """Return what a text such as ``30min`` means.

    >>> parse_duration("30min"), parse_duration("1d")
    (datetime.timedelta(seconds=1800), datetime.timedelta(days=1))
    """
    found = _WRITTEN.match(text)
    if found is None:
        raise PydanticCustomError("duration", "{text}", {"text": "expected a duration such as 30s, 5min, 2h or 1d"})
    return timedelta(microseconds=int(found[1]) * _UNITS[found[2]])


def _written(text: str) -> str:
    parse_duration(text)
    return text


def _bar(text: str) -> str:
    length = parse_duration(text) // timedelta(microseconds=1)
    if length == 0 or _DAY % length:
        raise PydanticCustomError("duration", "{text}", {"text": "expected a bar that divides the day, such as 1s, 1min, 30min, 1h or 1d"})
    return text


Duration = Annotated[str, AfterValidator(_written)]
"""A number and a unit: us, ms, s, min, h or d."""

Policy = Literal["error", "warn", "ignore"]


class Available(Strict):
    """When a row of a joined source was known, which is rarely the time that it is about."""

    column: str | None = Field(
        default=None, min_length=1, title="Time column", description="When each row became known, such as the day of publication."
    )
    lag: Duration | None = Field(
        default=None, title="Lag", description="How long after that (after the row's own time without a column): 0d, 15min, 1d."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.column is None and self.lag is None:
            text = "say when a row was known: 'column' with that time, or 'lag' after its own time (lag: 0d means at once)"
            raise PydanticCustomError("available", "{text}", {"text": text})
        return self


class Aggregation(Strict):
    """One more column of a bar."""

    column: str = Field(min_length=1, title="Column")
    stat: Literal["first", "last", "min", "max", "sum", "mean", "std", "median", "count"] = Field(title="Statistic")


_BAR_COLUMNS = ("open", "high", "low", "close", "volume", "vwap", "count")


class ResampleSpec(Strict):
    """Bars made of ticks: open, high, low, close, count, and with sizes volume and vwap; a bar carries the time of its end."""

    every: Annotated[str, AfterValidator(_bar)] = Field(
        title="Bar length", description="30s, 1min, 1h or 1d: it divides the day, so that bars begin at midnight's multiples."
    )
    price: str = Field(default="price", min_length=1, title="Price column")
    size: str | None = Field(default="size", min_length=1, title="Size column", description="None for quotes: no volume and no vwap then.")
    closed: Literal["left", "right"] = Field(
        default="left",
        title="Closed",
        description="left: a bar has the tick at its very beginning; right: the one at its very end.",
    )
    sessions_only: bool = Field(
        default=False, title="Sessions only", description="Leave out ticks outside the sessions of the calendar, early closes included."
    )
    aggregations: dict[str, Aggregation] = Field(default={}, title="More columns", description="Name to column and statistic.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in self.aggregations:
            if not name or name in _BAR_COLUMNS:
                text = f"{name!r} is a column that a bar has anyhow; give it another name" if name else "a column needs a name"
                raise PydanticCustomError("aggregations", "{text}", {"text": text})
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The columns of a bar beside time and entity, in order."""
        own = ("open", "high", "low", "close", "volume", "vwap", "count") if self.size else ("open", "high", "low", "close", "count")
        return (*own, *self.aggregations)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns of a tick that bars are made of."""
        more = (part.column for part in self.aggregations.values())
        return tuple(dict.fromkeys([self.price, *([self.size] if self.size else []), *more]))


class Checks(Strict):
    """What is done about data that would give wrong numbers: an error, a warning, or nothing."""

    duplicates: Literal["error", "first", "last"] = Field(
        default="error", title="Repeated times", description="An error, or which of the rows of one series and time is kept."
    )
    order: Literal["error", "sort"] = Field(default="sort", title="Rows out of order", description="An error, or sort them and say so.")
    future: Policy = Field(default="error", title="Times in the future", description="Rows that lie after the present moment.")
    gaps: Policy = Field(default="warn", title="Missing sessions", description="Against the exchange calendar, where one is named.")
    sessions: Policy = Field(
        default="warn", title="Outside sessions", description="Rows on holidays, before the open or after the (early) close."
    )
    outliers: Policy = Field(default="warn", title="Outliers", description="Changes far out of a series' own robust spread.")
    frozen: Policy = Field(default="warn", title="Frozen prices", description="Prices that do not move for many rows.")
    zero_volume: Policy = Field(default="warn", title="Zero volumes", description="Rows whose volume is zero.")
    jumps: Policy = Field(default="warn", title="Split-like jumps", description="Prices that change by a ratio such as 1:2 or 3:1 at once.")
    bars: Policy = Field(default="warn", title="Impossible bars", description="A high below the low, a price that is not positive.")
    short: Policy = Field(default="warn", title="Late and short series", description="Series that begin late, end early or never change.")
    constant: Literal["error", "ignore"] = Field(
        default="error", title="Constant target", description="A target that is the same in every row, of which no score says anything."
    )
    frozen_rows: int = Field(default=10, ge=2, le=100_000, title="Rows that count as frozen")
    outlier_spread: float = Field(
        default=20.0, gt=0, title="Spread of an outlier", description="Distance from the median, in robust standard deviations."
    )

    @property
    def refused(self) -> tuple[str, ...]:
        """The kinds that are an error where they are found, beside those that are looked at while the rows are read."""
        looked_at = ("gaps", "sessions", "outliers", "frozen", "zero_volume", "jumps", "bars", "short")
        return tuple(name for name in looked_at if getattr(self, name) == "error")


def refuse_url(value: Any) -> Any:
    """Refuse a database's address where the name of one is expected: it would hold a password."""
    if isinstance(value, str) and "://" in value:
        text = "this is an address, which may hold a password; set it as an environment variable and write that variable's name here"
        raise PydanticCustomError("connection", "{text}", {"text": text})
    return value
