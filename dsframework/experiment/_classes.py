"""The classes that a column names, as numbers."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dsframework.data import Panel
from dsframework.errors import DataError
from dsframework.spec import TargetSpec

__all__ = ["with_codes"]

_MOST = 100


def with_codes(panel: Panel, target: TargetSpec) -> tuple[Panel, tuple[str, ...]]:
    """Return the panel with the classes of the target's column as the codes 0, 1, ..., and their names in that order.

    Whole numbers are in their own order, texts in that of the alphabet; false comes before true.

    Raises
    ------
    DataError
        When the column holds numbers that are not whole, one class only, or too many.
    """
    column, values = target.column, panel.frame[target.column]
    if values.dtype.is_float():
        broken = values.filter(values.is_not_null() & (values != values.round()))
        if len(broken):
            text = f"{len(broken)} of {len(values)} values of {column!r} are no whole numbers, the first is {broken[0]:g}"
            raise DataError(text, field="target.column", value=column, mend="use task: regression, or a column with classes")
        values = values.cast(pl.Int64)
    elif not (values.dtype.is_integer() or values.dtype == pl.Boolean):
        values = values.cast(pl.String)
    classes = values.drop_nulls().unique().sort()
    if not 2 <= len(classes) <= _MOST:
        found = f"{len(classes)} different values" if len(classes) != 1 else f"one value only, {classes[0]!r}"
        text = f"{column!r} has {found}, and a classification is for 2 to {_MOST} classes"
        raise DataError(text, field="target.column", value=column, mend="use another column, or task: regression")
    codes = pl.Series(range(len(classes)), dtype=pl.Float64)
    frame = panel.frame.with_columns(values.replace_strict(classes, codes, default=None, return_dtype=pl.Float64).alias(column))
    return replace(panel, frame=frame), tuple(_name(value) for value in classes.to_list())


def _name(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
