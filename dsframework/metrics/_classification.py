"""Metrics of a classification, from the probability of class 1 or from those of several classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dsframework.errors import MetricError
from dsframework.metrics._base import Floats, Sample, Undefined
from dsframework.metrics._kernel import row_mean
from dsframework.metrics._ranks import mean_ranks

__all__ = [
    "accuracy",
    "area_under_roc",
    "average_precision",
    "balanced_accuracy",
    "brier",
    "confusion",
    "ece",
    "f1",
    "log_loss",
    "mcc",
    "pr_auc",
    "precision",
    "recall",
    "roc_auc",
]

Flags = np.ndarray[Any, np.dtype[np.bool_]]
THRESHOLD = 0.5
_EPSILON = 1e-15
_BINS = 15
_SUM = 1e-6


@row_mean()
def accuracy(sample: Sample) -> Floats:
    """Share of rows whose class is the most probable one; 0.5 counts as class 0, and a tie as the lower class, as in scikit-learn."""
    right: Floats = (_predicted(sample, "accuracy") == sample.truth).astype(np.float64)
    return right


@row_mean()
def brier(sample: Sample) -> Floats:
    """Mean squared difference between the probability and what came true (Brier, 1950); for more than two classes summed over them."""
    p = _probabilities(sample, "brier")
    if sample.probabilities is None:
        return np.square(p[:, 1] - sample.truth)
    summed: Floats = np.square(p - (sample.truth[:, None] == np.arange(p.shape[1]))).sum(axis=1)
    return summed


@row_mean()
def log_loss(sample: Sample) -> Floats:
    """Mean negative log-likelihood; probabilities are kept 1e-15 away from 0 and 1, so that one sure miss is not infinite."""
    p = np.clip(_probabilities(sample, "log_loss"), _EPSILON, 1.0 - _EPSILON)
    if sample.probabilities is None:
        return -np.where(sample.truth == 1, np.log(p[:, 1]), np.log1p(-p[:, 1]))
    likelihood: Floats = np.log(p[np.arange(len(p)), sample.truth.astype(np.int64)])
    return -likelihood


def roc_auc(sample: Sample) -> float:
    """Probability that a row of class 1 is ranked above a row of class 0, a tie counting one half (Mann & Whitney, 1947).

    For more than two classes the mean of each class against the rest, of those that occur. Raises `Undefined` for rows of one class.
    """
    return _one_against_rest(sample, "roc_auc", area_under_roc)


def pr_auc(sample: Sample) -> float:
    """Average precision: the mean of the precision at each row of class 1, in the order of its probability.

    For more than two classes the mean of each class against the rest, of those that occur. Raises `Undefined` for rows of one class.
    """
    return _one_against_rest(sample, "pr_auc", average_precision)


def balanced_accuracy(sample: Sample) -> float:
    """Mean over the classes of the share of their rows that was found. Raises `Undefined` for rows of one class."""
    table = confusion(sample, "balanced_accuracy")
    occurs = table.sum(axis=1) > 0
    return float(np.mean(np.diag(table)[occurs] / table.sum(axis=1)[occurs]))


def precision(sample: Sample) -> float:
    """Share of the rows called class 1 that are; 0 when none is called so. For more than two classes the mean over the classes."""
    return _over_classes(sample, "precision", lambda hits, actual, called: (hits, called))


def recall(sample: Sample) -> float:
    """Share of the rows of class 1 that are found. For more than two classes the mean over the classes."""
    return _over_classes(sample, "recall", lambda hits, actual, called: (hits, actual))


def f1(sample: Sample) -> float:
    """Harmonic mean of precision and recall of class 1. For more than two classes the mean over the classes."""
    return _over_classes(sample, "f1", lambda hits, actual, called: (2.0 * hits, actual + called))


def mcc(sample: Sample) -> float:
    """Correlation of the actual and the predicted class (Matthews, 1975; Gorodkin, 2004 for more than two); 0 for a constant prediction.

    Raises `Undefined` for rows of one class.
    """
    table = confusion(sample, "mcc")
    n, actual, called = table.sum(), table.sum(axis=1), table.sum(axis=0)
    above = np.trace(table) * n - actual @ called
    below = (n * n - called @ called) * (n * n - actual @ actual)
    return 0.0 if below == 0 else float(above / np.sqrt(below))


def ece(sample: Sample) -> float:
    """Expected calibration error over 15 bins of equal width (Guo et al., 2017).

    The mean distance, weighted by rows, between the mean probability of class 1 in a bin and the share of class 1 in it. For more than two
    classes the probability of the most probable class, and how often it is right.
    """
    p = _probabilities(sample, "ece")
    said, true = (p[:, 1], sample.truth) if sample.probabilities is None else (p.max(axis=1), p.argmax(axis=1) == sample.truth)
    bins = np.clip(np.ceil(said * _BINS).astype(np.int64) - 1, 0, _BINS - 1)
    gaps = np.bincount(bins, weights=said, minlength=_BINS) - np.bincount(bins, weights=true.astype(np.float64), minlength=_BINS)
    return float(np.abs(gaps).sum() / len(said))


def area_under_roc(positive: Flags, scores: Floats) -> float:
    """Return the share of pairs of a positive and another row that the scores put in the right order; both must occur."""
    above = int(positive.sum())
    below = positive.size - above
    rank_sum = float(mean_ranks(scores)[positive].sum())
    return (rank_sum - above * (above + 1) / 2) / (above * below)


def average_precision(positive: Flags, scores: Floats) -> float:
    """Return the precision at each distinct score from the top, weighted by the share of positive rows found there; one must occur."""
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    last = np.append(np.flatnonzero(ordered[1:] != ordered[:-1]), len(order) - 1)
    found = np.cumsum(positive[order])[last].astype(np.float64)
    return float(np.sum(np.diff(np.concatenate([[0.0], found])) * found / (last + 1.0)) / found[-1])


def confusion(sample: Sample, name: str) -> Floats:
    """Return how many rows of each class (row) are called each class (column); raises `Undefined` for rows of one class."""
    called = _predicted(sample, name).astype(np.int64)
    actual = sample.truth.astype(np.int64)
    _two_classes(sample)
    k = _n_classes(sample)
    return np.bincount(actual * k + called, minlength=k * k).reshape(k, k).astype(np.float64)


def _over_classes(sample: Sample, name: str, parts: Callable[[Floats, Floats, Floats], tuple[Floats, Floats]]) -> float:
    table = confusion(sample, name)
    above, below = parts(np.diag(table), table.sum(axis=1), table.sum(axis=0))
    values = np.divide(above, below, out=np.zeros(len(table)), where=below > 0)
    if sample.probabilities is None:
        return float(values[1])
    return float(np.mean(values[(table.sum(axis=0) + table.sum(axis=1)) > 0]))


def _one_against_rest(sample: Sample, name: str, area: Callable[..., float]) -> float:
    actual = sample.truth
    if sample.probabilities is None:
        _check_classes(sample, name)
        _two_classes(sample)
        return area(actual == 1, sample.predicted)
    p = _probabilities(sample, name)
    _two_classes(sample)
    return float(np.mean([area(actual == k, p[:, k]) for k in range(p.shape[1]) if (actual == k).any()]))


def _two_classes(sample: Sample) -> None:
    actual = sample.truth
    if (actual == actual[0]).all():
        raise Undefined(f"all {actual.size} rows are of class {actual[0]:g}")


def _n_classes(sample: Sample) -> int:
    return 2 if sample.probabilities is None else sample.probabilities.shape[1]


def _check_classes(sample: Sample, name: str) -> None:
    actual, k = sample.truth, _n_classes(sample)
    if not ((actual >= 0) & (actual < k) & (actual == np.floor(actual))).all():
        known = "0 and 1" if k == 2 else f"0 to {k - 1}"
        raise MetricError(f"{name} needs actual values of {known}", field="metrics", mend="use as: direction, or a metric of a regression")


def _probabilities(sample: Sample, name: str) -> Floats:
    """Return the probability of each class, shape (rows, classes)."""
    _check_classes(sample, name)
    given = sample.predicted if sample.probabilities is None else sample.probabilities
    if (given < 0).any() or (given > 1).any():
        raise MetricError(f"{name} needs probabilities, there are predictions from {given.min():g} to {given.max():g}", field="metrics")
    if sample.probabilities is None:
        return np.column_stack([1.0 - given, given])
    off = float(np.abs(given.sum(axis=1) - 1.0).max())
    if off > _SUM:
        raise MetricError(f"{name} needs probabilities that sum to 1, a row is {off:g} away from it", field="metrics")
    return given


def _predicted(sample: Sample, name: str) -> Floats:
    p = _probabilities(sample, name)
    called: Floats = (p[:, 1] > THRESHOLD if sample.probabilities is None else p.argmax(axis=1)).astype(np.float64)
    return called
