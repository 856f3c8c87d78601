"""What a metric is, and what it is computed from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dsframework.errors import MetricError

__all__ = ["Floats", "Metric", "Sample"]

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class Sample:
    """Predictions and what came true.

    Attributes
    ----------
    actual
        Shape (n,); 0 or 1 for a classification.
    predicted
        Shape (n,), in the unit of `actual`; the probability of 1 for a classification.
    scale
        For `mase`: the mean absolute error of the naive forecast on the training rows of each row's entity, shape (n,).
    entity
        Which entity a row belongs to, shape (n,).

    Raises
    ------
    MetricError
        When it is empty, when lengths differ, or when a value is not finite.
    """

    actual: Floats
    predicted: Floats
    scale: Floats | None = None
    entity: np.ndarray[Any, Any] | None = None

    def __post_init__(self) -> None:
        if self.actual.ndim != 1 or self.actual.size == 0:
            raise MetricError("there is no row to score", field="metrics", mend="make the test longer")
        for name in ("predicted", "scale", "entity"):
            values = getattr(self, name)
            if values is not None and values.shape != self.actual.shape:
                raise MetricError(f"{name} has the shape {values.shape}, actual {self.actual.shape}", field="metrics")
        for name in ("actual", "predicted"):
            wrong = int((~np.isfinite(getattr(self, name))).sum())
            if wrong:
                raise MetricError(f"{wrong} of {self.actual.size} {name} values are not finite", field="metrics", mend="look at the target")


@dataclass(frozen=True)
class Metric:
    """One metric.

    Attributes
    ----------
    name
        As in the spec's ``metrics``.
    greater_is_better
        Which way is up.
    task
        What it fits.
    function
        From a sample to a number; called through the metric itself, which makes sure that the number is finite.
    """

    name: str
    greater_is_better: bool
    task: Literal["regression", "classification"]
    function: Callable[[Sample], float]

    def __call__(self, sample: Sample) -> float:
        """Return the score; raises `MetricError` when it is not defined for this sample."""
        with np.errstate(over="ignore", invalid="ignore"):
            value = float(self.function(sample))
        if not np.isfinite(value):
            raise MetricError(f"{self.name} is {value}", field="metrics", mend=f"leave out {self.name}, or look at the target")
        return value
