"""Metrics of anomaly scores, with a column that says which rows were anomalies, and without one."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from dsframework.errors import MetricError
from dsframework.metrics import _classification
from dsframework.metrics._base import Floats, Sample, Undefined
from dsframework.metrics._kernel import row_mean
from dsframework.metrics._ranks import standing

__all__ = ["average_precision", "mass_volume", "precision_at_k", "reference_rows", "share_flagged"]

_LEAST_MASS = 0.9
_STEPS = 200


def average_precision(sample: Sample) -> float:
    """Mean of the precision at each anomaly, in the order of the scores. Raises `Undefined` when no row, or every row, is an anomaly."""
    return _classification.average_precision(_labels(sample), sample.predicted)


def precision_at_k(sample: Sample) -> float:
    """Share of anomalies among the k highest scores, k being how many there are; rows tied at the border share the places that are left.

    Raises `Undefined` when no row, or every row, is an anomaly.
    """
    anomaly = _labels(sample)
    k = float(anomaly.sum())
    place = standing(-sample.predicted)
    chosen = np.clip(k - place.below, 0.0, place.ties) / place.ties
    return float(np.sum(chosen[anomaly]) / k)


@row_mean()
def share_flagged(sample: Sample) -> Floats:
    """Share of rows that are called anomalies."""
    flagged: np.ndarray[Any, Any] = sample.need("flagged", "the model has no threshold")
    return flagged.astype(np.float64)


def mass_volume(sample: Sample) -> float:
    """Mean volume that the most ordinary 90 % to 100 % of the rows take up, as a share of the made-up rows (Goix, 2016); less is better.

    For a mass of rows, the volume is the share of made-up rows whose score is no higher than those rows' highest. A score that puts
    ordinary rows close together leaves most of the made-up ones outside.
    """
    scores, made_up = _with_reference(sample)
    masses = np.linspace(_LEAST_MASS, 1.0, _STEPS + 1)
    rank = np.minimum(np.ceil(masses * len(scores) - 1e-9).astype(np.int64), len(scores)) - 1
    volumes = np.searchsorted(made_up, scores[rank], side="right") / len(made_up)
    return float(np.mean((volumes[1:] + volumes[:-1]) / 2))


def reference_rows(x: Floats, *, n: int = 10_000, seed: int = 0, method: Literal["permuted", "uniform"] = "permuted") -> Floats:
    """Make up rows that a detector's scores of the real ones are compared with.

    Parameters
    ----------
    x
        The rows that were scored, shape (rows, features).
    n
        How many to make up.
    seed
        Of the drawing.
    method
        ``permuted`` draws each feature from its own values and so breaks only what binds them, which still says something for many
        features; ``uniform`` draws evenly between the least and the greatest value, as in the literature, and suits a few features.

    Returns
    -------
    Floats
        Shape (n, features).

    Raises
    ------
    MetricError
        When a value is not finite.
    """
    if not np.isfinite(x).all():
        raise MetricError("made-up rows need features without missing values", field="features", mend="add 'impute' to preprocessing")
    random = np.random.default_rng(seed)
    if method == "uniform":
        return random.uniform(x.min(axis=0), x.max(axis=0), size=(n, x.shape[1]))
    drawn = random.integers(0, len(x), size=(n, x.shape[1]))
    made: Floats = np.take_along_axis(x, drawn, axis=0)
    return made


def _labels(sample: Sample) -> np.ndarray[Any, np.dtype[np.bool_]]:
    actual = sample.truth
    if not np.isin(actual, (0.0, 1.0)).all():
        raise MetricError("the column of anomalies must be 0 or 1", field="metrics")
    if (actual == actual[0]).all():
        raise Undefined(f"{'every' if actual[0] else 'no'} row is an anomaly")
    return np.equal(actual, 1.0)


def _with_reference(sample: Sample) -> tuple[Floats, Floats]:
    made_up: Floats = sample.need("reference", "there are no scores of made-up rows to compare with")
    return np.sort(sample.predicted), np.sort(made_up)
