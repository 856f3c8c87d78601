"""Metrics of a forecast of one value: absolute, relative and of direction."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dsframework.errors import MetricError
from dsframework.metrics._base import Floats, Sample, Undefined
from dsframework.metrics._kernel import Groups, row_mean, row_ratio

__all__ = [
    "bias",
    "directional_accuracy",
    "mae",
    "mape",
    "max_error",
    "median_ae",
    "mse",
    "msle",
    "qlike",
    "r2",
    "r2_zero",
    "rmse",
    "rmsle",
    "smape",
    "wape",
]


@row_mean()
def mae(sample: Sample) -> Floats:
    """Mean absolute error, in the target's unit."""
    return np.abs(sample.truth - sample.predicted)


def _squared(sample: Sample) -> Floats:
    return np.square(sample.truth - sample.predicted)


mse = row_mean()(_squared)
"""Mean squared error."""

rmse = row_mean(finish=np.sqrt)(_squared)
"""Root of the mean squared error, in the target's unit."""


@row_mean(undefined="every actual value is 0")
def mape(sample: Sample) -> Floats:
    """Mean absolute error as a share of the actual value, 0.1 for ten per cent.

    Rows whose actual value is 0 have no such share and are left out. (scikit-learn divides them by the smallest float instead, which gives
    a number of about 1e15 that says nothing.)
    """
    actual = sample.truth
    shares: Floats = np.divide(np.abs(actual - sample.predicted), np.abs(actual), out=np.full(actual.shape, np.nan), where=actual != 0)
    return shares


@row_mean()
def smape(sample: Sample) -> Floats:
    """Mean of the absolute error over the mean of |actual| and |predicted|, between 0 and 2 (Makridakis, 1993); 0 where both are 0."""
    whole = np.abs(sample.truth) / 2 + np.abs(sample.predicted) / 2
    return np.divide(np.abs(sample.truth - sample.predicted), whole, out=np.zeros(whole.shape), where=whole != 0)


@row_ratio(undefined="every actual value is 0")
def wape(sample: Sample) -> tuple[Floats, Floats]:
    """Sum of the absolute errors as a share of the sum of the absolute actual values."""
    return np.abs(sample.truth - sample.predicted), np.abs(sample.truth)


@row_mean()
def bias(sample: Sample) -> Floats:
    """Mean of predicted minus actual: above 0 where the forecast is too high."""
    return sample.predicted - sample.truth


def median_ae(sample: Sample) -> float:
    """Median absolute error, in the target's unit."""
    return float(np.median(np.abs(sample.truth - sample.predicted)))


def max_error(sample: Sample) -> float:
    """Largest absolute error, in the target's unit."""
    return float(np.max(np.abs(sample.truth - sample.predicted)))


@dataclass(frozen=True)
class _RSquared:
    """Share of the variance around the mean that is explained; negative when the mean would be closer. No value for equal actual values."""

    undefined: str = "all actual values are equal"

    def __call__(self, sample: Sample) -> float:
        actual = sample.truth
        if np.ptp(actual) == 0:
            raise Undefined(f"all {actual.size} actual values are equal")
        return float(1.0 - np.sum(_squared(sample)) / np.sum(np.square(actual - np.mean(actual))))

    def grouped(self, sample: Sample, groups: Groups) -> tuple[Floats, str]:
        actual = sample.truth
        around = groups.sum(np.square(actual - groups.spread(groups.mean(actual))))
        ordered = actual[groups.order]
        varies = np.maximum.reduceat(ordered, groups.starts) > np.minimum.reduceat(ordered, groups.starts)
        left = np.divide(groups.sum(_squared(sample)), around, out=np.full(len(groups), np.nan), where=varies)
        return 1.0 - left, self.undefined


r2 = _RSquared()


@row_ratio(finish=lambda left: 1.0 - left, undefined="every actual value is 0")
def r2_zero(sample: Sample) -> tuple[Floats, Floats]:
    """Share of the squares around 0 that is explained: for returns, whose mean is too noisy to compare with (Gu, Kelly & Xiu, 2020)."""
    return _squared(sample), np.square(sample.truth)


def _log_squared(sample: Sample) -> Floats:
    """Squared difference of log(1 + value); a forecast below 0 counts as 0, as no quantity is negative."""
    below = int((sample.truth < 0).sum())
    if below:
        raise Undefined(f"{below} actual values are below 0")
    squares: Floats = np.square(np.log1p(sample.truth) - np.log1p(np.maximum(sample.predicted, 0.0)))
    return squares


msle = row_mean()(_log_squared)
"""Mean squared difference of log(1 + value) of a quantity; a forecast below 0 counts as 0."""

rmsle = row_mean(finish=np.sqrt)(_log_squared)
"""Root of `msle`."""


@row_mean(undefined="every actual volatility is 0")
def qlike(sample: Sample) -> Floats:
    """Loss of a volatility forecast that ranks models rightly although the actual volatility is measured with noise (Patton, 2011).

    With the quotient q of actual and predicted variance: q - log(q) - 1. Rows whose actual volatility is 0 are left out.

    Raises
    ------
    MetricError
        When a forecast is 0 or less.
    """
    wrong = int((sample.predicted <= 0).sum())
    if wrong:
        raise MetricError(f"qlike needs forecasts above 0, {wrong} are not", field="metrics", mend="write target.transform: log")
    moved = sample.truth > 0
    ratio = np.square(np.where(moved, sample.truth, np.nan) / sample.predicted)
    return ratio - np.log(ratio) - 1.0


@row_mean(undefined="no actual value differs from the last known one")
def directional_accuracy(sample: Sample) -> Floats:
    """Share of rows whose change has the sign that was predicted; a change of 0 that was predicted is no sign.

    The change is the one from `Sample.origin`, or from 0 without one (a return is a change already). Rows that did not change, or whose
    last value is not known, are left out.
    """
    origin = np.zeros(sample.n_rows) if sample.origin is None else sample.origin
    moved, forecast = sample.truth - origin, sample.predicted - origin
    return np.where(np.isfinite(moved) & (moved != 0), (np.sign(moved) == np.sign(forecast)).astype(np.float64), np.nan)
