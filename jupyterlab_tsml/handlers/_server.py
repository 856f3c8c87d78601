"""What this server works with, and the description of its routes."""

from __future__ import annotations

import json
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from jupyterlab_tsml.handlers._base import RESOURCE, TsmlHandler
from jupyterlab_tsml.operations import operation
from jupyterlab_tsml.wire import ServerStatus

__all__ = ["OpenApiHandler", "StatusHandler"]


class StatusHandler(TsmlHandler):
    """What this server works with."""

    @operation("Versions, where MLflow is, the executors, and the DAGs folder", reply=ServerStatus)
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def get(self) -> None:
        """Give the status."""
        self.reply(await self.call(self.app.places.status))


class OpenApiHandler(TsmlHandler):
    """The description of the routes."""

    @operation("This document", reply=dict)
    @web.authenticated
    @authorized("read", resource=RESOURCE)
    async def get(self) -> None:
        """Give the OpenAPI document."""
        document: dict[str, Any] = await self.call(self.app.describe_routes)
        self.finish(json.dumps(document))
