"""The files of a source, and whether they are what they were.

A file is told by its place on the disk, its size, and the times of its last change: that of its content, which a program may set as it
likes, and that of the entry itself, which the system sets at every change and no program can. A file rewritten in place to the same size
and with its old time is another one, therefore, and so is one that was replaced.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from dsframework.data._files import find_file
from dsframework.data._parquet import parquet_files
from dsframework.errors import DataError
from dsframework.spec import CsvData, DataSpec, DuckdbData, ParquetData

__all__ = ["FileState", "check_unchanged", "data_files", "file_states"]

_TICK = 20_000_000
"""Nanoseconds within which two changes may get the same time."""


@dataclass(frozen=True)
class FileState:
    """A file as it was; times in nanoseconds."""

    path: str
    device: int
    inode: int
    size: int
    modified: int
    changed: int


def data_files(data: DataSpec, base: Path) -> list[Path]:
    """Return the files that a source is read from, none for one that is not read from files.

    Raises
    ------
    DataError
        When there are none where there should be.
    """
    if isinstance(data, ParquetData):
        return parquet_files(data.path, base)
    return [find_file(data.path, base)] if isinstance(data, CsvData | DuckdbData) else []


def file_states(data: DataSpec, base: Path) -> tuple[FileState, ...]:
    """Look at the files; waits until a change that came at this very moment would show."""
    states = tuple(_state(file, data) for file in data_files(data, base))
    youngest = max((max(state.modified, state.changed) for state in states), default=0)
    age = time.time_ns() - youngest
    if 0 <= age < _TICK:
        time.sleep((_TICK - age) / 1e9)
    return states


def _state(file: Path, data: DataSpec) -> FileState:
    try:
        found = file.stat()
    except OSError as error:
        raise _changed(file, data) from error
    return FileState(str(file), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def check_unchanged(states: tuple[FileState, ...], data: DataSpec, base: Path) -> None:
    """Raise `DataError` when a file is not what it was when it was looked at."""
    now = data_files(data, base)
    before = {state.path: state for state in states}
    for file in now:
        if _state(file, data) != before.pop(str(file), None):
            raise _changed(file, data)
    if before:
        raise _changed(Path(next(iter(before))), data)


def _changed(file: Path, data: DataSpec) -> DataError:
    text = f"{file.name} changed while it was read"
    return DataError(text, field="data.path", value=getattr(data, "path", None), mend="load it again when it is written to its end")
