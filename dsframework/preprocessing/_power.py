"""Make every column as normal as a power can."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsframework.preprocessing._base import Floats, mean_and_std
from dsframework.preprocessing._columns import ColumnStep
from dsframework.preprocessing._power_family import likely_exponent, yeo_johnson

__all__ = ["Power"]


class Power(ColumnStep):
    """Yeo and Johnson's power with the most likely exponent of each column, then mean 0 and deviation 1, as scikit-learn's
    `PowerTransformer`.

    Attributes
    ----------
    learned_
        Exponent, and mean and scale after the power, shape (3, columns).
    """

    name = "power"

    def __init__(self, *, columns: Sequence[str] | None = None) -> None:
        super().__init__(columns=columns)

    def _statistics(self, x: Floats) -> Sequence[Floats]:
        exponents = np.array([likely_exponent(column, yeo_johnson) for column in x.T])
        mean, std = mean_and_std(_powers(x, exponents))
        return exponents, mean, np.where(std > 0, std, 1.0)

    def _apply(self, x: Floats, *statistics: Floats) -> Floats:
        exponents, mean, scale = statistics
        result: Floats = (_powers(x, exponents) - mean) / scale
        return result


def _powers(x: Floats, exponents: Floats) -> Floats:
    with np.errstate(over="ignore"):
        return np.stack([yeo_johnson(column, exponent) for column, exponent in zip(x.T, exponents, strict=True)], axis=1)
