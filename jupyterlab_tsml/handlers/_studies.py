"""Studies: start one apart from the server, follow it, read its log, stop it."""

from __future__ import annotations

from http import HTTPStatus

from jupyter_server.auth.decorator import authorized
from tornado import web

from dsframework.records import DetachedStudy, StudyLog, StudyStatus
from jupyterlab_tsml.handlers._base import RESOURCE, TsmlHandler
from jupyterlab_tsml.operations import operation
from jupyterlab_tsml.wire import LogQuery, StudiesQuery, StudyList, StudyRequest
from jupyterlab_tsml.workers import Lane

__all__ = ["StudiesHandler", "StudyHandler", "StudyLogHandler", "StudyStopHandler"]


class StudiesHandler(TsmlHandler):
    """All studies."""

    lane = Lane.TRACKING

    @operation("Studies, newest first", query=StudiesQuery, reply=StudyList, errors=(422,))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def get(self) -> None:
        """Give the studies."""
        query = self.read_query(StudiesQuery)
        self.reply(await self.call(self.app.studies.list, query.limit))

    @operation(
        "Record a study in MLflow and run it apart from the server, which it outlives; the same document again is the same study",
        body=StudyRequest,
        reply=DetachedStudy,
        status=HTTPStatus.ACCEPTED,
        errors=(404, 409, 422, 501),
    )
    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    async def post(self) -> None:
        """Start a study and give its status."""
        request = self.read_body(StudyRequest)
        status = await self.carry_out(self.app.studies.start, request)
        self.reply(status, HTTPStatus.ACCEPTED, location=("studies", status.study))


class StudyHandler(TsmlHandler):
    """One study."""

    lane = Lane.TRACKING

    @operation("How far a study is", reply=StudyStatus, errors=(404, 422))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def get(self, study_id: str) -> None:
        """Give the status."""
        self.reply(await self.call(self.app.studies.status, study_id))


class StudyLogHandler(TsmlHandler):
    """What one study has printed."""

    lane = Lane.TRACKING

    @operation("The last lines that a study has printed", query=LogQuery, reply=StudyLog, errors=(404, 422))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def get(self, study_id: str) -> None:
        """Give the lines."""
        query = self.read_query(LogQuery)
        self.reply(await self.call(self.app.studies.log_of, study_id, query.lines))


class StudyStopHandler(TsmlHandler):
    """The wish that a study stops."""

    lane = Lane.TRACKING

    @operation(
        "Ask a study to stop after its running trials",
        reply=StudyStatus,
        status=HTTPStatus.ACCEPTED,
        errors=(404, 409, 422),
    )
    @web.authenticated
    @authorized("execute", resource=RESOURCE)
    async def post(self, study_id: str) -> None:
        """Ask, and give the status."""
        self.reply(await self.carry_out(self.app.studies.stop, study_id), HTTPStatus.ACCEPTED)
