"""The loader ``csv``."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile, islice
from pathlib import Path

import polars as pl

from dsframework.data._base import LoadRequest
from dsframework.data._checks import choose_columns
from dsframework.data._csv_text import find_encoding, find_separator, numbers_of_texts, read_text
from dsframework.data._files import file_kind, find_file
from dsframework.errors import DataError, one_line
from dsframework.spec import CsvData, DataSpec

__all__ = ["load_csv", "read_csv"]

_SEPARATORS = (";", "\t", "|", ",")
_LOOK, _TITLE = 1 << 16, 50
_MEND = "mend the file or data.separator"
_TWICE = re.compile(r"_duplicated_\d+$")
_VALUE = re.compile(r"^[-+]?\d[\d.,:/ T+-]*$")
_NO_CSV = {
    "parquet": ("this is not a CSV file", "use loader: parquet"),
    "excel": ("this is an Excel workbook or another zip file, not a CSV file", "open it and save it as CSV"),
    "packed": ("this file is compressed (gzip, zstd, bzip2 or xz)", "unpack it"),
    "markup": ("this is HTML, XML or JSON, not a CSV file", "save it as CSV"),
    "utf-16": ("this text is UTF-16 or UTF-32, not UTF-8", "save it as UTF-8, or set data.encoding: utf-16"),
    "binary": ("this is not a CSV file", "use a text file with one row a line"),
}


def load_csv(data: DataSpec, request: LoadRequest) -> pl.DataFrame:
    """Read a CSV file with a header; see `Loader`."""
    assert isinstance(data, CsvData)
    file = find_file(data.path, request.base)
    return read_csv(file, data.separator, data, decimal=data.decimal, encoding=data.encoding)


def read_csv(
    file: Path,
    separator: str = ",",
    data: DataSpec | None = None,
    *,
    decimal: str = ".",
    encoding: str = "utf-8",
    most: int | None = None,
    texts: Sequence[str | None] = (),
) -> pl.DataFrame:
    """Read a CSV file: the columns that `data` asks for, or the first `most`, or all.

    Times and entities, and the columns `texts` where there is no `data`, stay texts, as ``0042`` and ``NA`` are. Columns of numbers may
    have marks of missing values, such as NA.

    Raises
    ------
    DataError
        When this is no CSV file, or a column is missing.
    """
    kind = file_kind(file)
    if kind != "csv" and not (kind in ("utf-16", "binary") and (encoding.startswith("utf-16") or (encoding == "auto" and _is_wide(file)))):
        text, mend = _NO_CSV[kind]
        raise DataError(text, field="data.path", value=file.name, mend=mend)
    source = read_text(file, encoding)
    sign = find_separator(source) if separator == "auto" else separator
    try:
        written = pl.read_csv(source, separator=sign, n_rows=0).columns
        names = {name: name.strip() for name in written}
        header = list(names.values())
        _check_ends(source)
        _check_separator(header, sign, data.time if data else None)
        _check_title(header, source, sign, data.time if data else None, file)
        _check_header(header, written)
        chosen = set(choose_columns(header, data) if data else header[:most])
        keys = (data.time, data.entity) if data else tuple(texts)
        types = {name: pl.String for name in written if decimal != "." or names[name] in keys}
        wanted = [name for name in written if names[name] in chosen]
        frame = pl.read_csv(source, separator=sign, columns=wanted, schema_overrides=types, infer_schema_length=None)
        if wanted and frame[wanted[-1]].null_count():
            _check_widths(source, sign, len(written), written.index(wanted[-1]), file)
            frame = _without_blank_lines(frame, source, sign)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise _malformed(file, source, sign, error) from error
    return numbers_of_texts(frame.rename({name: names[name] for name in wanted}), decimal, keep=keys)


def _is_wide(file: Path) -> bool:
    return find_encoding(file).startswith("utf-16")


def _rows(source: Path | bytes, separator: str) -> Iterator[tuple[int, int]]:
    """Give the number and the fields of every line that is not blank."""
    return ((line, fields) for line, fields in _lines(source, separator) if fields)


def _lines(source: Path | bytes, separator: str) -> Iterator[tuple[int, int]]:
    """Give the number and the fields of every line."""
    with io.TextIOWrapper(io.BytesIO(source) if isinstance(source, bytes) else source.open("rb"), "utf-8", "replace", newline="") as stream:
        lines = csv.reader(stream, delimiter=separator)
        try:
            yield from ((lines.line_num, len(row)) for row in lines)
        except csv.Error:
            return


def _without_blank_lines(frame: pl.DataFrame, source: Path | bytes, separator: str) -> pl.DataFrame:
    """Leave out the rows that polars makes of blank lines."""
    if not frame.select(pl.all_horizontal(pl.all().is_null()).any()).item():
        return frame
    lines = dropwhile(lambda fields: fields == 0, (fields for _, fields in _lines(source, separator)))
    next(lines, None)
    blank = [row for row, fields in enumerate(lines) if fields == 0]
    return frame.with_row_index("__row").filter(~pl.col("__row").is_in(blank)).drop("__row")


def _check_widths(source: Path | bytes, separator: str, width: int, last: int, file: Path) -> None:
    """Refuse a line that ends before the last column that is needed: its values may be in the wrong columns."""
    line, fields = next(((line, fields) for line, fields in _rows(source, separator) if fields <= last), (0, 0))
    if line and width > 1:
        said = f"line {line} has {fields} fields, the head has {width}"
        text = f"this is not a well-formed CSV file: {said}"
        raise DataError(text, field="data.path", value=file.name, mend=_MEND)


def _check_header(header: list[str], written: list[str]) -> None:
    """Refuse a head that is a row of values, or that names a column twice (polars renames the second)."""
    if header and all(_is_value(name) for name in header):
        raise DataError(
            "the first line is a row and not the columns' names",
            field="data.path",
            value=header[0],
            mend="add a first line such as date,volume",
        )
    twice = next((name for name in written if _TWICE.search(name) and _TWICE.sub("", name) in written), None)
    if twice is not None or len(set(header)) < len(header):
        value = _TWICE.sub("", twice) if twice else next(name for name in header if header.count(name) > 1)
        raise DataError("two columns have the same name", field="data.path", value=value, mend="rename one of them")


def _is_value(text: str) -> bool:
    return bool(_VALUE.match(text))


def _malformed(file: Path, source: Path | bytes, separator: str, error: Exception) -> DataError:
    """Name the first line that differs from the head, where there is one; the library's own words otherwise."""
    said = one_line(str(error).split("\n\n")[0], 160)
    if "utf-8" in said.lower():
        line = _undecodable(file)
        mend = f"save it as UTF-8, or set data.encoding: {find_encoding(file)}"
        return DataError(f"line {line} is not UTF-8", field="data.encoding", value=file.name, mend=mend)
    if isinstance(error, pl.exceptions.NoDataError):
        return DataError("there are no rows", field="data.path", value=file.name, mend="use data with rows")
    opened = _opened_quote(source, separator)
    if opened:
        text = f"this is not a well-formed CSV file: a quote that opens in line {opened} is not closed"
        return DataError(text, field="data.path", value=file.name, mend="close it or remove it")
    rows = _rows(source, separator)
    _, width = next(rows, (0, 0))
    said = next((f"line {line} has {fields} fields, the head has {width}" for line, fields in rows if fields > width), said)
    return DataError(f"this is not a well-formed CSV file: {said}", field="data.path", value=file.name, mend=_MEND)


def _opened_quote(source: Path | bytes, separator: str) -> int:
    """The line of the row whose quote is open at the end of the text; 0 where there is none."""
    with io.TextIOWrapper(io.BytesIO(source) if isinstance(source, bytes) else source.open("rb"), "utf-8", "replace", newline="") as stream:
        lines, before = csv.reader(stream, delimiter=separator, strict=True), 0
        try:
            for _ in lines:
                before = lines.line_num
        except csv.Error as error:
            return before + 1 if "end of data" in str(error) else 0
    return 0


def _undecodable(file: Path) -> int:
    """The first line that is not UTF-8."""
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 1


def _check_ends(source: Path | bytes) -> None:
    """Refuse a text whose lines end as those of old Macs."""
    start = source[:_LOOK] if isinstance(source, bytes) else _start(source)
    if b"\r" in start and b"\n" not in start:
        raise DataError(
            "its lines end with a carriage return alone", field="data.path", mend="save it with the ends of lines of Unix or Windows"
        )


def _start(file: Path) -> bytes:
    with file.open("rb") as stream:
        return stream.read(_LOOK)


def _check_title(header: list[str], source: Path | bytes, separator: str, time: str | None, file: Path) -> None:
    """Refuse a text above the columns' names: one field, where a line below has more."""
    if len(header) != 1 or header[0] == time:
        return
    line = next((line for line, fields in islice(_rows(source, separator), _TITLE) if fields > 1), 0)
    if line:
        text = f"the columns' names are not in the first line, which is {header[0]!r}, but perhaps in line {line}"
        raise DataError(text, field="data.path", value=file.name, mend="remove the lines above them")


def _check_separator(header: list[str], separator: str, time: str | None) -> None:
    if len(header) != 1 or header[0] == time:
        return
    other = next((sign for sign in _SEPARATORS if sign in header[0]), None)
    if other:
        raise DataError(f"each line is one column, {header[0]!r}", field="data.separator", value=separator, mend=f"use {other!r} or auto")
