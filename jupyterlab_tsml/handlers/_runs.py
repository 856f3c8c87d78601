"""Recorded runs: a page of them, one, the document it was made from, and several side by side."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from dsframework.records import Comparison, RunPage, RunSummary
from jupyterlab_tsml.handlers._base import RESOURCE, TsmlHandler
from jupyterlab_tsml.operations import operation
from jupyterlab_tsml.wire import CompareRequest, RunsQuery, SpecReply
from jupyterlab_tsml.workers import Lane

__all__ = ["CompareHandler", "RunHandler", "RunSpecHandler", "RunsHandler"]


class RunsHandler(TsmlHandler):
    """All runs."""

    lane = Lane.TRACKING

    @operation("A page of runs, newest first", query=RunsQuery, reply=RunPage, errors=(404, 422))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def get(self) -> None:
        """Give a page of runs."""
        query = self.read_query(RunsQuery)
        self.reply(await self.call(self.app.runs.page, query))


class RunHandler(TsmlHandler):
    """One run."""

    lane = Lane.TRACKING

    @operation("One run", reply=RunSummary, errors=(404, 422))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def get(self, run_id: str) -> None:
        """Give the run."""
        self.reply(await self.call(self.app.runs.summary, run_id))


class RunSpecHandler(TsmlHandler):
    """The document of a run."""

    lane = Lane.TRACKING

    @operation("The document that a run was made from", reply=SpecReply, errors=(404, 422))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def get(self, run_id: str) -> None:
        """Give the document."""
        self.reply(await self.call(self.app.runs.spec, run_id))


class CompareHandler(TsmlHandler):
    """Runs side by side."""

    lane = Lane.TRACKING

    @operation("Runs side by side, with their forecasts", body=CompareRequest, reply=Comparison, errors=(404, 422))
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def post(self) -> None:
        """Give the comparison."""
        request = self.read_body(CompareRequest)
        self.reply(await self.call(self.app.runs.compare, request))
