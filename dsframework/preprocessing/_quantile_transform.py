"""Replace every value by its place among the training rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._columns import ColumnStep
from dsframework.preprocessing._quantiles import quantiles_of

__all__ = ["QuantileTransform"]

_EDGE = 1e-7
"""How far from 0 and 1 a place stays before it is put on the scale of a normal distribution: at most ± 5.2 deviations."""


class QuantileTransform(ColumnStep):
    """Replace every value by its share among the training rows, or by the normal quantile of that share (rank-Gauss).

    Between the kept quantiles it is linear, and a value that many rows share gets the middle of their places. Beyond the values of
    training it is 0 or 1.

    Parameters
    ----------
    to
        ``uniform`` or ``normal``.
    points
        How many quantiles are kept; no more than there are rows.
    columns
        See `ColumnStep`.

    Attributes
    ----------
    learned_
        The quantiles, rising, shape (points, columns).
    """

    name = "quantile_transform"

    def __init__(self, to: Literal["normal", "uniform"] = "normal", points: int = 1000, *, columns: Sequence[str] | None = None) -> None:
        super().__init__(columns=columns)
        self.to = to
        self.points = points

    def _statistics(self, x: Floats) -> Sequence[Floats]:
        levels = np.linspace(0.0, 1.0, max(2, min(self.points, x.shape[0])))
        return list(np.maximum.accumulate(quantiles_of(x, levels), axis=0))

    def _apply(self, x: Floats, *statistics: Floats) -> Floats:
        from scipy.special import ndtri

        levels = np.linspace(0.0, 1.0, len(statistics))
        quantiles = np.stack(statistics)
        result = np.full(x.shape, np.nan)
        for place in range(x.shape[1]):
            known, column = ~np.isnan(x[:, place]), quantiles[:, place]
            if np.isnan(column[0]):  # nothing was learned of it: every value is in the middle
                result[known, place] = 0.5
                continue
            values = x[known, place]
            from_below = np.interp(values, column, levels)
            from_above = 1.0 - np.interp(-values, -column[::-1], levels)
            result[known, place] = 0.5 * (from_below + from_above)
        if self.to == "uniform":
            return result
        normal: Floats = ndtri(np.clip(result, _EDGE, 1.0 - _EDGE))
        return normal
