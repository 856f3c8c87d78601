"""How closely columns are tied to each other and to a target, gaps left out."""

from __future__ import annotations

import numpy as np

from dsframework.preprocessing._base import Floats, mean_and_std

__all__ = ["correlations", "mutual_information", "ranks", "strength"]

_MOST_ROWS = 5000
_FEWEST = 10


def correlations(x: Floats) -> Floats:
    """Return Pearson's correlation of every two columns over the rows that have both, shape (columns, columns); 0 for a constant one."""
    mean, std = mean_and_std(x)
    known = ~np.isnan(x)
    z = np.where(known, (x - mean) / np.where(std > 0, std, 1.0), 0.0)
    there = known.astype(np.float64)
    count = np.maximum(there.T @ there, 1.0)
    sums = z.T @ there
    squares = np.square(z).T @ there
    covariance = z.T @ z / count - (sums / count) * (sums.T / count)
    variance = squares / count - np.square(sums / count)
    scale = np.sqrt(np.maximum(variance, 0.0) * np.maximum(variance.T, 0.0))
    found = np.where(scale > 1e-12, covariance / np.where(scale > 1e-12, scale, 1.0), 0.0)
    found[std == 0] = 0.0
    found[:, std == 0] = 0.0
    np.fill_diagonal(found, 1.0)
    return np.clip(found, -1.0, 1.0)


def ranks(x: Floats) -> Floats:
    """Return every value's rank in its column, ties with their mean rank; NaN stays."""
    from scipy.stats import rankdata

    result = np.full(x.shape, np.nan)
    for place in range(x.shape[1]):
        known = ~np.isnan(x[:, place])
        result[known, place] = rankdata(x[known, place])
    return result


def strength(x: Floats, y: Floats, *, classes: bool) -> Floats:
    """Return how closely every column is tied to the target, between 0 and 1, shape (columns,).

    The absolute correlation; for classes the correlation ratio (the root of the share of the variance that lies between the classes),
    which for two classes is the same.
    """
    return np.array([_strength(column, y, classes) for column in x.T])


def _strength(column: Floats, y: Floats, classes: bool) -> float:
    known = ~np.isnan(column)
    values, target = column[known], y[known]
    if values.size < _FEWEST:
        return 0.0
    if not classes:
        return float(abs(correlations(np.stack([values, target], axis=1))[0, 1]))
    _, std = mean_and_std(values[:, None])
    if std[0] == 0:
        return 0.0
    z = (values - values.mean()) / std[0]
    _, group = np.unique(target, return_inverse=True)
    counts = np.bincount(group)
    between = (np.square(np.bincount(group, weights=z) / counts) * counts).sum() / counts.sum()
    return float(np.sqrt(min(between, 1.0)))


def mutual_information(x: Floats, y: Floats, *, classes: bool) -> Floats:
    """Return the mutual information of every column with the target in nats, shape (columns,).

    By nearest neighbours (Kraskov, Stögbauer and Grassberger, 2004; Ross, 2014, for classes), over at most 5,000 evenly spaced rows.
    """
    from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

    measure = mutual_info_classif if classes else mutual_info_regression
    result = np.zeros(x.shape[1])
    for place in range(x.shape[1]):
        known = np.flatnonzero(~np.isnan(x[:, place]))
        if known.size < _FEWEST:
            continue
        some = known[np.linspace(0, known.size - 1, min(known.size, _MOST_ROWS)).astype(np.intp)]
        result[place] = measure(x[some, place, None], y[some], random_state=0)[0]
    return result
