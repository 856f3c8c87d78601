"""Bring every column to median 0 and interquartile range 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._columns import ColumnStep
from dsframework.preprocessing._quantiles import quantiles_of

__all__ = ["RobustScale"]


class RobustScale(ColumnStep):
    """Subtract the median and divide by the range between two quantiles of the training rows, as scikit-learn's `RobustScaler`.

    Parameters
    ----------
    quantiles
        Between which the range is measured.
    by, columns
        See `ColumnStep`.

    Attributes
    ----------
    learned_
        Median and range, shape (2, columns); the range is 1 where it is 0.
    """

    name = "robust_scale"

    def __init__(
        self,
        quantiles: Sequence[float] = (0.25, 0.75),
        *,
        by: Literal["entity"] | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        super().__init__(by=by, columns=columns)
        self.quantiles = quantiles

    def _statistics(self, x: Floats) -> Sequence[Floats]:
        low, middle, high = quantiles_of(x, (self.quantiles[0], 0.5, self.quantiles[1]))
        spread = high - low
        return np.where(np.isnan(middle), 0.0, middle), np.where(spread > 0, spread, 1.0)

    def _apply(self, x: Floats, *statistics: Floats) -> Floats:
        middle, spread = statistics
        scaled: Floats = (x - middle) / spread
        return scaled
