"""The table of routes: every path below ``<base>/jupyterlab-tsml/`` and its handler."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jupyterlab_tsml.handlers._base import TsmlHandler
from jupyterlab_tsml.handlers._documents import FoldsHandler, PreviewHandler, SchemaHandler, ValidateHandler
from jupyterlab_tsml.handlers._runs import CompareHandler, RunHandler, RunsHandler, RunSpecHandler
from jupyterlab_tsml.handlers._schedules import ScheduleHandler, SchedulePreviewHandler, SchedulesHandler
from jupyterlab_tsml.handlers._server import OpenApiHandler, StatusHandler
from jupyterlab_tsml.handlers._studies import StudiesHandler, StudyHandler, StudyLogHandler, StudyStopHandler

__all__ = ["ROUTES", "Route"]


@dataclass(frozen=True)
class Route:
    """A path, written as OpenAPI does, such as ``runs/{run_id}``, and its handler."""

    path: str
    handler: type[TsmlHandler]

    @property
    def parameters(self) -> list[str]:
        """The names in braces, in order."""
        return re.findall(r"{(\w+)}", self.path)

    @property
    def pattern(self) -> str:
        """The path as a regular expression."""
        return re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(self.path))


ROUTES = (
    Route("schema", SchemaHandler),
    Route("validate", ValidateHandler),
    Route("folds", FoldsHandler),
    Route("preview", PreviewHandler),
    Route("runs", RunsHandler),
    Route("runs/{run_id}", RunHandler),
    Route("runs/{run_id}/spec", RunSpecHandler),
    Route("compare", CompareHandler),
    Route("studies", StudiesHandler),
    Route("studies/{study_id}", StudyHandler),
    Route("studies/{study_id}/logs", StudyLogHandler),
    Route("studies/{study_id}/stop", StudyStopHandler),
    Route("schedules", SchedulesHandler),
    Route("schedules/preview", SchedulePreviewHandler),
    Route("schedules/{name}", ScheduleHandler),
    Route("status", StatusHandler),
    Route("openapi.json", OpenApiHandler),
)
