"""Scales that measure from a value that is known when the prediction is made."""

from __future__ import annotations

import numpy as np

from dsframework.errors import DataError
from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._scale import Carried, Mask, Scale
from dsframework.rows import Rows

__all__ = ["Difference", "LogRatio", "Ratio", "SeasonalDifference"]


class _Measured(Scale):
    def carry(self, values: Floats, rows: Rows, which: Carried) -> Floats:
        """Return no value: on a measured scale none is known, and no transform after it may ask for one."""
        return np.full(len(rows), np.nan)


class Difference(_Measured):
    """The target less its last known value."""

    name = "difference"
    needs_now = True

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return the changes."""
        result: Floats = y - _known(self.name, rows.now if rows else None)
        return result

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return the values."""
        result: Floats = z + _known(self.name, rows.now if rows else None)
        return result


class Ratio(_Measured):
    """The target over its last known value, which is positive."""

    name = "ratio"
    needs_now = True

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return the ratios."""
        result: Floats = y / _known(self.name, rows.now if rows else None, positive=True)
        return result

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return the values."""
        result: Floats = z * _known(self.name, rows.now if rows else None, positive=True)
        return result


class LogRatio(_Measured):
    """The logarithm of the target over its last known value, both of which are positive."""

    name = "log_ratio"
    needs_now = True
    bends = True
    allowed = "<= 0"
    mend = "use difference"

    def outside(self, y: Floats) -> Mask:
        """Tell which values have no logarithm."""
        return np.asarray(y <= 0)

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return the logarithms of the ratios."""
        return np.log(y) - np.log(_known(self.name, rows.now if rows else None, positive=True))

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return the values."""
        return np.exp(z + np.log(_known(self.name, rows.now if rows else None, positive=True)))


class SeasonalDifference(_Measured):
    """The target less its value whole seasons before, the last one that is known.

    Parameters
    ----------
    season
        How many rows a season has; `rows.season` is measured with it.
    """

    name = "seasonal_difference"
    needs_season = True

    def __init__(self, season: int | None = None) -> None:
        self.season = season

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return the changes."""
        result: Floats = y - _known(self.name, rows.season if rows else None)
        return result

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return the values."""
        result: Floats = z + _known(self.name, rows.season if rows else None)
        return result


def _known(name: str, values: Floats | None, *, positive: bool = False) -> Floats:
    assert values is not None, f"{name} needs the known values"
    missing = int(np.isnan(values).sum())
    if missing:
        raise DataError(
            f"{name} measures from a known value of the target, which {missing} of {len(values)} rows lack",
            field="target.transform",
            mend="hand over more history, or use another transform",
        )
    if positive and (values <= 0).any():
        raise DataError(
            f"{name} measures from the target's last known value, which is <= 0 in {int((values <= 0).sum())} of {len(values)} rows",
            field="target.transform",
            mend="use difference",
        )
    return values
