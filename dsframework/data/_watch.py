"""The files of a source, and whether they are what they were.

A file is told by its place on the disk, its size, and the times of its last change: that of its content, which a program may set as it
likes, and that of the entry itself, which the system sets at every change and no program can. A file rewritten in place to the same size
and with its old time is another one, therefore, and so is one that was replaced.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dsframework.data._files import find_file
from dsframework.data._parquet import parquet_files
from dsframework.errors import DataError
from dsframework.spec import CsvData, DataSpec, DuckdbData, ParquetData

__all__ = ["FileState", "check_unchanged", "data_files", "file_states", "settled_after"]

_TICK = 20_000_000
"""Nanoseconds within which two changes may get the same time."""
_LOCAL = 2e9
"""Longer than the coarsest times of file systems, in nanoseconds."""
_REMOTE = 3600e9
"""Longer than the clocks of a file server and of this machine differ."""
_SERVERS = ("nfs", "cifs", "smb", "9p", "fuse", "ceph", "lustre", "gpfs", "beegfs", "afs")


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
        _write_back(file)
        found = file.stat()
    except OSError as error:
        raise _changed(file, data) from error
    return FileState(str(file), found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _write_back(file: Path) -> None:
    """Have the system write what a program changed in memory that it shares with the file, so that its next change gets a time again."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        with suppress(OSError):  # not every file system does
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def settled_after(device: int) -> float:
    """Return how old a file's last change must be for any later one to have another time, in nanoseconds, by the kind of its file system.

    A file server's clock may differ from ours, and memory has no times for what is written to it through a mapping: infinity.
    """
    kind = _file_system(device)
    if kind in ("tmpfs", "ramfs"):
        return float("inf")
    return _REMOTE if kind.startswith(_SERVERS) else _LOCAL


@cache
def _file_system(device: int) -> str:
    """What kind of file system a device has; empty where nothing tells."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    numbers = f"{os.major(device)}:{os.minor(device)}"
    return next((line.partition(" - ")[2].split()[0] for line in lines if line.split()[2] == numbers), "")


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
