"""Intraday averaging of the target."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np

from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._profile import Profile
from dsframework.preprocessing._scale import Carried, Scale
from dsframework.rows import Codes, Rows

__all__ = ["SlotProfileScale"]


class SlotProfileScale(Scale):
    """Divided by what is usual of the entity at the time of day that the target belongs to, or less that.

    That time is `rows.label_slot`, which knows of half days from the exchange's hours; the row's own time stands for it where there is
    none.

    Parameters
    ----------
    how
        ``divide`` or ``subtract``.
    days
        How many of the last full days of training are averaged.

    Attributes
    ----------
    profile_
        What is usual.
    """

    name = "slot_profile"

    def __init__(self, how: Literal["divide", "subtract"] = "divide", days: int = 20) -> None:
        self.how = how
        self.days = days

    def fit(self, y: Floats, rows: Rows | None) -> Self:
        """Learn the profile; raises `DataError` for daily data, and for negative averages to divide by."""
        assert rows is not None, "slot_profile needs the rows"
        self.profile_ = Profile(
            np.asarray(y, dtype=np.float64)[:, None],
            rows,
            _slot(rows),
            how=self.how,
            days=self.days,
            names=("the target",),
            field="target.transform.slot_profile",
        )
        return self

    def forward(self, y: Floats, rows: Rows | None) -> Floats:
        """Return the values on the profile's scale."""
        return self._on(y, rows, None)

    def inverse(self, z: Floats, rows: Rows | None) -> Floats:
        """Return the values."""
        usual = self._usual(rows, None)
        return z * usual if self.how == "divide" else z + usual

    def carry(self, values: Floats, rows: Rows, which: Carried) -> Floats:
        """Return a known value on the scale: the last one belongs to the row's own time of day, that of a season ago to the target's."""
        return self._on(values, rows, rows.slot if which == "now" else None)

    def _on(self, values: Floats, rows: Rows | None, slot: Codes | None) -> Floats:
        usual = self._usual(rows, slot)
        return values / usual if self.how == "divide" else values - usual

    def _usual(self, rows: Rows | None, slot: Codes | None) -> Floats:
        assert rows is not None, "slot_profile needs the rows"
        return self.profile_.at(rows, _slot(rows) if slot is None else slot)[:, 0]


def _slot(rows: Rows) -> Codes:
    return rows.slot if rows.label_slot is None else rows.label_slot
