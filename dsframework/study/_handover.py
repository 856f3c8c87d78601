"""What the driver of a detached study gets from who submitted it: variables, by a way on which nobody else reads them.

A job of Ray shows its variables to whoever sees the cluster. So on this machine they travel in a file that only the user can read, and that
the driver removes before it begins. To another machine go those that are known to be no secret.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from dsframework.errors import ExecutorError
from dsframework.tracking import home

__all__ = ["drop_variables", "hand_over", "may_travel", "refuse_password", "take_over", "variables_for_elsewhere"]

_OF_RAY = ("RAY_",)
_OURS = ("MLFLOW_", "TSML_")
_PLACES = frozenset({"TSML_HOME", "TSML_POOLS", "TSML_DAGS_FOLDER", "TSML_SHARED"})
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|USERNAME|AUTH|KEY", re.IGNORECASE)


def hand_over(study: str) -> None:
    """Leave this process's variables for the driver of a study on this machine."""
    place = _place(study)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fresh = place.with_suffix(f".{os.getpid()}")
    given = {name: value for name, value in os.environ.items() if not name.startswith(_OF_RAY)} | {"TSML_HOME": str(home())}
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(given, file)
    fresh.replace(place)


def take_over(study: str) -> None:
    """Have the variables that were left for the driver of a study, and no others but Ray's own; nothing where none were left."""
    try:
        given: dict[str, str] = json.loads(_place(study).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return
    drop_variables(study)
    for name in os.environ.keys() - given.keys():
        if not name.startswith(_OF_RAY):
            del os.environ[name]
    os.environ.update(given)


def drop_variables(study: str) -> None:
    """Remove what was left for a driver."""
    with suppress(OSError):
        _place(study).unlink()


def _place(study: str) -> Path:
    return home() / "handed" / f"{study}.json"


def variables_for_elsewhere(user: str) -> dict[str, str]:
    """Return the variables that a driver on another machine gets: ours and MLflow's that are neither secrets nor places of this machine."""
    found = {name: value for name, value in os.environ.items() if name.startswith(_OURS) and may_travel(name, value)}
    return found | {"JUPYTERHUB_USER": user}


def may_travel(name: str, value: str) -> bool:
    """Tell whether anybody may read a variable, and another machine can use it.

    >>> may_travel("MLFLOW_TRACKING_URI", "http://mlflow:5000"), may_travel("MLFLOW_TRACKING_PASSWORD", "x")
    (True, False)
    >>> may_travel("MLFLOW_TRACKING_URI", "http://ann:secret@mlflow:5000")
    False
    """
    return not (_SECRET.search(name) or name in _PLACES or _has_password(value))


def _has_password(value: str) -> bool:
    try:
        return urlsplit(value).password is not None
    except ValueError:
        return False


def refuse_password(uri: str) -> None:
    """Raise an `ExecutorError` when the address of MLflow, which has to travel, holds a password."""
    if _has_password(uri):
        raise ExecutorError(
            "MLFLOW_TRACKING_URI holds a password, which everybody who sees the cluster could read",
            field="tracking",
            mend="give MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD to the cluster's nodes, and leave them out of the address",
        )
