"""The way to MLflow: where it is, and errors that say so in one line."""

from __future__ import annotations

import logging
import os
import re
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dsframework.errors import NotFoundError, TrackingError, TrackingUnavailableError, one_line
from dsframework.tracking._database import create_database, sqlite_path

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

__all__ = ["artifact_folder", "client", "guard", "home", "tracking_uri"]

_SETTINGS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",  # what is run here is told to nobody, unless somebody says otherwise
}
_CONNECT_SECONDS = 5.0
_FIRST_USE = threading.Lock()  # what makes the tables keeps its state in a module, so that two threads would mix theirs
_ADDED = re.compile(r"\((raised as a result|sqlite3\.)[^)]*\)\s*")

# MLflow's modules warn about their own type hints when they are imported. The filter is for good: `catch_warnings` is undone by
# any thread that leaves one of its own, and fits run in threads.
warnings.filterwarnings("ignore", message=".*Any type hint is inferred as AnyType", category=UserWarning)


def home() -> Path:
    """Return the folder for what has no better place: ``TSML_HOME``, or ``~/.tsml``."""
    return Path(os.environ.get("TSML_HOME") or Path.home() / ".tsml").expanduser().resolve()


def tracking_uri() -> str:
    """Return where runs are recorded: ``MLFLOW_TRACKING_URI``, or an SQLite file in `home`."""
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{home() / 'mlflow.db'}"


def artifact_folder(uri: str) -> str | None:
    """Return where the artifacts of a new MLflow experiment go; None lets the server decide.

    Without a server MLflow would use the folder that the program happens to run in.
    """
    database = sqlite_path(uri)
    if database is not None:
        return (database.resolve().parent / "artifacts").as_uri()
    if "://" not in uri or uri.startswith(("file:", "http:", "https:", "databricks")):
        return None
    return (home() / "artifacts").as_uri()


def client() -> MlflowClient:
    """Return a client of `tracking_uri`; a server that does not answer is noticed in seconds.

    Raises
    ------
    TrackingUnavailableError
        When nobody answers at the address.
    """
    uri = tracking_uri()
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    _knock(uri)
    logging.getLogger("alembic").setLevel(logging.WARNING)  # a new database is no news
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # it writes a page of what `guard` says in a line
    with guard():
        from mlflow.tracking import MlflowClient

        database = sqlite_path(uri)
        if database is not None and not database.exists():
            with _FIRST_USE:
                if not database.exists():
                    create_database(database, artifact_folder(uri))
        return MlflowClient(tracking_uri=uri)


def _knock(uri: str) -> None:
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise TrackingError("MLFLOW_TRACKING_URI is not an address", field="tracking", mend="such as http://mlflow.example:5000") from error
    try:
        socket.create_connection((parts.hostname, port), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        raise _unavailable(error) from error


def _unavailable(error: object) -> TrackingUnavailableError:
    uri = tracking_uri()
    if sqlite_path(uri) is not None:
        mend = "see that the file can be written and the disk is not full, or set MLFLOW_TRACKING_URI"
        return TrackingUnavailableError(f"MLflow's database {uri} can't be used: {_reason(error)}", field="tracking", mend=mend)
    return TrackingUnavailableError(
        f"MLflow at {_shown(uri)} does not answer: {_reason(error)}",
        field="tracking",
        mend="start it, or set MLFLOW_TRACKING_URI (unset: SQLite in TSML_HOME)",
    )


def _reason(error: object) -> str:
    """What went wrong, without the statement and the advice that SQLAlchemy adds."""
    return one_line(_ADDED.sub("", str(error).partition("[SQL:")[0]), 160)


@contextmanager
def guard() -> Iterator[None]:
    """Turn what MLflow raises, and what its files raise, into a `TrackingError`."""
    import requests
    import sqlalchemy.exc
    from mlflow.exceptions import MlflowException

    try:
        yield
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE") and "not found" in str(error).lower():
            raise NotFoundError(one_line(error, 200), field="run", mend="see the ids with: tsml runs, or tsml status") from error
        if "API request to" in str(error) or error.error_code == "TEMPORARILY_UNAVAILABLE" or "OperationalError" in str(error):
            raise _unavailable(error) from error
        text = str(error).replace(tracking_uri(), _shown(tracking_uri()))  # which may hold a password
        mend = "see MLFLOW_TRACKING_URI (unset: SQLite in TSML_HOME)"
        raise TrackingError(f"MLflow: {one_line(text, 200)}", field="tracking", mend=mend if "URI" in text else None) from error
    except (requests.RequestException, sqlalchemy.exc.OperationalError) as error:
        raise _unavailable(error) from error
    except sqlalchemy.exc.SQLAlchemyError as error:
        raise TrackingError(f"MLflow's database: {_reason(error)}", field="tracking") from error
    except ModuleNotFoundError as error:
        text = f"the database of MLFLOW_TRACKING_URI needs {error.name!r}, which is not installed"
        raise TrackingError(text, field="tracking", mend=f"pip install {error.name}, or use an MLflow server or SQLite") from error
    except OSError as error:
        mend = "see that the folder can be written and the disk is not full"
        raise TrackingUnavailableError(f"MLflow's files can't be used: {_reason(error)}", field="tracking", mend=mend) from error


def _shown(uri: str) -> str:
    """The address without a name and a password.

    >>> _shown("https://ann:secret@mlflow.example:5000")
    'https://mlflow.example:5000'
    """
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else uri
