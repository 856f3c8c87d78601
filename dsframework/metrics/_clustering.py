"""Metrics of a clustering: how compact and how far apart the clusters are, and how well they agree with a column of labels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dsframework.metrics._base import Floats, Sample, Undefined
from dsframework.metrics._kernel import row_mean

__all__ = ["adjusted_rand", "calinski_harabasz", "davies_bouldin", "nmi", "share_noise", "silhouette"]

NOISE = -1
_MOST_ROWS = 10_000
"""A silhouette compares all pairs; of more rows a seeded sample is taken."""


def silhouette(sample: Sample) -> float:
    """Mean silhouette (Rousseeuw, 1987), between -1 and 1. A row in no cluster counts 0, and so does every row when there is one cluster.

    Of more than 10,000 rows as many are drawn at random, with a fixed seed.
    """
    from sklearn.metrics import silhouette_samples

    x, labels = _features(sample)
    if len(x) > _MOST_ROWS:
        chosen = np.sort(np.random.default_rng(0).choice(len(x), _MOST_ROWS, replace=False))
        x, labels = x[chosen], labels[chosen]
    member = labels != NOISE
    clusters = len(np.unique(labels[member]))
    if clusters < 2 or clusters == member.sum():
        return 0.0  # a row alone in its cluster has a silhouette of 0
    return float(np.sum(silhouette_samples(x[member], labels[member])) / len(labels))


def davies_bouldin(sample: Sample) -> float:
    """Mean over the clusters of their spread relative to the distance of the most similar one (Davies & Bouldin, 1979); less is better.

    Rows in no cluster are left out. Raises `Undefined` for one cluster.
    """
    from sklearn.metrics import davies_bouldin_score

    return _separation(sample, davies_bouldin_score, None)


def calinski_harabasz(sample: Sample) -> float:
    """Spread between the clusters over the spread inside them (Calinski & Harabasz, 1974); 0 for one cluster. Rows in none are left out."""
    from sklearn.metrics import calinski_harabasz_score

    return _separation(sample, calinski_harabasz_score, 0.0)


@row_mean()
def share_noise(sample: Sample) -> Floats:
    """Share of rows that are in no cluster."""
    noise: Floats = (sample.predicted == NOISE).astype(np.float64)
    return noise


def adjusted_rand(sample: Sample) -> float:
    """Share of pairs of rows on which clusters and labels agree, corrected for chance (Hubert & Arabie, 1985): 1 is the same grouping.

    The rows in no cluster count as a group. Raises `Undefined` when the labels are all equal.
    """
    from sklearn.metrics import adjusted_rand_score

    return float(adjusted_rand_score(_labels(sample), sample.predicted.astype(np.int64)))


def nmi(sample: Sample) -> float:
    """Mutual information of clusters and labels over the mean of their entropies, between 0 and 1.

    The rows in no cluster count as a group. Raises `Undefined` when the labels are all equal.
    """
    from sklearn.metrics import normalized_mutual_info_score

    return float(normalized_mutual_info_score(_labels(sample), sample.predicted.astype(np.int64)))


def _features(sample: Sample) -> tuple[Floats, np.ndarray[Any, Any]]:
    return sample.need("features", "the features are not at hand"), sample.predicted.astype(np.int64)


def _labels(sample: Sample) -> np.ndarray[Any, Any]:
    labels = sample.truth.astype(np.int64)
    if (labels == labels[0]).all():
        raise Undefined(f"all {labels.size} labels are equal")
    return labels


def _separation(sample: Sample, index: Callable[..., Any], alone: float | None) -> float:
    x, labels = _features(sample)
    member = labels != NOISE
    clusters = len(np.unique(labels[member]))
    if clusters < 2 or clusters == member.sum():
        if alone is None:
            raise Undefined("there is one cluster only" if clusters < 2 else "every row is a cluster of its own")
        return alone
    return float(index(x[member], labels[member]))
