"""The document: one experiment, or with variants a study of several."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Strict
from dsframework.spec._component import Component, ComponentOf
from dsframework.spec._data import DataField, DataSpec

__all__ = [
    "CvSpec",
    "EarlyStopping",
    "ExperimentSpec",
    "MetricName",
    "Resources",
    "SplitSpec",
    "TargetSpec",
    "Tracking",
    "Tuning",
    "Variants",
]

MetricName = Literal["mae", "rmse", "mape", "r2", "mase", "roc_auc", "accuracy", "log_loss", "brier"]
REGRESSION_METRICS = ("mae", "rmse", "mape", "r2", "mase")
CLASSIFICATION_METRICS = ("roc_auc", "accuracy", "log_loss", "brier")
STAGES = ("data", "target", "features", "preprocessing", "split", "models")

DataAny = Annotated[DataSpec, DataField()]
Features = Annotated[list[Annotated[Component, ComponentOf("features")]], Field(min_length=1)]
Preprocessing = list[Annotated[Component, ComponentOf("preprocessing")]]
Models = Annotated[list[Annotated[Component, ComponentOf("models")]], Field(min_length=1)]


class TargetSpec(Strict):
    """What is predicted: a column, `horizon` rows ahead, within the entity."""

    column: str = Field(min_length=1, title="Column")
    horizon: int = Field(default=1, ge=1, le=10000, title="Horizon", description="Rows ahead, within the entity.")
    as_: Literal["value", "return", "log_return", "direction", "volatility"] = Field(
        default="value",
        alias="as",
        title="As",
        description="The value itself, its change over the horizon, whether it rises, or the deviation of its log returns.",
    )
    transform: Literal["none", "log", "log1p", "sqrt"] = Field(
        default="none", title="Transform", description="Learn the target on this scale; predictions come back in its own unit."
    )


class CvSpec(Strict):
    """Walk-forward validation: every fold learns from the past and is tested on what follows."""

    method: Literal["walk_forward"] = Field(default="walk_forward", title="Method")
    folds: int = Field(default=5, ge=1, le=200, title="Folds")
    window: Literal["expanding"] | Annotated[int, Field(ge=1)] = Field(
        default="expanding", title="Window", description="expanding, or how many time steps a sliding window has."
    )
    purge: Literal["auto"] | Annotated[int, Field(ge=0)] = Field(
        default="auto",
        title="Purge",
        description="Time steps left out before a test window; auto leaves out every label that is not known when the test begins.",
    )
    embargo: int = Field(default=0, ge=0, title="Embargo", description="Further time steps left out before a test window.")


class SplitSpec(Strict):
    """The final test, touched once, and the validation folds before it."""

    test: float | int | str = Field(
        default=0.15, title="Test", description="A share of the time axis, a number of time steps, or the first day of the test."
    )
    cv: CvSpec = Field(default=CvSpec(), title="Validation")

    @field_validator("test", mode="before")
    @classmethod
    def _check_test(cls, value: Any) -> Any:
        if isinstance(value, dt.datetime | dt.date):
            return value.isoformat()
        if isinstance(value, str):
            try:
                dt.datetime.fromisoformat(value)
            except ValueError:
                raise PydanticCustomError("test", "expected a share such as 0.15, a count, or a day such as 2017-01-03") from None
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise PydanticCustomError("test", "expected a share such as 0.15, a count, or a day such as 2017-01-03")
        if isinstance(value, float) and not 0 < value < 1:
            raise PydanticCustomError("test", "a share lies between 0 and 1; for a count write a whole number")
        if isinstance(value, int) and value < 1:
            raise PydanticCustomError("test", "a count of test steps is at least 1")
        return value


class EarlyStopping(Strict):
    """Boosting stops when the last part of the training rows no longer gets better."""

    rounds: int = Field(ge=1, title="Rounds", description="How many rounds without a better score.")
    validation: float = Field(
        default=0.15, gt=0, lt=0.9, title="Validation share", description="The last share of the training time that is watched."
    )


class Tuning(Strict):
    """How the search space of a model is walked, and by which score."""

    method: Literal["grid", "random", "tpe"] = Field(default="grid", title="Method")
    metric: MetricName | None = Field(
        default=None, title="Metric", description="The score that decides; the first of `metrics` by default."
    )
    trials: int | None = Field(
        default=None, ge=1, le=100000, title="Trials", description="How many points to try; for a grid, the most it may have."
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, title="Seed")
    early_stopping: EarlyStopping | None = Field(default=None, title="Early stopping")


class Resources(Strict):
    """What one fit may use."""

    pool: Literal["cpu", "gpu"] = Field(default="cpu", title="Pool")
    cpus: int = Field(default=1, ge=1, le=1024, title="CPUs", description="Threads of one fit.")
    gpus: float = Field(default=0, ge=0, le=64, title="GPUs")


class Tracking(Strict):
    """Where in MLflow the runs go."""

    experiment: str | None = Field(
        default=None, min_length=1, title="Experiment", description="MLflow experiment; the spec's name by default."
    )
    tags: dict[str, str] = Field(default={}, title="Tags")


class Variants(Strict):
    """Several named forms of a stage; every combination is one experiment."""

    data: dict[str, DataAny] | None = None
    target: dict[str, TargetSpec] | None = None
    features: dict[str, Features] | None = None
    preprocessing: dict[str, Preprocessing] | None = None
    split: dict[str, SplitSpec] | None = None
    models: dict[str, Models] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        given = [stage for stage in STAGES if getattr(self, stage) is not None]
        if not given:
            raise PydanticCustomError("variants", "{text}", {"text": f"name a stage with its forms: {', '.join(STAGES)}"})
        for stage in given:
            forms = getattr(self, stage)
            if not forms:
                raise PydanticCustomError("variants", "{text}", {"text": f"{stage} has no form; name at least one"})
            for name in forms:
                if not name or any(sign in name for sign in "=,/\n") or len(name) > 60:
                    text = f"{stage}: {name!r} can't name a form; use letters, digits, '-' and '_', at most 60"
                    raise PydanticCustomError("variants", "{text}", {"text": text})
        return self


class ExperimentSpec(Strict):
    """A time-series experiment, version 1."""

    version: Literal[1] = Field(default=1, title="Version")
    name: str = Field(min_length=1, max_length=200, title="Name")
    task: Literal["regression", "classification"] = Field(title="Task")
    data: DataAny | None = Field(default=None, title="Data")
    target: TargetSpec | None = Field(default=None, title="Target")
    features: Features | None = Field(default=None, title="Features")
    preprocessing: Preprocessing | None = Field(default=None, title="Preprocessing")
    split: SplitSpec | None = Field(default=None, title="Split")
    models: Models | None = Field(default=None, title="Models")
    variants: Variants | None = Field(default=None, title="Variants")
    tuning: Tuning = Field(default=Tuning(), title="Tuning")
    metrics: list[MetricName] = Field(default=[], title="Metrics", description="All that fit the task by default.")
    resources: Resources = Field(default=Resources(), title="Resources")
    tracking: Tracking = Field(default=Tracking(), title="Tracking")

    @model_validator(mode="after")
    def _check(self) -> Self:
        problems = list(self._stage_problems()) + list(self._task_problems())
        if problems:
            raise PydanticCustomError("spec", "{text}", {"text": "\x1e".join(f"{field}\x1f{text}" for field, text in problems)})
        return self

    def _stage_problems(self) -> Any:
        for stage in STAGES:
            own = getattr(self, stage) is not None
            varied = self.variants is not None and getattr(self.variants, stage) is not None
            if own and varied:
                yield f"variants.{stage}", f"{stage} stands above as well, where it would do nothing; remove one of the two"
            if not own and not varied and stage in ("data", "target", "features", "models"):
                yield stage, f"'{stage}' is missing"

    def _task_problems(self) -> Any:
        allowed = REGRESSION_METRICS if self.task == "regression" else CLASSIFICATION_METRICS
        for position, metric in enumerate(self.metrics):
            if metric not in allowed:
                yield f"metrics[{position}]", f"{metric!r} does not fit a {self.task}, try {', '.join(allowed)}"
        if self.tuning.metric and self.tuning.metric not in allowed:
            yield "tuning.metric", f"{self.tuning.metric!r} does not fit a {self.task}, try {', '.join(allowed)}"
        forms = {"target": self.target} if self.target else {}
        forms |= {f"variants.target.{name}": form for name, form in ((self.variants and self.variants.target) or {}).items()}
        for field, target in forms.items():
            directed = target.as_ == "direction"
            if directed and self.task == "regression":
                yield f"{field}.as", "'direction' is a class; write task: classification, or as: return"
            if directed and target.transform != "none":
                yield f"{field}.transform", f"{target.transform!r} would do nothing to a direction; remove it"
            if target.as_ in ("return", "log_return") and target.transform != "none":
                yield f"{field}.transform", f"{target.transform!r} is not defined for negative returns; remove it"
        if self.task == "regression" and any(m.name == "logistic_regression" for m in self.models or ()):
            yield "models", "'logistic_regression' is a classifier; try ridge, or task: classification"
        if self.task == "classification" and any(m.name == "ridge" for m in self.models or ()):
            yield "models", "'ridge' is a regression; try logistic_regression, or task: regression"

    @property
    def metric_names(self) -> tuple[str, ...]:
        """The metrics to compute: those asked for, or all that fit the task; the deciding one is always among them."""
        names = tuple(self.metrics) or (REGRESSION_METRICS if self.task == "regression" else CLASSIFICATION_METRICS)
        decides = self.tuning.metric
        return names if decides is None or decides in names else (decides, *names)

    @property
    def metric(self) -> str:
        """The metric that decides."""
        return self.tuning.metric or self.metric_names[0]
