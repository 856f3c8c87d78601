"""Which rows of a panel follow one another: those of an entity, or those of an entity at the same weekday or time of day."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from dsframework.kernels import Array, kernel

__all__ = ["Bools", "Codes", "Order", "Positions", "entity_order", "split_order"]

Codes = np.ndarray[Any, np.dtype[np.int32]]
Positions = np.ndarray[Any, np.dtype[np.int64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]

_codes = kernel("tsml_codes", Array(np.uint64, ndim=2), ctypes.c_int64, ctypes.c_int64, Array(np.int32, out=True), returns=ctypes.c_int64)
_number = kernel("tsml_number", Array(np.int32), ctypes.c_int64, Array(np.int64, out=True), Array(np.int32, out=True), returns=None)
_order = kernel("tsml_order", Array(np.int32), Array(np.int32), ctypes.c_int64, Array(np.int64), Array(np.int32, out=True), returns=None)
_SHORT = 12


@dataclass(frozen=True)
class Order:
    """Rows one group after another, those of a group in the order of the panel.

    Attributes
    ----------
    codes
        The group of each row, shape (rows,).
    starts
        Where the rows of each group begin in `rows`, shape (groups + 1,).
    number
        How many rows of its group are before each row, shape (rows,).
    """

    codes: Codes
    starts: Positions
    number: Codes

    @cached_property
    def rows(self) -> Codes | None:
        """The rows, group after group, shape (rows,); None where the panel lies so already."""
        if len(self.starts) <= 2:
            return None
        rows = np.empty(len(self.codes), dtype=np.int32)
        _order(self.codes, self.number, len(self.codes), self.starts, rows)
        return rows

    def ordered(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return the values in this order."""
        return values if self.rows is None else values[self.rows]

    def restored(self, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return values that are in this order in that of the panel."""
        if self.rows is None:
            return values
        back = np.empty_like(values)
        back[self.rows] = values
        return back

    def reached(self, cold: Bools, back: int | Positions) -> Bools:
        """Return which rows have a cold one among themselves and the `back` rows before them in their group, shape (rows,).

        `back` may be another number for each row, in the order of the panel.
        """
        places = np.arange(len(cold))
        last = np.maximum.accumulate(np.where(self.ordered(cold), places, -1))
        begin = np.repeat(self.starts[:-1], np.diff(self.starts))
        return self.restored((last >= begin) & (places - last <= (back if isinstance(back, int) else self.ordered(back))))

    def distance(self, within: Order, back: int) -> int:
        """Return how many rows back in `within` the row lies at most that is `back` rows back in its group here."""
        number = self.ordered(within.number).astype(np.int64)
        group = self.ordered(self.codes)
        if back == 0 or back >= len(number):
            return 0
        same = group[back:] == group[:-back]
        return int(np.max(number[back:] - number[:-back], where=same, initial=0))


def _of_codes(codes: Codes, n_codes: int) -> Order:
    counts = np.zeros(n_codes, dtype=np.int64)
    number = np.empty(len(codes), dtype=np.int32)
    _number(codes, len(codes), counts, number)
    return Order(codes, np.concatenate([[0], np.cumsum(counts)]), number)


def _numbered(keys: np.ndarray[Any, np.dtype[np.uint64]]) -> Order:
    """Group the rows by one or two words a row."""
    codes = np.empty(len(keys), dtype=np.int32)
    n_codes = int(_codes(keys, keys.shape[1], len(keys), codes))
    if n_codes < 0:
        raise MemoryError("tsml_codes: not enough memory")
    return _of_codes(codes, n_codes)


def entity_order(frame: pl.DataFrame, entity: str | None) -> Order:
    """Return the order of the rows of each entity; all rows where there is one series."""
    if entity is None:
        n = frame.height
        return Order(np.zeros(n, dtype=np.int32), np.array([0, n]), np.arange(n, dtype=np.int32))
    return _numbered(_keys(frame[entity]))


def split_order(order: Order, keys: Positions) -> Order:
    """Return the order of the rows of each entity that have the same key."""
    both = np.stack([order.codes.astype(np.uint64), np.asarray(keys, dtype=np.int64).view(np.uint64)], axis=1)
    return _numbered(np.ascontiguousarray(both))


def _keys(values: pl.Series) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Return one or two words a row that are equal where the values are."""
    if values.null_count() == 0 and values.dtype == pl.String and values.str.len_bytes().max() <= _SHORT:  # type: ignore[operator]
        return _views(values)
    if values.null_count() == 0 and values.dtype.is_integer():
        return values.cast(pl.Int64, strict=False).fill_null(0).to_numpy().view(np.uint64).reshape(-1, 1)
    whole = values.cast(pl.String).fill_null("\x00null").cast(pl.Categorical).to_physical()
    return whole.cast(pl.UInt64).to_numpy().reshape(-1, 1)


def _views(values: pl.Series) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Return the 16 bytes in which Arrow keeps a short text: its length and its bytes, zeros behind them."""
    array = values.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
    words = np.frombuffer(array.buffers()[1], dtype=np.uint64).reshape(-1, 2)
    return np.ascontiguousarray(words[array.offset : array.offset + len(array)])
