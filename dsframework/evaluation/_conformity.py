"""How strange an actual value is beside its forecast, and which values are no stranger than a limit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np

from dsframework.errors import EvaluationError
from dsframework.metrics import Interval
from dsframework.rows import Rows

__all__ = ["Conformity", "Scale"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Scale = Literal["none", "entity", "slot", "level"]

_PRIOR = 10.0
"""How many rows the usual error of all counts beside that of a group."""
_SLOTS = 1_000_000


@dataclass
class Conformity:
    """Scores of rows, in units of the error that is usual where the row lies.

    A score has one column (both sides), or two (below and above the forecast).

    Parameters
    ----------
    scale
        What the usual error depends on: nothing, the entity, the entity's time of day that is predicted, or the size of the forecast.
    symmetric
        Whether both sides share a score.
    from_quantiles
        Whether the forecast is the model's own interval (Romano, Patterson & Candès, 2019), so that a score is how far outside a value
        lies, below 0 inside.
    """

    scale: Scale = "none"
    symmetric: bool = True
    from_quantiles: bool = False
    usual_: dict[str, float] = field(default_factory=dict)
    pooled_: float = 1.0

    def fit(self, actual: Floats, predicted: Floats, rows: Rows) -> Self:
        """Learn the usual errors."""
        if self.scale in ("entity", "slot"):
            errors = np.abs(actual - predicted)
            names, codes = self._groups(rows)
            self.pooled_ = float(errors.mean()) or 1.0
            sums, counts = (np.bincount(codes, weights=weights, minlength=len(names)) for weights in (errors, None))
            shrunk = (sums + _PRIOR * self.pooled_) / (counts + _PRIOR)
            self.usual_ = dict(zip(names, shrunk.tolist(), strict=True))
        elif self.scale == "level":
            self.pooled_ = float(np.mean(np.abs(predicted))) or 1.0
        return self

    def fitted_scores(self, actual: Floats, predicted: Floats, rows: Rows, base: Interval | None = None) -> Floats:
        """Return the scores of the rows that the usual errors were learned from, each beside the usual error of the others.

        So a row that was learned from is no less strange for it than a new one.
        """
        usual = self._usual(predicted, rows)
        if self.scale in ("entity", "slot"):
            _, codes = self._groups(rows)
            n = np.bincount(codes)[codes] + _PRIOR
            usual = np.maximum((usual * n - np.abs(actual - predicted)) / (n - 1.0), 1e-12 * self.pooled_)
        return self._scores(actual, predicted, usual, base)

    def scores(self, actual: Floats, predicted: Floats, rows: Rows, base: Interval | None = None) -> Floats:
        """Return the scores of new rows, shape (rows, sides) or, from quantiles, (rows, coverages * sides)."""
        return self._scores(actual, predicted, self._usual(predicted, rows), base)

    def interval(
        self, limits: Floats, predicted: Floats, rows: Rows, coverage: tuple[float, ...], base: Interval | None = None
    ) -> Interval:
        """Return the values whose scores are within `limits`, shape (rows, coverages, sides)."""
        usual = self._usual(predicted, rows)[:, None]
        below, above = limits[:, :, 0], limits[:, :, -1]
        if self.from_quantiles:
            known = _known(base)
            lower, upper = known.lower - below, known.upper + above
        else:
            lower, upper = predicted[:, None] - below * usual, predicted[:, None] + above * usual
        middle = (lower + upper) / 2
        crossed = lower > upper
        return Interval(np.where(crossed, middle, lower), np.where(crossed, middle, upper), coverage)

    def _scores(self, actual: Floats, predicted: Floats, usual: Floats, base: Interval | None) -> Floats:
        if self.from_quantiles:
            known = _known(base)
            below, above = known.lower - actual[:, None], actual[:, None] - known.upper
            sides = np.maximum(below, above)[:, :, None] if self.symmetric else np.stack([below, above], axis=2)
            scores: Floats = sides.reshape(len(actual), -1)
            return scores
        left = (actual - predicted) / usual
        return np.abs(left)[:, None] if self.symmetric else np.column_stack([-left, left])

    def _usual(self, predicted: Floats, rows: Rows) -> Floats:
        if self.scale == "none":
            return np.ones(len(predicted))
        if self.scale == "level":
            return np.maximum(np.abs(predicted), 1e-6 * self.pooled_)
        names, codes = self._groups(rows)
        found: Floats = np.array([self.usual_.get(name, self.pooled_) for name in names])[codes]
        return found

    def _groups(self, rows: Rows) -> tuple[list[str], np.ndarray[Any, np.dtype[np.int64]]]:
        """Return the names of the groups that occur, an entity or an entity's time of day, and the position of each row's."""
        own = rows.slot if rows.label_slot is None else rows.label_slot
        slot = own.astype(np.int64) if self.scale == "slot" else np.zeros(len(rows), dtype=np.int64)
        pairs, codes = np.unique(rows.entity.astype(np.int64) * _SLOTS + slot, return_inverse=True)
        return [f"{rows.entities[pair // _SLOTS]}|{pair % _SLOTS}" for pair in pairs.tolist()], codes.astype(np.int64)


def _known(base: Interval | None) -> Interval:
    if base is None:
        raise EvaluationError(
            "method: quantile needs a model that gives quantiles",
            field="intervals.method",
            mend="use a quantile model, or method: conformal",
        )
    return base
