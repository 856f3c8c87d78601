"""The arguments of the preprocessing steps. Every step is fitted inside the fold, on its training rows only."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Arguments, is_searched
from dsframework.spec._catalogue import catalogue
from dsframework.spec._component import Component, ComponentOf

__all__ = [
    "ClipOutliersArguments",
    "DecorrelateArguments",
    "DropConstantArguments",
    "ImputeArguments",
    "MinMaxScaleArguments",
    "PcaArguments",
    "PowerArguments",
    "QuantileTransformArguments",
    "RobustScaleArguments",
    "SelectArguments",
    "SlotProfileArguments",
    "StandardScaleArguments",
    "TargetEncodeArguments",
    "needs_entity",
]

Columns = Annotated[
    list[Annotated[str, Field(min_length=1)]] | None,
    Field(min_length=1, title="Columns", description="Names of features, or patterns such as volume_*; all of them by default."),
]
By = Annotated[
    Literal["entity"] | None,
    Field(title="By", description="entity learns from every entity apart, where it has at least ten values; from all rows by default."),
]
Quantile = Annotated[float, Field(ge=0, le=1)]


def _wrong(text: str) -> PydanticCustomError:
    return PydanticCustomError("component", "{text}", {"text": text})


class ImputeArguments(Arguments):
    """Fill the missing values of the features."""

    strategy: Literal["median", "mean", "constant", "forward_fill", "last_known"] = Field(
        default="median",
        title="Strategy",
        description="forward_fill takes the entity's value of at most `limit` rows before, last_known its last one in training; "
        "where there is none, both take the median.",
    )
    value: float = Field(default=0.0, title="Value", description="What to fill in with the strategy constant.")
    limit: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None, title="Limit", description="How many rows forward_fill looks back; 5 by default."
    )
    indicator: bool = Field(
        default=False, title="Indicator", description="Add a column <name>_missing of 0 and 1 for every column with gaps in training."
    )
    by: By = None
    columns: Columns = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.limit is not None and self.strategy != "forward_fill":
            raise _wrong(f"limit does nothing with strategy: {self.strategy}; remove it, or use forward_fill")
        if self.by is not None and self.strategy == "constant":
            raise _wrong("by does nothing with strategy: constant; remove it")
        return self


_RULES = ("quantiles", "n_mad", "n_iqr")


class ClipOutliersArguments(Arguments):
    """Pull values beyond a limit, learned in training, back to it; the limit is mean ± `n_std` deviations where nothing else is said."""

    quantiles: Annotated[list[Quantile], Field(min_length=2, max_length=2)] | None = Field(
        default=None, title="Quantiles", description="Limit to these two quantiles, such as [0.01, 0.99]."
    )
    n_mad: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        title="Median deviations",
        description="Limit to median ± n_mad times the median absolute deviation, scaled to be the standard deviation of a normal one.",
    )
    n_iqr: Annotated[float, Field(gt=0)] | None = Field(
        default=None, title="Interquartile ranges", description="Limit to n_iqr interquartile ranges beyond the quartiles (Tukey's fences)."
    )
    n_std: Annotated[float, Field(gt=0)] | None = Field(
        default_factory=lambda given: None if any(given.get(rule) is not None for rule in _RULES) else 4.0,
        title="Standard deviations",
        description="Limit to mean ± n_std deviations; 4 where no other rule is given.",
    )
    by: By = None
    columns: Columns = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = [rule for rule in ("n_std", *_RULES) if getattr(self, rule) is not None]
        if len(given) != 1:
            raise _wrong(f"expected one of n_std, quantiles, n_mad, n_iqr, got {' and '.join(given) or 'none'}")
        if self.quantiles is not None and self.quantiles[0] >= self.quantiles[1]:
            raise _wrong(f"quantiles takes [low, high] with low < high, got {self.quantiles}")
        return self


class StandardScaleArguments(Arguments):
    """Subtract the mean and divide by the standard deviation of the training rows."""

    by: By = None
    columns: Columns = None


class RobustScaleArguments(Arguments):
    """Subtract the median and divide by the interquartile range of the training rows."""

    quantiles: Annotated[list[Quantile], Field(min_length=2, max_length=2)] = Field(
        default=[0.25, 0.75], title="Quantiles", description="Between which the range is measured."
    )
    by: By = None
    columns: Columns = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.quantiles[0] >= self.quantiles[1]:
            raise _wrong(f"quantiles takes [low, high] with low < high, got {self.quantiles}")
        return self


class MinMaxScaleArguments(Arguments):
    """Bring the smallest and the largest value of the training rows to `low` and `high`."""

    low: float = Field(default=0.0, title="Low")
    high: float = Field(default=1.0, title="High")
    clip: bool = Field(default=False, title="Clip", description="Hold later values within low and high as well.")
    by: By = None
    columns: Columns = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.low >= self.high:
            raise _wrong(f"expected low < high, got {self.low:g} and {self.high:g}")
        return self


class QuantileTransformArguments(Arguments):
    """Replace every value by its place among the training rows: between 0 and 1, or on the scale of a normal distribution (rank-Gauss)."""

    to: Literal["normal", "uniform"] = Field(default="normal", title="To", description="The distribution that the training rows get.")
    points: int = Field(default=1000, ge=2, le=100_000, title="Points", description="How many quantiles are kept.")
    columns: Columns = None


class PowerArguments(Arguments):
    """Make every column as normal as a power can (Yeo-Johnson, with the most likely exponent), then mean 0 and deviation 1."""

    columns: Columns = None


class SlotProfileArguments(Arguments):
    """Intraday averaging: divide every value by what is usual at its time of day, or subtract it; learned of every entity apart."""

    how: Literal["divide", "subtract"] = Field(default="divide", title="How")
    days: int = Field(default=20, ge=1, le=10_000, title="Days", description="The last full days of training that are averaged.")
    columns: Columns = None


class PcaArguments(Arguments):
    """Replace the columns by their principal components ``pc_1``, ``pc_2`` ...; scale before it."""

    n_components: Any = Field(
        title="Components",
        description="How many, or the share of the variance that they keep at least.",
        json_schema_extra={"anyOf": [{"type": "integer", "minimum": 1}, {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}]},
    )
    whiten: bool = Field(default=False, title="Whiten", description="Give every component the deviation 1.")
    columns: Columns = None

    @field_validator("n_components")
    @classmethod
    def _number_or_share(cls, value: Any) -> Any:
        return _count_or_share(value, "a number of components such as 5, or a share of the variance such as 0.95")


def _count_or_share(value: Any, expected: str) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not (whole or (isinstance(value, float) and 0 < value < 1)):
        raise _wrong(f"expected {expected}, got {value!r}")
    return value


class DropConstantArguments(Arguments):
    """Drop the columns that have one value only in training, or none."""

    columns: Columns = None


class DecorrelateArguments(Arguments):
    """Drop columns that say almost the same as another one which is kept."""

    threshold: float = Field(
        default=0.95, gt=0, lt=1, title="Threshold", description="The largest absolute correlation of two kept columns."
    )
    method: Literal["pearson", "spearman"] = Field(default="pearson", title="Method")
    prefer: Literal["first", "target"] = Field(
        default="first", title="Prefer", description="Of two, keep the first, or the one that is more correlated with the target."
    )
    columns: Columns = None


class TargetEncodeArguments(Arguments):
    """Add a column ``<key>_target``: what the target has been at the same key, from labels known by the row's time only."""

    shorthand: ClassVar[str | None] = "columns"

    columns: list[str | Annotated[list[str], Field(min_length=2)]] = Field(
        min_length=1,
        title="Columns",
        description="entity, slot, day_of_week, month or a feature with few values; a list of several is their combination.",
    )
    smoothing: float = Field(
        default=20.0, ge=0, title="Smoothing", description="How many rows the average of all counts for beside those of the key."
    )
    form: Literal["effect", "mean"] = Field(
        default="effect",
        title="Form",
        description="effect is the key's mean less that of all, 0 where nothing is known; mean is the mean itself, or missing.",
    )


class SelectArguments(Arguments):
    """Keep the columns that matter most for the target, as far as the training rows tell."""

    by: Literal["importance", "shap", "correlation", "mutual_information"] = Field(default="importance", title="By")
    model: Annotated[Component, ComponentOf("models")] | None = Field(
        default=None, title="Model", description="Which model's importance or SHAP values; lightgbm by default."
    )
    keep: Any = Field(
        default=None,
        title="Keep",
        description="How many columns, or the share of all importance that the kept ones have at least; 0.95 by default.",
        json_schema_extra={
            "anyOf": [
                {"type": "integer", "minimum": 1, "title": "Columns"},
                {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1, "title": "Share of the importance"},
                {"type": "null", "title": "None"},
            ]
        },
    )
    threshold: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        title="Threshold",
        description="Keep the columns with at least this share of the importance, this correlation, or this mutual information.",
    )

    @field_validator("keep")
    @classmethod
    def _number_or_share(cls, value: Any) -> Any:
        return (
            value if value is None else _count_or_share(value, "a number of columns such as 20, or a share of the importance such as 0.95")
        )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.keep is not None and self.threshold is not None:
            raise _wrong("keep and threshold both say how many columns stay; remove one of the two")
        if self.model is not None:
            if self.by not in ("importance", "shap"):
                raise _wrong(f"model does nothing with by: {self.by}; remove it, or use by: importance")
            for key, value in self.model.arguments.model_dump(mode="json", by_alias=True, exclude_unset=True).items():
                if is_searched(value):
                    raise _wrong(f"the model of a selection is not searched; give {key} one value")
        return self


def needs_entity(component: Component) -> bool:
    """Tell whether a step learns of every entity apart, which needs `data.entity`."""
    if isinstance(component.arguments, TargetEncodeArguments):
        return any("entity" in ([key] if isinstance(key, str) else key) for key in component.arguments.columns)
    return getattr(component.arguments, "by", None) == "entity"


catalogue.register("preprocessing", "impute", ImputeArguments)
catalogue.register("preprocessing", "clip_outliers", ClipOutliersArguments)
catalogue.register("preprocessing", "standard_scale", StandardScaleArguments)
catalogue.register("preprocessing", "robust_scale", RobustScaleArguments)
catalogue.register("preprocessing", "min_max_scale", MinMaxScaleArguments)
catalogue.register("preprocessing", "quantile_transform", QuantileTransformArguments, aliases=("rank_gauss",))
catalogue.register("preprocessing", "power", PowerArguments)
catalogue.register("preprocessing", "slot_profile", SlotProfileArguments, aliases=("intraday_averaging",))
catalogue.register("preprocessing", "pca", PcaArguments)
catalogue.register("preprocessing", "drop_constant", DropConstantArguments)
catalogue.register("preprocessing", "decorrelate", DecorrelateArguments)
catalogue.register("preprocessing", "target_encode", TargetEncodeArguments)
catalogue.register("preprocessing", "select", SelectArguments)
