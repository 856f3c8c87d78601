"""Studies over REST for real: a process of its own, MLflow on SQLite in a temporary folder."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sqlite3
import time
from pathlib import Path

import pytest

QUICK = {
    "version": 1,
    "name": "quick",
    "task": "regression",
    "data": {"loader": "sample", "n_entities": 2, "n_days": 120},
    "target": {"column": "volume"},
    "features": [{"lag": {"columns": ["volume"], "periods": [0, 1]}}],
    "split": {"test": 0.2, "cv": {"folds": 2}},
    "models": [{"ridge": {"alpha": [0.1, 1.0]}}, {"random_forest": {"n_estimators": 5}}],
    "metrics": ["mae", "rmse"],
}
ENDED = ("finished", "failed", "stopped")


async def status_when(ask, study: str, condition, seconds: float = 120) -> dict:
    deadline = time.monotonic() + seconds
    while True:
        answer = await ask("GET", f"studies/{study}")
        assert answer.code == 200, answer
        if condition(answer.body):
            return answer.body
        assert answer.body["status"] not in ENDED, answer.body
        assert time.monotonic() < deadline, answer.body
        await asyncio.sleep(0.2)


async def start(ask, spec: dict, **given) -> dict:
    answer = await ask("POST", "studies", {"spec": spec, **given}, request_timeout=120)
    assert answer.code == 202, answer
    assert answer.headers["Location"].endswith(f"/jupyterlab-tsml/studies/{answer.body['study']}")
    return answer.body


@pytest.mark.slow
async def test_a_study_is_started_followed_listed_and_compared(ask, mlflow):
    begun = await start(ask, QUICK)
    assert begun["status"] in ("queued", "running")
    assert {line["name"] for line in begun["experiments"]} == {"ridge", "random_forest"}
    study = begun["study"]
    with sqlite3.connect(mlflow / "mlflow.db") as database:  # what is acknowledged is recorded
        assert database.execute("select count(*) from runs where run_uuid = ?", [study]).fetchone() == (1,)
    database.close()
    done = await status_when(ask, study, lambda status: status["status"] in ENDED)
    assert done["status"] == "finished", (done, (mlflow / "logs" / f"{study}.log").read_text())
    assert (done["trials_done"], done["trials_failed"]) == (3, 0)
    assert begun["begun"] == "started"
    again = await start(ask, QUICK)
    assert (again["study"], again["begun"], again["status"]) == (study, "finished", "finished")
    log = await ask("GET", f"studies/{study}/logs", params={"lines": "500"})
    assert (log.code, log.body["study"], log.body["status"]) == (200, study, "finished")
    assert log.body["lines"][0].startswith(f"study {study} on local")
    assert len((await ask("GET", f"studies/{study}/logs", params={"lines": "1"})).body["lines"]) == 1
    assert (await ask("GET", f"studies/{study}/logs", params={"lines": "0"})).code == 400

    studies = (await ask("GET", "studies")).body["studies"]
    assert [item["study"] for item in studies] == [study]
    page = (await ask("GET", "runs", params={"limit": "1"})).body
    rest = (await ask("GET", "runs", params={"page_token": page["next_token"]})).body
    runs = [*page["runs"], *rest["runs"]]
    assert {run["model"] for run in runs} == {"ridge", "random_forest"}
    assert all(run["study"] == study and run["test"]["mae"] > 0 for run in runs)
    filtered = (await ask("GET", "runs", params={"filter": "params.model = 'ridge'"})).body["runs"]
    assert [run["model"] for run in filtered] == ["ridge"]

    ridge = filtered[0]["run_id"]
    assert (await ask("GET", f"runs/{ridge}")).body == filtered[0]
    document = (await ask("GET", f"runs/{ridge}/spec")).body
    again = (await ask("POST", "validate", {"yaml": document["yaml"]})).body
    assert again["valid"]
    assert again["spec"] == document["spec"]
    assert document["spec"]["data"]["n_days"] == 120

    compared = await ask("POST", "compare", {"runs": [run["run_id"] for run in runs]})
    assert compared.code == 200, compared
    assert [row["run"]["run_id"] for row in compared.body["rows"]] == [run["run_id"] for run in runs]
    forecast = compared.body["forecast"]
    assert len(forecast["forecasts"]) == 2
    assert len(forecast["times"]) == len(forecast["actual"]) == len(forecast["forecasts"][0]["values"])
    other = (await ask("POST", "compare", {"runs": [ridge], "entity": forecast["entities"][-1], "part": "cv"})).body["forecast"]
    assert (other["entity"], other["part"]) == (forecast["entities"][-1], "cv")

    ended = await ask("POST", f"studies/{study}/stop")
    assert (ended.code, ended.body["code"]) == (409, "conflict")
    assert (await ask("GET", "runs", params={"filter": "metrics.mae <<< 3"})).code == 422
    assert (await ask("GET", "runs", params={"experiment": "none"})).code == 404
    assert (await ask("POST", "compare", {"runs": [ridge, "0" * 32]})).code == 404


LONG = {**QUICK, "name": "long", "models": [{"random_forest": {"n_estimators": [400 + step for step in range(200)]}}]}


@pytest.fixture
def book(jp_root_dir):
    """A folder below the root with a data file."""
    folder = jp_root_dir / "books"
    folder.mkdir()
    rows = [f"2020-{1 + day // 28:02d}-{1 + day % 28:02d},{100 + day * 7 % 13}" for day in range(200)]
    (folder / "days.csv").write_text("\n".join(["time,volume", *rows]) + "\n")
    return folder


@pytest.mark.slow
async def test_a_study_reads_from_the_base_in_a_session_of_its_own_and_stops_when_asked(ask, mlflow, book):
    spec = {**LONG, "data": {"loader": "csv", "path": "days.csv"}}
    missing = await ask("POST", "studies", {"spec": spec}, request_timeout=120)
    assert (missing.code, missing.body["code"], missing.body["field"]) == (422, "data.invalid", "data.path")
    study = (await start(ask, spec, base="books"))["study"]
    running = await status_when(ask, study, lambda status: status["trials_done"] >= 1)
    assert running["status"] == "running"
    again = await start(ask, spec, base="books")
    assert (again["study"], again["begun"]) == (study, "running")
    pid = process_of(study)
    assert os.getsid(pid) == pid  # so no signal to the server's session or group reaches it
    answer = await ask("POST", f"studies/{study}/stop")
    assert answer.code == 202, answer
    stopped = await status_when(ask, study, lambda status: status["status"] in ENDED)
    assert stopped["status"] == "stopped"
    assert 1 <= stopped["trials_done"] < 200
    assert [item["study"] for item in (await ask("GET", "studies")).body["studies"]] == [study]  # the refused one is not recorded


@pytest.mark.slow
async def test_a_study_whose_process_is_killed_is_told_as_failed(ask, mlflow):
    study = (await start(ask, LONG))["study"]
    await status_when(ask, study, lambda status: status["trials_done"] >= 1)
    os.kill(process_of(study), signal.SIGKILL)
    died = await status_when(ask, study, lambda status: status["status"] != "running", seconds=30)
    assert died["status"] == "failed"
    assert died["error"]
    assert died["trials_done"] >= 1


def process_of(study: str) -> int:
    """The process that runs a study, found by its command line."""
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if study.encode() in (entry / "cmdline").read_bytes().split(b"\0"):
                return int(entry.name)
    raise AssertionError(f"no process runs {study}")


async def test_a_data_frame_is_refused_with_the_way_to_run_it(ask):
    spec = {**QUICK, "data": {"loader": "frame", "frame": "df", "time": "day"}}
    answer = await ask("POST", "studies", {"spec": spec})
    assert (answer.code, answer.body["field"]) == (422, "data.frame")
    assert "notebook" in answer.body["mend"]
    assert (await ask("POST", "validate", {"spec": spec})).body["valid"]


@pytest.mark.parametrize("executor", ["", "spark", "ray://host", 3])
async def test_an_unknown_executor_is_a_400(ask, executor):
    answer = await ask("POST", "studies", {"spec": QUICK, "executor": executor})
    assert (answer.code, answer.body["field"]) == (400, "executor")


async def test_an_unknown_study_or_run_is_a_404(ask):
    unknown = ("none", "0" * 32)
    for route in [
        f"{what}/{name}{part}"
        for what, part in (("studies", ""), ("studies", "/logs"), ("runs", ""), ("runs", "/spec"))
        for name in unknown
    ]:
        answer = await ask("GET", route, request_timeout=120)
        assert (answer.code, answer.body["code"]) == (404, "not_found"), route
    assert (await ask("POST", f"studies/{'0' * 32}/stop")).code == 404
    assert (await ask("POST", "compare", {"runs": ["0" * 32]})).code == 404


@pytest.mark.parametrize("runs", [[], "abc", [1], None])
async def test_a_comparison_of_something_else_is_a_400(ask, runs):
    assert (await ask("POST", "compare", {"runs": runs})).code == 400


async def test_the_folds_are_drawn(ask):
    answer = await ask("POST", "folds", {"spec": QUICK}, request_timeout=120)
    assert answer.code == 200, answer
    assert len(answer.body["folds"]) == 2
    kinds = [span["kind"] for span in answer.body["folds"][0]]
    assert (kinds[0], kinds[-1]) == ("train", "test")
    assert answer.body["test"][-1]["last"] == answer.body["last"]


async def test_too_few_rows_for_the_folds_is_a_422(ask):
    answer = await ask("POST", "folds", {"spec": {**QUICK, "split": {"cv": {"folds": 200}}}}, request_timeout=120)
    assert answer.code == 422
    assert answer.body["code"] in ("split.invalid", "spec.invalid")


class TestDeadMlflow:
    @pytest.fixture
    def own_places(self, own_places, monkeypatch):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://ann:secret@127.0.0.1:9")
        return own_places

    async def test_is_a_503_within_seconds_and_tells_no_password(self, ask, own_places):
        spec = json.dumps({"spec": QUICK})
        asked = [("GET", "runs"), ("GET", "studies"), ("GET", f"runs/{'0' * 32}"), ("POST", "studies")]
        for verb, path in asked:
            begun = time.monotonic()
            answer = await ask(verb, path, spec, request_timeout=60)
            assert (answer.code, answer.body["code"]) == (503, "tracking.unavailable"), (path, answer)
            assert time.monotonic() - begun < 15
            assert "secret" not in json.dumps(answer.body)
            assert answer.body["mend"]
        status = await ask("GET", "status")
        assert status.body["tracking"] == {"kind": "http", "location": "http://127.0.0.1:9"}
