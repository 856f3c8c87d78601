"""What every handler is made of: read a model, call a service, finish a model."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, TypeVar, cast

from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_escape, url_path_join
from pydantic import BaseModel, ValidationError
from tornado.web import HTTPError

from dsframework.errors import TsmlError
from jupyterlab_tsml.problems import ProblemError, problem_of, refuse
from jupyterlab_tsml.wire import ErrorBody
from jupyterlab_tsml.workers import Lane

if TYPE_CHECKING:
    from jupyterlab_tsml.app import TsmlApp

__all__ = ["NAMESPACE", "RESOURCE", "TsmlHandler"]

NAMESPACE = "jupyterlab-tsml"
RESOURCE = "jupyterlab-tsml"
_OWN_ARGUMENTS = ("token", "no_track_activity")

P = ParamSpec("P")
T = TypeVar("T")
Model = TypeVar("Model", bound=BaseModel)


class TsmlHandler(APIHandler):
    """Reads pydantic models, calls services in a thread, and writes pydantic models or one `ErrorBody`."""

    lane: ClassVar[Lane] = Lane.OWN

    @property
    def app(self) -> TsmlApp:
        """The extension, with its services."""
        return cast("TsmlApp", self.settings["jupyterlab_tsml"])

    def read_body(self, model: type[Model]) -> Model:
        """Return the request's JSON body.

        Raises
        ------
        ProblemError
            413 for a body that is too long, 415 for one that is not declared as JSON, 400 for one that is none or has another shape.
        """
        body = self.request.body
        if len(body) > self.app.max_body_bytes:
            limit = f"at most {self.app.max_body_bytes} bytes"
            raise refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "request.too_large", f"the body has {len(body)} bytes", mend=limit)
        kind = self.request.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            mend = "send Content-Type: application/json"
            raise refuse(
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "request.content_type", "the body is not declared as JSON", value=kind, mend=mend
            )
        return _build(model.model_validate_json, body)

    def read_query(self, model: type[Model]) -> Model:
        """Return the request's query; raises `ProblemError` 400 for an unknown or a wrong argument."""
        names = [name for name in self.request.query_arguments if name not in _OWN_ARGUMENTS and not name.isdigit()]
        return _build(model.model_validate, {name: self.get_query_argument(name) for name in names})

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a service's method beside the event loop; what a person can mend becomes an HTTP status."""
        return await self._within(self.app.time_limit, partial(function, *args, **kwargs))

    async def carry_out(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Do as `call` for what changes something, and wait longer, so that the answer tells whether it was done."""
        return await self._within(self.app.change_time_limit, partial(function, *args, **kwargs))

    async def _within(self, seconds: float, function: Callable[[], T]) -> T:
        try:
            return await self.app.workers[self.lane].call(function, seconds=seconds)
        except TsmlError as error:
            raise problem_of(error) from error

    def reply(self, answer: BaseModel, status: HTTPStatus = HTTPStatus.OK, *, location: tuple[str, ...] | None = None) -> None:
        """Finish with a model; `location` is the path of what was made, below the extension's own."""
        self.set_status(status.value)
        if location:
            self.set_header("Location", url_path_join(self.base_url, NAMESPACE, *(url_escape(part) for part in location)))
        self.finish(answer.model_dump_json(by_alias=True))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Finish with an `ErrorBody`; what was not foreseen is logged and not told."""
        error = (kwargs.get("exc_info") or (None, None, None))[1]
        if isinstance(error, ProblemError):
            body = error.body
            if error.retry_after:
                self.set_header("Retry-After", str(error.retry_after))
        elif isinstance(error, HTTPError):
            body = ErrorBody(code=f"http.{status_code}", message=error.log_message or error.reason or HTTPStatus(status_code).phrase)
        else:
            body = ErrorBody(code="server.error", message="the server failed, which is a bug", mend="see the server's log")
        self.finish(body.model_dump_json())


def _build(validate: Callable[[Any], Model], data: Any) -> Model:
    try:
        return validate(data)
    except (ValidationError, TsmlError) as error:
        raise problem_of(error) from error
