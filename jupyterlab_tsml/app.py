"""The server extension: it makes the services and the threads, and adds the routes."""

from __future__ import annotations

import asyncio
import time
from functools import cached_property
from typing import Any, ClassVar

from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from traitlets import Bool, Float, Int, Type

from jupyterlab_tsml.handlers import NAMESPACE, ROUTES
from jupyterlab_tsml.services import DocumentService, PlaceService, RunService, ScheduleService, Service, StudyService
from jupyterlab_tsml.workers import Lane, Workers

__all__ = ["TsmlApp"]

_WARM_UP_AFTER = 2.0


class TsmlApp(ExtensionApp):
    """Time-series experiments: REST below ``<base>/jupyterlab-tsml/``."""

    name = "jupyterlab_tsml"
    load_other_extensions = True
    default_url = "/lab"
    file_url_prefix = "/lab/tree"
    service_names: ClassVar[tuple[str, ...]] = ("documents", "runs", "studies", "schedules", "places")

    documents_class = Type(DocumentService, klass=DocumentService, config=True, help="What answers for documents and data files.")
    runs_class = Type(RunService, klass=RunService, config=True, help="What answers for recorded runs.")
    studies_class = Type(StudyService, klass=StudyService, config=True, help="What starts, follows and stops studies.")
    schedules_class = Type(ScheduleService, klass=ScheduleService, config=True, help="What writes and lists schedules.")
    places_class = Type(PlaceService, klass=PlaceService, config=True, help="What tells versions and places.")

    documents: DocumentService
    runs: RunService
    studies: StudyService
    schedules: ScheduleService
    places: PlaceService

    _warming: asyncio.Task[None] | None = None

    threads = Int(4, min=1, config=True, help="How many calls of one lane run beside the event loop at the same time.")
    waiting = Int(64, min=0, config=True, help="How many more calls of a lane may wait; a further one is answered with 503.")
    time_limit = Float(30.0, min=0.01, config=True, help="Seconds after which a call is answered with 503.")
    change_time_limit = Float(300.0, min=0.01, config=True, help="The same, for what starts a study or writes a schedule.")
    warm_up = Bool(True, config=True, help="Load MLflow in the background once the server runs, so that the first look at runs is quick.")
    max_body_bytes = Int(262_144, min=1, config=True, help="The longest body of a request, in bytes.")

    @cached_property
    def workers(self) -> dict[Lane, Workers]:
        """The threads beside the event loop: a pool for every lane, so that big files and a silent MLflow hold up only their own kind."""
        return {lane: Workers(threads=self.threads, waiting=self.waiting, seconds=self.time_limit, mend=lane.value) for lane in Lane}

    def initialize_settings(self) -> None:
        """Make the services."""
        assert self.serverapp is not None
        contents = self.settings.get("contents_manager")
        for name in self.service_names:
            kind: type[Service] = getattr(self, f"{name}_class")
            service = kind(parent=self, root_dir=self.serverapp.root_dir, allow_hidden=bool(getattr(contents, "allow_hidden", False)))
            setattr(self, name, service)

    def initialize_handlers(self) -> None:
        """Add the routes."""
        self.handlers.extend((url_path_join("/", NAMESPACE, route.pattern), route.handler) for route in ROUTES)

    def describe_routes(self) -> dict[str, Any]:
        """Return the OpenAPI document of this server's routes."""
        from jupyterlab_tsml.openapi import document

        assert self.serverapp is not None
        return document(url_path_join(self.serverapp.base_url, NAMESPACE))

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        """Jupyter's hook, called when the event loop runs."""
        if self.warm_up:
            self._warming = asyncio.create_task(self._load_mlflow())

    async def _load_mlflow(self) -> None:
        await asyncio.sleep(_WARM_UP_AFTER)  # the page that is being opened goes first
        started = time.monotonic()
        await self.workers[Lane.TRACKING].call(self.runs.warm_up)
        self.log.info("MLflow is loaded, in %.1f s", time.monotonic() - started)

    async def stop_extension(self) -> None:
        """Let the threads go; a study runs in a process of its own and is not touched."""
        if self._warming is not None:
            self._warming.cancel()
        for pool in self.workers.values():
            pool.close()
