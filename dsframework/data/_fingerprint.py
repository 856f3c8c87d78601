"""What tells one set of rows from another.

The fingerprint is a hash of the rows themselves. For files it is remembered in ``TSML_HOME/fingerprints``, under a key made of the spec,
the state of every file (see `_watch`), the footers of Parquet files, which hold the statistics of every column, and the version of what
reads them. It is remembered for files only whose last change lies far enough back for any later one to have another time.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import time
from contextlib import suppress
from dataclasses import astuple
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl

from dsframework.data._watch import FileState, settled_after
from dsframework.spec import DataSpec, ParquetData

__all__ = ["fingerprint", "fingerprint_of_files"]

_MOST, _KEPT = 1000, 500
_HEX = re.compile(r"^[0-9a-f]{64}$")


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
    filled = values.fill_null(0) if values.null_count() else values
    numbers = filled.to_numpy()
    if filled.dtype.is_float():
        numbers = numbers + 0.0  # one zero, not two
    digest.update(np.ascontiguousarray(numbers).tobytes())


def fingerprint_of_files(frame: pl.DataFrame, data: DataSpec, states: tuple[FileState, ...]) -> str:
    """Return `fingerprint` of rows that were read from files which have been unchanged since `states`.

    Bars and joined sources are not remembered: calendars and other sources have a say in them.
    """
    if not states or data.resample is not None or data.joins or os.name == "nt":  # Windows keeps no time of the last change of an entry
        return fingerprint(frame)
    place = _folder() / _key(data, states)
    with suppress(OSError):
        known = place.read_text(encoding="ascii", errors="replace")
        if _HEX.match(known):
            return known
    found = fingerprint(frame)
    now = time.time_ns()
    if all(now - max(state.modified, state.changed) > settled_after(state.device) for state in states):
        with suppress(OSError):  # a home that can't be written costs time, and nothing else
            _remember(place, found)
    return found


def _folder() -> Path:
    return Path(os.environ.get("TSML_HOME") or Path.home() / ".tsml").expanduser() / "fingerprints"


def _key(data: DataSpec, states: tuple[FileState, ...]) -> str:
    digest = hashlib.sha256(json.dumps([data.model_dump(mode="json"), [astuple(state) for state in states], _reader()]).encode())
    if isinstance(data, ParquetData):
        for state in states:
            digest.update(_footer(Path(state.path)))
    return digest.hexdigest()


def _footer(file: Path) -> bytes:
    """The footer of a Parquet file: schema, places of the row groups, and their statistics."""
    with file.open("rb") as stream:
        end = stream.seek(-8, os.SEEK_END)
        length = int.from_bytes(stream.read(4), "little")
        stream.seek(max(0, end - length))
        return stream.read(length)


@cache
def _reader() -> str:
    """The version of what turns files into rows: polars, and the sources of this folder."""
    digest = hashlib.sha256(pl.__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()


def _remember(place: Path, found: str) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".new")
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(found)
    Path(name).replace(place)
    kept = list(place.parent.iterdir())
    if len(kept) > _MOST:
        for old in sorted(kept, key=lambda file: file.stat().st_mtime_ns)[: len(kept) - _KEPT]:
            old.unlink(missing_ok=True)
