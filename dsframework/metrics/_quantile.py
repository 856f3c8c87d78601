"""Metrics of forecasts of quantiles and of intervals."""

from __future__ import annotations

import numpy as np

from dsframework.metrics._base import Floats, Interval, Sample, Undefined
from dsframework.metrics._kernel import row_mean, row_ratio
from dsframework.metrics._scaled import scaled_by

__all__ = [
    "coverage",
    "coverage_error",
    "crps",
    "mean_width",
    "msis",
    "pinball",
    "quantile_calibration",
    "weighted_quantile_loss",
    "winkler",
]

_NO_QUANTILES = "the model gives no quantiles"
_NO_INTERVAL = "there are no intervals"


def _pinballs(sample: Sample) -> tuple[Floats, Floats]:
    """Return the pinball loss of each row and level, shape (rows, levels), and the levels."""
    quantiles: Floats = sample.need("quantiles", _NO_QUANTILES)
    levels: Floats = sample.need("levels", _NO_QUANTILES)
    left = sample.truth[:, None] - quantiles
    return np.maximum(levels * left, (levels - 1.0) * left), levels


@row_mean()
def pinball(sample: Sample) -> Floats:
    """Mean over rows and levels of the pinball loss (Koenker & Bassett, 1978): at level 0.5 half the absolute error."""
    losses: Floats = _pinballs(sample)[0].mean(axis=1)
    return losses


@row_ratio(undefined="every actual value is 0")
def weighted_quantile_loss(sample: Sample) -> tuple[Floats, Floats]:
    """Twice the pinball loss, mean over the levels, as a share of the absolute actual values: `wape` for quantiles."""
    return 2.0 * _pinballs(sample)[0].mean(axis=1), np.abs(sample.truth)


@row_mean()
def crps(sample: Sample) -> Floats:
    """Continuous ranked probability score from the quantiles, in the target's unit.

    It is twice the integral of the pinball loss over the levels (Gneiting & Ranjan, 2011). A level stands for the levels that are nearest
    to it, so that uneven ones weigh as they should. For a forecast of one value it is the absolute error.
    """
    losses, levels = _pinballs(sample)
    edges = np.concatenate([[0.0], (levels[1:] + levels[:-1]) / 2, [1.0]])
    scores: Floats = 2.0 * np.sum(losses * np.diff(edges), axis=1)
    return scores


def quantile_calibration(sample: Sample) -> float:
    """Mean over the levels of how far the share of rows at or below the quantile is from the level."""
    quantiles: Floats = sample.need("quantiles", _NO_QUANTILES)
    levels: Floats = sample.need("levels", _NO_QUANTILES)
    return float(np.mean(np.abs(np.mean(sample.truth[:, None] <= quantiles, axis=0) - levels)))


def _bounded(sample: Sample) -> tuple[Interval, Floats]:
    """Return the intervals and the actual values; bounds are NaN in rows that have no interval."""
    interval: Interval = sample.need("interval", _NO_INTERVAL)
    return interval, sample.truth[:, None]


def _inside(sample: Sample) -> Floats:
    interval, actual = _bounded(sample)
    inside = ((interval.lower <= actual) & (actual <= interval.upper)).astype(np.float64)
    return np.where(np.isnan(interval.lower), np.nan, inside)


@row_mean(undefined="no row has an interval")
def coverage(sample: Sample) -> Floats:
    """Share of rows inside the interval, its ends included; the mean over the nominal coverages when there are several."""
    shares: Floats = _inside(sample).mean(axis=1)
    return shares


def coverage_error(sample: Sample) -> float:
    """Distance of the share of rows inside from the nominal coverage; the mean over the coverages when there are several."""
    shares = _inside(sample)
    shares = shares[~np.isnan(shares).any(axis=1)]
    interval, _ = _bounded(sample)
    if not len(shares):
        raise Undefined("no row has an interval")
    return float(np.mean(np.abs(shares.mean(axis=0) - np.array(interval.coverage))))


@row_mean(undefined="no row has an interval")
def mean_width(sample: Sample) -> Floats:
    """Mean width of the interval, in the target's unit."""
    interval, _ = _bounded(sample)
    widths: Floats = (interval.upper - interval.lower).mean(axis=1)
    return widths


def _winklers(sample: Sample) -> Floats:
    interval, actual = _bounded(sample)
    miss = 2.0 / (1.0 - np.array(interval.coverage))
    outside = np.maximum(interval.lower - actual, 0.0) + np.maximum(actual - interval.upper, 0.0)
    scores: Floats = (interval.upper - interval.lower + miss * outside).mean(axis=1)
    return scores


winkler = row_mean(undefined="no row has an interval")(_winklers)
"""Width of the interval plus 2 / (1 - coverage) times the distance of a value outside (Winkler, 1972); the lower the better."""


@row_mean(undefined="no row has an interval and a scale")
def msis(sample: Sample) -> Floats:
    """Mean scaled interval score, the measure of the M4 competition: `winkler` in units of the naive forecast's mean absolute error."""
    return scaled_by(_winklers(sample), sample.need("scale", "this target has no naive forecast to compare with"))
