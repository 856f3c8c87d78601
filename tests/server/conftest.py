"""A real Jupyter server with the extension, in a temporary folder; nothing of the machine's own configuration is read."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import jsonschema
import pytest

# The fixtures and hooks of the plugin, for this folder only: for every test of the project it would make and close a server.
from pytest_jupyter.jupyter_server import *  # noqa: F403
from tornado.httpclient import HTTPResponse
from traitlets.config import Config

from jupyterlab_tsml.openapi import document


@dataclass(frozen=True)
class Answer:
    """What came back: the status, the headers and the JSON body, whether it is a success or not."""

    code: int
    headers: Any
    body: Any


Ask = Callable[..., Awaitable[Answer]]


@pytest.fixture(autouse=True)
def own_places(tmp_path, monkeypatch):
    """MLflow, DAGs and logs of a test lie in its own folder."""
    home = tmp_path / "tsml-home"
    monkeypatch.setenv("TSML_HOME", str(home))
    for name in ("MLFLOW_TRACKING_URI", "TSML_DAGS_FOLDER", "AIRFLOW_HOME"):
        monkeypatch.delenv(name, raising=False)
    return home


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory):
    """MLflow's database as it is when nothing is recorded; making it takes MLflow seconds."""
    home = tmp_path_factory.mktemp("empty")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TSML_HOME", str(home))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        from dsframework.tracking import client

        client()
    return home / "mlflow.db"


@pytest.fixture
def mlflow(own_places, empty_database):
    """A place for MLflow that is ready."""
    own_places.mkdir()
    shutil.copy(empty_database, own_places)
    return own_places


@pytest.fixture
def settings() -> dict[str, Any]:
    """Further configuration of the server; a module or a test overrides it."""
    return {}


@pytest.fixture
def jp_server_config(settings):
    config = Config({"ServerApp": {"jpserver_extensions": {"jupyterlab_tsml": True}}})
    config.merge(Config(settings))
    return config


@pytest.fixture
def app(jp_serverapp):
    """The extension inside the running server."""
    return jp_serverapp.web_app.settings["jupyterlab_tsml"]


@pytest.fixture
def swap(app):
    """Put another service in the place of one of the server's."""

    def put(name: str, kind: type) -> None:
        setattr(app, name, kind(parent=app, root_dir=app.serverapp.root_dir))

    return put


def answer_of(response: HTTPResponse) -> Answer:
    text = (response.body or b"").decode()
    try:
        body = json.loads(text) if text else None
    except ValueError:
        body = text
    return Answer(response.code, response.headers, body)


@pytest.fixture
def ask(jp_fetch) -> Ask:
    """Ask a route below the extension's path, with the token."""

    async def send(method: str, path: str, body: Any = None, *, documented: bool = True, **given: Any) -> Answer:
        headers = dict(given.pop("headers", {}))
        if method == "POST":
            given["body"] = body if isinstance(body, str) else json.dumps(body if body is not None else {})
            headers.setdefault("Content-Type", "application/json")
        response = await jp_fetch("jupyterlab-tsml", *path.split("/"), method=method, headers=headers, raise_error=False, **given)
        answer = answer_of(response)
        conform(method, path, answer, documented=documented)
        return answer

    return send


@functools.cache
def described() -> dict[str, Any]:
    return document("/")


def conform(method: str, path: str, answer: Answer, *, documented: bool) -> None:
    """Fail unless the answer is what the OpenAPI document says of this route."""
    paths = described()["paths"]
    found = path if (path := f"/{path}") in paths else next((p for p in paths if re.fullmatch(re.sub(r"{\w+}", "[^/]+", p), path)), None)
    operation = paths[found].get(method.lower()) if found else None
    if operation is None:
        assert answer.code in (404, 405), answer
        return
    assert str(answer.code) in operation["responses"] or not documented, (method, path, answer)
    response = operation["responses"].get(str(answer.code), operation["responses"]["500"])
    if "content" not in response:
        assert answer.body is None
        return
    assert answer.headers["Content-Type"] == "application/json"
    schema = {**response["content"]["application/json"]["schema"], "components": described()["components"]}
    jsonschema.Draft202012Validator(schema).validate(answer.body)


@pytest.fixture
def bare(jp_serverapp, http_server_client, jp_base_url) -> Ask:
    """Ask the server without the token, with the headers that are given and no others."""

    async def send(method: str, path: str, *, headers: dict[str, str] | None = None, body: str | None = None) -> Answer:
        response = await http_server_client.fetch(
            jp_base_url + path,
            method=method,
            headers={"Content-Type": "application/json", **(headers or {})},
            body=body,
            allow_nonstandard_methods=True,
            follow_redirects=False,
            raise_error=False,
        )
        return answer_of(response)

    return send
