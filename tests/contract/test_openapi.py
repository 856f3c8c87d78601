"""The OpenAPI document: valid, complete, and what the server really sends."""

from __future__ import annotations

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from tornado.web import RequestHandler

from jupyterlab_tsml.handlers import ROUTES
from jupyterlab_tsml.openapi import document, operations
from jupyterlab_tsml.workers import Lane

VERBS = ("get", "head", "put", "post", "patch", "delete")


@pytest.fixture(scope="module")
def described():
    return document("/user/ann/jupyterlab-tsml")


def test_it_is_valid_openapi_3_1(described):
    OpenAPIV31SpecValidator(described).validate()


def test_it_has_every_verb_of_every_route_and_no_other(described):
    implemented = {
        (f"/{route.path}", verb) for route in ROUTES for verb in VERBS if getattr(route.handler, verb) is not getattr(RequestHandler, verb)
    }
    assert {(path, verb) for path, item in described["paths"].items() for verb in item} == implemented
    assert len(implemented) == 20


def test_every_operation_has_a_name_of_its_own_and_a_body_for_every_failure(described):
    found = [operation for item in described["paths"].values() for operation in item.values()]
    assert len({operation["operationId"] for operation in found}) == len(found)
    for operation in found:
        codes = {int(code) for code in operation["responses"]}
        assert len([code for code in codes if code < 300]) == 1
        assert codes >= {403, 500, 503}
        assert ("requestBody" in operation) == (codes >= {400, 413, 415})
        for code, response in operation["responses"].items():
            if int(code) >= 400:
                assert response["content"]["application/json"]["schema"] == {"$ref": "#/components/schemas/ErrorBody"}


def test_whatever_asks_mlflow_may_be_refused_by_it():
    for route, verb, operation in operations():
        if route.handler.lane in (Lane.TRACKING, Lane.SCHEDULES):
            assert 422 in operation.errors, (verb, route.path)


def test_every_schema_is_named_once_and_used(described):
    text = str(described)
    for name in described["components"]["schemas"]:
        assert f"#/components/schemas/{name}'" in text, name
