"""Scales that learn nothing."""

from __future__ import annotations

import numpy as np

from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._scale import Mask, Scale
from dsframework.rows import Rows

__all__ = ["Log", "Log1p", "Same", "Sqrt"]


class Same(Scale):
    """The target as it is."""

    name = "none"

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return a copy."""
        return np.array(y, dtype=np.float64)

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return a copy."""
        return np.array(z, dtype=np.float64)


class Log(Scale):
    """The natural logarithm."""

    name = "log"
    bends = True
    allowed = "<= 0"
    mend = "use log1p where zeros mean something, or none"

    def outside(self, y: Floats) -> Mask:
        """Tell which values have no logarithm."""
        return np.asarray(y <= 0)

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return the logarithms."""
        return np.log(y)

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return the powers of e."""
        return np.exp(z)


class Log1p(Scale):
    """The logarithm of 1 + value."""

    name = "log1p"
    bends = True
    allowed = "<= -1"
    mend = "use none"

    def outside(self, y: Floats) -> Mask:
        """Tell which values have no logarithm."""
        return np.asarray(y <= -1)

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return the logarithms."""
        return np.log1p(y)

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return the powers of e, less 1."""
        return np.expm1(z)


class Sqrt(Scale):
    """The square root; a prediction below 0, which is no square root, is taken as 0."""

    name = "sqrt"
    bends = True
    allowed = "< 0"
    mend = "use none"

    def outside(self, y: Floats) -> Mask:
        """Tell which values have no square root."""
        return np.asarray(y < 0)

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return the square roots."""
        return np.sqrt(y)

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return the squares."""
        return np.square(np.maximum(z, 0.0))
