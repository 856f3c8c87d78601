"""The loader ``sql``: tables and queries of any database that SQLAlchemy knows.

The address, which may hold a password, is never in a spec: it is an environment variable, or a line ``name: address`` of the file
``connections.yaml`` in ``TSML_HOME``. It is in no message either. Rows are read in a transaction that is rolled back, which the database
is told to keep read-only where it can.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import yaml

from dsframework.data._base import LoadRequest
from dsframework.data._checks import choose_columns
from dsframework.data._sql_span import within_span
from dsframework.errors import DataError, MissingDependencyError, one_line
from dsframework.spec import DataSpec, SqlData, near_miss

__all__ = ["load_sql"]

_BATCH = 100_000
_DAY = 10
_NO_END = "9999-12-31"
_SELECT = re.compile(r"^\s*(--[^\n]*\n\s*|/\*.*?\*/\s*)*(select|with|values)\b", re.IGNORECASE | re.DOTALL)
_BOUND = re.compile(r"(?<![:\w]):(start|end)\b")


def load_sql(data: DataSpec, request: LoadRequest) -> pl.DataFrame:
    """Read a table or a query; see `Loader`."""
    assert isinstance(data, SqlData)
    address = _address(data.connection)
    try:
        import sqlalchemy
    except ImportError as error:
        raise MissingDependencyError("sqlalchemy", "sql") from error
    try:
        engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.pool.NullPool)
    except (sqlalchemy.exc.SQLAlchemyError, ImportError, ValueError) as error:
        raise _no_engine(error, data) from error
    try:
        with _reading(engine) as connection:
            return _read(connection, data)
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise _told(error, data, address) from error
    finally:
        engine.dispose()


def _address(name: str) -> str:
    found = os.environ.get(name)
    if found:
        return found
    file = Path(os.environ.get("TSML_HOME") or Path.home() / ".tsml").expanduser() / "connections.yaml"
    lines: dict[str, Any] = {}
    if file.is_file():
        try:
            lines = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
        except (yaml.YAMLError, OSError, UnicodeDecodeError):
            lines = {"": None}
        if not isinstance(lines, dict) or not all(isinstance(value, str) for value in lines.values()):
            raise DataError(
                "connections.yaml is not readable", field="data.connection", value=name, mend="write lines such as name: address"
            )
    if name in lines:
        return str(lines[name])
    close = near_miss(name, lines)
    mend = f"did you mean {close}?" if close else "set that environment variable, or add the line to connections.yaml in TSML_HOME"
    raise DataError("no environment variable and no connection of that name", field="data.connection", value=name, mend=mend)


@contextmanager
def _reading(engine: Any) -> Iterator[Any]:
    """A connection whose transaction is read-only where the database knows it, and rolled back at the end."""
    with engine.connect() as opened:
        connection = opened
        if engine.dialect.name == "postgresql":
            connection = opened.execution_options(postgresql_readonly=True)
        elif engine.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA query_only = ON")
        elif engine.dialect.name in ("mysql", "mariadb"):
            connection.exec_driver_sql("SET SESSION TRANSACTION READ ONLY")
        try:
            yield connection
        finally:
            connection.rollback()


def _read(connection: Any, data: SqlData) -> pl.DataFrame:
    import sqlalchemy as sa

    if data.table is not None:
        schema, _, name = data.table.rpartition(".")
        table = sa.Table(name, sa.MetaData(), schema=schema or None, autoload_with=connection)
        statement: Any = sa.select(*(table.c[column] for column in choose_columns([column.name for column in table.columns], data)))
        span = within_span(table.c[data.time], data, connection.dialect.name)
        if span is None:
            return _frame(connection, statement, {}, data)
        found = _frame(connection, statement.where(span), {}, data)
        if found.height == 0:
            _tell_span(connection, table.c[data.time], data)
        return found
    query = data.query or ""
    if not _SELECT.match(query):
        raise DataError("this is not a SELECT", field="data.query", value=query, mend="write one SELECT and nothing else")
    return _frame(connection, sa.text(query), _bounds(query, data), data)


def _tell_span(connection: Any, column: Any, data: SqlData) -> None:
    """Raise when the table has rows, but none near the bounds."""
    import sqlalchemy as sa

    first, last = connection.execute(sa.select(sa.func.min(column), sa.func.max(column))).one()
    if first is not None:
        field, value = ("data.start", data.start) if data.start is not None else ("data.end", data.end)
        text = f"no row is left; the table goes from {first} to {last}"
        raise DataError(text, field=field, value=value, mend="widen data.start and data.end")


def _bounds(query: str, data: SqlData) -> dict[str, str]:
    """The values of :start and :end, as texts; a day to end with is its last moment, so that it is included, and no end is far away."""
    asked = set(_BOUND.findall(query))
    if "start" in asked and data.start is None:
        raise DataError("the query asks for :start", field="data.start", mend="set data.start, or take :start out of the query")
    end = (data.end or _NO_END).strip()
    values = {"start": (data.start or "").strip(), "end": f"{end} 23:59:59.999999" if len(end) <= _DAY else end}
    return {name: values[name] for name in asked}


def _frame(connection: Any, statement: Any, values: dict[str, str], data: SqlData) -> pl.DataFrame:
    """The rows in batches, so that a driver's objects of few rows are held at a time."""
    found = connection.execution_options(stream_results=True).execute(statement, values)
    header = list(found.keys())
    columns = choose_columns(header, data)
    places = [header.index(name) for name in columns]
    parts = []
    for rows in found.partitions(_BATCH):
        taken = {name: [row[place] for row in rows] for name, place in zip(columns, places, strict=True)}
        parts.append(pl.DataFrame({name: _series(name, values_) for name, values_ in taken.items()}))
    return pl.concat(parts, how="vertical_relaxed") if parts else pl.DataFrame(schema=dict.fromkeys(columns, pl.Float64))


def _series(name: str, values: list[Any]) -> pl.Series:
    try:
        return pl.Series(name, values, strict=True)
    except (TypeError, pl.exceptions.PolarsError):
        pass
    try:
        return pl.Series(name, values, strict=False, dtype=pl.Float64 if any(isinstance(value, float) for value in values) else None)
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
        text = f"the values of {name!r} can't be read: {one_line(error, 160)}"
        raise DataError(text, field="data.columns", value=name, mend="cast the column in a query, or leave it out") from error


def _no_engine(error: Exception, data: SqlData) -> DataError:
    import sqlalchemy

    if isinstance(error, sqlalchemy.exc.NoSuchModuleError | ImportError):
        text = f"the driver of this connection is not installed: {one_line(error, 120)}"
        mend = "install it, such as psycopg for PostgreSQL or pyodbc for ODBC"
        return DataError(text, field="data.connection", value=data.connection, mend=mend)
    text = "the connection is no address that SQLAlchemy can read"
    return DataError(text, field="data.connection", value=data.connection, mend="write driver://user@host/database")


def _told(error: Exception, data: SqlData, address: str) -> DataError:
    """What the database said, without the address, its password and the statement's values."""
    import sqlalchemy

    said = one_line(getattr(error, "orig", None) or error, 200)
    url = sqlalchemy.engine.make_url(address)
    for secret in (address, url.password, *(str(value) for value in url.query.values())):
        if secret:
            said = said.replace(str(secret), "***")
    if isinstance(error, sqlalchemy.exc.NoSuchTableError):
        return DataError("no such table", field="data.table", value=data.table, mend="name a table or a view of the database")
    if getattr(error, "statement", None) is None:
        text = f"the database can't be reached: {said}"
        return DataError(text, field="data.connection", value=data.connection, mend="check the address, and that it runs")
    field, value = ("data.table", data.table) if data.table is not None else ("data.query", data.query)
    return DataError(f"the database says: {said}", field=field, value=value, mend="mend the query or the rights of the user")
