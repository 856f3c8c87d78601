"""What a metric is, what it is computed from, and what it says where it has no value.

A metric has no value where the *data* can't tell: R squared of rows that are all equal, the AUC of rows of one class, the information
coefficient of one entity. It is then NaN with a reason, null on the wire, and the mean over folds is over the folds that have a value. It
always has a value for what the *model* did: a constant forecast has a correlation of 0, a class that is never predicted a precision of 0.
So which folds count is the same for every model, and no model gets better by being impossible to score. A prediction that is not finite, or
an error too large for a float, is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from dsframework.errors import MetricError
from dsframework.rows import Rows

__all__ = ["Floats", "Interval", "Sample", "Undefined"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Array = np.ndarray[Any, Any]

_BY_ROW = (
    "actual",
    "predicted",
    "scale",
    "entity",
    "squared_scale",
    "origin",
    "probabilities",
    "quantiles",
    "flagged",
    "features",
    "time",
    "day",
    "slot",
    "regime",
    "fold",
)
_FINITE = ("actual", "predicted", "probabilities", "quantiles")


class Undefined(Exception):  # noqa: N818 (it is no mistake, and is not seen outside a metric)
    """A metric has no value for this sample, for a reason that lies in the data; raised inside a metric, told by `Metric.score`."""


@dataclass(frozen=True)
class Interval:
    """Intervals of one or several nominal coverages.

    Attributes
    ----------
    lower, upper
        Shape (rows, coverages); NaN in rows that have none.
    coverage
        The nominal coverages, such as ``(0.8, 0.95)``.
    """

    lower: Floats
    upper: Floats
    coverage: tuple[float, ...]

    def __post_init__(self) -> None:
        if self.lower.shape != self.upper.shape or self.lower.ndim != 2 or self.lower.shape[1] != len(self.coverage):
            raise MetricError(
                f"an interval of {len(self.coverage)} coverages has bounds of the shapes {self.lower.shape} and {self.upper.shape}",
                field="intervals",
            )
        wrong = int((self.lower > self.upper).sum())
        if wrong:
            raise MetricError(f"{wrong} lower bounds lie above the upper ones", field="intervals")

    def take(self, rows: Any) -> Interval:
        """Return the intervals of some rows."""
        return Interval(self.lower[rows], self.upper[rows], self.coverage)

    def level(self, coverage: float) -> Interval:
        """Return the interval of one nominal coverage; raises `MetricError` when there is none."""
        if coverage not in self.coverage:
            raise MetricError(f"there is no interval of coverage {coverage:g}", field="intervals.coverage", value=list(self.coverage))
        chosen = [self.coverage.index(coverage)]
        return Interval(self.lower[:, chosen], self.upper[:, chosen], (coverage,))


@dataclass(frozen=True)
class Sample:
    """Predictions and what came true. Only `actual` and `predicted` are always there; a metric says what else it needs.

    Attributes
    ----------
    actual
        Shape (n,). A value for a regression; the class 0, 1, ... for a classification; what is true of a row (0 or 1 for an anomaly, the
        group for a clustering) where a column says so, else None.
    predicted
        Shape (n,). In the unit of `actual` for a regression; the probability of 1 for two classes, the most probable class for more; the
        anomaly score, greater being stranger; the cluster, -1 for none.
    scale, squared_scale
        For `mase` and `rmsse`: the mean absolute and the mean squared error of the naive forecast on the training rows of each row's
        entity, shape (n,).
    entity, time, day, slot, regime, fold
        Where a row belongs, shape (n,): codes, names or times.
    origin
        For `directional_accuracy`: the target's value that was known when the prediction was made, shape (n,). Without it the sign counts.
    probabilities
        Of each class, shape (n, classes), for more than two classes.
    quantiles, levels
        Forecasts of quantiles, shape (n, levels), and their levels between 0 and 1, rising, shape (levels,).
    interval
        Intervals with their nominal coverages.
    flagged
        Which rows are called anomalies, shape (n,).
    reference
        The anomaly scores that the same model gives to made-up rows (see `reference_rows`), shape (m,).
    features
        What a clustering was made from, shape (n, features).
    entities
        The names of the entities when `entity` has positions.

    Raises
    ------
    MetricError
        When it is empty, when lengths differ, or when a value is not finite.
    """

    actual: Floats | None
    predicted: Floats
    scale: Floats | None = None
    entity: Array | None = None
    squared_scale: Floats | None = None
    origin: Floats | None = None
    probabilities: Floats | None = None
    quantiles: Floats | None = None
    levels: Floats | None = None
    interval: Interval | None = None
    flagged: Array | None = None
    reference: Floats | None = None
    features: Floats | None = None
    time: Array | None = None
    day: Array | None = None
    slot: Array | None = None
    regime: Array | None = None
    fold: Array | None = None
    entities: tuple[str, ...] | None = None

    @classmethod
    def of_rows(cls, actual: Floats | None, predicted: Floats, rows: Rows, **more: Any) -> Self:
        """Return a sample whose entity, time, day and slot are those of `rows`; `more` are further attributes."""
        panel = rows.entities != ("",)
        where: dict[str, Any] = {
            "entity": rows.entity if panel else None,
            "entities": rows.entities if panel else None,
            "time": rows.time,
            "day": rows.day,
            "slot": rows.slot,
        }
        return cls(actual, predicted, **{**where, **more})

    def __post_init__(self) -> None:
        n = self.n_rows
        if self.predicted.ndim != 1 or n == 0:
            raise MetricError("there is no row to score", field="metrics", mend="make the test longer")
        for name in _BY_ROW:
            values = getattr(self, name)
            if values is not None and values.shape[:1] != (n,):
                other = "predicted" if name != "predicted" else "actual"
                raise MetricError(f"{name} has the shape {values.shape}, {other} {(n,)}", field="metrics")
        if self.interval is not None and len(self.interval.lower) != n:
            raise MetricError(f"there are {len(self.interval.lower)} intervals for {n} rows", field="intervals")
        if self.quantiles is not None and (self.levels is None or self.quantiles.shape != (n, len(self.levels))):
            raise MetricError(f"quantiles of the shape {self.quantiles.shape} need one level a column", field="metrics")
        for name in _FINITE:
            values = getattr(self, name)
            wrong = 0 if values is None else int((~np.isfinite(values)).sum())
            if wrong:
                raise MetricError(f"{wrong} of {values.size} {name} values are not finite", field="metrics", mend="look at the target")

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return int(self.predicted.shape[0])

    @property
    def truth(self) -> Floats:
        """What came true; raises `Undefined` where no column says it."""
        if self.actual is None:
            raise Undefined("no column says what is true")
        return self.actual

    def need(self, name: str, why: str) -> Any:
        """Return an attribute; raises `Undefined` with `why` when the sample lacks it."""
        value = getattr(self, name)
        if value is None:
            raise Undefined(why)
        return value

    def take(self, rows: Any) -> Self:
        """Return some rows: a slice, positions or a mask. Nothing is checked again."""
        part = object.__new__(type(self))
        values: dict[str, Any] = dict(vars(self))
        for name in _BY_ROW:
            if values[name] is not None:
                values[name] = values[name][rows]
        if values["interval"] is not None:
            values["interval"] = values["interval"].take(rows)
        part.__dict__.update(values)
        return part
