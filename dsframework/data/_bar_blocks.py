"""One block of ticks to the parts of its bars, by the compiled scan.

A part is what one block knows of a bar; `_bar_merge` puts the parts of a bar together. Blocks have a fixed number of rows, so that the
results are the same bits for any number of threads.
"""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from dsframework.data._bar_clock import BarClock
from dsframework.data._bar_codes import Codes, entity_codes
from dsframework.errors import DataError
from dsframework.kernels import Array, kernel
from dsframework.spec import Aggregation, ResampleSpec

__all__ = ["BLOCK", "REAL", "WHOLE", "Bars", "Block", "Moments", "Parts", "Ticks", "block_parts"]

BLOCK = 1 << 20
WHOLE = ("entity", "number", "count", "whole_volume", "first", "last")
REAL = ("open", "high", "low", "close", "volume", "turnover")
_kept = threading.local()
TIME = "__time"
_UNSORTED, _NOT_FINITE = -1, -2
_RUNS = 16  # ticks a run on average, above which series count as lying one below the other
_OPEN_BAR = len(WHOLE) + len(REAL) + 2  # numbers that the kernel keeps of an open bar
Moments = np.ndarray[Any, np.dtype[np.int64]]
Bars = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]

_SHARED = (
    Array(np.int64),  # time
    Array(np.int32, optional=True),  # entity
    Array(np.float64),  # price
    Array(np.int64, optional=True),  # whole sizes
    Array(np.float64, optional=True),  # other sizes
    ctypes.c_int64,
    ctypes.c_int64,  # every
    Array(np.int64),  # changes
    Array(np.int64),  # shifts
    ctypes.c_int64,
    Array(np.int64, ndim=2, out=True),
)
_of_runs = kernel("tsml_bars_of_runs", *_SHARED, returns=ctypes.c_int64)
_of_mixture = kernel("tsml_bars_of_mixture", *_SHARED, Array(np.float64, ndim=2, out=True), ctypes.c_int64, returns=ctypes.c_int64)


@dataclass(frozen=True)
class Block:
    """Some ticks, with the entities' names by code where the entity is given as codes."""

    rows: pl.DataFrame
    names: pl.Series | None = None


@dataclass(frozen=True)
class Parts:
    """The bars of one block, or what it knows of them.

    Attributes
    ----------
    bars
        The numbers of `WHOLE` and, bit for bit, those of `REAL`; shape (bars, 12).
    names
        The block's entities, by code.
    own
        Parts of the columns that were asked for beside, one row a bar.
    sorted
        Whether the ticks of every series came in the order of time.
    dropped
        Ticks without a price.
    """

    bars: Bars
    names: pl.Series | None
    own: pl.DataFrame | None = None
    sorted: bool = True
    dropped: int = 0


@dataclass(frozen=True)
class Ticks:
    """How the ticks of a source are read: the columns' names, and the clock that bars are cut by."""

    resample: ResampleSpec
    time: str
    entity: str | None
    clock: BarClock
    whole_sizes: bool
    own: dict[str, Aggregation] = field(default_factory=dict)


def block_parts(block: Block, moments: Moments, ticks: Ticks) -> Parts:
    """Return the parts of a block's bars.

    Parameters
    ----------
    block
        Ticks.
    moments
        Their times as whole numbers.
    ticks
        What the columns are.

    Raises
    ------
    DataError
        When a price or a size is infinite.
    """
    price = block.rows[ticks.resample.price]
    if price.null_count():
        known = price.is_not_null()
        return _without(block, moments, ticks, known)
    try:
        return _parts(block, moments, ticks)
    except _NotFiniteError:
        known = pl.Series(np.ones(block.rows.height, dtype=bool))
        for name in _reals(block.rows, ticks):
            known &= block.rows[name].is_not_nan().fill_null(value=True)
        if known.all():
            raise _infinite(block.rows, ticks) from None
        return _without(block, moments, ticks, known)


def _without(block: Block, moments: Moments, ticks: Ticks, known: pl.Series) -> Parts:
    """The parts of the rows that are marked."""
    parts = block_parts(replace(block, rows=block.rows.filter(known)), moments[known.to_numpy()], ticks)
    return replace(parts, dropped=parts.dropped + int((~known).sum()))


class _NotFiniteError(Exception):
    """A price or a size of the block is NaN or infinite."""


def _parts(block: Block, moments: Moments, ticks: Ticks) -> Parts:
    rows = block.rows
    codes = entity_codes(rows[ticks.entity], block.names) if ticks.entity else None
    mixed = codes is not None and codes.runs * _RUNS >= rows.height
    found = None if mixed and ticks.own else _scan(rows, moments, codes, ticks, mixed=mixed)
    in_order = found is not None
    if found is None:
        order = np.argsort(moments, kind="stable") if codes is None else np.lexsort((moments, codes.values))
        if mixed and ticks.own:  # rows of a series that keep their places among themselves were in order
            series = np.zeros(len(order), dtype=np.int32) if codes is None else codes.values[order]
            in_order = not ((np.diff(order) < 0) & (np.diff(series) == 0)).any()
        rows, moments = rows[order], moments[order]
        codes = None if codes is None else replace(codes, values=codes.values[order])
        found = _scan(rows, moments, codes, ticks, mixed=False)
        assert found is not None
    own = _own_parts(rows, moments, found[:, WHOLE.index("count")], ticks.own) if ticks.own else None
    return Parts(found, None if codes is None else codes.names, own, in_order)


def _scan(rows: pl.DataFrame, moments: Moments, codes: Codes | None, ticks: Ticks, *, mixed: bool) -> Bars | None:
    """Run the kernel; None where a series is not in the order of time."""
    price, size = _floats(rows[ticks.resample.price]), ticks.resample.size
    whole_size = _wholes(rows[size]) if size is not None and ticks.whole_sizes else None
    real_size = _floats(rows[size], missing=0) if size is not None and not ticks.whole_sizes else None
    clock, room = ticks.clock, _room(rows.height)
    given = (
        np.ascontiguousarray(moments),
        None if codes is None else codes.values,
        price,
        whole_size,
        real_size,
        rows.height,
        clock.every,
        clock.changes,
        clock.shifts,
        len(clock.changes),
        room,
    )
    if mixed:
        assert codes is not None
        count = _of_mixture(*given, np.empty((len(codes.names), _OPEN_BAR)), len(codes.names))
    else:
        count = _of_runs(*given)
    if count == _NOT_FINITE:
        raise _NotFiniteError
    return None if count == _UNSORTED else room[:count].copy()


def _room(rows: int) -> Bars:
    """Room for as many bars as a block has ticks, kept for the thread's next block: memory is touched as bars are written."""
    kept: Bars | None = getattr(_kept, "room", None)
    if kept is None or len(kept) < rows:
        kept = _kept.room = np.empty((max(rows, BLOCK), len(WHOLE) + len(REAL)), dtype=np.int64)
    return kept


def _floats(values: pl.Series, missing: int | None = None) -> Floats:
    numbers = values if values.dtype == pl.Float64 else values.cast(pl.Float64)
    return np.ascontiguousarray((numbers.fill_null(missing) if numbers.null_count() else numbers).to_numpy())


def _wholes(values: pl.Series) -> Moments:
    numbers = values if values.dtype == pl.Int64 else values.cast(pl.Int64)
    return np.ascontiguousarray((numbers.fill_null(0) if numbers.null_count() else numbers).to_numpy())


def _reals(rows: pl.DataFrame, ticks: Ticks) -> list[str]:
    columns = [ticks.resample.price, *([ticks.resample.size] if ticks.resample.size else [])]
    return [name for name in columns if rows.schema[name].is_float()]


def _infinite(rows: pl.DataFrame, ticks: Ticks) -> DataError:
    bad = rows.filter(pl.any_horizontal(pl.col(name).is_infinite() for name in _reals(rows, ticks)))
    where = f"first at {bad[ticks.time][0]}" if bad.height else "price times size is too large a number"
    return DataError(
        f"{bad.height or 'some'} ticks have an infinite price or size ({where})",
        field="data.resample.price",
        value=ticks.resample.price,
        mend="remove those ticks or leave the price empty",
    )


def _own_parts(rows: pl.DataFrame, moments: Moments, counts: Moments, own: dict[str, Aggregation]) -> pl.DataFrame:
    """Return what the block knows of the columns that were asked for beside; see `_bar_merge` for how parts are put together."""
    numbered = rows.with_columns(pl.Series("__bar", np.repeat(np.arange(len(counts)), counts)), pl.Series(TIME, moments))
    wanted: list[pl.Expr] = []
    for name, part in own.items():
        value = pl.col(part.column)
        wanted += [expression.alias(f"{name}:{kind}") for kind, expression in own_expressions(value, part.stat).items()]
    return numbered.group_by("__bar", maintain_order=True).agg(wanted).drop("__bar")


def own_expressions(value: pl.Expr, stat: str) -> dict[str, pl.Expr]:
    """Return the parts that a statistic is made of."""
    known = value.drop_nulls()
    if stat in ("first", "last"):
        return {stat: getattr(known, stat)(), "at": getattr(pl.col(TIME).filter(value.is_not_null()), stat)()}
    if stat == "median":
        return {"values": known}
    numbers = value.cast(pl.Float64)
    parts = {
        "count": {"n": known.len()},
        "sum": {"sum": value.sum()},
        "min": {"min": value.min()},
        "max": {"max": value.max()},
        "mean": {"n": known.len(), "sum": numbers.sum()},
        "std": {"n": known.len(), "sum": numbers.sum(), "spread": ((numbers - numbers.mean()) ** 2).sum()},
    }
    return parts[stat]
