"""Scales that are learned from the training rows' target."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np

from dsframework.preprocessing._base import Floats, mean_and_std
from dsframework.preprocessing._columns import FEWEST, rows_by_entity
from dsframework.preprocessing._power_family import box_cox, box_cox_inverse, likely_exponent, yeo_johnson, yeo_johnson_inverse
from dsframework.preprocessing._scale import Mask, Scale
from dsframework.rows import Rows

__all__ = ["Power", "Standard", "VolatilityScale"]

_LOGARITHM, _SQUARE = 0.0, 2.0


class Power(Scale):
    """The most likely power between a logarithm (0) and a square (2).

    Within these bounds every prediction has a way back; a prediction below what Box and Cox's power of 0 gives is taken as 0. Their
    values are divided by the geometric mean first, which changes nothing but the rounding: `inverse` is right to a relative 1e-9 for
    values within a factor of 1,000 of it.

    Parameters
    ----------
    method
        ``yeo_johnson`` or ``box_cox``.

    Attributes
    ----------
    exponent_
        The most likely one.
    unit_
        What values are divided by first.
    """

    name = "power"
    bends = True
    allowed = "<= 0"
    mend = "use method: yeo_johnson"

    def __init__(self, method: Literal["yeo_johnson", "box_cox"] = "yeo_johnson") -> None:
        self.method = method

    def outside(self, y: Floats) -> Mask:
        """Tell which values the power is not defined for."""
        return np.asarray(y <= 0) if self.method == "box_cox" else np.zeros(y.shape, dtype=bool)

    def fit(self, y: Floats, rows: Rows | None) -> Self:
        """Learn the exponent."""
        boxed = self.method == "box_cox"
        self.unit_ = float(np.exp(np.log(y).mean())) if boxed else 1.0
        self.exponent_ = likely_exponent(y / self.unit_, box_cox if boxed else yeo_johnson, within=(_LOGARITHM, _SQUARE))
        return self

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return the powers."""
        values = np.asarray(y, dtype=np.float64) / self.unit_
        return box_cox(values, self.exponent_) if self.method == "box_cox" else yeo_johnson(values, self.exponent_)

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return the values."""
        z = np.asarray(z, dtype=np.float64)
        if self.method == "yeo_johnson":
            return yeo_johnson_inverse(z, self.exponent_) * self.unit_
        lowest = -1.0 / self.exponent_ if self.exponent_ > 0 else -np.inf
        values = box_cox_inverse(np.maximum(z, lowest), self.exponent_) * self.unit_
        return np.where(z <= lowest, 0.0, values)


class Standard(Scale):
    """Mean 0 and population deviation 1 over the training rows.

    Parameters
    ----------
    by
        ``entity``: an entity with at least ten training rows has a mean and a deviation of its own.

    Attributes
    ----------
    all_
        Mean and deviation of all rows; the deviation of a constant target is 1.
    own_
        The same by entity.
    """

    name = "standard"

    def __init__(self, by: Literal["entity"] | None = None) -> None:
        self.by = by

    def fit(self, y: Floats, rows: Rows | None) -> Self:
        """Learn mean and deviation."""
        self.all_ = _mean_and_scale(y)
        self.own_: dict[str, Floats] = {}
        if self.by is not None:
            assert rows is not None, "by: entity needs the rows"
            own = ((name, y[positions]) for name, positions in rows_by_entity(rows))
            self.own_ = {name: _mean_and_scale(values) for name, values in own if len(values) >= FEWEST}
        return self

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return the standardised values."""
        mean, scale = self._of(rows)
        result: Floats = (y - mean) / scale
        return result

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return the values."""
        mean, scale = self._of(rows)
        result: Floats = z * scale + mean
        return result

    def _of(self, rows: Rows | None) -> Floats:
        if not self.own_:
            return self.all_
        assert rows is not None, "by: entity needs the rows"
        return rows.by_entity(self.own_, self.all_).T


class VolatilityScale(Scale):
    """Divided by the deviation of the entity's last labels in training; one that is unknown or constant gets the median of all entities.

    Parameters
    ----------
    rows
        How many of the entity's last labels.

    Attributes
    ----------
    usual_
        The median of the entities' deviations.
    own_
        The deviation by entity.
    """

    name = "volatility_scale"

    def __init__(self, rows: int = 250) -> None:
        self.rows = rows

    def fit(self, y: Floats, rows: Rows | None) -> Self:
        """Learn the deviations."""
        assert rows is not None, "volatility_scale needs the rows"
        found = {
            name: float(_mean_and_scale(y[places[-self.rows :]], 0.0)[1]) for name, places in rows_by_entity(rows) if len(places) >= FEWEST
        }
        self.own_ = {name: deviation for name, deviation in found.items() if deviation > 0}
        self.usual_ = float(np.median(list(self.own_.values()))) if self.own_ else float(_mean_and_scale(y)[1])
        return self

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return the values in deviations of the entity."""
        assert rows is not None, "volatility_scale needs the rows"
        result: Floats = y / rows.by_entity(self.own_, self.usual_)
        return result

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return the values."""
        assert rows is not None, "volatility_scale needs the rows"
        result: Floats = z * rows.by_entity(self.own_, self.usual_)
        return result


def _mean_and_scale(y: Floats, constant: float = 1.0) -> Floats:
    mean, std = mean_and_std(np.asarray(y, dtype=np.float64)[:, None])
    return np.array([mean[0], std[0] if std[0] > 0 else constant])
