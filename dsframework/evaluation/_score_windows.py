"""The scores of the last time steps, kept in order, of all entities together or of each."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["ScoreWindow"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Positions = np.ndarray[Any, np.dtype[np.int64]]


class ScoreWindow:
    """Scores of the last times; a quantile of them costs no sorting.

    Parameters
    ----------
    length
        How many times are kept.
    n_own
        How many entities have scores of their own; group number `n_own` is all others.
    coverage
        The largest coverage; an entity with too few scores for it takes the quantiles of all.
    """

    def __init__(self, length: int, n_own: int, coverage: float) -> None:
        self.length, self.n_own = length, n_own
        self.least = int(np.ceil(coverage / (1.0 - coverage) - 1e-9))
        self._scores, self._added = np.empty(0), np.empty(0, dtype=np.int64)
        self._clock = 0
        self._latest = np.full((n_own, length), np.inf)
        self._ordered = np.full((n_own, length), np.inf)
        self._counts = np.zeros(n_own + 1, dtype=np.int64)

    def add(self, scores: Floats, groups: Positions) -> None:
        """Add the scores of one time, at most one an entity that has its own."""
        kept = self._added > self._clock - self.length
        ordered = np.sort(scores)
        at = np.searchsorted(self._scores[kept], ordered)
        self._scores = np.insert(self._scores[kept], at, ordered)
        self._added = np.insert(self._added[kept], at, self._clock)
        self._clock += 1
        own = groups < self.n_own
        groups, scores = groups[own], scores[own]
        place = self._counts[groups] % self.length
        leaving = self._latest[groups, place]
        self._latest[groups, place] = scores
        rows = self._ordered[groups]
        rows[np.arange(len(groups)), np.argmax(rows == leaving[:, None], axis=1)] = scores
        self._ordered[groups] = np.sort(rows, axis=1, kind="stable")
        self._counts[groups] += 1

    def limits(self, levels: Floats) -> Floats:
        """Return the score of rank (n + 1) * level, rounded up, within 1 to n, shape of `levels`: (coverages, `n_own` + 1)."""
        limits = self._scores[_places(levels, len(self._scores))]
        counts = np.minimum(self._counts[:-1], self.length)
        own = self._ordered[np.arange(self.n_own), _places(levels[:, :-1], np.maximum(counts, 1))]
        limits[:, :-1] = np.where(counts >= self.least, own, limits[:, :-1])
        return limits

    def shares_above(self, scores: Floats, groups: Positions) -> Floats:
        """Return the largest share of misses whose limit a score stays within, shape (scores,)."""
        shares: Floats = 1.0 - np.searchsorted(self._scores, scores) / (len(self._scores) + 1.0)
        counts = np.minimum(self._counts[groups], self.length)
        enough = np.flatnonzero((counts >= self.least) & (groups < self.n_own))
        below = np.sum(self._ordered[groups[enough]] < scores[enough, None], axis=1)
        shares[enough] = 1.0 - below / (counts[enough] + 1.0)
        return shares


def _places(levels: Floats, n: Any) -> Positions:
    places: Positions = np.clip(np.ceil(levels * (n + 1) - 1e-9).astype(np.int64) - 1, 0, n - 1)
    return places
