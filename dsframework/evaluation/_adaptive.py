"""Adaptive conformal intervals: the limit follows what is missed, so that the coverage holds on average although the errors drift."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from dsframework.evaluation._conformal import conformal_limit, known_until, last_steps, refuse_future, too_few
from dsframework.evaluation._conformity import Conformity
from dsframework.evaluation._score_windows import ScoreWindow
from dsframework.metrics import Interval
from dsframework.rows import Rows
from dsframework.spec import IntervalSpec

__all__ = ["RATES", "AdaptiveConformal"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
RATES = (0.001, 0.002, 0.004, 0.008, 0.016, 0.032, 0.064, 0.128)
"""The rates that are weighed when none is given."""
_SPAN = 100
"""Time steps over which the weighing of the rates forgets."""
_WINDOW = 250


class AdaptiveConformal:
    """Adaptive conformal intervals (Gibbs & Candès, 2021), by default with several rates weighed by how they did (Gibbs & Candès, 2024).

    The share of misses that is aimed at goes up after a hit and down after a miss. Errors are compared with those of the last `window` time
    steps (250 by default), the newest included as soon as their target is known. An aim below 0, where the literature takes an infinite
    interval, takes the largest of those errors. In a panel the misses at one time count as their share.

    Parameters
    ----------
    spec
        As in the spec's ``intervals``.

    Attributes
    ----------
    coverage
        The nominal coverages, rising.
    known_until_
        When the last target that was learned from became known.
    aims_
        The share of misses that is aimed at, for each rate: shape (coverages, groups, rates). With `per_entity` a group is an entity, and
        the last one all that were not calibrated on; else there is that one only.
    """

    def __init__(self, spec: IntervalSpec) -> None:
        self.spec = spec
        self.coverage = spec.coverages
        self.rates = np.array(RATES if spec.rate is None else [spec.rate])

    def fit(self, actual: Floats, predicted: Floats, rows: Rows, *, base: Interval | None = None) -> Self:
        """Start from the errors of earlier forecasts; raises `EvaluationError` when there are too few. `base` is not used."""
        kept = last_steps(rows, self.spec.window or _WINDOW)
        actual, predicted, rows = actual[kept], predicted[kept], rows[kept]
        self.conformity_ = Conformity(self.spec.scale).fit(actual, predicted, rows)
        scores = self.conformity_.fitted_scores(actual, predicted, rows)[:, 0]
        if not np.isfinite(conformal_limit(scores, self.coverage[-1])):
            raise too_few(len(scores), self.coverage[-1])
        self.entities_: tuple[str, ...] = rows.entities if self.spec.per_entity else ()
        self.known_until_ = known_until(rows)
        self.window_ = ScoreWindow(self.spec.window or _WINDOW, len(self.entities_), self.coverage[-1])
        for chosen in by_time(rows):
            self.window_.add(scores[chosen], self._groups(rows)[chosen])
        shape = (len(self.coverage), len(self.entities_) + 1, len(self.rates))
        target = 1.0 - np.array(self.coverage)
        self.aims_ = np.broadcast_to(target[:, None, None], shape).copy()
        self.weights_ = np.full(shape, 1.0 / len(self.rates))
        return self

    def predict(self, predicted: Floats, rows: Rows, *, base: Interval | None = None) -> Interval:
        """Return the intervals of new rows, by what is known now; raises `EvaluationError` for rows of before."""
        refuse_future(rows, self.known_until_)
        limits = self._limits()[:, self._groups(rows)].T
        return self.conformity_.interval(limits[:, :, None], predicted, rows, self.coverage)

    def update(
        self, actual: Floats, predicted: Floats, rows: Rows, *, base: Interval | None = None, issued: Interval | None = None
    ) -> None:
        """Learn from rows whose targets have become known, in the order of their times.

        Parameters
        ----------
        actual, predicted, rows
            Of those rows.
        base
            Not used.
        issued
            The intervals that were given for them; those of now when None.
        """
        groups = self._groups(rows)
        scores = self.conformity_.scores(actual, predicted, rows)[:, 0]
        for chosen in by_time(rows):
            missed = None if issued is None else _outside(actual[chosen], issued.take(chosen))
            self._learn(scores[chosen], groups[chosen], missed)
        self.known_until_ = max(self.known_until_, known_until(rows))

    def walk(self, actual: Floats, predicted: Floats, rows: Rows, *, base: Interval | None = None) -> Interval:
        """Return the intervals of a stretch of rows, learning on the way from every target as soon as it is known, and not before.

        A row whose target is not known yet, with a `label_time` of NaT, is never learned from.

        Raises
        ------
        EvaluationError
            When the rows do not say when their targets are known, or begin before the calibration's were.
        """
        refuse_future(rows, self.known_until_)
        last = known_until(rows)
        assert rows.label_time is not None
        groups, scores = self._groups(rows), self.conformity_.scores(actual, predicted, rows)[:, 0]
        limits = np.empty((len(rows), len(self.coverage)))
        waiting: list[np.ndarray[Any, np.dtype[np.int64]]] = []
        for chosen in by_time(rows):
            now, later = rows.time[chosen[0]], []
            for earlier in waiting:
                known = rows.label_time[earlier] <= now
                if known.any():
                    ready = earlier[known]
                    self._learn(scores[ready], groups[ready], scores[ready][:, None] > limits[ready])
                if not known.all():
                    later.append(earlier[~known])
            limits[chosen] = self._limits()[:, groups[chosen]].T
            waiting = [*later, chosen]
        for earlier in waiting:
            ready = earlier[~np.isnat(rows.label_time[earlier])]
            if len(ready):
                self._learn(scores[ready], groups[ready], scores[ready][:, None] > limits[ready])
        self.known_until_ = self.known_until_ if np.isnat(last) else max(self.known_until_, last)
        return self.conformity_.interval(limits[:, :, None], predicted, rows, self.coverage)

    def _limits(self) -> Floats:
        """The limit of each coverage and group, shape (coverages, groups); a wider coverage never has a lower one."""
        aims = np.sum(self.aims_ * self.weights_, axis=2)
        return np.maximum.accumulate(self.window_.limits(1.0 - aims), axis=0)

    def _learn(self, scores: Floats, groups: np.ndarray[Any, np.dtype[np.int64]], missed: Any) -> None:
        """Learn from the rows of one time."""
        limits = self._limits()[:, groups].T
        missed = scores[:, None] > limits if missed is None else missed
        present, own = np.unique(groups, return_inverse=True)
        counts = np.bincount(own).astype(np.float64)
        shares = self.window_.shares_above(scores, groups)
        for c, coverage in enumerate(self.coverage):
            target = 1.0 - coverage
            aims = self.aims_[c, present]
            if len(self.rates) == 1:
                share = np.bincount(own, weights=missed[:, c].astype(np.float64)) / counts
                self.aims_[c, present] = aims + self.rates * (target - share)[:, None]
                continue
            below = shares[:, None] - aims[own]
            losses = target * below - np.minimum(below, 0.0)
            self.weights_[c, present] = _weighed(self.weights_[c, present], _mean_by(own, losses, counts), target)
            self.aims_[c, present] = aims + self.rates * (target - _mean_by(own, (below < 0).astype(np.float64), counts))
        self.window_.add(scores, groups)

    def _groups(self, rows: Rows) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The position of each row's entity among those with their own aims, or of the group of all others."""
        known = {name: position for position, name in enumerate(self.entities_)}
        table = np.array([known.get(name, len(self.entities_)) for name in rows.entities], dtype=np.int64)
        found: np.ndarray[Any, np.dtype[np.int64]] = table[rows.entity]
        return found


def by_time(rows: Rows) -> list[np.ndarray[Any, np.dtype[np.int64]]]:
    """Return the positions of the rows of each time, in the order of time."""
    order = np.argsort(rows.time, kind="stable")
    ordered = rows.time[order]
    return np.split(order, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1)


def _outside(actual: Floats, interval: Interval) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return np.logical_or(actual[:, None] < interval.lower, actual[:, None] > interval.upper)


def _mean_by(own: np.ndarray[Any, Any], values: Floats, counts: Floats) -> Floats:
    """The mean of each group, shape (groups, rates)."""
    sums = np.stack([np.bincount(own, weights=column, minlength=len(counts)) for column in values.T], axis=1)
    means: Floats = sums / counts[:, None]
    return means


def _weighed(weights: Floats, losses: Floats, target: float) -> Floats:
    """Weigh the rates by their losses, with a share for every one so that none is ever lost."""
    k = weights.shape[1]
    spread = (1 - target) ** 2 * target**3 + target**2 * (1 - target) ** 3
    eagerness = np.sqrt(3.0 / _SPAN) * np.sqrt((np.log(k * _SPAN) + 2.0) / spread)
    raised = weights * np.exp(-eagerness * losses)
    shared = 1.0 / (2.0 * _SPAN)
    total = raised.sum(axis=1, keepdims=True)
    mixed: Floats = (1.0 - shared) * raised / total + shared / k
    return mixed
