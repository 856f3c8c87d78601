"""The scale that the target is learned on, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Self

import numpy as np

from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._registry import scales
from dsframework.preprocessing._scale import Scale, refuse
from dsframework.preprocessing._smearing import HeldOut, Smearing
from dsframework.rows import Rows
from dsframework.spec import Component, TargetScale

__all__ = ["TargetTransform"]


class TargetTransform:
    """The target on the scale it is learned on, and predictions back in its own unit.

    Parameters
    ----------
    transform
        As in the spec's ``target.transform``: a name, a `Component`, or several applied in order; or a `TargetScale`.

    Attributes
    ----------
    scales
        The transforms in order.
    estimate
        ``median``, or ``mean``, for which `correct` learns what `inverse` adds.

    Notes
    -----
    `inverse` undoes `forward` up to rounding. A model may predict what no value has on the scale, such as a negative square root: see the
    transforms for what is made of it.
    """

    def __init__(self, transform: str | Component | TargetScale | Sequence[str | Component] = "none") -> None:
        scale = transform if isinstance(transform, TargetScale) else None
        parts: Any = scale.transforms if scale is not None else [transform] if isinstance(transform, str | Component) else transform
        self.estimate = "median" if scale is None else scale.estimate
        self.scales: tuple[Scale, ...] = tuple(_scale(part) for part in parts) or (_scale("none"),)
        self._smearing: Smearing | None = None

    @property
    def needs_now(self) -> bool:
        """Whether the rows must say the target's last known value, `Rows.now`."""
        return any(getattr(scale, "needs_now", False) for scale in self.scales)

    @property
    def needs_season(self) -> bool:
        """Whether the rows must say the target's value a season before, `Rows.season`."""
        return any(getattr(scale, "needs_season", False) for scale in self.scales)

    @property
    def bends(self) -> bool:
        """Whether the mean on the scale is not the mean in the target's unit."""
        return any(getattr(scale, "bends", True) for scale in self.scales)

    def fit(self, y: Floats, rows: Rows | None = None) -> Self:
        """Learn from the training rows' target, shape (rows,); each transform from what the ones before it give."""
        self._smearing = None
        y = np.asarray(y, dtype=np.float64)
        for scale in self.scales:
            _refuse_outside(scale, y, "target.transform")
            scale.fit(y, rows)
            y, rows = scale.forward(y, rows), self._carried(scale, rows)
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
        y = np.asarray(y, dtype=np.float64)
        for scale in self.scales:
            _refuse_outside(scale, y, field)
            y, rows = np.asarray(scale.forward(y, rows), dtype=np.float64), self._carried(scale, rows)
        return y

    def inverse(self, z: Floats, rows: Rows | None = None, *, quantile: bool = False) -> Floats:
        """Return predictions in the target's unit, shape (rows,); one that is too large for a float becomes infinite.

        Parameters
        ----------
        z
            On the model's scale, shape (rows,).
        rows
            Whose and when they are.
        quantile
            Whether these are quantiles, which a scale does not bend: they are not corrected.
        """
        known = [rows]
        for scale in self.scales[:-1]:
            known.append(self._carried(scale, known[-1]))

        def plain(values: Floats) -> Floats:
            for scale, where in zip(reversed(self.scales), reversed(known), strict=True):
                values = np.asarray(scale.inverse(values, where), dtype=np.float64)
            return values

        z = np.asarray(z, dtype=np.float64)
        with np.errstate(over="ignore"):
            return plain(z) if quantile or self._smearing is None else self._smearing.mean(plain, z, rows)

    def carried(self, rows: Rows) -> Rows:
        """Return the rows with the target's last known value on the model's scale; NaN where it has no place there."""
        now = rows.now
        if now is None:
            return rows
        for scale in self.scales:
            now = np.asarray(scale.carry(now, rows, "now"), dtype=np.float64)
        return rows.with_now(now)

    @property
    def corrects(self) -> bool:
        """Whether `correct` learns anything."""
        return self.estimate == "mean" and self.bends

    def correct(
        self,
        fitted: Callable[[], Floats],
        z: Floats | None,
        rows: Rows | None = None,
        *,
        held_out: Callable[[], HeldOut | None] | None = None,
    ) -> None:
        """Learn from the model's errors what `inverse` has to add for a mean; nothing where `corrects` is False.

        A flexible model's errors on the rows it has learned from are too small, and so would be the correction. `held_out` gives
        predictions of rows that a model of the same kind has not learned from; the training rows themselves stand for them where it gives
        None or too few.

        Parameters
        ----------
        fitted
            Gives the model's predictions of the training rows, on its scale.
        z
            The training rows' target on that scale.
        rows
            Whose and when the training rows are.
        held_out
            Gives predictions of rows that were held out, on the same scale.
        """
        if not self.corrects or z is None:
            return
        found = held_out() if held_out is not None else None
        if found is None or not found.enough:
            found = HeldOut(fitted(), z, rows)
        self._smearing = Smearing().fit(found)

    def _carried(self, scale: Scale, rows: Rows | None) -> Rows | None:
        """The rows with their known values on the scale that comes after `scale`."""
        if rows is None or not (self.needs_now or self.needs_season):
            return rows
        now = None if rows.now is None or not self.needs_now else scale.carry(rows.now, rows, "now")
        season = None if rows.season is None or not self.needs_season else scale.carry(rows.season, rows, "season")
        return replace(rows, now=now, season=season)


def _scale(part: str | Component) -> Scale:
    name, arguments = (part, {}) if isinstance(part, str) else (part.name, dict(part.arguments))
    return scales.get(name)(**arguments)


def _refuse_outside(scale: Scale, y: Floats, field: str) -> None:
    wrong = getattr(scale, "outside", None)
    if wrong is not None:
        allowed = getattr(scale, "allowed", "outside")
        mend = getattr(scale, "mend", "use none")
        refuse(f"{scale.name} is not defined for {{count}} that are {allowed}", np.asarray(wrong(y)), y, field=field, mend=mend)
