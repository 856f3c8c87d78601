"""Fill missing values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np

from dsframework.errors import DataError
from dsframework.preprocessing._base import Floats

__all__ = ["Impute"]


class Impute:
    """Fill the missing values of every column with one number: the median or mean of its training rows, or a constant.

    Parameters
    ----------
    strategy
        ``median``, ``mean`` or ``constant``.
    value
        What to fill in with the strategy ``constant``.

    Attributes
    ----------
    fill_
        Shape (features,).
    """

    fills_nulls = True

    def __init__(self, strategy: Literal["median", "mean", "constant"] = "median", value: float = 0.0) -> None:
        self.strategy = strategy
        self.value = value

    def fit(self, x: Floats, names: Sequence[str]) -> Self:
        """Learn what to fill in; raises `DataError` for a column without any value to learn from."""
        if self.strategy == "constant":
            self.fill_ = np.full(x.shape[1], self.value)
            return self
        empty = np.flatnonzero(np.isnan(x).all(axis=0))
        if empty.size:
            more = f" (and {empty.size - 1} more)" if empty.size > 1 else ""
            raise DataError(
                f"all {x.shape[0]} training rows of {names[empty[0]]!r}{more} are missing, so there is no {self.strategy} to fill in",
                field="preprocessing.impute",
                mend="remove the feature, or use strategy: constant",
            )
        self.fill_ = np.asarray(np.nanmedian(x, axis=0) if self.strategy == "median" else np.nanmean(x, axis=0))
        return self

    def transform(self, x: Floats) -> Floats:
        """Return the rows without missing values."""
        return np.where(np.isnan(x), self.fill_, x)
