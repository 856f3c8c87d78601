"""Schedules: a recorded model becomes one Airflow DAG file, and predicts every trading day in its own environment.

Everything is imported at use: `import dsframework.deployment` costs nothing, and the run-time entry point
(`python -m dsframework.deployment.runtime`) loads in the model's environment, where Airflow and Jupyter are not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dsframework.deployment._models import Publish, Schedule, SchedulePlan, ScheduleRequest, TableTarget, Wait
    from dsframework.deployment._places import dags_folder
    from dsframework.deployment._predict import predict
    from dsframework.deployment._schedule import delete_schedule, list_schedules, plan_schedule, read_schedule, write_schedule

__all__ = [
    "Publish",
    "Schedule",
    "SchedulePlan",
    "ScheduleRequest",
    "TableTarget",
    "Wait",
    "dags_folder",
    "delete_schedule",
    "list_schedules",
    "plan_schedule",
    "predict",
    "read_schedule",
    "write_schedule",
]

_HOMES = dict.fromkeys(("Publish", "Schedule", "SchedulePlan", "ScheduleRequest", "TableTarget", "Wait"), "_models")
_HOMES |= dict.fromkeys(("delete_schedule", "list_schedules", "plan_schedule", "read_schedule", "write_schedule"), "_schedule")
_HOMES["predict"] = "_predict"
_HOMES["dags_folder"] = "_places"


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
