"""Fill missing values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np

from dsframework.errors import DataError
from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._columns import ColumnStep
from dsframework.preprocessing._last_known import LastKnown, filled_forward
from dsframework.preprocessing._quantiles import quantiles_of
from dsframework.rows import Rows

__all__ = ["Impute"]

_LIMIT = 5


class Impute(ColumnStep):
    """Fill the missing values of every column with a number of its training rows, a constant, or an earlier value of the entity.

    Parameters
    ----------
    strategy
        ``median``, ``mean``, ``constant``; ``forward_fill`` takes the entity's nearest value of at most `limit` rows before, which for a
        row to predict may lie in any earlier row that is there; ``last_known`` takes the entity's last value in training that is not
        later than the row. What neither finds is filled with the median.
    value
        What to fill in with the strategy ``constant``.
    limit
        How many rows back ``forward_fill`` looks; 5 by default.
    indicator
        Whether a column ``<name>_missing`` of 0 and 1 is added for every column that has gaps in training.
    by, columns
        See `ColumnStep`.

    Attributes
    ----------
    learned_
        What to fill in, shape (1, columns).
    names_out_
        The columns after it.
    """

    name = "impute"

    def __init__(
        self,
        strategy: Literal["median", "mean", "constant", "forward_fill", "last_known"] = "median",
        value: float = 0.0,
        *,
        limit: int | None = None,
        indicator: bool = False,
        by: Literal["entity"] | None = None,
        columns: Sequence[str] | None = None,
    ) -> None:
        super().__init__(by=by, columns=columns)
        self.strategy = strategy
        self.value = value
        self.limit = limit
        self.indicator = indicator

    @property
    def fills_nulls(self) -> bool:  # type: ignore[override]
        """Whether no NaN is left: not where it fills some columns only."""
        return self.columns is None

    @property
    def needs_rows(self) -> bool:
        """Whether it must know whose the rows are."""
        return self.by is not None or self.strategy in ("forward_fill", "last_known")

    @property
    def changes_columns(self) -> bool:
        """Whether it adds columns."""
        return self.indicator

    @property
    def history(self) -> int:
        """How many earlier rows of the entity a row depends on."""
        return (_LIMIT if self.limit is None else self.limit) if self.strategy == "forward_fill" else 0

    def fit(self, x: Floats, names: Sequence[str], *, rows: Rows | None = None) -> Self:
        """Learn what to fill in; raises `DataError` for a column without any value to learn from."""
        super().fit(x, names, rows=rows)
        part = self._part(x)
        if self.strategy == "last_known":
            assert rows is not None, "last_known needs the rows"
            self.last_ = LastKnown(part, rows)
        self.gaps_ = np.flatnonzero(np.isnan(part).any(axis=0)) if self.indicator else np.zeros(0, dtype=np.intp)
        self.names_out_ = (*names, *(f"{names[self.chosen_[place]]}_missing" for place in self.gaps_))
        return self

    def transform(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return the rows without missing values, and what was missing."""
        part = self._part(x)
        missing = np.isnan(part)
        earlier = part
        if self.strategy == "forward_fill":
            assert rows is not None, "forward_fill needs the rows"
            earlier = filled_forward(part, rows, self.history)
        elif self.strategy == "last_known":
            assert rows is not None, "last_known needs the rows"
            earlier = self.last_.fill(part, rows)
        result = np.array(x, dtype=np.float64)
        result[:, self.chosen_] = self._apply(earlier, *self._of(rows))
        return np.hstack([result, missing[:, self.gaps_].astype(np.float64)]) if self.indicator else result

    def _check(self, x: Floats, names: Sequence[str]) -> None:
        empty = np.flatnonzero(np.isnan(x).all(axis=0))
        if empty.size and self.strategy != "constant":
            more = f" (and {empty.size - 1} more)" if empty.size > 1 else ""
            number = "mean" if self.strategy == "mean" else "median"
            raise DataError(
                f"all {x.shape[0]} training rows of {names[empty[0]]!r}{more} are missing, so there is no {number} to fill in",
                field="preprocessing.impute",
                mend="remove the feature, or use strategy: constant",
            )

    def _statistics(self, x: Floats) -> Sequence[Floats]:
        if self.strategy == "constant":
            return (np.full(x.shape[1], self.value),)
        return (np.nanmean(x, axis=0) if self.strategy == "mean" else quantiles_of(x, (0.5,))[0],)

    def _apply(self, x: Floats, *statistics: Floats) -> Floats:
        (fill,) = statistics
        return np.where(np.isnan(x), fill, x)
