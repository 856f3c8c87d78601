"""Ranks, of all rows or inside groups, equal values sharing the mean of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.metrics._base import Floats
from dsframework.metrics._kernel import Groups

__all__ = ["Standing", "mean_ranks", "standing"]


@dataclass(frozen=True)
class Standing:
    """Where each row stands inside its group.

    Attributes
    ----------
    below
        How many rows of the group are smaller, shape (rows,).
    ties
        How many are equal, itself included, shape (rows,).
    """

    below: Floats
    ties: Floats

    @property
    def ranks(self) -> Floats:
        """Ranks from 1, equal values sharing the mean of theirs."""
        ranks: Floats = self.below + (self.ties + 1.0) / 2.0
        return ranks


def standing(values: Floats, keys: np.ndarray[Any, Any] | None = None) -> Standing:
    """Compare every row with those of the same key, or with all rows.

    >>> standing(np.array([3.0, 1.0, 3.0])).ranks
    array([2.5, 1. , 2.5])
    """
    n = len(values)
    group = np.zeros(n, dtype=np.int64) if keys is None else keys
    order = np.lexsort((values, group))
    ordered, owner = values[order], group[order]
    new_group = np.concatenate([[True], owner[1:] != owner[:-1]])
    new_value = new_group | np.concatenate([[True], ordered[1:] != ordered[:-1]])
    group_start = np.maximum.accumulate(np.where(new_group, np.arange(n), 0))
    runs = np.flatnonzero(new_value)
    lengths = np.diff(np.append(runs, n))
    below, ties = np.empty(n), np.empty(n)
    below[order] = np.repeat(runs - group_start[runs], lengths)
    ties[order] = np.repeat(lengths, lengths)
    return Standing(below, ties)


def mean_ranks(values: Floats, groups: Groups | None = None) -> Floats:
    """Return the ranks from 1 inside each group, or of all rows."""
    if groups is None:
        return standing(values).ranks
    return standing(values, groups.spread(np.arange(len(groups)))).ranks
