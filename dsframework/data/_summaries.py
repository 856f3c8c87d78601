"""The columns of a file in figures."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from dsframework.records import ColumnSummary

__all__ = ["TEXTS", "as_text", "as_time", "summarize"]

TEXTS = (pl.String, pl.Categorical, pl.Enum)


def summarize(rows: pl.LazyFrame, n_rows: int) -> tuple[list[ColumnSummary], list[str]]:
    """Return every column's figures, from one streaming pass, and what is wrong with the columns."""
    schema = rows.collect_schema()
    wanted: list[pl.Expr] = []
    for name, dtype in schema.items():
        value = pl.col(name)
        wanted.append(value.null_count().alias(f"nulls:{name}"))
        if dtype.is_float():
            wanted.append(value.is_nan().sum().alias(f"nan:{name}"))
            wanted.append(value.is_infinite().sum().alias(f"infinite:{name}"))
            value = value.fill_nan(None)
        if dtype.is_numeric() or dtype.is_temporal() or dtype == pl.String:
            wanted += [value.min().alias(f"min:{name}"), value.max().alias(f"max:{name}")]
        if dtype in TEXTS or (dtype.is_integer() and _called_id(name)):
            wanted.append(value.n_unique().alias(f"distinct:{name}"))
    figures = rows.select(wanted).collect(engine="streaming").row(0, named=True) if wanted else {}
    summaries, problems = [], []
    for name, dtype in schema.items():
        nulls = int(figures[f"nulls:{name}"]) + int(figures.get(f"nan:{name}") or 0)
        low, high = figures.get(f"min:{name}"), figures.get(f"max:{name}")
        distinct = figures.get(f"distinct:{name}")
        if distinct is not None:
            distinct = int(distinct) - (1 if figures[f"nulls:{name}"] else 0)
        summaries.append(
            ColumnSummary(
                name=name,
                dtype=str(dtype),
                nulls=nulls,
                distinct=distinct,
                minimum=as_text(low),
                maximum=as_text(high),
                numeric=dtype.is_numeric(),
            )
        )
        if n_rows and nulls == n_rows:
            problems.append(f"every value of {name!r} is missing")
        elif nulls:
            problems.append(f"{nulls} of {n_rows} values of {name!r} are missing")
        if figures.get(f"infinite:{name}"):
            problems.append(f"{figures[f'infinite:{name}']} values of {name!r} are infinite")
    return summaries, problems


def _called_id(name: str) -> bool:
    words = name.lower().split("_")
    return "id" in words or words[0] in ("entity", "series", "symbol", "ticker", "code")


def as_time(summary: ColumnSummary, times: pl.Series) -> ColumnSummary:
    """Return the summary of a column whose texts turned out to be `times`."""
    return summary.model_copy(update={"dtype": str(times.dtype), "minimum": as_text(times.min()), "maximum": as_text(times.max())})


def as_text(value: Any) -> str | None:
    """Return a value as it is shown; None for a missing one."""
    if value is None:
        return None
    if isinstance(value, float):
        return f"{value:.10g}"
    if isinstance(value, dt.date | dt.datetime | dt.time):
        return value.isoformat()
    return str(value)
