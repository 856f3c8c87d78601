"""Metrics of a regression."""

from __future__ import annotations

import numpy as np

from dsframework.errors import MetricError
from dsframework.metrics._base import Sample

__all__ = ["mae", "mape", "mase", "r2", "rmse"]


def mae(sample: Sample) -> float:
    """Mean absolute error, in the target's unit."""
    return float(np.mean(np.abs(sample.actual - sample.predicted)))


def rmse(sample: Sample) -> float:
    """Root of the mean squared error, in the target's unit."""
    return float(np.sqrt(np.mean(np.square(sample.actual - sample.predicted))))


def mape(sample: Sample) -> float:
    """Mean absolute error as a share of the actual value, 0.1 for ten per cent.

    Rows whose actual value is 0 have no such share and are left out. (scikit-learn divides them by the smallest float instead, which
    gives a number of about 1e15 that says nothing.)

    Raises
    ------
    MetricError
        When every actual value is 0.
    """
    defined = sample.actual != 0
    if not defined.any():
        raise MetricError("mape is not defined: every actual value is 0", field="metrics", mend="write metrics: [mae, rmse]")
    actual = sample.actual[defined]
    return float(np.mean(np.abs((actual - sample.predicted[defined]) / actual)))


def r2(sample: Sample) -> float:
    """Share of the variance around the mean that is explained; negative when the mean would be closer.

    Raises
    ------
    MetricError
        When the actual values are all equal, so that there is no variance.
    """
    if np.ptp(sample.actual) == 0:
        raise MetricError(
            f"r2 is not defined: all {sample.actual.size} actual values are equal",
            field="metrics",
            mend="write metrics: [mae, rmse], or make the test longer",
        )
    left = np.sum(np.square(sample.actual - sample.predicted))
    return float(1.0 - left / np.sum(np.square(sample.actual - np.mean(sample.actual))))


def mase(sample: Sample) -> float:
    """Mean absolute scaled error (Hyndman & Koehler, 2006): below 1 is better than the naive forecast was on the training rows.

    Every row's error is divided by its own entity's scale, so that entities of any size count alike. An entity that never changes in
    its training rows has no such scale, and its rows are left out, as `mape` leaves out actual values of 0.

    Raises
    ------
    MetricError
        When no row has a scale above 0.
    """
    if sample.scale is None:
        raise MetricError(
            "mase is not defined: this target has no naive forecast to compare with", field="metrics", mend="write metrics: [mae, rmse]"
        )
    scaled = np.isfinite(sample.scale) & (sample.scale > 0)
    if not scaled.any():
        raise MetricError(
            "mase is not defined: on the training rows the naive forecast is exact or there is none",
            field="metrics",
            mend="leave out mase: write metrics: [mae, rmse]",
        )
    return float(np.mean(np.abs(sample.actual - sample.predicted)[scaled] / sample.scale[scaled]))
