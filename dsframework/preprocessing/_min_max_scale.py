"""Bring the smallest and the largest value of every column to given numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._columns import ColumnStep

__all__ = ["MinMaxScale"]


class MinMaxScale(ColumnStep):
    """Bring the smallest value of the training rows to `low` and the largest to `high`, as scikit-learn's `MinMaxScaler`.

    Parameters
    ----------
    low, high
        Where they go.
    clip
        Whether values beyond those of training are held within.
    by, columns
        See `ColumnStep`.

    Attributes
    ----------
    learned_
        Smallest value and range, shape (2, columns); the range of a constant column is 1.
    """

    name = "min_max_scale"

    def __init__(
        self,
        low: float = 0.0,
        high: float = 1.0,
        *,
        clip: bool = False,
        by: Literal["entity"] | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        super().__init__(by=by, columns=columns)
        self.low = low
        self.high = high
        self.clip = clip

    def _statistics(self, x: Floats) -> Sequence[Floats]:
        empty = np.isnan(x).all(axis=0)
        least = np.where(empty, 0.0, np.fmin.reduce(x, axis=0))
        spread = np.where(empty, 0.0, np.fmax.reduce(x, axis=0)) - least
        return least, np.where(spread > 0, spread, 1.0)

    def _apply(self, x: Floats, *statistics: Floats) -> Floats:
        least, spread = statistics
        scaled: Floats = self.low + (x - least) / spread * (self.high - self.low)
        return np.clip(scaled, self.low, self.high) if self.clip else scaled
