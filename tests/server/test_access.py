"""Who may ask: nobody without credentials, nobody whom the authorizer denies, no foreign page in a logged-in browser."""

from __future__ import annotations

import re
from typing import ClassVar

import pytest
from jupyter_server.auth import Authorizer
from tornado.routing import PathMatches

VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
DOCUMENT = '{"yaml": "version: 1"}'

ACTIONS = {
    ("GET", "schema"): "read",
    ("POST", "validate"): "read",
    ("POST", "folds"): "read",
    ("GET", "preview"): "read",
    ("GET", "runs"): "read",
    ("GET", "runs/x"): "read",
    ("GET", "runs/x/spec"): "read",
    ("POST", "compare"): "read",
    ("GET", "studies"): "read",
    ("POST", "studies"): "execute",
    ("GET", "studies/x"): "read",
    ("GET", "studies/x/logs"): "read",
    ("POST", "studies/x/stop"): "execute",
    ("GET", "schedules"): "read",
    ("POST", "schedules"): "write",
    ("POST", "schedules/preview"): "read",
    ("GET", "schedules/x"): "read",
    ("DELETE", "schedules/x"): "write",
    ("GET", "status"): "read",
    ("GET", "openapi.json"): "read",
}


class Recorder(Authorizer):
    """Denies everything and remembers what it was asked."""

    asked: ClassVar[list[tuple[str, str]]] = []

    def is_authorized(self, handler, user, action, resource):
        self.asked.append((action, resource))
        return False


class Reader(Authorizer):
    """Allows reading, and nothing else."""

    def is_authorized(self, handler, user, action, resource):
        return action == "read"


def routes_of(web_app) -> list[str]:
    """Every path of the extension as the running server has it, groups filled with x."""
    found = []
    stack = [web_app.default_router, web_app.wildcard_router]
    while stack:
        router = stack.pop()
        for rule in router.rules:
            if hasattr(rule.target, "rules"):
                stack.append(rule.target)
            elif isinstance(rule.matcher, PathMatches) and "tsml" in rule.matcher.regex.pattern:
                pattern = rule.matcher.regex.pattern.removesuffix("$")
                found.append(re.sub(r"\(\?P<\w+>[^)]*\)", "x", pattern).replace("\\", "").split("/jupyterlab-tsml/")[1])
    return sorted(set(found))


def test_the_running_server_has_the_routes_of_this_table_and_no_other(jp_web_app):
    assert routes_of(jp_web_app) == sorted({path for _, path in ACTIONS})


class TestWithoutCredentials:
    @pytest.fixture
    def settings(self):
        return {"ServerApp": {"disable_check_xsrf": True}}  # so that only the authentication stands between

    async def test_no_route_answers(self, bare, jp_web_app):
        answered = []
        for path in routes_of(jp_web_app):
            for verb in VERBS:
                body = DOCUMENT if verb in ("POST", "PUT", "PATCH") else None
                code = (await bare(verb, f"jupyterlab-tsml/{path}", body=body)).code
                if code != (403 if (verb, path) in ACTIONS else 405):
                    answered.append((verb, path, code))
        assert answered == []

    async def test_a_wrong_token_is_none(self, bare):
        assert (await bare("GET", "jupyterlab-tsml/schema", headers={"Authorization": "token wrong"})).code == 403


class TestDenied:
    @pytest.fixture
    def settings(self):
        return {"ServerApp": {"authorizer_class": Recorder}}

    async def test_every_verb_asks_for_its_own_action_on_the_extension(self, ask):
        for (verb, path), action in ACTIONS.items():
            Recorder.asked.clear()
            answer = await ask(verb, path, body={"yaml": "version: 1"} if verb == "POST" else None)
            assert answer.code == 403, (verb, path)
            assert Recorder.asked == [(action, "jupyterlab-tsml")], (verb, path)
            assert answer.body["code"] == "http.403"


class TestReader:
    @pytest.fixture
    def settings(self):
        return {"ServerApp": {"authorizer_class": Reader}}

    async def test_may_look_and_check_but_start_and_write_nothing(self, ask):
        assert (await ask("GET", "schema")).code == 200
        assert (await ask("POST", "validate", {"yaml": "version: 1"})).code == 200
        refused = [(verb, path) for (verb, path), action in ACTIONS.items() if action != "read"]
        assert len(refused) == 4
        for verb, path in refused:
            assert (await ask(verb, path)).code == 403, (verb, path)


async def browser_login(bare, token: str) -> tuple[str, str]:
    """Open the login page and log in, as a browser does; return the cookies and the XSRF token."""
    page = await bare("GET", "login")
    login = await bare("GET", f"login?token={token}")
    cookies = [value.split(";")[0] for answer in (page, login) for value in answer.headers.get_list("Set-Cookie")]
    xsrf = next(value.removeprefix("_xsrf=") for value in cookies if value.startswith("_xsrf="))
    return "; ".join(cookies), xsrf


async def test_a_browser_needs_its_xsrf_token_for_every_post_and_delete(bare, jp_serverapp):
    cookies, xsrf = await browser_login(bare, jp_serverapp.identity_provider.token)
    allowed = await bare("POST", "jupyterlab-tsml/validate", headers={"Cookie": cookies, "X-XSRFToken": xsrf}, body=DOCUMENT)
    assert allowed.code == 200, allowed
    for verb, path in [key for key in ACTIONS if key[0] in ("POST", "DELETE")]:
        body = DOCUMENT if verb == "POST" else None
        assert (await bare(verb, f"jupyterlab-tsml/{path}", headers={"Cookie": cookies}, body=body)).code == 403, path


class TestBehindAHub:
    @pytest.fixture
    def jp_base_url(self):
        return "/user/ann/"

    async def test_every_path_is_below_the_users_own(self, ask):
        document = (await ask("GET", "openapi.json")).body
        assert document["servers"] == [{"url": "/user/ann/jupyterlab-tsml"}]
        assert (await ask("GET", "schema")).code == 200
