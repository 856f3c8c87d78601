"""Files that are there whole or not at all."""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["locked_folder", "place_file", "place_folder", "remove_leftovers", "replace_file"]


_HIDDEN = ".tmp"


@contextmanager
def locked_folder(folder: Path) -> Iterator[None]:
    """Hold `folder` (made if need be) for one writer at a time; the lock leaves no file, and ends with the process."""
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def place_file(file: Path, write: Callable[[Path], None], mode: int = 0o644) -> None:
    """Let `write` fill a hidden file beside `file`, and put it in place at once.

    A reader sees the old file or the new one. The hidden file's name has not the suffix of `file`, so that nobody takes it for one.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.parent / f".{file.stem}-{secrets.token_hex(8)}{_HIDDEN}"
    try:
        write(temporary)
        temporary.chmod(mode)
        _sync(temporary)
        temporary.replace(file)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
    _sync(file.parent)


def replace_file(file: Path, content: bytes) -> None:
    """Write `content` to `file` as `place_file` does."""
    place_file(file, lambda temporary: _write_new(temporary, content))


def remove_leftovers(file: Path) -> None:
    """Remove what writers of `file` left behind when they were killed; hold the folder's lock."""
    start = f".{file.stem}-"
    for found in file.parent.iterdir():
        if found.name.startswith(start) and found.suffix == _HIDDEN and len(found.stem) == len(start) + 16:
            found.unlink(missing_ok=True)


def place_folder(folder: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` make a folder beside `folder`, and put it in place at once; the first of two writers wins."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.parent / f".{folder.name}-{secrets.token_hex(8)}{_HIDDEN}"
    temporary.mkdir(mode=0o755)
    try:
        fill(temporary)
        try:
            temporary.rename(folder)
        except OSError:
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    _sync(folder.parent)


def _write_new(file: Path, content: bytes) -> None:
    with file.open("xb") as stream:
        stream.write(content)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
