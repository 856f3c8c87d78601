"""What a cluster on other machines can't see is said before anything is submitted."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from dsframework.data import data_files
from dsframework.errors import ExecutorError
from dsframework.spec import ExperimentSpec
from dsframework.study._handover import refuse_password
from dsframework.study._submission import data_sources
from dsframework.tracking import tracking_uri

__all__ = ["refuse_unseen", "seen_by_all"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_MEND = "put it on a disk that all nodes have and name its folder in TSML_SHARED, or run the study with --executor local"


def seen_by_all(path: Path) -> bool:
    """Tell whether a path lies below a folder that all machines of the cluster have, as ``TSML_SHARED`` says."""
    folders = [Path(folder).expanduser().resolve() for folder in os.environ.get("TSML_SHARED", "").split(os.pathsep) if folder]
    return any(path.resolve().is_relative_to(folder) for folder in folders)


def refuse_unseen(spec: ExperimentSpec, folder: Path) -> None:
    """Raise an `ExecutorError` when the nodes of a cluster elsewhere could not reach MLflow or read a data file."""
    uri = tracking_uri()
    parts = urlsplit(uri)
    if parts.scheme not in ("http", "https", "databricks", "postgresql", "mysql", "mssql") and "+" not in parts.scheme:
        raise ExecutorError(
            "the nodes of the Ray cluster can't see MLflow's files on this machine",
            field="tracking",
            mend="set MLFLOW_TRACKING_URI to an MLflow server that they reach, or use --executor local",
        )
    if parts.hostname in _LOOPBACK:
        raise ExecutorError(
            "the nodes of the Ray cluster can't reach an MLflow that only this machine can",
            field="tracking",
            value=f"{parts.scheme}://{parts.hostname}",
            mend="set MLFLOW_TRACKING_URI to its name in the network, or use --executor local",
        )
    refuse_password(uri)
    for source in data_sources(spec):
        for file in data_files(source, folder):
            if not seen_by_all(file):
                text = "the nodes of the Ray cluster can't see this data file"
                raise ExecutorError(text, field="data.path", value=getattr(source, "path", str(file)), mend=_MEND)
