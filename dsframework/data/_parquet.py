"""The loader ``parquet``: one file, a pattern of files, or a folder partitioned as in ``year=2024``."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

import polars as pl

from dsframework.data._base import LoadRequest
from dsframework.data._checks import choose_columns
from dsframework.data._files import file_kind, find_file
from dsframework.errors import DataError, one_line
from dsframework.spec import DataSpec, ParquetData

__all__ = ["ParquetSource", "find_parquet", "load_parquet", "parquet_files", "readable"]

_ENDINGS = (".parquet", ".pq", ".parq")


@dataclass(frozen=True)
class ParquetSource:
    """The files of a source, in the order of their paths, which have the columns of `schema`.

    Attributes
    ----------
    partitions
        Of every file, the values that its folders' names give: ``year=2024``.
    """

    files: list[Path]
    schema: pl.Schema
    partitions: list[dict[str, object]] = field(default_factory=list)

    def add_partition(self, number: int, frame: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
        """Return what was read of a file, in the source's types, with the columns that its folders' names give."""
        given = self.partitions[number]
        frame = frame.with_columns(pl.lit(given[name], dtype=self.schema[name]).alias(name) for name in columns if name in given)
        return frame.select(pl.col(name).cast(self.schema[name]) for name in columns)

    def stored(self, number: int, columns: list[str]) -> list[str]:
        """Return the columns that stand in a file itself."""
        return [name for name in columns if name not in self.partitions[number]]


def load_parquet(data: DataSpec, request: LoadRequest) -> pl.DataFrame:
    """Read the needed columns of Parquet files; see `Loader`."""
    assert isinstance(data, ParquetData)
    source = find_parquet(data, request)
    columns = choose_columns(list(source.schema), data)
    if len(source.files) == 1 and not source.partitions[0]:
        with readable(source.files[0], data.path):
            return pl.read_parquet(source.files[0], columns=columns, glob=False, hive_partitioning=False)
    parts = []
    for number, file in enumerate(source.files):
        with readable(file, data.path):
            rows = pl.read_parquet(file, columns=source.stored(number, columns) or None, glob=False, hive_partitioning=False)
        parts.append(source.add_partition(number, rows, columns))
    return pl.concat(parts)


@contextmanager
def readable(file: Path, given: str) -> Iterator[None]:
    """Turn what the library says of a broken file into a `DataError`."""
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        text = f"this is not a readable Parquet file: {one_line(error, 160)}"
        value = given if Path(given).name == file.name else f"{given}: {file.name}"
        raise DataError(text, field="data.path", value=value, mend="write the file again") from error


def parquet_files(path: str, base: Path) -> list[Path]:
    """Return the files that a path, a pattern or a folder names, sorted; raises `DataError` when there is none."""
    given = Path(path).expanduser()
    place = given if given.is_absolute() else base / given
    try:
        if place.is_dir():
            found = [file for file in sorted(place.rglob("*")) if _is_data(file.relative_to(place)) and file.is_file()]
            if not found:
                raise DataError(
                    "there is no Parquet file in this folder", field="data.path", value=path, mend="name a file or a folder of files"
                )
            return found
        if glob.has_magic(path) and not place.is_file():
            fixed = _fixed(place)
            pattern = "/".join(place.parts[fixed:])
            found = sorted(file for file in Path(*place.parts[:fixed]).glob(pattern) if file.is_file())
            if not found:
                raise DataError("no file fits the pattern", field="data.path", value=path, mend=f"it is relative to {base}")
            return found
    except OSError as error:
        text = f"the file can't be read: {error.strerror}"
        raise DataError(text, field="data.path", value=path, mend="check the path and its permissions") from error
    return [find_file(path, base)]


def _is_data(file: Path) -> bool:
    return file.suffix.lower() in _ENDINGS and not any(part.startswith((".", "_")) for part in file.parts)


def find_parquet(data: ParquetData, request: LoadRequest) -> ParquetSource:
    """Return the files, and the columns that all of them have.

    Raises
    ------
    DataError
        When a file is missing or no Parquet file, or when files differ in a column.
    """
    files = parquet_files(data.path, request.base)
    schemas = []
    for file in files:
        if file.stat().st_size == 0:
            raise DataError("the file is empty", field="data.path", value=str(file), mend="use a file with rows")
        kind = file_kind(file)
        if kind != "parquet":
            mend = "use loader: csv" if kind == "csv" else "use a Parquet file"
            raise DataError("this is not a Parquet file", field="data.path", value=_named(file, files, data), mend=mend)
        with readable(file, data.path):
            schemas.append(pl.Schema(pl.read_parquet_schema(file)))
    place = Path(data.path).expanduser()
    root = place if place.is_absolute() else request.base / place
    partitions = _partitions(files, root, schemas) if len(files) > 1 or root.is_dir() else [{}]
    return ParquetSource(files, _common(files, schemas, partitions, data), partitions)


def _named(file: Path, files: list[Path], data: ParquetData) -> str:
    return data.path if len(files) == 1 else f"{data.path}: {file.name}"


def _partitions(files: list[Path], root: Path, schemas: list[pl.Schema]) -> list[dict[str, object]]:
    """What the names of folders below the first pattern tell, as whole numbers, days or texts."""
    texts: list[dict[str, str | None]] = []
    for file, schema in zip(files, schemas, strict=True):
        parts = file.parent.parts[_fixed(root) :]
        pairs = [part.partition("=") for part in parts if "=" in part]
        texts.append(
            {name: None if value == "__HIVE_DEFAULT_PARTITION__" else unquote(value) for name, _, value in pairs if name not in schema}
        )
    names = {name: None for text in texts for name in text}
    typed = {name: _typed([text.get(name) for text in texts]) for name in names}
    return [{name: typed[name][number] for name in text} for number, text in enumerate(texts)]


def _fixed(root: Path) -> int:
    """How many parts of the path hold no pattern: names of folders above are no partitions."""
    parts = root.parts
    return next((number for number, part in enumerate(parts) if glob.has_magic(part)), len(parts))


def _typed(values: list[str | None]) -> pl.Series:
    texts = pl.Series(values, dtype=pl.String)
    for dtype in (pl.Int64, pl.Date):
        found = texts.cast(dtype, strict=False) if dtype == pl.Int64 else texts.str.to_date("%Y-%m-%d", strict=False)
        plain = dtype != pl.Int64 or not texts.str.contains(r"^0\d").fill_null(value=False).any()  # 0042 is a text
        if plain and found.null_count() == texts.null_count():
            return found
    return texts


def _common(files: list[Path], schemas: list[pl.Schema], partitions: list[dict[str, object]], data: ParquetData) -> pl.Schema:
    """The columns of all files, in the order of the first one."""
    wanted = None if data.columns is None else {data.time, data.entity, *data.columns}
    wholes = [dict(schema) | _types(given) for schema, given in zip(schemas, partitions, strict=True)]
    found = dict(wholes[0])
    for file, schema in zip(files[1:], wholes[1:], strict=True):
        for name in dict.fromkeys([*found, *schema]):
            if wanted is not None and name not in wanted:
                continue
            if name not in found or name not in schema:
                lacks = file if name in found else files[0]
                mend = "write the files alike, or name the columns that all of them have in data.columns"
                raise DataError(f"{lacks.name} has no column {name!r}, other files have it", field="data.path", value=data.path, mend=mend)
            found[name] = _type_of_both(name, found[name], schema[name], file, files[0], data)
    return pl.Schema({name: dtype for name, dtype in found.items() if all(name in schema for schema in wholes)})


def _types(given: dict[str, object]) -> dict[str, pl.DataType]:
    return {name: pl.Series([value]).dtype for name, value in given.items()}


def _type_of_both(name: str, one: pl.DataType, other: pl.DataType, file: Path, first: Path, data: ParquetData) -> pl.DataType:
    numbers = one.is_numeric() and other.is_numeric()
    moments = isinstance(one, pl.Datetime) and isinstance(other, pl.Datetime) and one.time_zone == other.time_zone
    if one == other or other == pl.Null:
        return one
    if numbers or moments or one == pl.Null:
        return pl.concat([pl.Series([], dtype=one).to_frame(), pl.Series([], dtype=other).to_frame()], how="vertical_relaxed").dtypes[0]
    text = f"{name!r} is {one} in {first.name} and {other} in {file.name}"
    raise DataError(text, field="data.path", value=data.path, mend="write the files with the same types")
