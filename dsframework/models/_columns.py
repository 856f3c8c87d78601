"""What a boosting model is told of single columns: which are categories, and in which only a rise may raise the prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats
from dsframework.spec import not_available

__all__ = ["Columns"]

_MOST_VALUES = 250
"""More categories than this are none, and scikit-learn takes no more."""


@dataclass(frozen=True)
class Columns:
    """Categories and constraints by the position of their column.

    Attributes
    ----------
    categories
        The values of a column in the training rows, rising; they are numbered in that order.
    monotone
        1 where the prediction may only rise with the column, -1 where it may only fall, 0 elsewhere; None where there is no constraint.
    """

    categories: dict[int, Floats]
    monotone: tuple[int, ...] | None

    @classmethod
    def of(cls, params: Mapping[str, Any], x: Floats, names: Sequence[str] | None, model: str) -> Columns:
        """Look the columns up that the arguments name.

        Raises
        ------
        ModelError
            When there is no column of that name, or it has too many values for categories.
        """
        listed, signs = params.get("categorical") or (), params.get("monotone") or {}
        place = _places([*listed, *signs], names, model)
        categories = {place[name]: _values(x[:, place[name]], name, model) for name in listed}
        monotone = [0] * x.shape[1]
        for name, sign in signs.items():
            monotone[place[name]] = int(sign)
        return cls(categories, tuple(monotone) if signs else None)

    def encode(self, x: Floats) -> Floats:
        """Return the rows with numbered categories; a value that no training row had is missing."""
        if not self.categories:
            return x
        coded = np.array(x)
        for column, values in self.categories.items():
            given = x[:, column]
            number = np.minimum(np.searchsorted(values, given), len(values) - 1)
            coded[:, column] = np.where(values[number] == given, number, np.nan)
        return coded


def _places(wanted: Sequence[str], names: Sequence[str] | None, model: str) -> dict[str, int]:
    if wanted and names is None:
        raise ModelError("the names of the columns are not known here", field=f"models.{model}", mend="hand names= over to fit")
    known = {name: position for position, name in enumerate(names or ())}
    for name in wanted:
        if name not in known:
            raise ModelError(
                not_available(name, list(known)), field=f"models.{model}", value=name, mend="name a column that reaches the model"
            )
    return {name: known[name] for name in wanted}


def _values(column: Floats, name: str, model: str) -> Floats:
    values = np.unique(column[~np.isnan(column)])
    if len(values) > _MOST_VALUES:
        raise ModelError(
            f"{name!r} has {len(values)} different values, more than {_MOST_VALUES} categories",
            field=f"models.{model}.categorical",
            mend="leave it out, or make it coarser",
        )
    if len(values) == 0:
        raise ModelError(f"{name!r} has no value", field=f"models.{model}.categorical", mend="leave it out")
    return values
