"""The parts of bars, from many blocks, put together; exact in whichever order the blocks came."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from dsframework.data._bar_blocks import Parts
from dsframework.spec import Aggregation

__all__ = ["merge_parts"]

_WHOLE = ("entity", "number", "count", "whole_volume", "first", "last")
_REAL = ("open", "high", "low", "close", "volume", "turnover")
_KEYS = ["number", "entity"]


def merge_parts(parts: list[Parts], own: dict[str, Aggregation]) -> tuple[pl.DataFrame, pl.Series | None, bool]:
    """Return one row a bar, sorted by bar number, then entity, the entities by code, and whether the blocks followed in the order of time.

    The open of a bar is the price of its earliest moment, the close that of its latest; of ticks of one moment the rows' order decides.
    """
    names = _all_names(parts)
    frame = pl.concat([_frame(part, number, names) for number, part in enumerate(parts)])
    after = pl.col("first") >= pl.col("last").shift(1)
    in_order = bool(frame.select((after if names is None else after.over("entity")).all()).item())
    frame = frame.sort([*_KEYS, "first", "block"], maintain_order=True)
    own_columns = [name for name in frame.columns if ":" in name]
    again = pl.all_horizontal(pl.col(key) == pl.col(key).shift(1) for key in _KEYS).fill_null(value=False)
    repeated = frame.select(again | again.shift(-1).fill_null(value=False)).to_series()
    if repeated.any():
        several = frame.filter(repeated).group_by(_KEYS, maintain_order=True).agg(_together(own_columns))
        frame = pl.concat([frame.filter(~repeated), several.select(frame.columns)]).sort(_KEYS)
    finished = [_finished(name, part.stat).alias(name) for name, part in own.items()]
    return frame.with_columns(finished).drop(own_columns, "block"), names, in_order


def _all_names(parts: list[Parts]) -> pl.Series | None:
    given = [part.names for part in parts if part.names is not None]
    return pl.concat(given).unique().sort() if given else None


def _frame(part: Parts, block: int, names: pl.Series | None) -> pl.DataFrame:
    columns: dict[str, Any] = dict(zip(_WHOLE, part.whole, strict=True)) | dict(zip(_REAL, part.real, strict=True))
    if names is not None and part.names is not None:
        place = np.searchsorted(names.to_numpy(), part.names.to_numpy())
        columns["entity"] = place[columns["entity"]].astype(np.int64)
    frame = pl.DataFrame(columns).with_columns(block=pl.lit(block, dtype=pl.Int64))
    return frame if part.own is None else pl.concat([frame, part.own], how="horizontal")


def _together(own: list[str]) -> list[pl.Expr]:
    """One row of several parts, which are sorted by their first moment, then block."""
    wanted = [
        pl.col("open").first(),
        pl.col("high").max(),
        pl.col("low").min(),
        pl.col("close").sort_by("last", "block").last(),
        pl.col("count", "whole_volume", "volume", "turnover").sum(),
        pl.col("first").min(),
        pl.col("last").max(),
        pl.col("block").first(),
    ]
    return wanted + [_own_together(column) for column in own]


def _own_together(column: str) -> pl.Expr:
    name, _, kind = column.rpartition(":")
    value = pl.col(column)
    if kind in ("first", "last", "at"):
        known = pl.col(f"{name}:at").is_not_null()
        ordered = value.filter(known).sort_by(pl.col(f"{name}:at").filter(known), pl.col("block").filter(known))
        return ordered.last() if kind == "last" else ordered.first()
    if kind == "values":
        return value.list.explode(empty_as_null=False)
    if kind == "spread":  # sums of squares about their own means, moved to the mean of all
        n, total = pl.col(f"{name}:n"), pl.col(f"{name}:sum")
        between = pl.when(n > 0).then(total**2 / n).otherwise(0).sum() - total.sum() ** 2 / n.sum()
        return value.sum() + between
    return value.sum() if kind in ("n", "sum") else getattr(value, kind)()


def _finished(name: str, stat: str) -> pl.Expr:
    """A statistic from its parts; nothing where no tick has a value."""
    n = pl.col(f"{name}:n")
    if stat == "count":
        return n.cast(pl.Int64)
    if stat == "mean":
        return pl.when(n > 0).then(pl.col(f"{name}:sum") / n)
    if stat == "std":
        return pl.when(n > 1).then((pl.col(f"{name}:spread").clip(0) / (n - 1)).sqrt())
    if stat == "median":
        return pl.col(f"{name}:values").list.median()
    return pl.col(f"{name}:{stat}")
