"""The arguments of the features. Every feature looks at the past only and names its own columns."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Arguments, IntList, at_least
from dsframework.spec._catalogue import catalogue
from dsframework.spec._statistics import StatName

__all__ = [
    "CalendarArguments",
    "EwmArguments",
    "ExpandingArguments",
    "LagArguments",
    "RangeArguments",
    "RankArguments",
    "RealisedVolatilityArguments",
    "ReturnsArguments",
    "RollingArguments",
    "SeasonalArguments",
    "ZscoreArguments",
]

Columns = Annotated[list[str], Field(min_length=1, title="Columns", description="Columns of the data, or of an earlier feature.")]
_Back = Annotated[IntList, Field(min_length=1), AfterValidator(at_least(0, "a negative lag would read the future"))]
_Sessions = Annotated[IntList, Field(min_length=1), AfterValidator(at_least(1, "the row's own session is not over"))]
_Periods = Annotated[IntList, Field(min_length=1), AfterValidator(at_least(1, "a change is measured from an earlier row"))]
_Windows = Annotated[IntList, Field(min_length=1), AfterValidator(at_least(1, "a window holds the row itself"))]
_AtLeastOne = Annotated[int, Field(ge=1, le=1_000_000)]
_MostRows = Annotated[int, Field(ge=2, le=1_000_000)]
_Spans = Annotated[list[Annotated[float, Field(ge=1, le=1_000_000)]], Field(min_length=1)]
_Positive = Annotated[list[Annotated[float, Field(gt=0, le=1_000_000)]], Field(min_length=1)]
_Alphas = Annotated[list[Annotated[float, Field(gt=0, le=1)]], Field(min_length=1)]
Stats = Annotated[
    list[StatName],
    Field(
        min_length=1,
        title="Statistics",
        description="zscore is (value - mean) / std over the window; quantile:0.05 is the value that a twentieth lies below.",
    ),
]


class LagArguments(Arguments):
    """Earlier values of a column: rows back, ``<column>_lag_<period>``, or at the same time of day, ``<column>_session_lag_<sessions>``."""

    columns: Columns
    periods: _Back | None = Field(default=None, title="Periods", description="How many rows back; 0 is the row itself.")
    sessions: _Sessions | None = Field(
        default=None,
        title="Sessions",
        description="How many sessions back, at the same time of day on the exchange's clocks: 1 is yesterday.",
    )
    absent: Literal["earlier", "missing"] | None = Field(
        default=None,
        title="Where that session has no such time",
        description="As on a half day. earlier: the session before that has it (the default); missing: there is no value.",
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.periods or self.sessions):
            raise PydanticCustomError("choice", "say how far back: give periods, in rows, or sessions")
        if self.absent is not None and not self.sessions:
            raise PydanticCustomError("unused", "absent does nothing without sessions; remove it or give sessions")
        return self


class RollingArguments(Arguments):
    """Statistics over the last rows of an entity, this one included: ``<column>_<stat>_<window>``."""

    columns: Columns
    windows: _Windows = Field(title="Windows", description="How many rows, this one included.")
    stats: Stats
    min_samples: _AtLeastOne | None = Field(
        default=None, title="Fewest values", description="How many values of a window must be there; all of them by default."
    )


class ExpandingArguments(Arguments):
    """Statistics over all rows of an entity so far, this one included: ``<column>_expanding_<stat>``."""

    columns: Columns
    stats: Stats
    min_samples: _AtLeastOne = Field(default=1, title="Fewest values", description="How many values there must be.")
    max_rows: _MostRows = Field(
        default=2520, title="Most rows", description="How far back it looks at most, so that a prediction needs no more history than that."
    )


class EwmArguments(Arguments):
    """Exponentially weighted mean and standard deviation: ``<column>_ewm_<stat>_<span>``. Give spans, half-lives or alphas."""

    columns: Columns
    spans: _Spans | None = Field(default=None, title="Spans", description="In rows: the weights fall by 1 - 2 / (span + 1) with each.")
    halflives: _Positive | None = Field(default=None, title="Half-lives", description="After how many rows a weight has halved.")
    alphas: _Alphas | None = Field(default=None, title="Alphas", description="The weights fall by 1 - alpha with each row.")
    stats: list[Literal["mean", "std"]] = Field(default=["mean"], min_length=1, title="Statistics")
    min_samples: _AtLeastOne = Field(default=1, title="Fewest values", description="How many values there must be.")
    tolerance: Annotated[float, Field(gt=0, le=0.5)] = Field(
        default=1e-6,
        title="Tolerance",
        description="The share of all weights that may be left out, so that it looks back a known way.",
    )

    @model_validator(mode="after")
    def _some_decay(self) -> Self:
        if not (self.spans or self.halflives or self.alphas):
            raise PydanticCustomError("choice", "say how fast the weights fall: give spans, halflives or alphas")
        return self


class SeasonalArguments(Arguments):
    """Statistics over the last rows of the same season, this one included: ``<column>_<by>_<stat>_<seasons>``."""

    columns: Columns
    seasons: _Windows = Field(title="Seasons", description="How many of them, this one included.")
    by: Literal["day_of_week", "slot", "day_and_slot"] | None = Field(
        default=None, title="Same", description="Rows of the same weekday, of the same time of day, or of both."
    )
    period: _AtLeastOne | None = Field(default=None, title="Period", description="A season is this many rows, where `by` is not given.")
    stats: Stats = Field(default=["mean"])

    @model_validator(mode="after")
    def _one_season(self) -> Self:
        if (self.by is None) == (self.period is None):
            raise PydanticCustomError("choice", "say what a season is: give either by or period")
        return self


class ReturnsArguments(Arguments):
    """Relative change of a column: ``<column>_return_<period>`` (or ``<column>_log_return_<period>``)."""

    columns: Columns
    periods: _Periods = Field(title="Periods", description="How many rows back the change is measured from.")
    log: bool = Field(default=False, title="Logarithmic", description="Difference of logarithms in place of the relative change.")


class RangeArguments(Arguments):
    """Spread of the prices within a row over the window: ``range_<window>``, or ``<method>_<window>``."""

    method: Literal["high_low", "parkinson", "garman_klass", "rogers_satchell"] = Field(
        default="high_low", title="Method", description="high_low is (high - low) / close; the others are volatilities of a row."
    )
    high: str = Field(default="high", title="High column")
    low: str = Field(default="low", title="Low column")
    close: str = Field(default="close", title="Close column")
    open: str = Field(default="open", title="Open column", description="Read by garman_klass and rogers_satchell.")
    windows: _Windows = Field(default=[1], title="Windows", description="How many rows to average over.")


class RealisedVolatilityArguments(Arguments):
    """Square root of the sum of squared log returns over the window: ``<column>_realised_volatility_<window>``."""

    columns: Columns
    windows: _Windows = Field(title="Windows", description="How many returns, that of the row included.")


class RankArguments(Arguments):
    """Rank of a column among all entities at the same time, between 0 and 1: ``<column>_rank``."""

    columns: Columns
    over: Literal["time"] = Field(default="time", title="Over", description="Compare the entities at each time.")


class ZscoreArguments(RankArguments):
    """Distance of a column to the mean of all entities at the same time, in standard deviations: ``<column>_zscore``."""


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
catalogue.register("features", "expanding", ExpandingArguments)
catalogue.register("features", "ewm", EwmArguments)
catalogue.register("features", "seasonal", SeasonalArguments)
catalogue.register("features", "returns", ReturnsArguments)
catalogue.register("features", "range", RangeArguments)
catalogue.register("features", "realised_volatility", RealisedVolatilityArguments, aliases=("realized_volatility",))
catalogue.register("features", "rank", RankArguments)
catalogue.register("features", "zscore", ZscoreArguments)
catalogue.register("features", "calendar", CalendarArguments)
