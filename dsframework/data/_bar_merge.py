"""The parts of bars, from many blocks, put together; exact in whichever order the blocks came."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from dsframework.data._bar_blocks import REAL, WHOLE, Bars, Parts
from dsframework.spec import Aggregation

__all__ = ["merge_parts"]

Places = np.ndarray[Any, np.dtype[np.int64]]
_FEW = 1 << 16
"""Entities up to which codes are sorted as 16 bits, which needs no comparisons."""
_JOINED = {"high": np.maximum, "low": np.minimum, "first": np.minimum, "last": np.maximum}
_ADDED = ("count", "whole_volume", "volume", "turnover")


def merge_parts(parts: list[Parts], own: dict[str, Aggregation]) -> tuple[pl.DataFrame, pl.Series | None, bool]:
    """Return one row a bar, sorted by bar number, then entity, the entities by code, and whether the blocks followed in the order of time.

    The open of a bar is the price of its earliest moment, the close that of its latest; of ticks of one moment the rows' order decides.
    """
    names = _all_names(parts)
    bars = np.concatenate([_recoded(part, names) for part in parts])
    blocks = np.repeat(np.arange(len(parts)), [len(part.bars) for part in parts])
    in_order = _in_order(bars, 1 if names is None else len(names))
    order = _order(bars, blocks, in_order=in_order, one=names is None)
    if order is not None:
        bars, blocks = bars[order], blocks[order]
    starts = _starts(bars)
    frame = _frame(_joined(bars, blocks, starts))
    if own:
        rows = pl.concat([part.own for part in parts if part.own is not None])
        rows = _own_joined(rows if order is None else rows[order], blocks, starts)
        frame = frame.with_columns(rows.select(_finished(name, part.stat).alias(name) for name, part in own.items()))
    return frame, names, in_order


def _all_names(parts: list[Parts]) -> pl.Series | None:
    given = [part.names for part in parts if part.names is not None]
    return pl.concat(given).unique().sort() if given else None


def _recoded(part: Parts, names: pl.Series | None) -> Bars:
    """The bars of a block, with the codes of all entities."""
    if names is None or part.names is None:
        return part.bars
    bars, entity = part.bars.copy(), WHOLE.index("entity")
    bars[:, entity] = np.searchsorted(names.to_numpy(), part.names.to_numpy())[bars[:, entity]]
    return bars


def _whole(bars: Bars, *names: str) -> list[Places]:
    return [bars[:, WHOLE.index(name)] for name in names]


def _in_order(bars: Bars, entities: int) -> bool:
    """Tell whether no series goes back in time from one bar to the next, in the order of the blocks."""
    first, last, entity = _whole(bars, "first", "last", "entity")
    if entities > 1:
        order = np.argsort(entity.astype(np.uint16) if entities <= _FEW else entity, kind="stable")
        first, last, entity = first[order], last[order], entity[order]
    return not bool(((first[1:] < last[:-1]) & (entity[1:] == entity[:-1])).any())


def _order(bars: Bars, blocks: Places, *, in_order: bool, one: bool) -> Places | None:
    """The order by bar number, then entity, first moment and block; None where the bars lie so already."""
    number, entity, first = _whole(bars, "number", "entity", "first")
    if in_order:
        return None if one else np.lexsort((entity, number))
    return np.lexsort((blocks, first, entity, number))


def _starts(bars: Bars) -> Places:
    """The rows at which another bar begins."""
    number, entity = _whole(bars, "number", "entity")
    other = (number[1:] != number[:-1]) | (entity[1:] != entity[:-1])
    return np.concatenate([np.zeros(1, dtype=np.int64), np.flatnonzero(other) + 1])


def _joined(bars: Bars, blocks: Places, starts: Places) -> Bars:
    """One row a bar, of rows that are sorted by their bars, first moments and blocks."""
    if len(starts) == len(bars):
        return bars
    sizes = np.diff(starts, append=len(bars))
    several = sizes > 1
    rows = np.flatnonzero(np.repeat(several, sizes))
    part, ends = bars[rows], sizes[several].cumsum()
    begins, group = ends - sizes[several], np.repeat(np.arange(len(ends)), sizes[several])
    made = bars[starts[several]]
    for name in (*_JOINED, *_ADDED):
        join = _JOINED.get(name, np.add)
        _column(made, name)[:] = join.reduceat(_column(part, name), begins)
    latest = np.lexsort((blocks[rows], *_whole(part, "last"), group))[ends - 1]
    _column(made, "close")[:] = _column(part, "close")[latest]
    joined = bars[starts]
    joined[several] = made
    return joined


def _column(bars: Bars, name: str) -> np.ndarray[Any, Any]:
    return bars[:, WHOLE.index(name)] if name in WHOLE else bars.view(np.float64)[:, len(WHOLE) + REAL.index(name)]


def _frame(bars: Bars) -> pl.DataFrame:
    return pl.DataFrame({name: np.ascontiguousarray(_column(bars, name)) for name in (*WHOLE, *REAL)})


def _own_joined(rows: pl.DataFrame, blocks: Places, starts: Places) -> pl.DataFrame:
    """One row a bar of the parts of the columns that were asked for beside."""
    if len(starts) == rows.height:
        return rows
    bar = np.repeat(np.arange(len(starts)), np.diff(starts, append=rows.height))
    grouped = rows.with_columns(bar=pl.Series(bar), block=pl.Series(blocks)).group_by("bar", maintain_order=True)
    return grouped.agg(_own_together(column) for column in rows.columns)


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
