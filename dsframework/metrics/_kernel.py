"""Metrics that are a mean over rows or a quotient of sums, which one pass computes for any number of groups at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.metrics._base import Floats, Sample, Undefined

__all__ = ["Groups", "RowMean", "RowRatio", "row_mean", "row_ratio"]

Positions = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Groups:
    """Rows put together by a key.

    Attributes
    ----------
    order
        Positions of the rows, group by group, in their own order inside a group, shape (rows,).
    starts
        Where each group begins in `order`, shape (groups,); no group is empty.
    sizes
        How many rows each has, shape (groups,).
    """

    order: Positions
    starts: Positions
    sizes: Positions

    @classmethod
    def of(cls, keys: np.ndarray[Any, Any]) -> Groups:
        """Group rows by equal keys, in the order of the keys.

        >>> Groups.of(np.array([2, 1, 2])).sizes
        array([1, 2])
        """
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        begins = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])).astype(np.int64)
        return cls(order.astype(np.int64), begins, np.diff(np.append(begins, len(keys))).astype(np.int64))

    def __len__(self) -> int:
        return len(self.starts)

    def sum(self, values: Floats) -> Floats:
        """Return the sum of each group, shape (groups, ...)."""
        total: Floats = np.add.reduceat(values[self.order], self.starts, axis=0)
        return total

    def mean(self, values: Floats) -> Floats:
        """Return the mean of each group, shape (groups, ...)."""
        sizes = self.sizes.reshape(-1, *[1] * (values.ndim - 1))
        average: Floats = self.sum(values) / sizes
        return average

    def spread(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the value of each row's group, in the order of the rows."""
        result = np.empty((len(self.order), *values.shape[1:]), dtype=values.dtype)
        result[self.order] = np.repeat(values, self.sizes, axis=0)
        return result


@dataclass(frozen=True)
class RowMean:
    """The mean of a number of each row; a row whose number is NaN is left out.

    Attributes
    ----------
    terms
        From a sample to the numbers, shape (rows,).
    finish
        From the means to the metric.
    undefined
        Why there is no value when every row is left out.
    """

    terms: Callable[[Sample], Floats]
    finish: Callable[[Any], Any]
    undefined: str

    def __call__(self, sample: Sample) -> float:
        """Return the metric; raises `Undefined`."""
        terms = self.terms(sample)
        left = ~np.isnan(terms)
        if not left.all():
            terms = terms[left]
        if not terms.size:
            raise Undefined(self.undefined)
        return float(self.finish(np.mean(terms)))

    def grouped(self, sample: Sample, groups: Groups) -> tuple[Floats, str]:
        """Return the metric of each group, NaN where it has none, and why."""
        terms = self.terms(sample)
        left = ~np.isnan(terms)
        counts = groups.sum(left.astype(np.float64))
        sums = groups.sum(np.where(left, terms, 0.0))
        means = np.where(counts > 0, sums / np.maximum(counts, 1.0), np.nan)
        values: Floats = self.finish(means)
        return values, self.undefined


@dataclass(frozen=True)
class RowRatio:
    """A sum over rows as a share of another; no value where the other is 0.

    Attributes
    ----------
    parts
        From a sample to both, each of shape (rows,).
    finish
        From the quotients to the metric.
    undefined
        Why there is no value.
    """

    parts: Callable[[Sample], tuple[Floats, Floats]]
    finish: Callable[[Any], Any]
    undefined: str

    def __call__(self, sample: Sample) -> float:
        """Return the metric; raises `Undefined`."""
        above, below = self.parts(sample)
        whole = float(np.sum(below))
        if whole == 0:
            raise Undefined(self.undefined)
        return float(self.finish(np.sum(above) / whole))

    def grouped(self, sample: Sample, groups: Groups) -> tuple[Floats, str]:
        """Return the metric of each group, NaN where it has none, and why."""
        above, below = (groups.sum(part) for part in self.parts(sample))
        quotient = np.divide(above, below, out=np.full(len(groups), np.nan), where=below != 0)
        values: Floats = self.finish(quotient)
        return values, self.undefined


def _same(values: Floats) -> Floats:
    return values


def row_mean(
    *, finish: Callable[[Any], Any] = _same, undefined: str = "there is no row"
) -> Callable[[Callable[[Sample], Floats]], RowMean]:
    """Make a metric of a function that gives a number a row; see `RowMean`."""

    def make(terms: Callable[[Sample], Floats]) -> RowMean:
        return RowMean(terms, finish, undefined)

    return make


def row_ratio(*, finish: Callable[[Any], Any] = _same, undefined: str) -> Callable[[Callable[[Sample], tuple[Floats, Floats]]], RowRatio]:
    """Make a metric of a function that gives a share and its whole for each row; see `RowRatio`."""

    def make(parts: Callable[[Sample], tuple[Floats, Floats]]) -> RowRatio:
        return RowRatio(parts, finish, undefined)

    return make
