"""The metrics by name. The names are a part of the document's version 1, so no package adds to them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from dsframework.errors import MetricError
from dsframework.metrics import _classification, _regression
from dsframework.metrics._base import Metric, Sample
from dsframework.spec import not_available

__all__ = ["get_metric", "metric_names", "score"]

_METRICS = {
    metric.name: metric
    for metric in (
        Metric("mae", False, "regression", _regression.mae),
        Metric("rmse", False, "regression", _regression.rmse),
        Metric("mape", False, "regression", _regression.mape),
        Metric("r2", True, "regression", _regression.r2),
        Metric("mase", False, "regression", _regression.mase),
        Metric("roc_auc", True, "classification", _classification.roc_auc),
        Metric("accuracy", True, "classification", _classification.accuracy),
        Metric("log_loss", False, "classification", _classification.log_loss),
        Metric("brier", False, "classification", _classification.brier),
    )
}


def metric_names(task: Literal["regression", "classification"] | None = None) -> list[str]:
    """Return the names of the metrics, of one task or of all.

    >>> metric_names("classification")
    ['roc_auc', 'accuracy', 'log_loss', 'brier']
    """
    return [name for name, metric in _METRICS.items() if task in (None, metric.task)]


def get_metric(name: str) -> Metric:
    """Return a metric; raises `MetricError` when there is none of that name.

    >>> get_metric("r2").greater_is_better
    True
    """
    if name not in _METRICS:
        raise MetricError(not_available(name, _METRICS), field="metrics")
    return _METRICS[name]


def score(names: Sequence[str], sample: Sample) -> dict[str, float]:
    """Return the scores of a sample by name; raises `MetricError` for the first one that is not defined.

    >>> import numpy as np
    >>> score(["mae", "rmse"], Sample(np.array([1.0, 2.0]), np.array([1.0, 4.0])))
    {'mae': 1.0, 'rmse': 1.4142135623730951}
    """
    return {name: get_metric(name)(sample) for name in names}
