"""What the target has been at the same key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
import polars as pl

from dsframework.errors import DataError
from dsframework.preprocessing._as_of import AsOf, Groups
from dsframework.preprocessing._base import Floats
from dsframework.rows import Rows
from dsframework.spec import not_available

__all__ = ["TargetEncode"]

_FIELD = "preprocessing.target_encode.columns"
_MOST_VALUES = 1000


class TargetEncode:
    """Add a column ``<key>_target`` for every key: the smoothed average of the labels of rows with the same key.

    An encoding is as of the row's own time: it averages those training labels that are known by then, and no other. So a training row
    never sees its own label or a later one, a row that is predicted after training sees all of them, and nothing tells the two kinds
    apart (ordered target statistics of Prokhorenkova et al., 2018, with time for the order).

    Parameters
    ----------
    columns
        Keys: ``entity``, ``slot``, ``day_of_week``, ``month``, or a feature with few values; a list of several is their combination.
    smoothing
        How many rows the average of all known labels counts for beside those of the key.
    form
        ``mean``: that average, NaN where no label is known yet. ``effect``: the same less the average of all known labels, so that a key
        of which nothing is known has 0.

    Attributes
    ----------
    tables_
        Sums and counts of the labels of every key over time.
    all_
        The same of all rows.
    names_out_
        The columns after it.
    """

    name = "target_encode"
    fills_nulls = False
    needs_rows = True
    needs_target = True
    changes_columns = True

    def __init__(
        self, columns: Sequence[str | Sequence[str]], *, smoothing: float = 20.0, form: Literal["effect", "mean"] = "effect"
    ) -> None:
        self.columns = columns
        self.smoothing = smoothing
        self.form = form

    @property
    def makes_nulls(self) -> bool:
        """Whether the first rows have no encoding."""
        return self.form == "mean"

    def fit(self, x: Floats, names: Sequence[str], *, y: Floats, rows: Rows) -> Self:
        """Learn the labels of every key over time; raises `DataError` for a key that is not there, or says nothing."""
        assert rows.label_time is not None, "target_encode needs the labels' times"
        self.keys_ = [_Key(key, x, names, rows) for key in self.columns]
        self.all_ = _Known(np.zeros(len(rows), dtype=np.int64), rows.label_time, y)
        self.tables_ = [_Known(key.group(x, rows), rows.label_time, y) for key in self.keys_]
        self.names_out_ = (*names, *(f"{key.name}_target" for key in self.keys_))
        return self

    def transform(self, x: Floats, *, rows: Rows) -> Floats:
        """Return the rows with the encodings behind them."""
        total, number = self.all_.as_of(np.zeros(len(rows), dtype=np.int64), rows)
        usual = np.where(number > 0, total / np.maximum(number, 1), np.nan)
        added = [self._encoding(key.group(x, rows), table, usual, rows) for key, table in zip(self.keys_, self.tables_, strict=True)]
        return np.column_stack([x, *added])

    def _encoding(self, group: Groups, table: _Known, usual: Floats, rows: Rows) -> Floats:
        total, number = table.as_of(group, rows)
        weight = number + self.smoothing
        effect = np.where(weight > 0, (total - number * usual) / np.where(weight > 0, weight, 1.0), 0.0)
        return np.where(np.isnan(usual), 0.0, effect) if self.form == "effect" else usual + effect


class _Known:
    """Running sums of labels by group, in the order in which they become known."""

    def __init__(self, group: Groups, label_time: Any, y: Floats) -> None:
        self.table = AsOf(group, label_time)
        ordered = pl.DataFrame({"group": group[self.table.order], "y": y[self.table.order]})
        running = ordered.select(pl.col("y").cum_sum().over("group"), pl.int_range(1, pl.len() + 1).over("group").alias("n"))
        self.sums, self.counts = running["y"].to_numpy(), running["n"].cast(pl.Float64).to_numpy()

    def as_of(self, group: Groups, rows: Rows) -> tuple[Floats, Floats]:
        """Sum and number of the group's labels that are known at each row's time."""
        if not len(self.sums):
            return np.zeros(len(rows)), np.zeros(len(rows))
        found = self.table.last(group, rows.time)
        return np.where(found >= 0, self.sums[found], 0.0), np.where(found >= 0, self.counts[found], 0.0)


class _Key:
    """One key: from rows to numbered groups, -1 for one that was not there in training."""

    def __init__(self, key: str | Sequence[str], x: Floats, names: Sequence[str], rows: Rows) -> None:
        self.parts = [key] if isinstance(key, str) else list(key)
        self.name = "_".join(self.parts)
        self.place = [_place(part, names) for part in self.parts]
        self.values = [_values_of(part, place, x, rows) for part, place in zip(self.parts, self.place, strict=True)]

    def group(self, x: Floats, rows: Rows) -> Groups:
        """The number of every row's group."""
        result = np.zeros(len(rows), dtype=np.int64)
        for part, place, known in zip(self.parts, self.place, self.values, strict=True):
            number = _numbered(part, place, known, x, rows)
            result = np.where((result < 0) | (number < 0), -1, result * (len(known) + 1) + number)
        return result


_FROM_ROWS = ("entity", "slot", "day_of_week", "month")


def _place(part: str, names: Sequence[str]) -> int | None:
    """Where the column stands; None for what the rows themselves say."""
    if part in _FROM_ROWS:
        return None
    if part not in names:
        raise DataError(not_available(part, [*_FROM_ROWS, *names]), field=_FIELD)
    return list(names).index(part)


def _of_rows(part: str, rows: Rows) -> Any:
    if part == "slot":
        return rows.slot
    if part == "day_of_week":
        return (rows.day + 3) % 7
    return rows.day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64) % 12 + 1


def _values_of(part: str, place: int | None, x: Floats, rows: Rows) -> Any:
    """The different values in training, sorted; the names of the entities."""
    if part == "entity":
        found: Any = tuple(rows.entities[code] for code in np.unique(rows.entity))
    else:
        found = np.unique(_of_rows(part, rows) if place is None else x[:, place][~np.isnan(x[:, place])])
    if len(found) < 2:
        raise DataError(f"all training rows have the same {part}, so it says nothing of the target", field=_FIELD, mend=f"remove {part}")
    if place is not None and len(found) > min(_MOST_VALUES, max(len(x) // 2, 2)):
        raise DataError(
            f"{part!r} has {len(found)} different values in {len(x)} training rows", field=_FIELD, mend="use a feature with few values"
        )
    return found


def _numbered(part: str, place: int | None, known: Any, x: Floats, rows: Rows) -> Groups:
    if part == "entity":
        numbers = {name: number for number, name in enumerate(known)}
        of_entity = np.array([numbers.get(name, -1) for name in rows.entities], dtype=np.int64)
        return of_entity[rows.entity]
    values = _of_rows(part, rows) if place is None else x[:, place]
    number = np.minimum(np.searchsorted(known, values), len(known) - 1)
    missing = np.isnan(values) if place is not None else np.zeros(len(values), dtype=bool)
    return np.where(missing, len(known), np.where(known[number] == values, number, -1))
