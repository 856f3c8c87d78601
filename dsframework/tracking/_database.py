"""A new SQLite database for MLflow, which is either whole or not there."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["create_database", "sqlite_path"]


def sqlite_path(uri: str) -> Path | None:
    """Return the file of an SQLite address, None for any other address.

    >>> sqlite_path("sqlite:////data/mlflow.db?timeout=60").as_posix()
    '/data/mlflow.db'
    """
    return Path(uri[len("sqlite:///") :].partition("?")[0]) if uri.startswith("sqlite:///") else None


def create_database(path: Path, artifacts: str | None) -> None:
    """Make an empty database of MLflow at `path`; one that is there already is left alone.

    MLflow makes its tables in some fifty steps, in place. Killed between two of them it refuses that file for ever, and a second process
    that begins in the meantime fails. So the steps are taken in a file of the temporary folder, without waiting for the disk, and the
    whole file is put in place at once.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with tempfile.TemporaryDirectory(prefix="tsml-mlflow-") as folder:
        fresh = Path(folder) / "fresh.db"
        _make_tables(f"sqlite:///{fresh}", artifacts)
        try:
            with fresh.open("rb") as source, beside.open("wb") as target:
                shutil.copyfileobj(source, target)
                target.flush()
                os.fsync(target.fileno())
            _put_in_place(beside, path)
        finally:
            beside.unlink(missing_ok=True)


def _put_in_place(file: Path, path: Path) -> None:
    """Give the file its name unless somebody else was faster; theirs is as good."""
    try:
        os.link(file, path)
    except FileExistsError:
        return
    except OSError:  # a file system without hard links
        if not path.exists():
            file.replace(path)


def _make_tables(uri: str, artifacts: str | None) -> None:
    import sqlalchemy
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    def hurry(connection: Any, _record: Any) -> None:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA journal_mode = MEMORY")

    engine = SqlAlchemyStore._get_or_create_engine(uri)  # found again by the store itself
    sqlalchemy.event.listen(engine, "connect", hurry)
    make_store: Any = SqlAlchemyStore
    make_store(uri, artifacts or "./mlruns")
    engine.dispose()
