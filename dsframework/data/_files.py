"""Finding a data file, and telling what it is."""

from __future__ import annotations

from pathlib import Path

from dsframework.errors import DataError
from dsframework.spec import near_miss

__all__ = ["file_kind", "find_file"]


def find_file(path: str | Path, base: Path | None) -> Path:
    """Return the file; raises `DataError` when it is missing, a folder, empty, or can't be read."""
    given = Path(path).expanduser()
    file = given if given.is_absolute() else (base or Path.cwd()) / given
    try:
        if file.is_dir():
            raise DataError("this is a folder", field="data.path", value=str(path), mend="name a file in it")
        if not file.is_file():
            raise _missing(file, str(path))
        if file.stat().st_size == 0:
            raise DataError("the file is empty", field="data.path", value=str(path), mend="use a file with rows")
        with file.open("rb"):
            return file
    except OSError as error:
        text = f"the file can't be read: {error.strerror}"
        raise DataError(text, field="data.path", value=str(path), mend="check the path and its permissions") from error


def _missing(file: Path, given: str) -> DataError:
    if not file.parent.is_dir():
        return DataError("no such folder", field="data.path", value=given, mend=f"the path is relative to the spec's file: {file.parent}")
    close = near_miss(file.name, (other.name for other in file.parent.iterdir()))
    mend = f"did you mean {close}?" if close else f"the folder is {file.parent}"
    return DataError("no such file", field="data.path", value=given, mend=mend)


def file_kind(file: Path) -> str:
    """Return ``parquet``, ``excel``, ``packed``, ``utf-16``, ``markup``, ``csv`` or ``binary``, by the first bytes of the file."""
    with file.open("rb") as stream:
        start = stream.read(4096)
    if start[:4] == b"PAR1":
        return "parquet"
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        return "excel"
    if start.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")):
        return "packed"
    if start.lstrip().startswith((b"<", b"{", b"[{")):
        return "markup"
    if start.startswith((b"\xff\xfe", b"\xfe\xff", b"\x00\x00\xfe\xff")):
        return "utf-16"
    return "binary" if b"\x00" in start else "csv"
