"""Where schedules, bundles, environments and predictions lie; the environment is read at the call, never at import."""

from __future__ import annotations

import os
from pathlib import Path

from dsframework.deployment._models import check_name

__all__ = ["bundle_folder", "dag_file", "dags_folder", "environments_folder", "predictions_folder", "staging_folder", "tsml_home"]


def tsml_home() -> Path:
    """Return the absolute TSML_HOME, by default ``~/.tsml``."""
    return Path(os.environ.get("TSML_HOME") or Path.home() / ".tsml").expanduser().absolute()


def dags_folder(asked: str | None = None) -> Path:
    """Return the folder of DAGs: the one asked for, TSML_DAGS_FOLDER, AIRFLOW_HOME/dags or TSML_HOME/dags."""
    named = asked or os.environ.get("TSML_DAGS_FOLDER")
    if named:
        return Path(named).expanduser().absolute()
    airflow = os.environ.get("AIRFLOW_HOME")
    return (Path(airflow).expanduser().absolute() if airflow else tsml_home()) / "dags"


def dag_file(name: str, folder: Path) -> Path:
    """Return the file of a schedule; its name is checked, so that the file lies in `folder`."""
    return folder / f"tsml_{check_name(name)}.py"


def bundle_folder(name: str, run_id: str) -> Path:
    """Return the folder of a schedule's copy of the model."""
    return tsml_home() / "deployments" / check_name(name) / run_id


def staging_folder(name: str, run_id: str) -> Path:
    """Return the folder of what a schedule predicted and has not necessarily posted, one file a session."""
    return tsml_home() / "deployments" / check_name(name) / "staged" / run_id


def environments_folder() -> Path:
    """Return the folder of the models' virtual environments, one for every set of requirements."""
    return tsml_home() / "environments"


def predictions_folder(name: str) -> Path:
    """Return where a schedule posts unless told otherwise."""
    return tsml_home() / "predictions" / check_name(name)
