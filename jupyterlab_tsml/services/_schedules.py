"""Schedules: one DAG file each."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

from traitlets import List, Unicode

from dsframework.deployment import Publish, Schedule, SchedulePlan, ScheduleRequest
from dsframework.errors import ScheduleError
from jupyterlab_tsml.root import ForbiddenPathError, Root
from jupyterlab_tsml.services._base import Service
from jupyterlab_tsml.wire import ScheduleList

__all__ = ["ScheduleService"]


class ScheduleService(Service):
    """Plans, writes, lists and deletes schedules."""

    publish_folders = List(
        Unicode(), config=True, help="Folders, beside the server's root, below which a schedule may post predictions as Parquet files."
    )

    def list(self) -> ScheduleList:
        """Return the schedules of the DAGs folder."""
        from dsframework.deployment import list_schedules

        return ScheduleList(schedules=list_schedules())

    def plan(self, request: ScheduleRequest) -> SchedulePlan:
        """Return what would be written."""
        from dsframework.deployment import plan_schedule

        return plan_schedule(self.admit_request(request))

    def write(self, request: ScheduleRequest) -> Schedule:
        """Write the DAG file and return the schedule."""
        from dsframework.deployment import write_schedule

        return write_schedule(self.admit_request(request))

    def read(self, name: str) -> Schedule:
        """Return one schedule; raises `NotFoundError`."""
        from dsframework.deployment import read_schedule

        return read_schedule(name)

    def delete(self, name: str) -> None:
        """Take the DAG file away; raises `NotFoundError`."""
        from dsframework.deployment import delete_schedule

        delete_schedule(name)

    def admit_request(self, request: ScheduleRequest) -> ScheduleRequest:
        """Return the request as this server takes it.

        The DAGs folder is the server's own; data are read from below its root; a Parquet target lies below its root or below one of
        `publish_folders`. Airflow writes the target, perhaps with other rights than the user's, so a browser does not choose it freely.

        Raises
        ------
        ScheduleError
            When the request names another DAGs folder, or the name of one of this server's own routes.
        ForbiddenPathError
            When the data or the target lie outside of these folders.
        """
        if request.dags_folder is not None:
            mend = "leave it out; whoever starts the server sets TSML_DAGS_FOLDER"
            raise ScheduleError("is not a browser's to choose", field="dags_folder", value=request.dags_folder, mend=mend)
        if request.name == "preview":
            raise ScheduleError("is the name of a route of this server", field="name", value=request.name, mend="choose another name")
        admitted: dict[str, Any] = {}
        if request.data is not None:
            admitted["data"] = str(self.root.resolve(request.data, "data"))
        if request.publish.parquet is not None:
            admitted["publish"] = Publish(parquet=str(self._admit_target(request.publish.parquet)))
        return request.model_copy(update=admitted)

    def _admit_target(self, asked: str) -> Path:
        field = "publish.parquet"
        for folder in self.publish_folders:
            with suppress(ForbiddenPathError):
                return Root(Path(folder).expanduser(), hidden=self.allow_hidden).resolve(asked, field, base=self.root.folder)
        try:
            return self.root.resolve(asked, field)
        except ForbiddenPathError as error:
            allowed = ", ".join(["the folder in which the server was started", *self.publish_folders])
            mend = f"leave it out, or choose a place below {allowed} (ScheduleService.publish_folders)"
            raise ForbiddenPathError(error.message, field=field, value=asked, mend=mend) from None
