"""What tells one set of rows from another."""

from __future__ import annotations

import hashlib
import json

import numpy as np
import polars as pl

__all__ = ["fingerprint"]


def fingerprint(frame: pl.DataFrame) -> str:
    """Return the SHA-256 (hex) of a sorted frame's column names, types and values.

    Columns count in the order of their names, so that neither the order of columns nor the chunks of a file matter.
    """
    digest = hashlib.sha256()
    for name in sorted(frame.columns):
        values = frame[name]
        digest.update(json.dumps([name, str(values.dtype), len(values)]).encode())
        digest.update(np.packbits(values.is_null().to_numpy()).tobytes())
        _feed(digest, values)
    return digest.hexdigest()


def _feed(digest: hashlib._Hash, values: pl.Series) -> None:
    if values.dtype == pl.String:
        words = values.unique().drop_nulls().sort()
        digest.update(json.dumps(words.to_list()).encode())
        values = values.cast(pl.Enum(words)).to_physical()
    elif values.dtype == pl.Boolean:
        values = values.cast(pl.UInt8)
    elif values.dtype.is_temporal():
        values = values.to_physical()
    elif not values.dtype.is_numeric():
        digest.update(json.dumps(values.to_list(), default=str).encode())
        return
    filled = values.fill_null(0)
    numbers = filled.to_numpy()
    if filled.dtype.is_float():
        numbers = numbers + 0.0  # one zero, not two
    digest.update(np.ascontiguousarray(numbers).tobytes())
