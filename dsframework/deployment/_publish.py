"""Posting a session's predictions, so that posting them again doubles nothing."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from dsframework.deployment._atomic import locked_folder, place_file
from dsframework.deployment._predict import interval_ends
from dsframework.errors import MissingDependencyError, NotFoundError, ScheduleError, one_line

if TYPE_CHECKING:
    import polars as pl
    from sqlalchemy import Table

__all__ = ["check_target", "publish_parquet", "publish_table", "read_staged", "stage", "staged_file"]

_PARQUET = "publish.parquet"
_POSTED = ("schedule", "time", "entity", "target_time", "prediction", "run_id", "as_of", "model")


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


def check_target(target: Path) -> None:
    """Raise a `ScheduleError` when `target` is something else than a place for predictions.

    A place is a folder, or a file that ends in .parquet and holds predictions; it need not exist.
    """
    if target.suffix != ".parquet":
        taken = next((path for path in (target, *target.parents) if path.exists()), target)
        if taken.is_file():
            mend = "choose a folder, or a file that ends in .parquet"
            raise ScheduleError(f"{taken.name} is a file", field=_PARQUET, value=str(target), mend=mend)
        return
    if target.is_dir():
        raise ScheduleError("is a folder", field=_PARQUET, value=str(target), mend="give it a name that does not end in .parquet")
    if not target.exists():
        return
    import polars as pl

    mend = "choose another file, or a folder"
    try:
        columns = pl.read_parquet_schema(target).keys()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ScheduleError("is not a Parquet file that can be read", field=_PARQUET, value=str(target), mend=mend) from error
    if set(columns) - set(interval_ends(list(columns))) != set(_POSTED):
        raise ScheduleError("holds other columns than predictions have", field=_PARQUET, value=str(target), mend=mend)


def publish_parquet(rows: pl.DataFrame, target: Path, *, schedule: str, day: dt.date) -> Path:
    """Post to a folder, one file a session, or to one file that ends in .parquet, and return the file.

    The rows replace former ones of the same schedule and session; those of other schedules and sessions stay.

    Raises
    ------
    ScheduleError
        When the place holds something else, or can't be written.
    """
    import polars as pl

    check_target(target)
    file = target if target.suffix == ".parquet" else target / f"as_of={day.isoformat()}.parquet"
    own = rows.select(pl.lit(schedule).alias("schedule"), pl.all())
    try:
        with locked_folder(file.parent):
            merged = _merged(own, file, schedule, day)
            place_file(file, merged.write_parquet)
    except OSError as error:
        mend = "let Airflow's user write there, or choose another place"
        raise ScheduleError(
            f"can't be written: {error.strerror or one_line(error)}", field=_PARQUET, value=str(target), mend=mend
        ) from error
    return file


def _merged(own: pl.DataFrame, file: Path, schedule: str, day: dt.date) -> pl.DataFrame:
    import polars as pl

    if not file.exists():
        return own
    check_target(file)
    others = pl.read_parquet(file, hive_partitioning=False).filter((pl.col("as_of") != day) | (pl.col("schedule") != schedule))
    return pl.concat([own.clear(), others, own], how="diagonal_relaxed").sort("as_of", "schedule", "time", "entity")


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
        return _replace_rows(
            engine, _table(table, aware=_is_aware(rows), ends=interval_ends(rows.columns)), _records(rows, schedule), schedule, day
        )
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


def _table(name: str, *, aware: bool, ends: Sequence[str] = ()) -> Table:
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
        *(sa.Column(end, sa.Double) for end in ends),
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
