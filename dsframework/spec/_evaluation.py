"""Prediction intervals, and what else is made of the predictions beside their scores."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Arguments, Strict
from dsframework.spec._catalogue import catalogue
from dsframework.spec._issues import not_available
from dsframework.spec._metrics import MetricName

__all__ = [
    "BREAKDOWN_KEYS",
    "BacktestArguments",
    "BreakdownArguments",
    "CalibrationArguments",
    "EvaluatorArguments",
    "IntervalSpec",
    "RankingArguments",
    "ResidualsArguments",
]

BREAKDOWN_KEYS = ("fold", "entity", "session", "weekday", "month", "quarter", "year", "regime")


def _shares(value: Any) -> Any:
    """Check one nominal coverage or a list of different ones."""
    given = value if isinstance(value, list) else [value]
    fine = all(isinstance(one, float) and 0 < one < 1 for one in given)
    if not given or not fine or len(set(given)) != len(given):
        raise PydanticCustomError("range", "{text}", {"text": "expected a share between 0 and 1 such as 0.9, or a list of different ones"})
    return value


class IntervalSpec(Strict):
    """Prediction intervals, calibrated on forecasts of earlier rows that the model had not learned from."""

    method: Literal["conformal", "quantile", "adaptive_conformal"] = Field(
        default="conformal",
        title="Method",
        description="conformal widens the forecast by its earlier errors; quantile corrects the model's own quantiles; "
        "adaptive_conformal goes on learning as targets become known, for errors that drift.",
    )
    coverage: Annotated[float | list[float], BeforeValidator(_shares)] = Field(
        default=0.9, title="Coverage", description="Share of actual values that shall lie inside; a list gives several intervals."
    )
    scale: Literal["none", "entity", "slot", "level"] = Field(
        default="none",
        title="Scale",
        description="Errors are taken in units of the usual error of the entity, of the entity's time of day, or of the forecast's size.",
    )
    per_entity: bool = Field(
        default=False, title="Per entity", description="Each entity has its own calibration; one with too few errors takes that of all."
    )
    symmetric: bool = Field(default=True, title="Symmetric", description="One width for both sides; false calibrates each side by itself.")
    half_life: int | None = Field(
        default=None, ge=1, title="Half-life", description="Time steps after which an error counts half; none counts all alike."
    )
    window: int | None = Field(default=None, ge=1, title="Window", description="Only the errors of the last time steps; none takes all.")
    rate: float | None = Field(
        default=None, gt=0, lt=1, title="Rate", description="How fast adaptive_conformal answers a miss; none weighs several rates."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        adaptive = self.method == "adaptive_conformal"
        problems = {
            "rate": self.rate is not None and not adaptive and "write method: adaptive_conformal",
            "half_life": self.half_life is not None and adaptive and "adaptive_conformal forgets by itself; use window",
            "scale": self.scale != "none" and self.method == "quantile" and "the model's quantiles have their own width",
            "symmetric": not self.symmetric and adaptive and "adaptive_conformal has one width for both sides",
        }
        for field, mend in problems.items():
            if mend:
                raise PydanticCustomError("range", "{text}", {"text": f"{field} would do nothing with method: {self.method}; {mend}"})
        return self

    @property
    def coverages(self) -> tuple[float, ...]:
        """The nominal coverages, rising."""
        return tuple(sorted(self.coverage)) if isinstance(self.coverage, list) else (self.coverage,)


class EvaluatorArguments(Arguments):
    """The base of every evaluator's arguments."""


class BreakdownArguments(EvaluatorArguments):
    """Scores of parts of the test: by entity, session, period or regime."""

    shorthand = "by"

    by: list[str | list[str]] = Field(
        default=[],
        title="By",
        description="fold, entity, session (the time of day), weekday, month, quarter, year, regime; a list in the list combines them. By "
        "default entity, session, month and regime, as far as there are several.",
    )
    metrics: list[MetricName] = Field(default=[], title="Metrics", description="The spec's metrics by default.")
    regime: str | None = Field(
        default=None, title="Regime column", description="A column of the data; by default thirds of the volatility before the prediction."
    )
    window: int = Field(default=21, ge=2, title="Window", description="Rows over which that volatility is measured.")

    @model_validator(mode="after")
    def _check(self) -> Self:
        for item in self.by:
            for name in item if isinstance(item, list) else [item]:
                if name not in BREAKDOWN_KEYS:
                    raise PydanticCustomError("range", "{text}", {"text": f"by: {not_available(name, BREAKDOWN_KEYS)}"})
        return self


class CostArguments(Strict):
    """What trading costs."""

    spread_bps: float = Field(
        default=1.0, ge=0, le=1000, title="Half spread and fees", description="Hundredths of a per cent of what is traded."
    )
    impact: float = Field(
        default=0.0,
        ge=0,
        le=10,
        title="Impact",
        description="Cost as a share of the volatility of a row, times the root of the share of its volume that is traded; about 1 in the "
        "literature. Needs price and volume.",
    )
    borrow: float = Field(default=0.0, ge=0, le=1, title="Borrow", description="Yearly rate on what is sold short, 0.01 for one per cent.")


class BacktestArguments(EvaluatorArguments):
    """A portfolio held by the predictions, with costs: long what is predicted high, short what is predicted low."""

    price: str | None = Field(
        default=None, title="Price column", description="Of the data; without one the target must be a return over one row."
    )
    volume: str | None = Field(default=None, title="Volume column", description="Traded units of a row, for impact and participation.")
    weights: Literal["quantile", "rank", "sign"] = Field(
        default="quantile",
        title="Weights",
        description="quantile: the top and the bottom tail, equally; rank: all, by their rank; sign: each entity by itself, long above the "
        "threshold and short below it.",
    )
    tail: float = Field(default=0.2, gt=0, le=0.5, title="Tail", description="Share of the entities on each side, for quantile.")
    threshold: float | None = Field(
        default=None, title="Threshold", description="Of the prediction, for sign; by default 0, and 0.5 for a probability."
    )
    side: Literal["both", "long", "short"] = Field(default="both", title="Side")
    holding: int | Literal["auto"] = Field(
        default="auto", title="Holding", description="Rows that a position is held, in as many overlapping parts; the horizon by default."
    )
    delay: int = Field(
        default=0, ge=0, le=1000, title="Delay", description="Rows between the prediction and the trade; 0 trades at the row's own price."
    )
    band: float = Field(
        default=0.0, ge=0, lt=1, title="Band", description="Trades smaller than this share of the capital are not made, which saves costs."
    )
    capital: float = Field(default=1_000_000.0, gt=0, title="Capital", description="In the price's currency.")
    participation: float | None = Field(
        default=None, gt=0, le=1, title="Participation", description="Largest share of a row's volume that is traded; none has no limit."
    )
    costs: CostArguments = Field(default=CostArguments(), title="Costs")
    periods: float | None = Field(
        default=None, gt=0, title="Rows in a year", description="To put figures on a year; from the times themselves by default."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        needs = {"costs.impact": self.costs.impact > 0, "participation": self.participation is not None}
        for field, given in needs.items():
            if given and (self.volume is None or self.price is None):
                raise PydanticCustomError("range", "{text}", {"text": f"{field} needs the columns price and volume; name them"})
        if isinstance(self.holding, int) and self.holding < 1:
            raise PydanticCustomError("range", "{text}", {"text": "holding is at least 1 row"})
        if self.weights != "quantile" and self.tail != type(self).model_fields["tail"].default:
            raise PydanticCustomError("range", "{text}", {"text": f"tail would do nothing with weights: {self.weights}; remove it"})
        if self.weights != "sign" and self.threshold is not None:
            raise PydanticCustomError("range", "{text}", {"text": f"threshold would do nothing with weights: {self.weights}; remove it"})
        return self


class CalibrationArguments(EvaluatorArguments):
    """How often what is predicted with a probability, a quantile or an interval comes true."""

    bins: int = Field(default=10, ge=2, le=100, title="Bins", description="Into which probabilities are put, each with as many rows.")


class ResidualsArguments(EvaluatorArguments):
    """What is left of the errors: bias, spread, tails and dependence in time."""

    lags: int = Field(default=10, ge=1, le=1000, title="Lags", description="Up to which the dependence in time is tested.")


class RankingArguments(EvaluatorArguments):
    """How well the entities are ordered at each time: information coefficients and the actual values by quantile of the prediction."""

    quantiles: int = Field(default=5, ge=2, le=100, title="Quantiles")


catalogue.base("evaluation", EvaluatorArguments)
catalogue.register("evaluation", "breakdown", BreakdownArguments)
catalogue.register("evaluation", "backtest", BacktestArguments, aliases=("long_short",))
catalogue.register("evaluation", "calibration", CalibrationArguments)
catalogue.register("evaluation", "residuals", ResidualsArguments)
catalogue.register("evaluation", "ranking", RankingArguments)
