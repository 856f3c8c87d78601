"""Posting a session's predictions, so that posting them again doubles nothing."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from dsframework.deployment._atomic import locked_folder, place_file
from dsframework.errors import MissingDependencyError, NotFoundError, ScheduleError, one_line

if TYPE_CHECKING:
    import polars as pl
    from sqlalchemy import Table

__all__ = ["publish_parquet", "publish_table", "read_staged", "stage", "staged_file"]


def staged_file(staging: Path, day: dt.date) -> Path:
    """Return the file of a session's staged predictions."""
    return staging / f"{day.isoformat()}.parquet"


def stage(rows: pl.DataFrame, staging: Path, day: dt.date) -> Path:
    """Write a session's predictions into the staging folder, whole or not at all."""
    file = staged_file(staging, day)
    place_file(file, rows.write_parquet)
    return file


def read_staged(staging: Path, day: dt.date) -> pl.DataFrame:
    """Read what was staged for a session.

    Raises
    ------
    NotFoundError
        When nothing was.
    """
    import polars as pl

    file = staged_file(staging, day)
    if not file.exists():
        raise NotFoundError(f"nothing is staged for {day}", field="staging", value=str(file), mend="run the task `predict` first")
    return pl.read_parquet(file, hive_partitioning=False)


def publish_parquet(rows: pl.DataFrame, target: Path, day: dt.date) -> Path:
    """Post to a folder, one file a session, or to one file that ends in .parquet; a session's rows replace its former ones."""
    if target.suffix != ".parquet":
        file = target / f"as_of={day.isoformat()}.parquet"
        place_file(file, rows.write_parquet)
        return file
    with locked_folder(target.parent):
        merged = _merged(rows, target, day)
        place_file(target, merged.write_parquet)
    return target


def _merged(rows: pl.DataFrame, target: Path, day: dt.date) -> pl.DataFrame:
    import polars as pl

    if not target.exists():
        return rows
    others = pl.read_parquet(target, hive_partitioning=False).filter(pl.col("as_of") != day)
    return pl.concat([others, rows], how="vertical_relaxed").sort("as_of", "time", "entity")


def publish_table(rows: pl.DataFrame, address: str, table: str, *, schedule: str, day: dt.date) -> int:
    """Post to a database table (made if need be) and return how many rows it took.

    In one transaction the rows of the same schedule and session are deleted and the new ones inserted.

    Raises
    ------
    ScheduleError
        When the database refuses; its message never holds the address.
    MissingDependencyError
        When SQLAlchemy or the database's driver is not in the model's environment.
    """
    try:
        import sqlalchemy as sa
    except ImportError as error:
        raise MissingDependencyError("sqlalchemy", "sql") from error
    try:
        engine = sa.create_engine(_driver_address(address), poolclass=sa.NullPool, hide_parameters=True)
    except ImportError as error:
        mend = "train the model in an environment that has the driver"
        raise ScheduleError(f"the driver {error.name} is not in the model's environment", field="publish.table", mend=mend) from None
    except sa.exc.ArgumentError:
        mend = "check the connection in Airflow"
        raise ScheduleError("the connection has no usable address", field="publish.table.connection", mend=mend) from None
    try:
        return _replace_rows(engine, _table(table, aware=_is_aware(rows)), _records(rows, schedule), schedule, day)
    except sa.exc.SQLAlchemyError as error:
        reason = _without_secret(str(getattr(error, "orig", None) or error), address)
        raise ScheduleError(f"the database refused: {reason}", field="publish.table", value=table) from None
    finally:
        engine.dispose()


def _replace_rows(engine: Any, target: Table, records: list[dict[str, Any]], schedule: str, day: dt.date) -> int:
    import sqlalchemy as sa

    with engine.begin() as connection:
        target.create(connection, checkfirst=True)
        connection.execute(sa.delete(target).where(target.c.schedule == schedule, target.c.as_of == day))
        connection.execute(sa.insert(target), records)
    return len(records)


def _table(name: str, *, aware: bool) -> Table:
    import sqlalchemy as sa

    schema, _, table = name.rpartition(".")
    moment = sa.DateTime(timezone=aware)
    return sa.Table(
        table,
        sa.MetaData(),
        sa.Column("schedule", sa.String(100), primary_key=True),
        sa.Column("as_of", sa.Date, primary_key=True),
        sa.Column("entity", sa.String(200), primary_key=True),
        sa.Column("time", moment, primary_key=True),
        sa.Column("target_time", sa.Date),
        sa.Column("prediction", sa.Double, nullable=False),
        sa.Column("run_id", sa.String(64), nullable=False),
        sa.Column("model", sa.String(100), nullable=False),
        schema=schema or None,
    )


def _is_aware(rows: pl.DataFrame) -> bool:
    return getattr(rows["time"].dtype, "time_zone", None) is not None


def _records(rows: pl.DataFrame, schedule: str) -> list[dict[str, Any]]:
    import polars as pl

    plain = rows.with_columns(pl.lit(schedule).alias("schedule"), pl.col("entity").fill_null(""))
    if plain["time"].dtype == pl.Date:
        plain = plain.with_columns(pl.col("time").cast(pl.Datetime("us")))
    return plain.to_dicts()


def _driver_address(address: str) -> str:
    """Turn the address as Airflow writes it into SQLAlchemy's form."""
    scheme, separator, rest = address.partition("://")
    scheme = {"postgres": "postgresql"}.get(scheme, scheme)
    if scheme != "sqlite":
        return f"{scheme}{separator}{rest}"
    path = unquote(rest.partition("?")[0].rpartition("@")[2])  # a file has no user: what stands before the @ is not its name
    return "sqlite:///" + ("/" + path.strip("/") if path.strip("/") else "")


def _without_secret(text: str, address: str) -> str:
    """Leave every part of the address that may be secret out of a message."""
    secret = re.search(r"://[^:@/]*:([^@]*)@", address)
    for part in filter(None, (address, secret and secret[1], secret and unquote(secret[1]))):
        text = text.replace(part, "***")
    return one_line(text.splitlines()[0] if text else "no reason given", 200)
