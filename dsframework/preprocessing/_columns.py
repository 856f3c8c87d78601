"""What steps that change columns one by one have in common: which columns, and what is learned of all rows or of every entity apart."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal, Self

import numpy as np

from dsframework.errors import DataError
from dsframework.preprocessing._base import Floats
from dsframework.rows import Rows
from dsframework.spec import near_miss

__all__ = ["FEWEST", "ColumnStep", "Positions", "chosen_columns", "rows_by_entity"]

Positions = np.ndarray[Any, np.dtype[np.intp]]
FEWEST = 10
"""How many values of a column an entity needs for statistics of its own."""


def chosen_columns(columns: Sequence[str] | None, names: Sequence[str], *, field: str) -> Positions:
    """Return the positions of the columns that names or patterns mean, in the order of the columns; all for None.

    >>> chosen_columns(["v*", "b"], ["a", "b", "v_1", "v_2"], field="preprocessing.pca.columns").tolist()
    [1, 2, 3]

    Raises
    ------
    DataError
        When a name or a pattern means none of them.
    """
    if columns is None:
        return np.arange(len(names))
    for wanted in columns:
        if not any(_means(wanted, name) for name in names):
            close = near_miss(wanted, names)
            listed = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
            raise DataError(
                "no such column at this step", field=field, value=wanted, mend=f"did you mean {close}?" if close else f"there are {listed}"
            )
    return np.array([place for place, name in enumerate(names) if any(_means(wanted, name) for wanted in columns)], dtype=np.intp)


def _means(wanted: str, name: str) -> bool:
    return name == wanted or fnmatchcase(name, wanted)


def rows_by_entity(rows: Rows) -> Iterator[tuple[str, Positions]]:
    """Return every entity's name with the positions of its rows, rising, in the order of the names."""
    order = np.argsort(rows.entity, kind="stable")
    codes, first = np.unique(rows.entity[order], return_index=True)
    for code, positions in zip(codes, np.split(order, first[1:]), strict=True):
        yield rows.entities[int(code)], positions


class ColumnStep(ABC):
    """A step that changes columns one by one, by statistics of all training rows or of every entity's own.

    Parameters
    ----------
    by
        ``entity``: an entity that has at least `FEWEST` values of a column gets statistics of its own; every other one those of all rows.
    columns
        Names of columns, or patterns such as ``volume_*``; all by default.

    Attributes
    ----------
    chosen_
        Positions of the columns that are changed.
    learned_
        The statistics of all rows, shape (statistics, columns).
    own_
        The same by entity; empty without `by`.
    """

    name: str
    fills_nulls: bool = False

    def __init__(self, *, by: Literal["entity"] | None = None, columns: Sequence[str] | None = None) -> None:
        self.by = by
        self.columns = columns

    @property
    def needs_rows(self) -> bool:
        """Whether it must know whose the rows are."""
        return self.by is not None

    @property
    def field(self) -> str:
        """Where the step stands in the spec, for errors."""
        return f"preprocessing.{self.name}"

    def fit(self, x: Floats, names: Sequence[str], *, rows: Rows | None = None) -> Self:
        """Learn the statistics of the columns."""
        self.chosen_ = chosen_columns(self.columns, names, field=f"{self.field}.columns")
        part = self._part(x)
        self._check(part, [names[place] for place in self.chosen_])
        self.learned_ = np.stack(self._statistics(part))
        self.own_: dict[str, Floats] = {}
        if self.by is not None:
            assert rows is not None, "by: entity needs the rows"
            for entity, positions in rows_by_entity(rows):
                enough = (~np.isnan(part[positions])).sum(axis=0) >= FEWEST
                if enough.any():
                    own = np.array(self.learned_)
                    own[:, enough] = np.stack(self._statistics(part[positions][:, enough]))
                    self.own_[entity] = own
        return self

    def transform(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return the rows with the columns changed; NaN stays."""
        changed = self._apply(self._part(x), *self._of(rows))
        if len(self.chosen_) == x.shape[1]:
            return changed
        result = np.array(x, dtype=np.float64)
        result[:, self.chosen_] = changed
        return result

    def _part(self, x: Floats) -> Floats:
        return x if len(self.chosen_) == x.shape[1] else x[:, self.chosen_]

    def _of(self, rows: Rows | None) -> list[Floats]:
        """Every statistic, shape (columns,), or (rows, columns) where entities have their own."""
        if not self.own_:
            return list(self.learned_)
        assert rows is not None, "by: entity needs the rows"
        return [
            rows.by_entity({name: own[number] for name, own in self.own_.items()}, pooled) for number, pooled in enumerate(self.learned_)
        ]

    def _check(self, x: Floats, names: Sequence[str]) -> None:  # noqa: B027 (most have nothing to refuse)
        """Raise `DataError` for columns that can't be learned from."""

    @abstractmethod
    def _statistics(self, x: Floats) -> Sequence[Floats]:
        """Return what is learned of rows, each of shape (columns,); a column may have no value at all."""

    @abstractmethod
    def _apply(self, x: Floats, *statistics: Floats) -> Floats:
        """Return the columns changed, in a new array."""
