"""Pull outliers back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from dsframework.preprocessing._base import Floats, mean_and_std
from dsframework.preprocessing._columns import ColumnStep
from dsframework.preprocessing._quantiles import quantiles_of

__all__ = ["ClipOutliers"]

_NORMAL = 1.4826022185056018
"""The standard deviation of a normal distribution over its median absolute deviation: ``1 / Phi^-1(3 / 4)``."""


class ClipOutliers(ColumnStep):
    """Limit every column to what one rule allows, as learned in training.

    Parameters
    ----------
    n_std
        Mean ± so many population deviations; 4 where no other rule is given.
    quantiles
        The two quantiles to limit to.
    n_mad
        Median ± so many median absolute deviations, which are scaled to be the standard deviation of a normal distribution.
    n_iqr
        So many interquartile ranges below the first and above the third quartile (Tukey, 1977).
    by, columns
        See `ColumnStep`.

    Attributes
    ----------
    learned_
        The low and the high limits, shape (2, columns); infinite for a column without any value.
    """

    name = "clip_outliers"

    def __init__(
        self,
        n_std: float | None = None,
        *,
        quantiles: Sequence[float] | None = None,
        n_mad: float | None = None,
        n_iqr: float | None = None,
        by: Literal["entity"] | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        super().__init__(by=by, columns=columns)
        self.n_std = n_std
        self.quantiles = quantiles
        self.n_mad = n_mad
        self.n_iqr = n_iqr

    def _statistics(self, x: Floats) -> Sequence[Floats]:
        low, high = self._limits(x)
        empty = np.isnan(x).all(axis=0)
        return np.where(empty, -np.inf, low), np.where(empty, np.inf, high)

    def _limits(self, x: Floats) -> tuple[Floats, Floats]:
        if self.quantiles is not None:
            low, high = quantiles_of(x, self.quantiles)
            return low, high
        if self.n_iqr is not None:
            first, third = quantiles_of(x, (0.25, 0.75))
            return first - self.n_iqr * (third - first), third + self.n_iqr * (third - first)
        if self.n_mad is not None:
            (middle,) = quantiles_of(x, (0.5,))
            (spread,) = quantiles_of(np.abs(x - middle), (0.5,))
            return middle - self.n_mad * _NORMAL * spread, middle + self.n_mad * _NORMAL * spread
        mean, std = mean_and_std(x)
        n_std = 4.0 if self.n_std is None else self.n_std
        return mean - n_std * std, mean + n_std * std

    def _apply(self, x: Floats, *statistics: Floats) -> Floats:
        low, high = statistics
        return np.clip(x, low, high)
