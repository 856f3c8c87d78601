"""Split conformal intervals: as wide as the errors of earlier forecasts were."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from dsframework.errors import EvaluationError
from dsframework.evaluation._conformity import Conformity
from dsframework.metrics import Interval
from dsframework.rows import Rows
from dsframework.spec import IntervalSpec

__all__ = ["SplitConformal", "TooFewError", "conformal_limit"]

Floats = np.ndarray[Any, np.dtype[np.float64]]


def conformal_limit(scores: Floats, coverage: float, weights: Floats | None = None) -> float:
    """Return the limit that a new row's score stays within with probability `coverage`, infinite when there are too few scores for that.

    Of n scores that are exchangeable with the new one it is the smallest of rank (n + 1) * coverage, rounded up (Vovk, Gammerman & Shafer,
    2005). With weights it is the quantile of the weighted scores and the new one's own weight of 1 (Barber et al., 2023).

    >>> conformal_limit(np.arange(1.0, 20.0), 0.9), conformal_limit(np.arange(8.0), 0.9)
    (18.0, inf)
    """
    order = np.argsort(scores, kind="stable")
    mass = np.arange(1.0, len(scores) + 1.0) if weights is None else np.cumsum(weights[order])
    total = float(mass[-1]) if len(mass) else 0.0
    wanted = coverage * (total + 1.0)
    place = int(np.searchsorted(mass, wanted - 1e-9 * (total + 1.0)))
    return float(scores[order[place]]) if place < len(scores) else float("inf")


class SplitConformal:
    """Conformal intervals from the errors of forecasts that the model had not learned from.

    The coverage holds for errors that are exchangeable; where they drift, `half_life` and `window` lean on the recent ones, and adaptive
    intervals follow.

    Parameters
    ----------
    spec
        As in the spec's ``intervals``.

    Attributes
    ----------
    coverage
        The nominal coverages, rising.
    known_until_
        When the last target that was calibrated on became known.
    """

    def __init__(self, spec: IntervalSpec) -> None:
        self.spec = spec
        self.coverage = spec.coverages

    def fit(self, actual: Floats, predicted: Floats, rows: Rows, *, base: Interval | None = None) -> Self:
        """Calibrate.

        Parameters
        ----------
        actual, predicted
            Of rows that the model had not learned from, shape (rows,).
        rows
            Where they lie; with `label_time`.
        base
            For ``method: quantile``, the model's own intervals of the same coverages.

        Raises
        ------
        EvaluationError
            When there are too few rows for the coverage, or `base` lacks a coverage.
        """
        base = matched(base, self.coverage)
        kept = last_steps(rows, self.spec.window)
        actual, predicted, rows = actual[kept], predicted[kept], rows[kept]
        base = base.take(kept) if base is not None else None
        self.conformity_ = Conformity(self.spec.scale, self.spec.symmetric, self.spec.method == "quantile").fit(actual, predicted, rows)
        self.scores_ = self.conformity_.fitted_scores(actual, predicted, rows, base)
        self.names_ = np.asarray(rows.entities, dtype=object)[rows.entity]
        self.time_ = rows.time
        self.known_until_ = known_until(rows)
        self._calibrate()
        return self

    def update(
        self, actual: Floats, predicted: Floats, rows: Rows, *, base: Interval | None = None, issued: Interval | None = None
    ) -> None:
        """Add rows whose targets have become known; `issued` is not needed."""
        scores = self.conformity_.scores(actual, predicted, rows, matched(base, self.coverage))
        self.scores_ = np.concatenate([self.scores_, scores])
        self.names_ = np.concatenate([self.names_, np.asarray(rows.entities, dtype=object)[rows.entity]])
        self.time_ = np.concatenate([self.time_, rows.time])
        if self.spec.window is not None:
            kept = np.unique(self.time_, return_inverse=True)[1]
            newest = kept > kept.max() - self.spec.window
            self.scores_, self.names_, self.time_ = self.scores_[newest], self.names_[newest], self.time_[newest]
        self.known_until_ = max(self.known_until_, known_until(rows))
        self._calibrate()

    def predict(self, predicted: Floats, rows: Rows, *, base: Interval | None = None) -> Interval:
        """Return the intervals of new rows.

        Raises
        ------
        EvaluationError
            When a row lies before a target that was calibrated on was known.
        """
        refuse_future(rows, self.known_until_)
        limits = np.broadcast_to(self.limits_, (len(rows), *self.limits_.shape))
        if self.spec.per_entity:
            table = np.stack([self.own_.get(name, self.limits_) for name in rows.entities])
            limits = table[rows.entity]
        return self.conformity_.interval(limits, predicted, rows, self.coverage, matched(base, self.coverage))

    def walk(self, actual: Floats, predicted: Floats, rows: Rows, *, base: Interval | None = None) -> Interval:
        """Return the intervals of a stretch of rows; what becomes known on the way changes nothing."""
        return self.predict(predicted, rows, base=base)

    def _calibrate(self) -> None:
        """Learn the limits of all rows, shape (coverages, sides), and of each entity that has enough of them."""
        weights = self._weights()
        self.limits_ = self._limits(self.scores_, weights)
        if not np.isfinite(self.limits_).all():
            raise too_few(len(self.scores_), self.coverage[-1])
        self.own_: dict[str, Floats] = {}
        if not self.spec.per_entity:
            return
        names, codes = np.unique(self.names_, return_inverse=True)
        order = np.argsort(codes, kind="stable")
        for name, chosen in zip(names.tolist(), np.split(order, np.cumsum(np.bincount(codes))[:-1]), strict=True):
            limits = self._limits(self.scores_[chosen], None if weights is None else weights[chosen])
            self.own_[name] = np.where(np.isfinite(limits), limits, self.limits_)

    def _limits(self, scores: Floats, weights: Floats | None) -> Floats:
        sides = 1 if self.spec.symmetric else 2
        table = np.empty((len(self.coverage), sides))
        for c, coverage in enumerate(self.coverage):
            for side in range(sides):
                column = scores[:, c * sides + side if self.conformity_.from_quantiles else side]
                table[c, side] = conformal_limit(column, 1.0 - (1.0 - coverage) / sides, weights)
        return np.maximum.accumulate(table, axis=0) if not self.conformity_.from_quantiles else table

    def _weights(self) -> Floats | None:
        if self.spec.half_life is None:
            return None
        step = np.unique(self.time_, return_inverse=True)[1]
        weights: Floats = np.power(0.5, (step.max() - step) / self.spec.half_life)
        return weights


def last_steps(rows: Rows, window: int | None) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the positions of the rows of the last `window` times, of all for None."""
    if window is None:
        return np.arange(len(rows))
    step = np.unique(rows.time, return_inverse=True)[1]
    return np.flatnonzero(step > step.max() - window)


def known_until(rows: Rows) -> np.datetime64:
    """Return when the last of the rows' targets that are known was known; NaT when none is."""
    if rows.label_time is None:
        raise EvaluationError("a calibration needs to know when each target became known", field="intervals")
    known = rows.label_time[~np.isnat(rows.label_time)]
    last: np.datetime64 = known.max() if len(known) else np.datetime64("NaT", "ns")
    return last


def refuse_future(rows: Rows, known: np.datetime64) -> None:
    """Raise `EvaluationError` when a row lies before a target that was calibrated on was known."""
    early = int((rows.time < known).sum())
    if early:
        raise EvaluationError(
            f"{early} of {len(rows)} rows lie before {known.astype('datetime64[s]')}, when the last target of the calibration was known",
            field="intervals",
            mend="calibrate on earlier folds",
        )


def matched(base: Interval | None, coverage: tuple[float, ...]) -> Interval | None:
    """Return the model's own intervals in the order of the coverages; raises `EvaluationError` when one is lacking."""
    if base is None or base.coverage == coverage:
        return base
    missing = [one for one in coverage if one not in base.coverage]
    if missing:
        raise EvaluationError(f"the model's quantiles give no interval of coverage {missing[0]:g}", field="intervals.coverage")
    chosen = [base.coverage.index(one) for one in coverage]
    return Interval(base.lower[:, chosen], base.upper[:, chosen], coverage)


class TooFewError(EvaluationError):
    """There are too few errors to calibrate on."""


def too_few(n: int, coverage: float) -> TooFewError:
    """Return the error for a calibration on too few rows."""
    least = int(np.ceil(coverage / (1.0 - coverage) - 1e-9))
    return TooFewError(
        f"{n} errors are too few to calibrate a coverage of {coverage:g}, at least {least} are needed",
        field="intervals",
        mend="use more folds, a smaller coverage, or a longer half_life or window",
    )
