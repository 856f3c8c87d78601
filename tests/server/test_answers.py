"""Every status means what it says, with one body for all that are not a success; the event loop is never blocked."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time

import pytest

from dsframework import errors
from dsframework.errors import TsmlError
from dsframework.records import RunPage
from dsframework.spec import SpecIssue
from jupyterlab_tsml.problems import STATUS
from jupyterlab_tsml.services import DocumentService, RunService
from jupyterlab_tsml.workers import Lane

EXAMPLES = [
    (errors.SpecError([SpecIssue("models[0]", "'xgbost' is not available", 12, "xgboost")]), 422),
    (errors.DataError("no such column", field="data.time", value="dat", mend="try date"), 422),
    (errors.FeatureError("no such column", field="features[0]"), 422),
    (errors.SplitError("too few rows", field="split.cv"), 422),
    (errors.ModelError("raised"), 422),
    (errors.MetricError("is not a number"), 422),
    (errors.EvaluationError("needs the column price", field="evaluation.backtest.price"), 422),
    (errors.ScheduleError("is not a safe name", field="name", value="O'Brien"), 422),
    (errors.TrackingError("the filter is wrong"), 422),
    (errors.TsmlError("something else"), 422),
    (errors.TrackingUnavailableError("MLflow does not answer"), 503),
    (errors.ExecutorError("Ray is not there"), 503),
    (errors.NotFoundError("no such run", value="abc"), 404),
    (errors.ConflictError("has ended"), 409),
    (errors.StoppedError("stopped"), 409),
    (errors.MissingDependencyError("ray", "ray"), 501),
    (errors.KernelError("the compiled kernels are not there"), 501),
]


def all_subclasses(kind: type) -> set[type]:
    return {kind}.union(*(all_subclasses(child) for child in kind.__subclasses__()))


def test_every_error_of_the_framework_has_an_example_here_and_a_status():
    framework = {kind for kind in all_subclasses(TsmlError) if kind.__module__ == "dsframework.errors"}
    assert framework == {type(error) for error, _ in EXAMPLES}
    assert framework <= set(STATUS)


def raising(error: BaseException) -> type[RunService]:
    class Raising(RunService):
        def summary(self, run_id):
            raise error

    return Raising


@pytest.mark.parametrize(("error", "code"), EXAMPLES, ids=lambda part: type(part).__name__ if isinstance(part, TsmlError) else "")
async def test_an_error_becomes_its_status_and_one_body(ask, swap, error, code):
    swap("runs", raising(error))
    answer = await ask("GET", "runs/abc", documented=False)
    assert answer.code == code
    assert answer.headers["Content-Type"] == "application/json"
    assert set(answer.body) == {"code", "message", "field", "value", "mend", "issues"}
    assert answer.body["code"] == error.code
    if isinstance(error, errors.SpecError):
        assert answer.body["issues"] == [{"line": 12, "field": "models[0]", "message": "'xgbost' is not available", "hint": "xgboost"}]
        assert answer.body["field"] == "models[0]"
    else:
        told = {name: answer.body[name] for name in ("message", "field", "value", "mend")}
        assert told == {"message": error.message, "field": error.field, "value": error.value, "mend": error.mend}


async def test_a_bug_is_a_500_that_is_logged_and_not_told(ask, swap, caplog):
    swap("runs", raising(RuntimeError("the password is hunter2")))
    answer = await ask("GET", "runs/abc")
    assert answer.code == 500
    assert answer.body["code"] == "server.error"
    assert "hunter2" not in json.dumps(answer.body)
    assert "hunter2" in caplog.text


async def test_a_services_own_timeout_is_a_bug_and_not_the_servers_time_limit(ask, swap):
    swap("runs", raising(TimeoutError("of something inside")))
    assert (await ask("GET", "runs/abc")).code == 500


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("", None),
        ("{", None),
        ("nonsense", None),
        ("[" * 100_000, None),
        ("[]", None),
        ("null", None),
        ("{}", None),
        ('{"yaml": "a", "spec": {}}', None),
        ('{"yaml": 3}', "yaml"),
        ('{"yaml": "a", "bse": "x"}', "bse"),
        ('{"spec": []}', "spec"),
        (r'{"yaml": "\ud800"}', None),
        (r'{"yaml": "a", "base": "\ud800"}', None),
    ],
)
async def test_a_body_of_another_shape_is_a_400_that_names_the_field(ask, body, field):
    answer = await ask("POST", "validate", body)
    assert answer.code == 400, answer
    assert answer.body["code"] == "request.invalid"
    assert answer.body["field"] == field
    assert answer.body["message"]


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream", ""])
async def test_a_body_that_is_not_declared_as_json_is_a_415(ask, kind):
    answer = await ask("POST", "validate", {"yaml": "a"}, headers={"Content-Type": kind})
    assert answer.code == 415
    assert answer.body["code"] == "request.content_type"


async def test_json_with_a_charset_is_json(ask):
    answer = await ask("POST", "validate", {"yaml": "a"}, headers={"Content-Type": "application/json; charset=UTF-8"})
    assert answer.code == 200


async def test_a_body_that_is_too_long_is_a_413(ask, app):
    app.max_body_bytes = 1000
    assert (await ask("POST", "validate", {"yaml": "a" * 900})).code == 200
    answer = await ask("POST", "validate", {"yaml": "a" * 1000})
    assert answer.code == 413
    assert answer.body["code"] == "request.too_large"


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("runs", {"limit": "0"}, "limit"),
        ("runs", {"limit": "many"}, "limit"),
        ("runs", {"fiter": "x"}, "fiter"),
        ("studies", {"limit": "-1"}, "limit"),
        ("preview", {}, "path"),
        ("preview", {"path": "a", "tme": "x"}, "tme"),
    ],
)
async def test_a_wrong_query_is_a_400_that_names_the_argument(ask, path, params, field):
    answer = await ask("GET", path, params=params)
    assert answer.code == 400
    assert answer.body["field"] == field


async def test_what_lab_adds_to_a_query_is_not_refused(ask, swap):
    class Empty(RunService):
        def page(self, query):
            return RunPage(runs=[], next_token=f"{query.limit} {query.experiment}")

    swap("runs", Empty)
    answer = await ask("GET", "runs", params={"1700000000000": "", "no_track_activity": "1", "limit": "7", "experiment": "a b&c"})
    assert answer.code == 200
    assert answer.body["next_token"] == "7 a b&c"


async def test_a_verb_that_a_route_does_not_have_is_a_405(ask):
    assert (await ask("POST", "schema")).code == 405
    assert (await ask("DELETE", "runs/abc")).code == 405


class Slow(RunService):
    """Answers when it is let go."""

    gate = threading.Event()
    inside = threading.Semaphore(0)

    def page(self, query):
        self.inside.release()
        self.gate.wait(20)
        return RunPage(runs=[])


@pytest.fixture
def slow(swap):
    Slow.gate = threading.Event()
    Slow.inside = threading.Semaphore(0)
    swap("runs", Slow)
    yield Slow
    Slow.gate.set()


async def until(condition, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.005)


class TestSwappedByConfiguration:
    @pytest.fixture
    def settings(self):
        return {"TsmlApp": {"runs_class": Slow, "time_limit": 0.2}}

    async def test_a_service_and_the_time_limit_are_configuration(self, ask, app):
        Slow.gate = threading.Event()
        assert isinstance(app.runs, Slow)
        answer = await ask("GET", "runs")
        Slow.gate.set()
        assert answer.code == 503
        assert answer.body["code"] == "server.timeout"
        assert answer.headers["Retry-After"] == "5"


class TestSilentMlflow:
    @pytest.fixture
    def settings(self):
        return {"TsmlApp": {"time_limit": 3.0}}

    @pytest.fixture
    def own_places(self, own_places, monkeypatch):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{silent.getsockname()[1]}")
            yield own_places

    async def test_a_server_that_takes_calls_and_never_answers_is_a_503_when_the_time_is_up(self, ask):
        answer = await ask("GET", "runs", request_timeout=30)
        assert (answer.code, answer.body["code"]) == (503, "server.timeout")
        assert answer.body["mend"] == "try again in a moment; if it stays so, see whether MLflow answers"
        assert (await ask("GET", "schema")).code == 200


async def test_the_event_loop_beats_while_a_service_is_slow(ask, slow):
    asked = asyncio.ensure_future(ask("GET", "runs"))
    await until(lambda: slow.inside.acquire(blocking=False))
    gaps = []
    for _ in range(100):
        before = time.monotonic()
        await asyncio.sleep(0.002)
        gaps.append(time.monotonic() - before)
    assert not asked.done()  # the service waits for this very test: on the loop's own thread nothing of this would have happened
    assert sorted(gaps)[len(gaps) // 2] < 0.1  # the middle one: a busy machine may hold back a single beat
    assert (await ask("GET", "schema")).code == 200  # another route answers meanwhile
    assert not asked.done()
    slow.gate.set()
    assert (await asked).code == 200


class TestTwoPlaces:
    @pytest.fixture
    def settings(self):
        return {"TsmlApp": {"threads": 1, "waiting": 1}}

    async def test_a_call_beyond_the_queue_is_refused_at_once_and_the_others_are_answered(self, ask, slow, app):
        first = asyncio.ensure_future(ask("GET", "runs"))
        await until(lambda: slow.inside.acquire(blocking=False))
        second = asyncio.ensure_future(ask("GET", "runs"))
        await until(lambda: len(app.workers[Lane.TRACKING]._open) == 2)
        refused = await ask("GET", "runs")
        assert (refused.code, refused.body["code"]) == (503, "server.busy")
        slow.gate.set()
        assert [(await first).code, (await second).code] == [200, 200]
        assert (await ask("GET", "runs")).code == 200

    async def test_a_lane_that_is_full_holds_up_no_other(self, ask, slow, swap, jp_root_dir, own_places):
        class SlowDocuments(DocumentService):
            def preview(self, query):
                Slow.inside.release()
                Slow.gate.wait(20)
                return super().preview(query)

        swap("documents", SlowDocuments)
        (jp_root_dir / "a.csv").write_text("time,volume\n2020-01-01,1\n")
        taken = [asyncio.ensure_future(ask("GET", "runs")) for _ in range(2)]
        taken += [asyncio.ensure_future(ask("GET", "preview", params={"path": "a.csv"})) for _ in range(2)]
        await until(lambda: slow.inside.acquire(blocking=False))
        await until(lambda: slow.inside.acquire(blocking=False))
        others = [await ask("GET", path) for path in ("status", "schema", "schedules")]
        assert [answer.code for answer in others] == [200, 200, 200]
        assert not any(one.done() for one in taken)
        slow.gate.set()
        assert [(await one).code for one in taken] == [200] * 4
