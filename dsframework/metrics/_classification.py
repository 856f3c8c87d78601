"""Metrics of a classification into 0 and 1, from the probability of 1."""

from __future__ import annotations

import numpy as np

from dsframework.errors import MetricError
from dsframework.metrics._base import Floats, Sample

__all__ = ["accuracy", "brier", "log_loss", "roc_auc"]

THRESHOLD = 0.5
_EPSILON = 1e-15


def accuracy(sample: Sample) -> float:
    """Share of rows on the right side of 0.5; a probability of exactly 0.5 counts as 0, as scikit-learn's classifiers predict."""
    return float(np.mean((_probabilities(sample, "accuracy") > THRESHOLD) == (sample.actual == 1)))


def brier(sample: Sample) -> float:
    """Mean squared difference between the probability and what came true (Brier, 1950)."""
    return float(np.mean(np.square(_probabilities(sample, "brier") - sample.actual)))


def log_loss(sample: Sample) -> float:
    """Mean negative log-likelihood; probabilities are kept 1e-15 away from 0 and 1, so that one sure miss is not infinite."""
    p = np.clip(_probabilities(sample, "log_loss"), _EPSILON, 1 - _EPSILON)
    return float(-np.mean(np.where(sample.actual == 1, np.log(p), np.log1p(-p))))


def roc_auc(sample: Sample) -> float:
    """Probability that a row of class 1 is ranked above a row of class 0, a tie counting one half (Mann & Whitney, 1947).

    Raises
    ------
    MetricError
        When only one class occurs.
    """
    predicted = _probabilities(sample, "roc_auc")
    positive = sample.actual == 1
    n_positive = int(positive.sum())
    n_negative = positive.size - n_positive
    if n_positive == 0 or n_negative == 0:
        only = 1 if n_positive else 0
        raise MetricError(
            f"roc_auc is not defined: all {positive.size} rows are of class {only}",
            field="metrics",
            mend="use fewer folds or a longer test, or log_loss",
        )
    rank_sum = float(_mean_ranks(predicted)[positive].sum())
    return float((rank_sum - n_positive * (n_positive + 1) / 2) / (n_positive * n_negative))


def _mean_ranks(values: Floats) -> Floats:
    """Return ranks from 1, equal values sharing the mean of theirs."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: Floats = (last - (counts - 1) / 2)[inverse]
    return ranks


def _probabilities(sample: Sample, name: str) -> Floats:
    if not np.isin(sample.actual, (0.0, 1.0)).all():
        raise MetricError(f"{name} needs actual values of 0 and 1", field="metrics", mend="use as: direction, or a metric of a regression")
    if (sample.predicted < 0).any() or (sample.predicted > 1).any():
        raise MetricError(
            f"{name} needs probabilities, there are predictions from {sample.predicted.min():g} to {sample.predicted.max():g}",
            field="metrics",
        )
    return sample.predicted
