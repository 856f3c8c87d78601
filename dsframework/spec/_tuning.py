"""How a search space is walked, and where the runs go."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Strict
from dsframework.spec._metrics import MetricName
from dsframework.spec._pruning import PruningField

__all__ = ["LEARNING", "EarlyStopping", "Tracking", "Tuning"]

LEARNING = ("tpe", "gp", "cmaes", "nsga2")
"""The methods that choose points by the scores of those before."""
_ID = "[0-9a-f]{6,32}"


def _is_study(value: str) -> str:
    if not re.fullmatch(_ID, value):
        text = f"{value!r} is not a study's id, nor its first six signs or more; see them with: tsml status"
        raise PydanticCustomError("range", "{text}", {"text": text})
    return value


StudyId = Annotated[str, AfterValidator(_is_study), WithJsonSchema({"type": "string", "pattern": f"^{_ID}$"})]
"""The id of a recorded study, or its first six signs or more."""


_BAYES = ("bayes", "bayesian", "bayesian_optimization", "bayesopt", "hyperopt", "optuna")
"""What other tools call a search by a model of the scores."""


def _is_method(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in _BAYES:
        raise PydanticCustomError("not_available", "{text}", {"text": f"{value!r} is not available, try tpe, or gp"})
    return value


class EarlyStopping(Strict):
    """Boosting stops when the last part of the training rows no longer gets better."""

    rounds: int = Field(ge=1, title="Rounds", description="How many rounds without a better score.")
    validation: float = Field(
        default=0.15, gt=0, lt=0.9, title="Validation share", description="The last share of the training time that is watched."
    )


class Tuning(Strict):
    """How the search space of a model is walked, and by which score."""

    method: Annotated[Literal["grid", "random", "sobol", "tpe", "gp", "cmaes", "nsga2"], BeforeValidator(_is_method)] = Field(
        default="grid", title="Method"
    )
    metric: MetricName | None = Field(
        default=None, title="Metric", description="The score that decides; the first of `metrics` by default."
    )
    trials: int | None = Field(
        default=None, ge=1, le=100000, title="Trials", description="How many points to try; for a grid, the most it may have."
    )
    seed: int = Field(default=0, ge=0, le=2**31 - 1, title="Seed")
    batch: int = Field(
        default=1,
        ge=1,
        le=1000,
        title="Batch",
        description="How many points tpe, gp, cmaes and nsga2 choose together, so that as many workers have something to do.",
    )
    warm_start: list[StudyId] = Field(
        default=[],
        title="Warm start",
        description="Ids of earlier studies of the same data, target and split, whose scores tpe, gp and cmaes hear first.",
    )
    pareto: list[MetricName] = Field(
        default=[], title="Pareto", description="Metrics for which the trials are told that no other is better in all of them."
    )
    early_stopping: EarlyStopping | None = Field(default=None, title="Early stopping")
    pruning: PruningField | None = Field(
        default=None, title="Pruning", description="Ends trials whose first folds do not hold against the trials before; asha, or settings."
    )
    seconds: float | None = Field(
        default=None,
        gt=0,
        title="Seconds",
        description="No trial begins later than so many seconds after the first; how many do depends on the machine.",
    )
    fits: int | None = Field(
        default=None, ge=1, title="Fits", description="A trial begins as long as it and those before it need no more fits than this."
    )


class Tracking(Strict):
    """Where in MLflow the runs go."""

    experiment: str | None = Field(
        default=None, min_length=1, title="Experiment", description="MLflow experiment; the spec's name by default."
    )
    tags: dict[str, str] = Field(default={}, title="Tags")
