"""The scale that the target is learned on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from dsframework.errors import DataError
from dsframework.preprocessing._base import Floats
from dsframework.rows import Rows
from dsframework.spec import not_available

__all__ = ["TargetTransform"]


def _same(y: Floats) -> Floats:
    return np.array(y, dtype=np.float64)


def _square(z: Floats) -> Floats:
    return np.square(np.maximum(z, 0.0))


@dataclass(frozen=True)
class _Scale:
    forward: Callable[[Floats], Floats]
    inverse: Callable[[Floats], Floats]
    refused: str
    outside: Callable[[Floats], Any]
    mend: str


_SCALES: dict[str, _Scale] = {
    "none": _Scale(_same, _same, "", lambda y: np.zeros(y.shape, dtype=bool), ""),
    "log": _Scale(np.log, np.exp, "<= 0", lambda y: y <= 0, "use log1p where zeros mean something, or none"),
    "log1p": _Scale(np.log1p, np.expm1, "<= -1", lambda y: y <= -1, "use none"),
    "sqrt": _Scale(np.sqrt, _square, "< 0", lambda y: y < 0, "use none"),
}


@dataclass(frozen=True)
class TargetTransform:
    """The target on the scale it is learned on, and predictions back in its own unit.

    Parameters
    ----------
    name
        ``none``, ``log``, ``log1p`` or ``sqrt``.

    Notes
    -----
    `inverse` undoes `forward` up to the last bits. A model may predict a negative square root, which no value has: it is taken as 0.
    """

    name: str = "none"

    @property
    def needs_now(self) -> bool:
        """Whether the rows must say the target's last known value."""
        return False

    def fit(self, y: Floats, rows: Rows | None = None) -> Self:
        """Learn from the training rows' target, shape (rows,); these scales learn nothing."""
        return self

    def forward(self, y: Floats, rows: Rows | None = None, *, field: str = "target.transform") -> Floats:
        """Return the target on the model's scale, shape (rows,).

        Raises
        ------
        DataError
            When a value has no place on that scale; the message counts them.

        Examples
        --------
        >>> TargetTransform("log1p").forward(np.array([0.0]))
        array([0.])
        """
        scale = self._scale()
        outside = scale.outside(np.asarray(y))
        if outside.any():
            first = int(np.flatnonzero(outside)[0])
            raise DataError(
                f"{self.name} is not defined for the {int(outside.sum())} of {len(y)} values that are {scale.refused} "
                f"(the first is {float(y[first]):g}, row {first})",
                field=field,
                mend=scale.mend,
            )
        return np.asarray(scale.forward(y), dtype=np.float64)

    def correct(self, fitted: Callable[[], Floats], z: Floats | None, rows: Rows | None = None) -> None:
        """Learn from the training rows' fitted values what `inverse` has to correct; nothing for these scales."""

    def inverse(self, z: Floats, rows: Rows | None = None, *, quantile: bool = False) -> Floats:
        """Return predictions in the target's unit, shape (rows,); one that is too large for a float becomes infinite."""
        with np.errstate(over="ignore"):
            return np.asarray(self._scale().inverse(z), dtype=np.float64)

    def _scale(self) -> _Scale:
        if self.name not in _SCALES:
            raise DataError(not_available(self.name, _SCALES), field="target.transform")
        return _SCALES[self.name]
