"""What this server works with: versions, where MLflow is, the executors, the DAGs folder."""

from __future__ import annotations

import platform
import re
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from jupyterlab_tsml.services._base import Service
from jupyterlab_tsml.wire import ServerStatus, TrackingPlace

__all__ = ["PlaceService", "tracking_place"]

_LIBRARIES = (
    "jupyterlab", "jupyter_server", "mlflow", "ray", "polars", "pandas", "scikit-learn", "xgboost", "lightgbm", "catboost", "optuna",
)  # fmt: skip
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]*\]|[^:\[\]]*)(:\d+$)?")


def tracking_place(uri: str) -> TrackingPlace:
    """Return where MLflow is, without user name, password and query.

    >>> tracking_place("https://ann:secret@mlflow.example:5000/api?token=1")
    TrackingPlace(kind='https', location='https://mlflow.example:5000/api')
    """
    try:
        parts = urlsplit(uri)
    except ValueError:
        return TrackingPlace(kind="unknown", location="")
    if not parts.scheme:
        return TrackingPlace(kind="file", location=uri)
    if parts.scheme == "sqlite":
        return TrackingPlace(kind="sqlite", location=parts.path[1:])
    host = _HOST.match(parts.netloc.rpartition("@")[2])
    return TrackingPlace(kind=parts.scheme, location=urlunsplit((parts.scheme, host[0] if host else "", parts.path, "", "")))


def _version(library: str) -> str | None:
    try:
        return version(library)
    except PackageNotFoundError:
        return None


class PlaceService(Service):
    """Says what this server works with; asks no other service, so it answers when they do not."""

    def status(self) -> ServerStatus:
        """Return versions and places."""
        from dsframework.deployment import dags_folder
        from dsframework.tracking import tracking_uri

        return ServerStatus(
            version=_version("jupyterlab-tsml") or "source",
            versions={"python": platform.python_version(), **{library: _version(library) for library in _LIBRARIES}},
            tracking=tracking_place(tracking_uri()),
            executors=["local", "ray"] if find_spec("ray") else ["local"],
            dags_folder=str(dags_folder()),
            root_dir=str(Path(self.root_dir)),
        )
