"""The feature ``sql``: expressions that are read by polars, and allowed by what they are made of."""

from __future__ import annotations

from functools import partial
from typing import Literal

import numpy as np
import polars as pl

from dsframework.errors import FeatureError, one_line
from dsframework.features._base import FeatureColumn, Floats
from dsframework.features._engine import Column, run_program
from dsframework.features._operations import Program
from dsframework.features._orders import Order
from dsframework.features._sql_nodes import Query, Window, read_query
from dsframework.spec import SqlArguments

__all__ = ["sql_columns"]


def sql_columns(arguments: SqlArguments) -> list[FeatureColumn]:
    """Columns by the names that the spec gives them.

    An expression sees the row, and through ``LAG`` and through ``SUM``, ``AVG``, ``MIN``, ``MAX`` and ``COUNT`` over ``ROWS BETWEEN n
    PRECEDING AND CURRENT ROW`` the rows before it. All numbers are floats, so that a quotient is never a whole number; what is not defined
    is null. Whatever else polars would read is refused, since it might look ahead or over all rows.
    """
    return [_column(name, text) for name, text in arguments.expressions.items()]


def _column(name: str, text: str) -> FeatureColumn:
    field = f"expressions.{name}"
    query = read_query(text, field)
    return FeatureColumn(
        name,
        tuple((field, column) for column in query.columns),
        query.lookback,
        kernel=partial(_evaluated, query=query, field=field),
        keys=tuple(key for window in query.all_windows() for key in _keys(field, window)),
    )


def _keys(field: str, window: Window) -> tuple[tuple[str, str, Literal["time", "entity"]], ...]:
    return (field, window.order, "time"), (field, window.part, "entity")


def _evaluated(*arrays: Floats, query: Query, field: str) -> Floats:
    """The values for rows in the order of entity and time."""
    rows = pl.DataFrame({name: pl.Series(values, nan_to_null=True) for name, values in zip(query.columns, arrays, strict=True)})
    try:
        return _values(rows, query)
    except pl.exceptions.PolarsError as error:
        raise FeatureError(f"it can't be computed: {one_line(error, 160)}", field=field) from error


def _values(rows: pl.DataFrame, query: Query) -> Floats:
    for name, window in query.windows.items():
        rows = rows.with_columns(pl.Series(name, _over(_values(rows, window.inner), window), nan_to_null=True))
    found = rows.select(query.expression().cast(pl.Float64).alias("value"))["value"].fill_null(float("nan")).to_numpy()
    return np.where(np.isfinite(found), found, np.nan)


def _over(values: Floats, window: Window) -> Floats:
    """The compiled kernels' answer, as if all rows were one entity's: where a window reaches into another, the caller throws it away."""
    n = len(values)
    everything = Order(np.zeros(n, dtype=np.int32), np.array([0, n]), np.arange(n, dtype=np.int32))
    program, out = Program(["value"]), np.empty((n, 1))
    register = program.add(window.operation, [0])
    run_program(program, [Column(np.ascontiguousarray(values))], [(register, 0)], out, order=everything, history=window.operation.reach)
    return np.ascontiguousarray(out[:, 0])
