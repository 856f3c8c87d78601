"""Drop columns that say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from dsframework.errors import DataError
from dsframework.preprocessing._base import Floats, mean_and_std
from dsframework.preprocessing._columns import chosen_columns

__all__ = ["DropConstant"]


class DropConstant:
    """Drop the columns that have one value only in the training rows, or none.

    One that has a single value and gaps stays, as the gaps may say something.

    Parameters
    ----------
    columns
        Which ones may be dropped: names, or patterns such as ``is_*``; all by default.

    Attributes
    ----------
    kept_
        Positions of the columns that stay.
    names_out_
        Their names.
    """

    name = "drop_constant"
    fills_nulls = False
    changes_columns = True

    def __init__(self, *, columns: Sequence[str] | None = None) -> None:
        self.columns = columns

    def fit(self, x: Floats, names: Sequence[str]) -> Self:
        """Find the constant columns; raises `DataError` when all of them are."""
        chosen = chosen_columns(self.columns, names, field="preprocessing.drop_constant.columns")
        _, std = mean_and_std(x[:, chosen])
        gaps = np.isnan(x[:, chosen]).any(axis=0) & ~np.isnan(x[:, chosen]).all(axis=0)
        self.kept_ = np.setdiff1d(np.arange(len(names)), chosen[(std == 0) & ~gaps])
        if not self.kept_.size:
            raise DataError(
                f"all {len(names)} columns are constant in the {len(x)} training rows",
                field="preprocessing.drop_constant",
                mend="use other features",
            )
        self.names_out_ = tuple(names[place] for place in self.kept_)
        return self

    def transform(self, x: Floats) -> Floats:
        """Return the columns that stay."""
        return np.array(x[:, self.kept_], dtype=np.float64)
