"""Bring every column to mean 0 and deviation 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from dsframework.preprocessing._base import Floats, mean_and_std

__all__ = ["StandardScale"]


class StandardScale:
    """Subtract the mean and divide by the population deviation of the training rows, as scikit-learn's `StandardScaler`.

    Attributes
    ----------
    mean_, scale_
        Shape (features,); the scale of a constant column is 1.
    """

    fills_nulls = False

    def fit(self, x: Floats, names: Sequence[str]) -> Self:
        """Learn mean and scale."""
        self.mean_, std = mean_and_std(x)
        self.scale_ = np.where(std > 0, std, 1.0)
        return self

    def transform(self, x: Floats) -> Floats:
        """Return the scaled rows; NaN stays."""
        scaled: Floats = (x - self.mean_) / self.scale_
        return scaled
