"""The arguments of the statistical models of a series by its own past."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Searchable
from dsframework.spec._catalogue import catalogue
from dsframework.spec._models import RegressorArguments

__all__ = ["ArimaArguments", "EtsArguments", "StatisticalArguments", "ThetaArguments"]

Order = Annotated[Any, Searchable(int, ge=0, le=50)]
Season = Annotated[Any, Searchable(int, ge=2, le=2000, nullable=True)]


class StatisticalArguments(RegressorArguments):
    """What the models of a series by its own past have in common."""

    lookback: Annotated[Any, Searchable(int, ge=10, le=100_000)] = Field(
        default=250, title="Look back", description="How many values of the entity a prediction reads, the row's own included."
    )
    fit_rows: Annotated[Any, Searchable(int, ge=50, le=1_000_000)] = Field(
        default=1000, title="Rows to learn from", description="The last so many steps of an entity's training rows give the parameters."
    )


class ArimaArguments(StatisticalArguments):
    """ARIMA of every entity's own past; gives quantiles of a normal distribution (statsmodels)."""

    p: Order = Field(default=1, title="Autoregression", description="How many earlier values.")
    d: Annotated[Any, Searchable(int, ge=0, le=3)] = Field(default=0, title="Differences")
    q: Order = Field(default=0, title="Moving average", description="How many earlier errors.")
    drift: Annotated[Any, Searchable(bool)] = Field(default=False, title="Drift", description="Of a series that is differenced.")
    season: Season = Field(default=None, title="Season", description="Rows of a season, for the seasonal orders.")
    seasonal_p: Order = Field(default=0, title="Seasonal autoregression")
    seasonal_d: Annotated[Any, Searchable(int, ge=0, le=2)] = Field(default=0, title="Seasonal differences")
    seasonal_q: Order = Field(default=0, title="Seasonal moving average")

    def check_together(self) -> None:
        """Refuse what would do nothing."""
        seasonal = any(getattr(self, f"seasonal_{key}") not in (0, [0]) for key in "pdq")
        if seasonal and self.season is None:
            raise _idle("the seasonal orders would do nothing; name the season's rows, such as season: 5, or remove them")
        if self.season is not None and not seasonal:
            raise _idle("season would do nothing; write seasonal_p, seasonal_d or seasonal_q, or remove it")
        if self.drift is True and self.d in (0, [0]) and self.seasonal_d in (0, [0]):
            raise _idle("drift would do nothing to a series that is not differenced; write d: 1, or remove it")


class EtsArguments(StatisticalArguments):
    """Exponential smoothing of every entity's own past; gives quantiles of a normal distribution (statsmodels)."""

    trend: Annotated[Any, Searchable(str, choices=("none", "additive", "damped"))] = Field(default="none", title="Trend")
    season: Season = Field(default=None, title="Season", description="Rows of a season; none by default.")
    form: Annotated[Any, Searchable(str, choices=("additive", "multiplicative"))] = Field(
        default="additive", title="Form", description="Whether errors and season are added, or grow with the level of positive values."
    )

    def check_together(self) -> None:
        """Refuse a window that does not tell the season."""
        if self.form == "multiplicative":
            _check_lookback(self.lookback, self.season)


class ThetaArguments(StatisticalArguments):
    """Smoothing of every entity's own past, with half its slope; gives quantiles of a normal distribution (statsmodels)."""

    season: Season = Field(default=None, title="Season", description="Rows of a season, which is taken out and put back; none by default.")
    seasonality: Annotated[Any, Searchable(str, choices=("auto", "additive", "multiplicative"))] = Field(
        default="auto",
        title="Seasonality",
        description="auto takes a season out where a test finds one, by division where values are positive.",
    )

    def check_together(self) -> None:
        """Refuse what would do nothing, and a window that does not tell the season."""
        if self.season is None and self.seasonality != "auto":
            raise _idle("seasonality would do nothing; name the season's rows, such as season: 5, or remove it")
        _check_lookback(self.lookback, self.season)


def _check_lookback(lookback: Any, season: Any) -> None:
    """Refuse windows that are shorter than what a season is told from."""
    if isinstance(lookback, int) and isinstance(season, int):
        fewest = max(2 * season, 10 + 2 * (season // 2))
        if lookback < fewest:
            raise _idle(f"a lookback of {lookback} does not tell a season of {season} rows; write lookback: {fewest} or more")


def _idle(text: str) -> PydanticCustomError:
    return PydanticCustomError("idle", "{text}", {"text": text})


catalogue.register("models", "arima", ArimaArguments)
catalogue.register("models", "ets", EtsArguments, aliases=("exponential_smoothing",))
catalogue.register("models", "theta", ThetaArguments)
