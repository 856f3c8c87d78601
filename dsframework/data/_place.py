"""Where something is wrong: the source by its name, and the line of its file or the row."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dsframework.data._csv_text import find_separator, read_text
from dsframework.data._files import find_file
from dsframework.data._mistakes import ColumnError, RowError
from dsframework.errors import DataError, SplitError
from dsframework.spec import CsvData, DataSpec

__all__ = ["naming", "placing", "source_name"]

_SETTINGS = ("calendar", "connection", "decimal", "end", "frame", "loader", "query", "resample", "start", "timezone")
_NOT_OF_ROWS = (*(f"data.{name}" for name in _SETTINGS), "target.horizon")
"""Fields whose mistakes are in the document and not in the rows."""
_SHOWN = 3


def source_name(data: DataSpec) -> str:
    """Return what a reader calls the source: its file, its table, its data frame."""
    if hasattr(data, "path"):
        return str(data.path)
    if hasattr(data, "frame"):
        return f"data frame {data.frame}"
    if getattr(data, "table", None) is not None:
        return f"table {data.table}"  # type: ignore[attr-defined]
    return "the query" if getattr(data, "query", None) is not None else ""


@contextmanager
def placing(data: DataSpec, base: Path) -> Iterator[None]:
    """Add the source's name, and the lines or rows, to what is wrong with its rows."""
    try:
        yield
    except RowError as error:
        rows = _rows(data, base, error.rows) if error.rows and data.resample is None else ""
        raise DataError(f"{_in_source(error, source_name(data))}{rows}", field=error.field, value=error.value, mend=error.mend) from error
    except DataError as error:
        raise _named(error, source_name(data)) from error


@contextmanager
def naming(source: str) -> Iterator[None]:
    """Add the source's name to what is wrong with rows and folds that come from it."""
    try:
        yield
    except (DataError, SplitError) as error:
        raise _named(error, source) from error


def _named(error: Any, source: str) -> Any:
    field = ".".join((error.field or "").split(".")[:2])
    if isinstance(error, ColumnError) or (isinstance(error, DataError) and field in _NOT_OF_ROWS):
        return error
    return type(error)(_in_source(error, source), field=error.field, value=error.value, mend=error.mend)


def _in_source(error: DataError | SplitError, source: str) -> str:
    """The message with the source's name, if it does not stand there yet."""
    names = {source, Path(source).name, repr(source.rpartition(" ")[2])} - {""}
    said = any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", f"{error.message} {error.value!r}") for name in names)
    return error.message if said or not source else f"{error.message} in {source}"


def _rows(data: DataSpec, base: Path, rows: Sequence[int]) -> str:
    """Lines of a CSV file as an editor counts them, and the numbers of rows from 1 of everything else."""
    word, places = "row", [row + 1 for row in rows[:_SHOWN]]
    if isinstance(data, CsvData):
        word, places = "line", _lines(data, base, rows[:_SHOWN])
    return f", {word}{'s' if len(places) > 1 else ''} {' and '.join(str(place) for place in places)}"


def _lines(data: CsvData, base: Path, rows: Sequence[int]) -> list[int]:
    """Where rows begin: a row of quoted texts may have several lines, and blank lines are no rows."""
    source = read_text(find_file(data.path, base), data.encoding)
    sign = find_separator(source) if data.separator == "auto" else data.separator
    content = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    with io.TextIOWrapper(content, "utf-8", "replace", newline="") as stream:
        return _begun(csv.reader(stream, delimiter=sign), rows)


def _begun(lines: Any, rows: Sequence[int]) -> list[int]:
    """The lines in which rows begin; row -1 is the head."""
    found: dict[int, int] = {}
    before = 0
    for fields in lines:
        if fields:
            found[len(found) - 1] = before + 1
        before = lines.line_num
        if len(found) > max(rows) + 1:
            break
    return [found.get(row, row + 2) for row in rows]
