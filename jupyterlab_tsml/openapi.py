"""The OpenAPI 3.1 document, made from the table of routes and the pydantic models."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from jupyterlab_tsml.handlers import ROUTES, Route
from jupyterlab_tsml.operations import Operation, operation_of
from jupyterlab_tsml.schemas import WireJsonSchema
from jupyterlab_tsml.wire import ErrorBody

__all__ = ["document", "operations"]

_VERBS = ("get", "put", "post", "patch", "delete")
_REFERENCE = "#/components/schemas/{model}"
_ALWAYS = (403, 500, 503)
Models = dict[tuple[Any, JsonSchemaMode], dict[str, Any]]


def operations() -> Iterator[tuple[Route, str, Operation]]:
    """Yield every verb of every route."""
    for route in ROUTES:
        for verb in _VERBS:
            found = operation_of(getattr(route.handler, verb, None))
            if found is not None:
                yield route, verb, found


def _models() -> tuple[Models, dict[str, Any]]:
    asked: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {(ErrorBody, "serialization"): None}
    for _, _, operation in operations():
        if operation.body is not None:
            asked[(operation.body, "validation")] = None
        if isinstance(operation.reply, type) and issubclass(operation.reply, BaseModel):
            asked[(operation.reply, "serialization")] = None
    references, definitions = models_json_schema(list(asked), by_alias=True, ref_template=_REFERENCE, schema_generator=WireJsonSchema)
    return references, definitions["$defs"]


def _parameters(route: Route, operation: Operation) -> list[dict[str, Any]]:
    text = {"type": "string"}
    found: list[dict[str, Any]] = [{"name": name, "in": "path", "required": True, "schema": text} for name in route.parameters]
    if operation.query is not None:
        schema = operation.query.model_json_schema()
        required = schema.get("required", ())
        found += [
            {"name": name, "in": "query", "required": name in required, "schema": {k: v for k, v in part.items() if k != "title"}}
            for name, part in schema["properties"].items()
        ]
    return found


def _content(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _responses(operation: Operation, references: Models) -> dict[str, Any]:
    success: dict[str, Any] = {"description": operation.summary}
    if operation.reply is dict:
        success["content"] = _content({"type": "object"})
    elif operation.reply is not None:
        success["content"] = _content(references[(operation.reply, "serialization")])
    if operation.status in (HTTPStatus.CREATED, HTTPStatus.ACCEPTED):
        success["headers"] = {"Location": {"description": "Where it is", "schema": {"type": "string"}}}
    codes = {*operation.errors, *_ALWAYS}
    codes |= {400} if operation.query or operation.body else set()
    codes |= {413, 415} if operation.body else set()
    failure = _content(references[(ErrorBody, "serialization")])
    return {str(operation.status.value): success} | {
        str(code): {"description": HTTPStatus(code).phrase, "content": failure} for code in sorted(codes)
    }


def _describe(route: Route, verb: str, operation: Operation, references: Models) -> dict[str, Any]:
    words = [part.strip("{}").replace(".", "_") for part in route.path.split("/")]
    described: dict[str, Any] = {
        "operationId": "_".join([verb, *words]),
        "tags": [words[0]],
        "summary": operation.summary,
        "parameters": _parameters(route, operation),
        "responses": _responses(operation, references),
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _content(references[(operation.body, "validation")])}
    return described


def document(server: str) -> dict[str, Any]:
    """Return the OpenAPI document.

    Parameters
    ----------
    server
        The path before every route, such as ``/user/ann/jupyterlab-tsml``.
    """
    references, schemas = _models()
    paths: dict[str, dict[str, Any]] = {}
    for route, verb, operation in operations():
        paths.setdefault(f"/{route.path}", {})[verb] = _describe(route, verb, operation, references)
    try:
        own = version("jupyterlab-tsml")
    except PackageNotFoundError:
        own = "source"
    return {
        "openapi": "3.1.0",
        "info": {"title": "jupyterlab-tsml", "version": own, "description": "Time-series experiments in JupyterLab."},
        "servers": [{"url": server}],
        "security": [{"token": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": {"type": "apiKey", "in": "header", "name": "Authorization", "description": "token <the server's token>"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "username", "description": "A browser's login, with its XSRF cookie"},
            },
        },
    }
