"""The contract of a scale that a target is learned on.

The constructor takes the arguments by name and only stores them. `fit` learns from the training rows of one fold and returns `self`; what
it learned has names that end in ``_``. `forward` gives the target on the scale and `inverse` brings it back: up to rounding they undo each
other. Both work row by row, return new arrays and never change what they are given. Scales are deterministic and can be pickled. What is
learned of an entity is kept under its name, and an entity that was not there in training gets what was learned of all.

``needs_now = True`` asks for `rows.now`, the target's last known value, and ``needs_season = True`` for `rows.season`; both on the scale
that the transforms before this one give. ``bends = True`` says that the mean on the scale is not the mean of the values. `carry` puts a
value of another time on the scale, for the transforms after this one.
"""

from __future__ import annotations

from typing import Any, Literal, Self

import numpy as np

from dsframework.errors import DataError
from dsframework.preprocessing._base import Floats
from dsframework.rows import Rows

__all__ = ["Carried", "Scale", "refuse"]

Carried = Literal["now", "season"]
Mask = np.ndarray[Any, np.dtype[np.bool_]]


class Scale:
    """See the module's text; a scale that learns nothing has `forward` and `inverse` of its own only."""

    name: str
    needs_now: bool = False
    needs_season: bool = False
    bends: bool = False

    def fit(self, y: Floats, rows: Rows | None) -> Self:
        """Learn from the training rows' target, shape (rows,)."""
        return self

    def outside(self, y: Floats) -> Mask:
        """Tell which values have no place on the scale, shape (rows,)."""
        return np.zeros(y.shape, dtype=bool)

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return values on the scale, shape (rows,)."""
        raise NotImplementedError

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return what `forward` was given, shape (rows,)."""
        raise NotImplementedError

    def carry(self, values: Floats, rows: Rows, which: Carried) -> Floats:
        """Return a known value of the target on this scale, shape (rows,); NaN where it has no place there."""
        usable = ~(np.isnan(values) | self.outside(values))
        return np.where(usable, self.forward(np.where(usable, values, 1.0), rows), np.nan)


def refuse(text: str, wrong: Mask, y: Floats, *, field: str, mend: str) -> None:
    """Raise `DataError` that counts the wrong values and shows the first.

    Parameters
    ----------
    text
        With ``{count}`` and ``{of}`` in it.
    """
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        said = text.format(count=f"the {int(wrong.sum())} of {len(y)} values")
        raise DataError(f"{said} (the first is {float(y[first]):g}, row {first})", field=field, mend=mend)
