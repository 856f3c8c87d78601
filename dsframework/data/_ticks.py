"""The ticks that bars are made of, block by block: Parquet files are streamed, what other loaders return is cut into blocks."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from dsframework.data._bar_blocks import Block
from dsframework.data._base import LoadRequest
from dsframework.data._parquet import ParquetSource, find_parquet, readable
from dsframework.data._registry import find_loader
from dsframework.data._resample import Job, bars_of_blocks, bars_of_frame, check_tick_columns, tick_columns
from dsframework.spec import DataSpec, ParquetData

__all__ = ["read_bars"]

_LARGE = 1 << 19
"""Rows of a row group above which it is read in batches."""
_BATCH = 1 << 18
_BUFFER = 1 << 20


def read_bars(data: DataSpec, request: LoadRequest) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Read ticks and return their bars, sorted by time, then entity, with notes; `data.resample` says how.

    Raises
    ------
    DataError
        As the loader does, and when a column is not what it should be.
    """
    if isinstance(data, ParquetData):
        source = find_parquet(data.model_copy(update={"columns": tick_columns(data)}), request)
        check_tick_columns(source.schema, data)
        if isinstance(source.schema[data.time], pl.Datetime):
            coded = _coded(source, data)
            opened = [_open(file, data.path, coded) for file in source.files]
            return bars_of_blocks(_jobs(source, opened, data), data, source.schema, partial(_span, source, opened, data))
    ticks = find_loader(data.loader)(data.model_copy(update={"columns": tick_columns(data)}), request)
    return bars_of_frame(ticks, data)


def _jobs(source: ParquetSource, opened: list[_Opened], data: ParquetData) -> list[Job]:
    """One job a row group, in the order of the files and of their row groups."""
    columns = tick_columns(data)
    return [
        partial(_row_group, source, number, one, group, columns, data.path)
        for number, one in enumerate(opened)
        for group in range(one.metadata.num_row_groups)
    ]


class _Opened:
    """A file that each thread opens for itself, with the footer that was read once."""

    def __init__(self, file: Path, coded: str | None) -> None:
        import pyarrow.parquet as pq

        self.file, self.metadata, self.coded = file, pq.read_metadata(file), coded
        self._kept = threading.local()

    def reader(self) -> Any:
        """Return this thread's reader."""
        import pyarrow.parquet as pq

        if not hasattr(self._kept, "reader"):
            options: dict[str, Any] = {"buffer_size": _BUFFER, "pre_buffer": False}  # else a row group's bytes are all held
            coded = [] if self.coded is None else [self.coded]
            self._kept.reader = pq.ParquetFile(self.file, metadata=self.metadata, read_dictionary=coded, **options)
        return self._kept.reader

    def span(self, column: str) -> tuple[Any, Any] | None:
        """The smallest and the largest value of a column, from the statistics; None where they are not all there."""
        names = self.metadata.schema.names
        if column not in names:
            return None
        place = names.index(column)
        groups = [self.metadata.row_group(group) for group in range(self.metadata.num_row_groups)]
        found = [group.column(place).statistics for group in groups if group.num_rows]
        if not found or not all(one is not None and one.has_min_max for one in found):
            return None
        return min(one.min for one in found), max(one.max for one in found)


def _open(file: Path, given: str, coded: str | None) -> _Opened:
    with readable(file, given):
        return _Opened(file, coded)


def _coded(source: ParquetSource, data: ParquetData) -> str | None:
    """The entity where it is a text of every file: its codes are read, and no texts are made."""
    assert data.resample is not None
    name = data.entity
    if name is None or source.schema[name] != pl.String or name in data.resample.inputs:
        return None
    return None if any(name in given for given in source.partitions) else name


def _row_group(source: ParquetSource, number: int, opened: _Opened, group: int, columns: list[str], given: str) -> Iterator[Block]:
    stored = source.stored(number, columns)
    with readable(opened.file, given):
        reader = opened.reader()
        if opened.metadata.row_group(group).num_rows <= _LARGE:
            batches: Iterable[Any] = [reader.read_row_group(group, columns=stored, use_threads=False)]
        else:
            batches = reader.iter_batches(_BATCH, row_groups=[group], columns=stored, use_threads=False)
        for rows in batches:
            yield _block(rows, source, number, opened.coded, columns)


def _block(rows: Any, source: ParquetSource, number: int, coded: str | None, columns: list[str]) -> Block:
    if coded is None or not _is_coded(rows.schema.field(coded).type):
        return Block(source.add_partition(number, _frame(rows), columns))
    column = rows.column(coded)
    if hasattr(column, "chunks"):
        column = column.unify_dictionaries().combine_chunks()
    others = [name for name in columns if name != coded]
    frame = source.add_partition(number, _frame(rows.drop_columns([coded])), others)
    return Block(frame.with_columns(_series(column.indices).alias(coded)), _series(column.dictionary).cast(pl.String))


def _is_coded(dtype: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_dictionary(dtype))


def _series(values: Any) -> pl.Series:
    found = pl.from_arrow(values)
    assert isinstance(found, pl.Series)
    return found


def _frame(rows: Any) -> pl.DataFrame:
    found = pl.from_arrow(rows)
    assert isinstance(found, pl.DataFrame)
    return found


def _span(source: ParquetSource, opened: list[_Opened], data: ParquetData) -> tuple[Any, Any]:
    """The first and the last time; the column is read where a file has no statistics of it."""
    known = [one.span(data.time) for one in opened if one.metadata.num_rows]
    found = [span for span in known if span is not None]
    if found and len(found) == len(known):
        return min(first for first, _ in found), max(last for _, last in found)
    edges = [
        pl.scan_parquet(file).select(pl.col(data.time).min().alias("first"), pl.col(data.time).max().alias("last")) for file in source.files
    ]
    first, last = (
        pl.concat(edges, how="vertical_relaxed").select(pl.col("first").min(), pl.col("last").max()).collect(engine="streaming").row(0)
    )
    return first, last
