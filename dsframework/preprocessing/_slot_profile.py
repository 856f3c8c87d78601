"""Intraday averaging of features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np

from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._columns import chosen_columns
from dsframework.preprocessing._profile import Profile
from dsframework.rows import Rows

__all__ = ["SlotProfile"]


class SlotProfile:
    """Divide every value by what is usual of its entity at its time of day, or subtract it.

    Parameters
    ----------
    how
        ``divide`` or ``subtract``.
    days
        How many of the last full days of training are averaged.
    columns
        Names of columns, or patterns such as ``volume_*``; all by default.

    Attributes
    ----------
    chosen_
        Positions of the columns that are changed.
    profile_
        What is usual.
    """

    name = "slot_profile"
    fills_nulls = False
    needs_rows = True

    def __init__(self, how: Literal["divide", "subtract"] = "divide", days: int = 20, *, columns: Sequence[str] | None = None) -> None:
        self.how = how
        self.days = days
        self.columns = columns

    def fit(self, x: Floats, names: Sequence[str], *, rows: Rows) -> Self:
        """Learn the profile of every column; raises `DataError` for daily data, and for negative averages to divide by."""
        field = "preprocessing.slot_profile"
        self.chosen_ = chosen_columns(self.columns, names, field=f"{field}.columns")
        named = tuple(names[place] for place in self.chosen_)
        self.profile_ = Profile(x[:, self.chosen_], rows, rows.slot, how=self.how, days=self.days, names=named, field=field)
        return self

    def transform(self, x: Floats, *, rows: Rows) -> Floats:
        """Return the rows with the columns on the profile's scale; NaN stays."""
        usual = self.profile_.at(rows, rows.slot)
        part = x[:, self.chosen_]
        result = np.array(x, dtype=np.float64)
        result[:, self.chosen_] = part / usual if self.how == "divide" else part - usual
        return result
