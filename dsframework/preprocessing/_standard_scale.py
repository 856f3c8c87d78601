"""Bring every column to mean 0 and deviation 1."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsframework.preprocessing._base import Floats, mean_and_std
from dsframework.preprocessing._columns import ColumnStep

__all__ = ["StandardScale"]


class StandardScale(ColumnStep):
    """Subtract the mean and divide by the population deviation of the training rows, as scikit-learn's `StandardScaler`.

    Attributes
    ----------
    learned_
        Mean and scale, shape (2, columns); the scale of a constant column is 1.
    """

    name = "standard_scale"

    def _statistics(self, x: Floats) -> Sequence[Floats]:
        mean, std = mean_and_std(x)
        return mean, np.where(std > 0, std, 1.0)

    def _apply(self, x: Floats, *statistics: Floats) -> Floats:
        mean, scale = statistics
        scaled: Floats = (x - mean) / scale
        return scaled
