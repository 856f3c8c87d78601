"""Schedules: plan one, write it as a DAG file, list them, take one away."""

from __future__ import annotations

from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado import web

from dsframework.deployment import Schedule, SchedulePlan, ScheduleRequest
from jupyterlab_tsml.handlers._base import RESOURCE, TsmlHandler
from jupyterlab_tsml.operations import operation
from jupyterlab_tsml.wire import ScheduleList
from jupyterlab_tsml.workers import Lane

__all__ = ["ScheduleHandler", "SchedulePreviewHandler", "SchedulesHandler"]


class SchedulesHandler(TsmlHandler):
    """All schedules."""

    lane = Lane.SCHEDULES

    @operation("The schedules of the DAGs folder", reply=ScheduleList, errors=(422,))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def get(self) -> None:
        """Give the schedules."""
        self.reply(await self.call(self.app.schedules.list))

    @operation("Write one DAG file", body=ScheduleRequest, reply=Schedule, status=HTTPStatus.CREATED, errors=(404, 409, 422))
    @web.authenticated
    @authorized("write", resource=RESOURCE)
    async def post(self) -> None:
        """Write the schedule and give it."""
        request = self.read_body(ScheduleRequest)
        schedule = await self.carry_out(self.app.schedules.write, request)
        self.reply(schedule, HTTPStatus.CREATED, location=("schedules", schedule.name))


class SchedulePreviewHandler(TsmlHandler):
    """What would be written."""

    lane = Lane.SCHEDULES

    @operation("The DAG file that would be written, and its next runs", body=ScheduleRequest, reply=SchedulePlan, errors=(404, 409, 422))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def post(self) -> None:
        """Give the plan."""
        request = self.read_body(ScheduleRequest)
        self.reply(await self.call(self.app.schedules.plan, request))


class ScheduleHandler(TsmlHandler):
    """One schedule."""

    lane = Lane.SCHEDULES

    @operation("One schedule", reply=Schedule, errors=(404, 422))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def get(self, name: str) -> None:
        """Give the schedule."""
        self.reply(await self.call(self.app.schedules.read, name))

    @operation("Take a schedule's DAG file away", reply=None, status=HTTPStatus.NO_CONTENT, errors=(404, 409, 422))
    @web.authenticated
    @authorized("write", resource=RESOURCE)
    async def delete(self, name: str) -> None:
        """Delete the schedule."""
        await self.carry_out(self.app.schedules.delete, name)
        self.set_status(HTTPStatus.NO_CONTENT.value)
        self.finish()
