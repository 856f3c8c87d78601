"""The metrics by name: what each fits, which way is better and what it needs to be computed from.

A package adds a metric by an entry point of the group ``jupyterlab_tsml.metrics``: a function from a sample to a number that has an
attribute `info`, a `MetricInfo`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from dsframework.spec._arguments import Arguments
from dsframework.spec._catalogue import BrokenPackageError, catalogue
from dsframework.spec._issues import near_miss, not_available

__all__ = [
    "CLASSIFICATION_METRICS",
    "METRICS",
    "REGRESSION_METRICS",
    "MetricInfo",
    "MetricName",
    "MetricNeed",
    "MetricTask",
    "default_metrics",
    "metric_info",
    "metric_names_of",
    "metric_problem",
]

MetricTask = Literal["regression", "classification", "anomaly", "clustering"]
MetricNeed = Literal[
    "point", "scale", "origin", "ranking", "probability", "quantiles", "interval", "labels", "scores", "reference", "features"
]
"""What a sample must carry beside the prediction.

point: actual and predicted values. scale: the naive forecast's error on the training rows. origin: the last known value of the target.
ranking: several entities at a time. probability: of each class. quantiles, interval: such forecasts. labels: a column that says what is
true of a row that was scored or grouped without it. scores: an anomaly score alone. reference: the scores of made-up rows. features: the
rows' own features.
"""


@dataclass(frozen=True)
class MetricInfo:
    """What is known of a metric without computing it.

    Attributes
    ----------
    tasks
        What it fits.
    direction
        ``greater`` or ``less`` is better; for ``nearest`` neither is: the best value is `ideal`, or a nominal one.
    needs
        See `MetricNeed`.
    title
        In words, as forms and tables show it.
    ideal
        The best value of a ``nearest`` metric, where it is the same for every sample.
    """

    tasks: tuple[MetricTask, ...]
    direction: Literal["greater", "less", "nearest"]
    needs: MetricNeed
    title: str
    ideal: float | None = None

    @property
    def decides(self) -> bool:
        """Whether trials can be ranked by it: a metric whose best value lies in between says nothing of which trial is better."""
        return self.direction != "nearest"

    @property
    def greater_is_better(self) -> bool:
        """Which way is up."""
        return self.direction == "greater"


_R: tuple[MetricTask, ...] = ("regression",)
_C: tuple[MetricTask, ...] = ("classification",)
_A: tuple[MetricTask, ...] = ("anomaly",)
_K: tuple[MetricTask, ...] = ("clustering",)

METRICS: dict[str, MetricInfo] = {
    "mae": MetricInfo(_R, "less", "point", "Mean absolute error"),
    "mse": MetricInfo(_R, "less", "point", "Mean squared error"),
    "rmse": MetricInfo(_R, "less", "point", "Root mean squared error"),
    "mape": MetricInfo(_R, "less", "point", "Mean absolute percentage error"),
    "smape": MetricInfo(_R, "less", "point", "Symmetric mean absolute percentage error"),
    "wape": MetricInfo(_R, "less", "point", "Weighted absolute percentage error"),
    "bias": MetricInfo(_R, "nearest", "point", "Mean error", ideal=0.0),
    "median_ae": MetricInfo(_R, "less", "point", "Median absolute error"),
    "max_error": MetricInfo(_R, "less", "point", "Largest absolute error"),
    "r2": MetricInfo(_R, "greater", "point", "R squared"),
    "r2_zero": MetricInfo(_R, "greater", "point", "R squared against a forecast of zero"),
    "msle": MetricInfo(_R, "less", "point", "Mean squared logarithmic error"),
    "rmsle": MetricInfo(_R, "less", "point", "Root mean squared logarithmic error"),
    "qlike": MetricInfo(_R, "less", "point", "QLIKE loss of a volatility"),
    "directional_accuracy": MetricInfo(_R, "greater", "origin", "Share of right directions"),
    "mase": MetricInfo(_R, "less", "scale", "Mean absolute scaled error"),
    "rmsse": MetricInfo(_R, "less", "scale", "Root mean squared scaled error"),
    "pinball": MetricInfo(_R, "less", "quantiles", "Pinball loss"),
    "weighted_quantile_loss": MetricInfo(_R, "less", "quantiles", "Weighted quantile loss"),
    "crps": MetricInfo(_R, "less", "quantiles", "Continuous ranked probability score"),
    "quantile_calibration": MetricInfo(_R, "less", "quantiles", "Error of the quantiles' levels"),
    "coverage": MetricInfo(_R, "nearest", "interval", "Share inside the interval"),
    "coverage_error": MetricInfo(_R, "less", "interval", "Distance of the coverage from the nominal one"),
    "mean_width": MetricInfo(_R, "nearest", "interval", "Mean width of the interval", ideal=0.0),
    "winkler": MetricInfo(_R, "less", "interval", "Winkler interval score"),
    "msis": MetricInfo(_R, "less", "interval", "Mean scaled interval score"),
    "ic": MetricInfo((*_R, *_C), "greater", "ranking", "Information coefficient"),
    "rank_ic": MetricInfo((*_R, *_C), "greater", "ranking", "Rank information coefficient"),
    "icir": MetricInfo((*_R, *_C), "greater", "ranking", "Information ratio of the information coefficient"),
    "rank_icir": MetricInfo((*_R, *_C), "greater", "ranking", "Information ratio of the rank information coefficient"),
    "top_bottom_spread": MetricInfo((*_R, *_C), "greater", "ranking", "Top fifth minus bottom fifth"),
    "roc_auc": MetricInfo((*_C, *_A), "greater", "probability", "Area under the ROC curve"),
    "accuracy": MetricInfo(_C, "greater", "probability", "Accuracy"),
    "log_loss": MetricInfo(_C, "less", "probability", "Logarithmic loss"),
    "brier": MetricInfo(_C, "less", "probability", "Brier score"),
    "balanced_accuracy": MetricInfo(_C, "greater", "probability", "Balanced accuracy"),
    "precision": MetricInfo(_C, "greater", "probability", "Precision"),
    "recall": MetricInfo(_C, "greater", "probability", "Recall"),
    "f1": MetricInfo(_C, "greater", "probability", "F1 score"),
    "pr_auc": MetricInfo(_C, "greater", "probability", "Area under the precision-recall curve"),
    "mcc": MetricInfo(_C, "greater", "probability", "Matthews correlation coefficient"),
    "ece": MetricInfo(_C, "less", "probability", "Expected calibration error"),
    "average_precision": MetricInfo(_A, "greater", "labels", "Average precision"),
    "precision_at_k": MetricInfo(_A, "greater", "labels", "Precision among the highest scores"),
    "share_flagged": MetricInfo(_A, "nearest", "scores", "Share of rows flagged"),
    "mass_volume": MetricInfo(_A, "less", "reference", "Area under the mass-volume curve"),
    "silhouette": MetricInfo(_K, "greater", "features", "Silhouette"),
    "davies_bouldin": MetricInfo(_K, "less", "features", "Davies-Bouldin index"),
    "calinski_harabasz": MetricInfo(_K, "greater", "features", "Calinski-Harabasz index"),
    "share_noise": MetricInfo(_K, "nearest", "scores", "Share of rows in no cluster"),
    "adjusted_rand": MetricInfo(_K, "greater", "labels", "Adjusted Rand index"),
    "nmi": MetricInfo(_K, "greater", "labels", "Normalised mutual information"),
}
"""Those of this package; `metric_info` knows those of others as well."""

REGRESSION_METRICS = ("mae", "rmse", "mape", "r2", "mase")
CLASSIFICATION_METRICS = ("roc_auc", "accuracy", "log_loss", "brier")
_DEFAULTS: dict[str, tuple[str, ...]] = {
    "regression": REGRESSION_METRICS,
    "classification": CLASSIFICATION_METRICS,
    "anomaly": ("mass_volume", "share_flagged"),
    "clustering": ("silhouette", "davies_bouldin", "calinski_harabasz"),
}
_LABELLED: dict[str, tuple[str, ...]] = {
    "anomaly": ("average_precision", "roc_auc", "precision_at_k", "share_flagged"),
    "clustering": ("silhouette", "davies_bouldin", "calinski_harabasz", "adjusted_rand", "nmi"),
}


def default_metrics(task: str, *, labelled: bool = False) -> tuple[str, ...]:
    """Return the metrics of a spec that names none; the first one decides.

    Parameters
    ----------
    task
        As in the spec.
    labelled
        Whether an anomaly or clustering spec names a column with what is true.

    >>> default_metrics("clustering")
    ('silhouette', 'davies_bouldin', 'calinski_harabasz')
    """
    return _LABELLED[task] if labelled and task in _LABELLED else _DEFAULTS[task]


def metric_info(name: str) -> MetricInfo:
    """Return what is known of a metric, ours or another package's.

    Raises
    ------
    KeyError
        When there is none of that name.
    BrokenPackageError
        When another package's can't be imported or does not say what it is.
    """
    if name in METRICS:
        return METRICS[name]
    info = getattr(catalogue.implementation("metrics", name), "info", None)
    if not isinstance(info, MetricInfo):
        text = f"the metric {name!r} does not say which way is better; give it an attribute info, a dsframework.spec.MetricInfo"
        raise BrokenPackageError(text)
    return info


def metric_names_of(task: str | None = None) -> list[str]:
    """Return the names of the metrics of one task or of all, ours in the order of the table and then other packages' that can be used.

    >>> metric_names_of("anomaly")[:2]
    ['roc_auc', 'average_precision']
    """
    fit = {name: _tasks(name) for name in _names()}
    return [name for name, tasks in fit.items() if (task in tasks if task else tasks)]


def metric_problem(name: str, task: str, *, deciding: bool = False) -> str | None:
    """Say what is wrong with a metric of a spec, or None.

    Parameters
    ----------
    name
        A metric that exists.
    task
        The spec's.
    deciding
        Whether it is to rank the trials.

    >>> metric_problem("bias", "regression", deciding=True)
    "'bias' can't rank trials, as neither more nor less of it is better; try mae"
    """
    info = metric_info(name)
    if task not in info.tasks:
        close = near_miss(name, metric_names_of(task))
        return f"{name!r} does not fit a {task}, try {close or ', '.join(default_metrics(task))}"
    if deciding and info.needs == "interval":
        return f"{name!r} can't rank trials, as intervals are calibrated on the best one's errors; try mae, or pinball for quantiles"
    if deciding and not info.decides:
        usable = [other for other in metric_names_of(task) if metric_info(other).decides]
        instead = _INSTEAD.get(name) or near_miss(name, usable) or ", ".join(usable)
        return f"{name!r} can't rank trials, as neither more nor less of it is better; try {instead}"
    return None


_INSTEAD = {
    "bias": "mae",
    "share_flagged": "mass_volume",
    "share_noise": "silhouette",
}


def _names() -> Iterable[str]:
    return [*METRICS, *(name for name in catalogue.names("metrics") if name not in METRICS)]


def _tasks(name: str) -> tuple[str, ...]:
    try:
        return metric_info(name).tasks
    except BrokenPackageError:
        return ()  # a spec that names it is told why it can't be used


class _MetricField:
    """Marks a text as the name of a metric; the JSON Schema lists them."""

    def validate(self, value: Any) -> str:
        """Return the name, or raise an error with the one that was meant."""
        if not isinstance(value, str):
            raise PydanticCustomError("not_available", "{text}", {"text": f"expected the name of a metric, try {', '.join(METRICS)}"})
        try:
            metric_info(value)
        except KeyError:
            raise PydanticCustomError("not_available", "{text}", {"text": not_available(value, _names())}) from None
        except BrokenPackageError as error:
            raise PydanticCustomError("not_available", "{text}", {"text": str(error)}) from error
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.validate, serialization=core_schema.to_string_ser_schema())

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "enum": metric_names_of()}


MetricName = Annotated[str, _MetricField()]


class MetricArguments(Arguments):
    """A metric takes no arguments."""


for _name in METRICS:
    catalogue.register("metrics", _name, MetricArguments)
