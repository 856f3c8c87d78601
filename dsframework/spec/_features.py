"""The arguments of the features. Every feature looks at the past only and names its own columns."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from dsframework.spec._arguments import Arguments, IntList, at_least
from dsframework.spec._catalogue import catalogue

__all__ = ["CalendarArguments", "LagArguments", "RangeArguments", "RankArguments", "ReturnsArguments", "RollingArguments"]

Columns = Annotated[list[str], Field(min_length=1, title="Columns", description="Columns of the data, or of an earlier feature.")]
_Back = Annotated[IntList, Field(min_length=1), AfterValidator(at_least(0, "a negative lag would read the future"))]
_Periods = Annotated[IntList, Field(min_length=1), AfterValidator(at_least(1, "a change is measured from an earlier row"))]
_Windows = Annotated[IntList, Field(min_length=1), AfterValidator(at_least(1, "a window holds the row itself"))]


class LagArguments(Arguments):
    """Earlier values of a column, within the entity: ``<column>_lag_<period>``; period 0 is the value of today."""

    columns: Columns
    periods: _Back = Field(title="Periods", description="How many rows back; 0 is the row itself.")


class RollingArguments(Arguments):
    """Statistics over the last rows of an entity, this one included: ``<column>_<stat>_<window>``."""

    columns: Columns
    windows: _Windows = Field(title="Windows", description="How many rows, this one included.")
    stats: list[Literal["mean", "std", "min", "max", "sum", "median", "zscore"]] = Field(
        min_length=1, title="Statistics", description="zscore is (value - mean) / std over the window."
    )


class ReturnsArguments(Arguments):
    """Relative change of a column: ``<column>_return_<period>`` (or ``<column>_log_return_<period>``)."""

    columns: Columns
    periods: _Periods = Field(title="Periods", description="How many rows back the change is measured from.")
    log: bool = Field(default=False, title="Logarithmic", description="Difference of logarithms in place of the relative change.")


class RangeArguments(Arguments):
    """High minus low over the close, averaged over the window: ``range_<window>``."""

    high: str = Field(default="high", title="High column")
    low: str = Field(default="low", title="Low column")
    close: str = Field(default="close", title="Close column")
    windows: _Windows = Field(default=[1], title="Windows", description="How many rows to average over.")


class RankArguments(Arguments):
    """Rank of a column among all entities at the same time, between 0 and 1: ``<column>_rank``."""

    columns: Columns
    over: Literal["time"] = Field(default="time", title="Over", description="Compare the entities at each time.")


class CalendarArguments(Arguments):
    """What the date itself says; the holiday and session fields need `data.calendar`."""

    shorthand = "fields"

    fields: list[
        Literal[
            "day_of_week",
            "day_of_month",
            "week_of_year",
            "month",
            "quarter",
            "hour",
            "minute",
            "is_month_start",
            "is_month_end",
            "is_quarter_end",
            "days_to_holiday",
            "days_since_holiday",
            "is_early_close",
        ]
    ] = Field(min_length=1, title="Fields")


catalogue.register("features", "lag", LagArguments, aliases=("lags",))
catalogue.register("features", "rolling", RollingArguments)
catalogue.register("features", "returns", ReturnsArguments)
catalogue.register("features", "range", RangeArguments)
catalogue.register("features", "rank", RankArguments)
catalogue.register("features", "calendar", CalendarArguments)
