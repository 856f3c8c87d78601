"""Quantiles of what like rows have seen: the training rows in the same leaves, or the nearest ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.models._base import Floats

__all__ = ["Leaves", "weighted_quantiles"]

_MOST_PAIRS = 4_000_000
"""Pairs of a row and a training row that are held at once."""


@dataclass(frozen=True)
class Leaves:
    """Which training rows lie in which leaf of which tree.

    Meinshausen 2006, "Quantile regression forests": a row is like a training row as often as they share a leaf; every tree
    gives a total of 1.

    Attributes
    ----------
    order
        The training rows, those of a leaf together, shape (trees, rows).
    begin
        Where in `order` each leaf begins, by its node's number, and one more: a tuple of arrays, one a tree.
    y
        The training rows' targets, shape (rows,).
    weight
        The training rows' weights, shape (rows,).
    """

    order: np.ndarray[Any, np.dtype[np.int32]]
    begin: tuple[np.ndarray[Any, np.dtype[np.int64]], ...]
    y: Floats
    weight: Floats

    @classmethod
    def of(cls, leaf: np.ndarray[Any, Any], y: Floats, weight: Floats | None) -> Leaves:
        """Sort training rows into leaves, of shape (rows, trees)."""
        order = np.argsort(leaf, axis=0, kind="stable").T.astype(np.int32)
        begin = tuple(np.concatenate(([0], np.cumsum(np.bincount(column)))) for column in leaf.T)
        return cls(np.ascontiguousarray(order), begin, np.array(y), np.ones(len(y)) if weight is None else np.array(weight))

    def quantiles(self, leaf: np.ndarray[Any, Any], quantiles: tuple[float, ...]) -> Floats:
        """Return the quantiles of rows in these leaves, of shape (rows, trees)."""
        counts = np.stack([begin[column + 1] - begin[column] for begin, column in zip(self.begin, leaf.T, strict=True)], axis=1)
        result = np.empty((len(leaf), len(quantiles)))
        ends = np.cumsum(counts.sum(axis=1))
        first = 0
        while first < len(leaf):
            before = ends[first - 1] if first else 0
            last = max(first + 1, int(np.searchsorted(ends, before + _MOST_PAIRS, side="right")))
            result[first:last] = self._part(leaf[first:last], counts[first:last], quantiles)
            first = last
        return result

    def _part(self, leaf: np.ndarray[Any, Any], counts: np.ndarray[Any, Any], quantiles: tuple[float, ...]) -> Floats:
        rows, like, shares = [], [], []
        for tree, (begin, column) in enumerate(zip(self.begin, leaf.T, strict=True)):
            count = counts[:, tree]
            row = np.repeat(np.arange(len(leaf)), count)
            within = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
            found = self.order[tree][np.repeat(begin[column], count) + within]
            weight = self.weight[found]
            rows.append(row)
            like.append(found)
            shares.append(weight / np.bincount(row, weights=weight, minlength=len(leaf))[row])
        return weighted_quantiles(np.concatenate(rows), self.y[np.concatenate(like)], np.concatenate(shares), len(leaf), quantiles)


def weighted_quantiles(row: np.ndarray[Any, Any], y: Floats, weight: Floats, n_rows: int, quantiles: tuple[float, ...]) -> Floats:
    """Return for each row the smallest of its values at which its weights, added up in the order of the values, reach each quantile.

    Parameters
    ----------
    row, y, weight
        Triples, of which every row has at least one, shape (triples,).
    n_rows
        How many rows there are.
    quantiles
        Each between 0 and 1.

    Returns
    -------
    np.ndarray
        Shape (rows, quantiles).

    >>> weighted_quantiles(np.array([0, 0, 0]), np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0]), 1, (0.25, 0.5, 0.9))
    array([[1., 2., 3.]])
    """
    order = np.lexsort((y, row))
    row, y, weight = row[order], y[order], weight[order]
    begin = np.searchsorted(row, np.arange(n_rows + 1))
    total = np.cumsum(weight)
    before = np.concatenate(([0.0], total))[begin]
    share = (total - before[:-1][row]) / (before[1:] - before[:-1])[row]
    found = np.empty((n_rows, len(quantiles)))
    for column, quantile in enumerate(quantiles):
        below = np.concatenate(([0], np.cumsum(share < quantile - 1e-12)))
        position = begin[:-1] + (below[begin[1:]] - below[begin[:-1]])
        found[:, column] = y[np.minimum(position, begin[1:] - 1)]
    return found
