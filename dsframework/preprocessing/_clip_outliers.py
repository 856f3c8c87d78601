"""Pull outliers back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from dsframework.preprocessing._base import Floats, mean_and_std

__all__ = ["ClipOutliers"]


class ClipOutliers:
    """Limit every column to mean ± `n_std` standard deviations of its training rows.

    Parameters
    ----------
    n_std
        How many population deviations from the mean are allowed.

    Attributes
    ----------
    low_, high_
        Shape (features,); infinite for a column without any value.
    """

    fills_nulls = False

    def __init__(self, n_std: float = 4.0) -> None:
        self.n_std = n_std

    def fit(self, x: Floats, names: Sequence[str]) -> Self:
        """Learn the limits."""
        mean, std = mean_and_std(x)
        empty = np.isnan(x).all(axis=0)
        self.low_ = np.where(empty, -np.inf, mean - self.n_std * std)
        self.high_ = np.where(empty, np.inf, mean + self.n_std * std)
        return self

    def transform(self, x: Floats) -> Floats:
        """Return the rows within the limits; NaN stays."""
        return np.clip(x, self.low_, self.high_)
