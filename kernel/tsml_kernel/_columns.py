"""The columns of the data that a cell names, for completion; nothing where they can't be told yet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tsml_kernel._shell import data_frames
from tsml_kernel._yaml_context import ITEM, Place

__all__ = ["columns_of", "names_a_column"]

_VALUE = r"""\b{key}:\s*["']?([^\s,}}"']+)"""
_KEYS = ("column", "columns", "time", "entity")


def names_a_column(place: Place) -> bool:
    """Whether a column's name is being written."""
    path = tuple(part for part in place.path if part != ITEM)
    return path[-1:] in [(key,) for key in _KEYS] and (place.value or place.path[-1] == ITEM)


def columns_of(cell: str, namespace: Mapping[str, Any]) -> list[str]:
    """Return the columns of the file, the data frame of the notebook or the sample that a cell names."""
    loader, path, frame = (_first(cell, key) for key in ("loader", "path", "frame"))
    if loader == "sample":
        return list(_of_sample())
    if loader == "frame" and frame is not None:
        found = data_frames(namespace).get(frame)
        return [] if found is None else [str(name) for name in _names(found)]
    return _of_file(Path(path), _first(cell, "separator")) if path else []


def _first(cell: str, key: str) -> str | None:
    found = re.search(_VALUE.format(key=key), cell)
    return found[1] if found else None


def _names(frame: Any) -> list[Any]:
    return list(frame.collect_schema().names() if type(frame).__name__ == "LazyFrame" else frame.columns)


def _of_file(path: Path, separator: str | None) -> list[str]:
    import polars as pl

    try:
        if path.suffix == ".parquet":
            return list(pl.read_parquet_schema(path))
        return pl.read_csv(path, n_rows=0, separator=separator or ",").columns
    except (OSError, ValueError, pl.exceptions.PolarsError):  # not there, or not written to the end yet
        return []


@cache
def _of_sample() -> tuple[str, ...]:
    from dsframework.data import load_panel
    from dsframework.spec import SampleData

    return tuple(load_panel(SampleData(n_entities=1, n_days=30)).frame.columns)
