"""The loader ``csv``."""

from __future__ import annotations

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
        mend = "use loader: parquet" if kind == "parquet" else "use a text file with one row a line"
        raise DataError("this is not a CSV file", field="data.path", value=file.name, mend=mend)
    try:
        header = pl.read_csv(file, separator=separator, n_rows=0).columns
        _check_separator(header, separator, data.time if data else None)
        chosen = choose_columns(header, data) if data else header
        texts = {name: pl.String for name in header if data and name in (data.time, data.entity)}
        frame = pl.read_csv(file, separator=separator, columns=chosen, schema_overrides=texts, infer_schema_length=None)
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        said = one_line(str(error).split("\n\n")[0], 160)
        text = f"this is not a well-formed CSV file: {said}"
        raise DataError(text, field="data.path", value=file.name, mend="mend the file or data.separator") from error
    return _numbers_from_texts(frame, keep=(data.time, data.entity) if data else ())


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
