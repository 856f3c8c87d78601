"""The text of a CSV file: its encoding, its separator and its decimal sign, given or found out."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from dsframework.data._mistakes import RowError
from dsframework.errors import DataError

__all__ = ["MISSING", "find_encoding", "find_separator", "numbers_of_texts", "read_text"]

MISSING = ("", "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "-")
_SEPARATORS = (",", ";", "\t", "|")
_LOOK = 1 << 16
_LINES = 50
_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_POINT = r"^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$"
_COMMA = r"^[-+]?(\d+,?\d*|,\d+)([eE][-+]?\d+)?$"
_THOUSANDS = r"^[-+]?[1-9]\d{0,2},\d{3}$"


def find_encoding(file: Path) -> str:
    """Return ``utf-8``, ``utf-16``, or ``cp1252`` for what is neither.

    UTF-16 is known by its mark, or by every other byte of ordinary text being zero.
    """
    with file.open("rb") as stream:
        start = stream.read(_LOOK)
    marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
    if marked is not None:
        return marked
    for half, name in ((start[1::2], "utf-16-le"), (start[::2], "utf-16-be")):
        if half and half.count(0) > 0.9 * len(half):
            return name
    try:
        with file.open(encoding="utf-8") as text:
            while text.read(_LOOK):
                pass
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def read_text(file: Path, encoding: str) -> Path | bytes:
    """Return what polars reads as UTF-8: the file itself, or its text decoded.

    Raises
    ------
    DataError
        When bytes are not of that encoding; it names the line.
    """
    if encoding == "auto":
        encoding = find_encoding(file)
    if encoding == "utf-8":
        return file
    content = file.read_bytes()
    try:
        return content.decode(encoding).removeprefix("\ufeff").encode()
    except (UnicodeDecodeError, UnicodeError) as error:
        line = content[: getattr(error, "start", 0)].count(b"\n") + 1
        text = f"line {line} is not {encoding}"
        raise DataError(text, field="data.encoding", value=encoding, mend=f"use {find_encoding(file)}, or save it as UTF-8") from error


def find_separator(source: Path | bytes) -> str:
    """Return the sign that cuts the first lines into the most columns, and each of them alike."""
    if isinstance(source, bytes):
        start = source[:_LOOK]
    else:
        with source.open("rb") as stream:
            start = stream.read(_LOOK)
    lines = start.decode("utf-8", errors="replace").removeprefix("\ufeff").splitlines()
    shown = [line for line in (lines[:-1] if len(start) == _LOOK and len(lines) > 1 else lines)[:_LINES] if line.strip()]

    def score(sign: str) -> tuple[float, int, int]:
        widths = [len(row) for row in csv.reader(io.StringIO("\n".join(shown)), delimiter=sign) if row]
        head = widths[0] if widths else 1
        alike = sum(width == head for width in widths) / max(1, len(widths)) if head > 1 else 0.0
        return (round(alike, 1), head, -_SEPARATORS.index(sign))

    return max(_SEPARATORS, key=score)


def numbers_of_texts(frame: pl.DataFrame, decimal: str, keep: Sequence[str | None]) -> pl.DataFrame:
    """Turn columns of texts into numbers where all that stands in their way are marks of missing values and the decimal sign.

    Raises
    ------
    DataError
        When the decimal sign is to be found out, and can't be.
    """
    texts = {name: _bare(frame[name]) for name, dtype in frame.schema.items() if dtype == pl.String and name not in keep}
    if decimal == "auto":
        decimal = _find_decimal(texts)
    changed = []
    for name, bare in texts.items():
        if decimal == "," and not bare.str.contains(_COMMA).fill_null(value=True).all():
            continue
        plain = bare.str.replace(",", ".", literal=True) if decimal == "," else bare
        numbers = plain.cast(pl.Float64, strict=False)
        if numbers.null_count() == bare.null_count():
            whole = plain.cast(pl.Int64, strict=False) if bare.null_count() < len(bare) else numbers
            changed.append((whole if whole.null_count() == bare.null_count() else numbers).alias(name))
    return frame.with_columns(changed)


def _bare(values: pl.Series) -> pl.Series:
    bare = values.str.strip_chars()
    return bare.set(bare.is_in(MISSING).fill_null(value=False), None)


def _find_decimal(texts: dict[str, pl.Series]) -> str:
    """The sign that is used in columns of numbers; a point where none is used."""
    commas, points = [], []
    for name, bare in texts.items():
        as_comma, as_point = (bare.str.contains(pattern).fill_null(value=True).all() for pattern in (_COMMA, _POINT))
        if as_comma and not as_point:
            commas.append(name)
        elif as_point and not as_comma:
            points.append(name)
    if commas and points:
        text = f"{commas[0]!r} has a decimal comma and {points[0]!r} a point"
        raise DataError(text, field="data.decimal", value="auto", mend="write all numbers alike")
    for name in commas:
        used = texts[name].filter(texts[name].str.contains(",", literal=True).fill_null(value=False))
        if used.str.contains(_THOUSANDS).all():
            row = int(texts[name].str.contains(",", literal=True).fill_null(value=False).arg_true()[0])
            text = f"{used[0]!r} of {name!r} may be a thousand or a fraction"
            raise RowError(
                text, rows=(row,), field="data.decimal", value="auto", mend="set data.decimal to ',' for fractions, or remove the commas"
            )
    return "," if commas else "."
