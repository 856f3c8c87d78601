"""Quantiles of columns with gaps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsframework.preprocessing._base import Floats

__all__ = ["quantiles_of"]


def quantiles_of(x: Floats, levels: Sequence[float] | Floats) -> Floats:
    """Return quantiles of every column, linear between values and NaN left out, shape (levels, columns); NaN for a column without any.

    >>> quantiles_of(np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, np.nan]]), [0.5])
    array([[ 2., nan]])
    """
    result = np.full((len(levels), x.shape[1]), np.nan)
    for place in range(x.shape[1]):
        known = x[:, place][~np.isnan(x[:, place])]
        if known.size:
            result[:, place] = np.quantile(known, levels)
    return result
