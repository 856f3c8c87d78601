"""Schedules: one DAG file each."""

from __future__ import annotations

from dsframework.deployment import Schedule, SchedulePlan, ScheduleRequest
from dsframework.errors import ScheduleError
from jupyterlab_tsml.services._base import Service
from jupyterlab_tsml.wire import ScheduleList

__all__ = ["ScheduleService"]


class ScheduleService(Service):
    """Plans, writes, lists and deletes schedules."""

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
        """Return the request as this server takes it: the DAGs folder is the server's own, and the data lie below its root.

        Raises
        ------
        ScheduleError
            When the request names another DAGs folder, or the name of one of this server's own routes.
        ForbiddenPathError
            When the data lie outside the root folder.
        """
        if request.dags_folder is not None:
            mend = "leave it out; whoever starts the server sets TSML_DAGS_FOLDER"
            raise ScheduleError("is not a browser's to choose", field="dags_folder", value=request.dags_folder, mend=mend)
        if request.name == "preview":
            raise ScheduleError("is the name of a route of this server", field="name", value=request.name, mend="choose another name")
        if request.data is None:
            return request
        return request.model_copy(update={"data": str(self.root.resolve(request.data, "data"))})
