"""The entities of a block of ticks as whole numbers, by the compiled scan where their values are a word or two."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from dsframework.kernels import Array, kernel

__all__ = ["Codes", "entity_codes"]

Numbers = np.ndarray[Any, np.dtype[np.int32]]
Places = np.ndarray[Any, np.dtype[np.int64]]
Words = np.ndarray[Any, np.dtype[np.uint64]]
_codes = kernel("tsml_codes", Array(np.uint64, ndim=2), ctypes.c_int64, ctypes.c_int64, Array(np.int32, out=True), returns=ctypes.c_int64)
_VIEW = 12
"""Bytes of a text that its view holds."""
_PREFIX = 1 << 12


@dataclass(frozen=True)
class Codes:
    """The entities of ticks.

    Attributes
    ----------
    values
        The code of every tick.
    names
        The entities by code, each once.
    runs
        How many stretches of ticks of one entity there are.
    """

    values: Numbers
    names: pl.Series
    runs: int


def entity_codes(values: pl.Series, names: pl.Series | None = None) -> Codes:
    """Return the codes of the entities of some ticks, none of which is missing; the values are codes where names are given."""
    if names is not None:
        codes = np.ascontiguousarray(values.to_numpy())
        return Codes(codes, names, _runs(codes))
    if isinstance(values.dtype, pl.Enum):
        codes, names = values.to_physical().cast(pl.Int32).to_numpy(), values.dtype.categories
        return Codes(codes, names, _runs(codes))
    if not len(values):
        return Codes(np.empty(0, dtype=np.int32), values.cast(pl.String) if values.dtype == pl.Categorical else values, 0)
    words = _words(values)
    if words is None:
        return _long_codes(values)
    codes = np.empty(len(words), dtype=np.int32)
    count = _codes(words, words.shape[1], len(words), codes)
    if count < 0:
        raise MemoryError("tsml_codes: not enough memory")
    first = _first(codes, count)
    if values.dtype == pl.String and _too_long(words[first]):
        return _long_codes(values)
    names = values.gather(first)
    return Codes(codes, names.cast(pl.String) if names.dtype == pl.Categorical else names, _runs(codes))


def _runs(codes: Numbers) -> int:
    return int(np.count_nonzero(codes[1:] != codes[:-1])) + 1


def _first(codes: Numbers, count: int) -> Places:
    """The first row of each code; codes are numbered in the order in which they come."""
    rows = _PREFIX
    while rows < len(codes) and int(codes[:rows].max()) + 1 < count:
        rows *= 4
    known = codes[:rows]
    starts = np.concatenate([[0], np.flatnonzero(known[1:] != known[:-1]) + 1])
    first = np.empty(count, dtype=np.int64)
    first[codes[starts[::-1]]] = starts[::-1]
    return first


def _words(values: pl.Series) -> Words | None:
    """The values as words, without a copy where they are words; None where they are not, as far as the first rows tell.

    A short text is the two words of Arrow's view of it: its length and its bytes.
    """
    if values.dtype == pl.String:
        views = values.rechunk().to_arrow(compat_level=pl.CompatLevel.newest())
        words = np.frombuffer(views.buffers()[1], dtype=np.uint64).reshape(-1, 2)[views.offset : views.offset + len(views)]
        return None if _too_long(words[:_PREFIX]) else words
    if values.dtype == pl.Categorical:
        values = values.to_physical()
    if not values.dtype.is_integer() or values.dtype in (pl.Int128, pl.UInt64):
        return None
    return np.ascontiguousarray(values.cast(pl.Int64).to_numpy()).view(np.uint64).reshape(-1, 1)


def _too_long(views: Words) -> bool:
    """Tell whether a text is longer than its view, which holds its place then and not the text."""
    return bool((views.view(np.uint32)[:, 0] > _VIEW).any())


def _long_codes(values: pl.Series) -> Codes:
    """The codes of long texts and of types that are no words, looked up once a stretch of equal ones."""
    starts = values.ne_missing(values.shift(1)).arg_true()
    distinct = values.gather(starts) if len(starts) < len(values) // 2 else values
    names = distinct.unique().sort()
    if names.dtype == pl.String:
        codes = distinct.cast(pl.Enum(names)).to_physical().cast(pl.Int32).to_numpy()
    else:
        codes = np.searchsorted(names.to_numpy(), distinct.to_numpy()).astype(np.int32)
    if distinct is not values:
        codes = np.repeat(codes, np.diff(starts.to_numpy(), append=len(values)))
    return Codes(codes, names, len(starts))
