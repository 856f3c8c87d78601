"""What the data checks say of the rows of a file, before anything is run."""

from __future__ import annotations

import polars as pl

from dsframework.data._inspect import inspect
from dsframework.data._times import tidy_times
from dsframework.spec import Checks, DataSpec

__all__ = ["find_findings"]

_MOST_ROWS = 200_000
_MOST_COLUMNS = 100


def find_findings(
    rows: pl.LazyFrame, n_rows: int, *, time: str, entity: str | None, calendar: str | None, timezone: str | None
) -> tuple[list[str], int]:
    """Return a line for everything that the checks find in the first rows of a file, and how many rows were looked at.

    Gaps have a place of their own in a preview. Of a file that is not looked at whole, it is not said which series begin late or end early.

    Raises
    ------
    DataError
        When the time column holds no times.
    """
    schema = rows.collect_schema()
    keys = [time, *([entity] if entity else [])]
    numeric = [name for name, dtype in schema.items() if dtype.is_numeric() and name not in keys][:_MOST_COLUMNS]
    frame = rows.head(_MOST_ROWS).select(*keys, *numeric).collect()
    looked = frame.height
    frame = frame.drop_nulls(keys)
    if frame.height == 0:
        return [], looked
    frame = frame.with_columns(tidy_times(frame[time], timezone)[0], *(_plain(name, schema[name]) for name in numeric))
    frame = frame.sort(keys, maintain_order=True).unique(keys, keep="first", maintain_order=True).rechunk()
    parts = {"future": "warn", "gaps": "ignore", "short": "warn" if looked == n_rows else "ignore"}
    data = DataSpec(loader="file", time=time, entity=entity, calendar=calendar, checks=Checks.model_validate(parts))
    return list(inspect(frame, data)), looked


def _plain(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name).cast(pl.Float64) if isinstance(dtype, pl.Decimal) else pl.col(name)
    return column.fill_nan(None) if dtype.is_float() else column
