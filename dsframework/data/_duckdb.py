"""The loader ``duckdb``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from dsframework.data._base import LoadRequest
from dsframework.data._checks import choose_columns
from dsframework.data._files import find_file
from dsframework.errors import DataError, MissingDependencyError, one_line
from dsframework.spec import DataSpec, DuckdbData

__all__ = ["load_duckdb"]


_CLOSED: dict[str, str | bool | int | float | list[str]] = {"enable_external_access": "false", "autoload_known_extensions": "false"}


def load_duckdb(data: DataSpec, request: LoadRequest) -> pl.DataFrame:
    """Read a table or a query of a DuckDB file; see `Loader`.

    The file is opened for reading only, and nothing outside of it can be reached from a query.
    """
    assert isinstance(data, DuckdbData)
    file = find_file(data.path, request.base)
    with file.open("rb") as stream:
        if stream.read(12)[8:] != b"DUCK":
            raise DataError("this is not a DuckDB file", field="data.path", value=data.path, mend="name a file that DuckDB wrote")
    try:
        import duckdb
    except ImportError as error:
        raise MissingDependencyError("duckdb", "sql") from error
    try:
        with duckdb.connect(str(file), read_only=True, config=_CLOSED) as base:
            return _read(base, data)
    except duckdb.Error as error:
        raise _told(error, data, file) from error


def _read(base: Any, data: DuckdbData) -> pl.DataFrame:
    import duckdb

    if data.table is not None:
        return _chosen(base.table(data.table), data)
    statements = duckdb.extract_statements(data.query or "")
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise DataError("this is not one SELECT", field="data.query", value=data.query, mend="write one SELECT and nothing else")
    return _chosen(base.sql(data.query), data)


def _chosen(rows: Any, data: DuckdbData) -> pl.DataFrame:
    columns = choose_columns(rows.columns, data)
    found: pl.DataFrame = rows.select(*(f'"{name.replace(chr(34), chr(34) * 2)}"' for name in columns)).pl()
    return found


def _told(error: Exception, data: DuckdbData, file: Path) -> DataError:
    import duckdb

    said = one_line(str(error).split("\n\n")[0], 200)
    if isinstance(error, duckdb.IOException | duckdb.SerializationException):
        mend = "close the program that writes to it" if "lock" in said.lower() else "write the file again"
        return DataError(f"the file can't be read: {said}", field="data.path", value=file.name, mend=mend)
    field, value = ("data.table", data.table) if data.table is not None else ("data.query", data.query)
    return DataError(f"DuckDB says: {said}", field=field, value=value, mend="mend it, or name another file")
