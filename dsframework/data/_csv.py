"""The loader ``csv``."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from dsframework.data._base import LoadRequest
from dsframework.data._checks import choose_columns
from dsframework.data._files import file_kind, find_file
from dsframework.errors import DataError, one_line
from dsframework.spec import CsvData, DataSpec

__all__ = ["load_csv", "read_csv"]

_SEPARATORS = (";", "\t", "|", ",")
_TWICE = re.compile(r"_duplicated_\d+$")
_VALUE = re.compile(r"^[-+]?\d[\d.,:/ T+-]*$")
_NO_CSV = {
    "parquet": ("this is not a CSV file", "use loader: parquet"),
    "excel": ("this is an Excel workbook or another zip file, not a CSV file", "open it and save it as CSV"),
    "utf-16": ("this text is UTF-16 or UTF-32, not UTF-8", "save it as UTF-8"),
    "binary": ("this is not a CSV file", "use a text file with one row a line"),
}
_MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "-")


def load_csv(data: DataSpec, request: LoadRequest) -> pl.DataFrame:
    """Read a CSV file with a header; see `Loader`."""
    assert isinstance(data, CsvData)
    file = find_file(data.path, request.base)
    return read_csv(file, data.separator, data)


def read_csv(file: Path, separator: str = ",", data: DataSpec | None = None) -> pl.DataFrame:
    """Read a CSV file: the columns that `data` asks for, or all.

    Times and entities stay texts, as ``0042`` and ``NA`` are. Columns of numbers may have marks of missing values, such as NA.

    Raises
    ------
    DataError
        When this is no CSV file, or a column is missing.
    """
    kind = file_kind(file)
    if kind != "csv":
        text, mend = _NO_CSV[kind]
        raise DataError(text, field="data.path", value=file.name, mend=mend)
    try:
        written = pl.read_csv(file, separator=separator, n_rows=0).columns
        names = {name: name.strip() for name in written}
        header = list(names.values())
        _check_separator(header, separator, data.time if data else None)
        _check_header(header, written)
        chosen = set(choose_columns(header, data) if data else header)
        texts = {name: pl.String for name in written if data and names[name] in (data.time, data.entity)}
        wanted = [name for name in written if names[name] in chosen]
        frame = pl.read_csv(file, separator=separator, columns=wanted, schema_overrides=texts, infer_schema_length=None).rename(
            {name: names[name] for name in wanted}
        )
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise _malformed(file, separator, error) from error
    return _numbers_from_texts(frame, keep=(data.time, data.entity) if data else ())


def _check_header(header: list[str], written: list[str]) -> None:
    """Refuse a head that is a row of values, or that names a column twice (polars renames the second)."""
    if header and all(_is_value(name) for name in header):
        raise DataError(
            "the first line is a row and not the columns' names",
            field="data.path",
            value=header[0],
            mend="add a first line such as date,volume",
        )
    twice = next((name for name in written if _TWICE.sub("", name) in written and _TWICE.search(name)), None)
    if twice is not None or len(set(header)) < len(header):
        value = _TWICE.sub("", twice) if twice else next(name for name in header if header.count(name) > 1)
        raise DataError("two columns have the same name", field="data.path", value=value, mend="rename one of them")


def _is_value(text: str) -> bool:
    return bool(_VALUE.match(text))


def _malformed(file: Path, separator: str, error: Exception) -> DataError:
    """Name the first line that differs from the head, where there is one; the library's own words otherwise."""
    said, mend = one_line(str(error).split("\n\n")[0], 160), "mend the file or data.separator"
    if "utf-8" in said.lower():
        return DataError("the text is not UTF-8", field="data.path", value=file.name, mend="save it as UTF-8")
    if isinstance(error, pl.exceptions.NoDataError):
        return DataError("there are no rows", field="data.path", value=file.name, mend="use data with rows")
    with file.open(encoding="utf-8", errors="replace", newline="") as stream:
        lines = csv.reader(stream, delimiter=separator)
        try:
            width = len(next(lines))
            said = next((f"line {lines.line_num} has {len(row)} fields, the head has {width}" for row in lines if len(row) > width), said)
        except (csv.Error, StopIteration):
            pass
    return DataError(f"this is not a well-formed CSV file: {said}", field="data.path", value=file.name, mend=mend)


def _check_separator(header: list[str], separator: str, time: str | None) -> None:
    if len(header) != 1 or header[0] == time:
        return
    other = next((sign for sign in _SEPARATORS if sign in header[0]), None)
    if other:
        raise DataError(f"each line is one column, {header[0]!r}", field="data.separator", value=separator, mend=f"use {other!r}")


def _numbers_from_texts(frame: pl.DataFrame, keep: Sequence[str | None]) -> pl.DataFrame:
    """Turn a text column into numbers where all that stands in its way are marks of missing values, such as NA."""
    changed = []
    for column in frame.iter_columns():
        if column.dtype != pl.String or column.name in keep:
            continue
        bare = column.str.strip_chars()
        bare = bare.set(bare.is_in(_MISSING).fill_null(value=False), None)
        numbers = bare.cast(pl.Float64, strict=False)
        if numbers.null_count() == bare.null_count():
            changed.append(numbers)
    return frame.with_columns(changed)
