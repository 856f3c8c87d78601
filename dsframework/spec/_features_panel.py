"""The arguments of the features that look at days, cycles of the calendar and other entities."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Arguments, IntList, at_least
from dsframework.spec._catalogue import catalogue
from dsframework.spec._features import Columns

__all__ = ["CrossAssetArguments", "FourierArguments", "VolumeProfileArguments"]

_Sessions = Annotated[IntList, Field(min_length=1), AfterValidator(at_least(1, "a profile needs a day before"))]
_Lags = Annotated[IntList, Field(min_length=1), AfterValidator(at_least(0, "a negative lag would read the future"))]
_DAYS_OF_WEEK = 7


class VolumeProfileArguments(Arguments):
    """What part of a usual day's volume comes at this time of day, from the sessions before: ``<column>_profile_<stat>_<sessions>``."""

    columns: Columns = Field(default=["volume"], min_length=1, title="Columns", description="What adds up over a day, such as volume.")
    sessions: _Sessions = Field(
        default=[20], title="Sessions", description="Over how many sessions before; those that close early are passed over."
    )
    stats: list[Literal["share", "cumulative", "done"]] = Field(
        default=["share", "cumulative"],
        min_length=1,
        title="Statistics",
        description="share: at this time of day; cumulative: until then; done: today's volume so far over the usual day's total.",
    )


class CrossAssetArguments(Arguments):
    """Columns of another entity, such as an index, for all entities: ``<column>_of_<entity>``; means: ``<column>_market_mean``."""

    columns: Columns
    entities: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None, title="Entities", description="Whose value every row gets: the last at the row's time or before, such as SPY."
    )
    lags: _Lags | None = Field(
        default=None, title="Lags", description="How many rows of that entity further back; 0, its last row, by default."
    )
    means: Annotated[list[Literal["market", "others"]], Field(min_length=1)] | None = Field(
        default=None, title="Means", description="Over all entities at the row's time (market), or without the row's own (others)."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.entities is None and self.means is None:
            raise PydanticCustomError("choice", "say what of the others: give entities, or means")
        if self.lags is not None and self.entities is None:
            raise PydanticCustomError("unused", "lags does nothing without entities; remove it or give entities")
        return self


class FourierArguments(Arguments):
    """Sines and cosines of the time: ``fourier_<cycle>_sin_<k>`` and ``fourier_<days>_days_cos_<k>``."""

    cycles: Annotated[list[Literal["time_of_day", "day_of_week", "day_of_month", "day_of_year"]], Field(min_length=1)] | None = Field(
        default=None, title="Cycles", description="On the exchange's clocks and the calendar; a year and a month have their own length."
    )
    days: Annotated[list[Annotated[float, Field(gt=0, le=100_000)]], Field(min_length=1)] | None = Field(
        default=None, title="Periods in days", description="Of any length, such as 365.25 or 30.5: days on the calendar, not rows."
    )
    order: Annotated[int, Field(ge=1, le=100)] = Field(
        default=1, title="Order", description="How many waves: once, twice and so on over the cycle, a sine and a cosine each."
    )

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.cycles is None and self.days is None:
            raise PydanticCustomError("choice", "say what comes round again: give cycles, or days")
        if "day_of_week" in (self.cycles or ()) and self.order > _DAYS_OF_WEEK // 2:
            raise PydanticCustomError("range", "seven days have three waves at most; use order: 3, or a list of its own for day_of_week")
        return self


catalogue.register("features", "volume_profile", VolumeProfileArguments)
catalogue.register("features", "cross_asset", CrossAssetArguments)
catalogue.register("features", "fourier", FourierArguments)
