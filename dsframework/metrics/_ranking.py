"""Metrics of how well the entities are ordered at each time, which is what a portfolio is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.metrics._base import Floats, Sample, Undefined
from dsframework.metrics._kernel import Groups
from dsframework.metrics._ranks import mean_ranks, standing

__all__ = ["CrossSections", "cross_sections", "ic", "icir", "leg_spreads", "rank_ic", "rank_icir", "top_bottom_spread"]

TAIL = 0.2
_ROUNDING = 1e-12
"""Deviations smaller than this share of the values are rounding errors of equal values."""


@dataclass(frozen=True)
class CrossSections:
    """A number for each time.

    Attributes
    ----------
    times
        The times that have one, shape (times,).
    values
        Shape (times,).
    """

    times: np.ndarray[Any, Any]
    values: Floats


def cross_sections(sample: Sample, *, ranks: bool) -> CrossSections:
    """Return the correlation of predicted and actual across the entities at each time.

    Times with one entity, or with equal actual values, have none. Equal predictions say nothing, which is a correlation of 0.

    Raises
    ------
    Undefined
        When no time has one.
    """
    groups, times = _by_time(sample)
    actual, predicted = sample.truth, sample.predicted
    if ranks:
        actual, predicted = mean_ranks(actual, groups), mean_ranks(predicted, groups)
    left, right = _centred(actual, groups), _centred(predicted, groups)
    spread, said = groups.sum(np.square(left)), groups.sum(np.square(right))
    told = spread > 0
    if not told.any():
        raise Undefined("at no time are there two entities with different actual values")
    below = np.sqrt(spread[told] * said[told])
    values = np.divide(groups.sum(left * right)[told], below, out=np.zeros(int(told.sum())), where=below > 0)
    return CrossSections(times[told], np.clip(values, -1.0, 1.0))


def ic(sample: Sample) -> float:
    """Information coefficient: the mean over times of the correlation of predicted and actual across the entities."""
    return float(np.mean(cross_sections(sample, ranks=False).values))


def rank_ic(sample: Sample) -> float:
    """Rank information coefficient: the mean over times of Spearman's correlation across the entities."""
    return float(np.mean(cross_sections(sample, ranks=True).values))


def icir(sample: Sample) -> float:
    """Mean of the information coefficients over their sample standard deviation, for one time step (not annualised)."""
    return _ratio(cross_sections(sample, ranks=False).values)


def rank_icir(sample: Sample) -> float:
    """Mean of the rank information coefficients over their sample standard deviation, for one time step (not annualised)."""
    return _ratio(cross_sections(sample, ranks=True).values)


def top_bottom_spread(sample: Sample) -> float:
    """Mean over times of the mean actual value of the fifth that is predicted highest minus that of the lowest fifth."""
    return float(np.mean(leg_spreads(sample, TAIL).values))


def leg_spreads(sample: Sample, tail: float) -> CrossSections:
    """Return the mean actual value of the top `tail` minus that of the bottom `tail` at each time with at least two entities.

    A leg has `tail` of the entities, rounded down, and at least one. Entities that are tied at its border share the places that are left,
    so that no order of the rows matters.

    Raises
    ------
    Undefined
        When no time has two entities.
    """
    groups, times = _by_time(sample)
    several = groups.sizes > 1
    if not several.any():
        raise Undefined("at no time are there two entities")
    size = np.maximum(np.floor(groups.sizes * tail + _ROUNDING), 1.0)
    places = groups.spread(size)
    place = standing(sample.predicted, groups.spread(np.arange(len(groups))))
    above = groups.spread(groups.sizes.astype(np.float64)) - place.below - place.ties
    top, bottom = (np.clip(places - before, 0.0, place.ties) / place.ties for before in (above, place.below))
    values = groups.sum((top - bottom) * sample.truth) / size
    return CrossSections(times[several], values[several])


def _by_time(sample: Sample) -> tuple[Groups, np.ndarray[Any, Any]]:
    why = "there is one series, and nothing to rank at a time"
    sample.need("entity", why)
    times = sample.need("time", why)
    groups = Groups.of(times)
    return groups, times[groups.order][groups.starts]


def _centred(values: Floats, groups: Groups) -> Floats:
    """Subtract each group's mean; exactly 0 in a group of equal values."""
    left = values - groups.spread(groups.mean(values))
    return np.where(np.abs(left) <= _ROUNDING * np.abs(values), 0.0, left)


def _ratio(values: Floats) -> float:
    if len(values) < 2:
        raise Undefined("there is one time only")
    spread = float(np.std(values, ddof=1))
    if spread <= _ROUNDING:
        if float(np.abs(values).max()) <= _ROUNDING:
            return 0.0
        raise Undefined("the coefficient is the same at every time")
    return float(np.mean(values)) / spread
