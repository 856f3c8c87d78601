"""Writing a schedule for the magic and for the panels' buttons."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dsframework.errors import TsmlError

if TYPE_CHECKING:
    from dsframework.deployment import Schedule

__all__ = ["scheduled_message", "write"]


def write(
    run_id: str, *, name: str | None = None, dags_folder: str | None = None, replace: bool = False, settings: Sequence[str] = ()
) -> Schedule:
    """Write the DAG of a run; `settings` are ``path=value`` of a `ScheduleRequest`.

    Raises
    ------
    ScheduleError
        For a name, a time or a folder that must not be used.
    NotFoundError
        When there is no such run.
    """
    from dsframework.deployment import ScheduleRequest, write_schedule
    from dsframework.spec import apply_settings

    values = {"run_id": run_id, "name": name, "dags_folder": dags_folder, "replace": replace}
    return write_schedule(ScheduleRequest(**apply_settings(values, settings)))


def scheduled_message(content: dict[str, Any]) -> dict[str, Any]:
    """Do what a panel's Schedule button asks for, and return the answer that it shows."""
    head = {"kind": "scheduled", "request": content.get("request")}
    run_id = str(content.get("run_id", ""))
    name = str(content.get("name") or "").strip() or None
    try:
        schedule = write(run_id, name=name)
    except TsmlError as error:
        return head | {"ok": False, "text": str(error)}
    following = f"; next run {schedule.next_runs[0]}" if schedule.next_runs else ""
    return head | {"ok": True, "text": f"Schedule {schedule.name} written to {schedule.file}{following}"}
