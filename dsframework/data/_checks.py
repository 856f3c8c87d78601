"""Checks of rows and columns, each an error of one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from dsframework.data._mistakes import ColumnError, RowError
from dsframework.errors import DataError
from dsframework.spec import DataSpec, near_miss

if TYPE_CHECKING:
    from dsframework.data._panel import Panel

__all__ = ["check_columns", "check_duplicates", "choose_columns", "find_column", "in_time_order", "key_like_column"]

_LISTED = 12
_MOST_COLUMNS = 5000
"""Most columns that are read where none are named: each costs time and memory in every stage, asked for or not."""
_COMMA = re.compile(r"^[-+]?\d[\d.]*(,\d+)+(\.\d+)?$")


def find_column(name: str, known: Sequence[str], *, field: str) -> None:
    """Raise `DataError` when there is no such column."""
    if name in known:
        return
    lower = {other.lower(): other for other in known}
    close = lower.get(name.lower()) or near_miss(name, known)
    listed = ", ".join(known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
    raise ColumnError("no such column", field=field, value=name, mend=f"did you mean {close}?" if close else f"there are {listed}")


def choose_columns(header: Sequence[str], data: DataSpec) -> list[str]:
    """Return the columns to read: time, entity and those that are asked for, or all.

    Raises
    ------
    DataError
        When one of them is missing, or when there are thousands and none is asked for.
    """
    find_column(data.time, header, field="data.time")
    if data.entity is not None:
        find_column(data.entity, header, field="data.entity")
    for name in data.columns or ():
        find_column(name, header, field="data.columns")
    if data.columns is None:
        if len(header) > _MOST_COLUMNS:
            text = f"there are {len(header)} columns, more than {_MOST_COLUMNS} are not read without being asked for"
            raise DataError(text, field="data.columns", value=getattr(data, "path", None), mend="name those that are used")
        return list(header)
    return list(dict.fromkeys([data.time, *([data.entity] if data.entity else []), *data.columns]))


def check_columns(panel: Panel, columns: Iterable[str], *, field: str = "data.columns") -> None:
    """Check that columns can be calculated with.

    Parameters
    ----------
    panel
        The rows.
    columns
        Names of columns.
    field
        What in the spec names them.

    Raises
    ------
    DataError
        When a column is missing, is not numeric, has no value at all, or has an infinite one.
    """
    known = [name for name in panel.frame.columns if name not in (panel.time, panel.entity)]
    for name in columns:
        find_column(name, known, field=field)
        values = panel.frame[name]
        if values.null_count() == len(values):
            raise DataError(f"every value of {name!r} is missing", field=field, value=name, mend="use another column")
        if not values.dtype.is_numeric() and values.dtype != pl.Boolean:
            text, mend = _not_numeric(name, panel)
            raise DataError(text, field=field, value=name, mend=mend)
        if values.dtype.is_float() and values.is_infinite().any():
            rows = panel.frame.filter(pl.col(name).is_infinite())
            text = f"{rows.height} values of {name!r} are infinite (first at {panel.place(rows)})"
            raise DataError(text, field=field, value=name, mend="remove them or leave them empty")


def _not_numeric(name: str, panel: Panel) -> tuple[str, str]:
    """What is wrong with a column that is not numeric, and the mend; the example is the first value that is no number."""
    values = panel.frame[name]
    known = values.is_not_null()
    if values.dtype != pl.String:
        return f"{name!r} is not numeric but {values.dtype}, such as {values.filter(known)[0]!r}", "use a numeric one"
    wrong = known & values.str.strip_chars().cast(pl.Float64, strict=False).is_null()
    culprits, values = values.filter(wrong), values.filter(known)
    if not len(culprits):
        return f"{name!r} holds numbers as texts, such as {values[0]!r}", "store the column as numbers"
    text = f"{len(culprits)} of {len(values)} values of {name!r} are texts and not numbers, the first is {culprits[0]!r}"
    text += f" at {panel.place(panel.frame.filter(wrong))}"
    if _COMMA.match(culprits[0].strip()):
        return text, "write numbers as 1234.5: with a point, and without commas, or set data.decimal"
    if len(culprits) == len(values) and any(sign.isdigit() for sign in culprits[0]):
        return text, "write plain numbers such as 1234.5, or use another column"
    return text, "use a numeric column, or mend the values" if len(culprits) < len(values) else "use a numeric column"


def check_duplicates(frame: pl.DataFrame, keys: Sequence[str], given: pl.DataFrame | None = None) -> None:
    """Raise `RowError` when keys (the time, then the entity) occur twice in a frame that is sorted by them.

    `given` has the rows in the order in which they were read, if that is another one.
    """
    repeated = pl.all_horizontal(pl.col(key) == pl.col(key).shift(1) for key in keys)
    twice = frame.lazy().filter(repeated).select(keys).collect()
    surplus = twice.height
    if not surplus:
        return
    first = twice.row(0)
    where = ", ".join(f"{key}={value}" for key, value in zip(keys, first, strict=True))
    read = (frame if given is None else given).select(keys).with_row_index("__row")
    rows = read.join(twice.head(1), on=keys, how="semi")["__row"].sort()[:2].to_list()
    found = None if len(keys) > 1 else key_like_column(frame, keys[0])
    mend = f"set data.entity: {found}" if found else "keep one row each, or set data.checks.duplicates"
    text = f"{surplus} rows repeat a time of their series, the first at {where}"
    raise RowError(text, rows=rows, field="data.time", value=keys[0], mend=mend)


def key_like_column(frame: pl.DataFrame, time: str) -> str | None:
    """Return the text column that makes the times unique, if there is one: it probably tells the entities apart."""
    for name, dtype in frame.schema.items():
        if name == time or dtype not in (pl.String, pl.Categorical, pl.Enum):
            continue
        if frame[name].null_count() == 0 and frame.select(pl.struct(time, name).n_unique()).item() == frame.height:
            return name
    return None


def in_time_order(frame: pl.DataFrame, time: str, entity: str | None) -> bool:
    """Tell whether the times of every series never fall, whichever way the series are interleaved."""
    if frame[time].is_sorted():
        return True
    if entity is None:
        return False
    steps = pl.col(time) >= pl.col(time).shift(1)
    return bool(frame.select(steps.over(entity).fill_null(value=True).all()).item())
