"""Schedules over REST: planned, written, listed, read and taken away; nothing that is refused leaves a file."""

from __future__ import annotations

import ast
import datetime as dt
import re
from pathlib import Path

import polars as pl
import pytest

from dsframework.deployment import ScheduleRequest
from dsframework.spec import spec_from_dict
from jupyterlab_tsml.root import ForbiddenPathError

RUN = "0" * 32


@pytest.fixture
def recorded(jp_root_dir, mlflow) -> str:
    """The id of a finished run on a file below the root."""
    from dsframework.study import run_study

    folder = jp_root_dir / "books"
    folder.mkdir()
    days = pl.date_range(dt.date(2020, 1, 1), dt.date(2020, 7, 31), eager=True)
    frame = pl.DataFrame({"time": days}).filter(pl.col("time").dt.weekday() <= 5).with_row_index("n")
    frame.select("time", volume=100.0 + pl.col("n") * 7 % 13).write_csv(folder / "days.csv")
    spec = {
        "version": 1,
        "name": "plan",
        "task": "regression",
        "data": {"loader": "csv", "path": "days.csv", "calendar": "XNYS"},
        "target": {"column": "volume"},
        "features": [{"lag": {"columns": ["volume"], "periods": [0, 1]}}],
        "split": {"test": 0.2, "cv": {"folds": 2}},
        "models": ["ridge"],
        "metrics": ["mae"],
    }
    return run_study(spec_from_dict(spec), base=folder).result.experiments[0].run_id


@pytest.mark.slow
async def test_a_schedule_lives_from_the_plan_to_its_end(recorded, ask, own_places):
    dags = own_places / "dags"
    request = {"run_id": recorded, "name": "volume-daily", "at": "16:45", "timezone": "America/New_York"}
    plan = await ask("POST", "schedules/preview", request)
    assert plan.code == 200, plan
    ast.parse(plan.body["text"])
    assert len(plan.body["next_runs"]) > 0
    assert not dags.exists()  # a plan writes nothing

    written = await ask("POST", "schedules", request, request_timeout=120)
    assert written.code == 201, written
    assert written.headers["Location"].endswith("/jupyterlab-tsml/schedules/volume-daily")
    assert [file.name for file in dags.glob("*.py")] == [Path(plan.body["file"]).name]
    read = await ask("GET", "schedules/volume-daily")
    assert (read.code, read.body["run_id"], read.body["at"]) == (200, recorded, "16:45")
    assert [item["name"] for item in (await ask("GET", "schedules")).body["schedules"]] == ["volume-daily"]
    assert (await ask("POST", "schedules/preview", request)).body["replaces"] == Path(plan.body["file"]).read_text()

    assert (await ask("DELETE", "schedules/volume-daily")).code == 204
    assert list(dags.glob("*.py")) == []
    assert (await ask("DELETE", "schedules/volume-daily")).code == 404
    assert (await ask("GET", "schedules/volume-daily")).code == 404
    assert (await ask("GET", "schedules")).body == {"schedules": []}


@pytest.mark.slow
async def test_the_browser_the_shell_and_the_notebook_write_the_same_file(recorded, ask, own_places):
    from tsml_kernel._scheduling import write

    from dsframework.cli import main

    file = own_places / "dags" / "tsml_same.py"
    texts = {}
    table = {"connection": "warehouse", "table": "desk.predictions"}
    request = {"run_id": recorded, "name": "same", "at": "17:05", "publish": {"table": table}}
    settings = ["at=17:05", "publish.table.connection=warehouse", "publish.table.table=desk.predictions"]
    assert (await ask("POST", "schedules", request, request_timeout=120)).code == 201
    texts["rest"] = file.read_text()
    assert main(["schedule", recorded, "--name", "same", *(f"--set={setting}" for setting in settings)]) == 0
    texts["shell"] = file.read_text()
    write(recorded, name="same", settings=settings)
    texts["notebook"] = file.read_text()
    assert len({re.sub(r"'created': '[^']*'", "", text) for text in texts.values()}) == 1
    assert all(re.search(r"'created': '[^']*'", text) for text in texts.values())
    assert main(["unschedule", "same"]) == 0
    assert not file.exists()
    assert main(["unschedule", "same"]) == 1
    assert all("'desk.predictions'" in text and "'17:05'" in text for text in texts.values())


@pytest.mark.parametrize("name", ["O'Brien", "../x", "x'+__import__('os').system('id')+'", "", "preview", "a" * 200, "a\nb", "/etc/x"])
async def test_an_unsafe_name_is_a_422_with_the_field_and_the_mend(ask, own_places, name):
    for route in ("schedules", "schedules/preview"):
        answer = await ask("POST", route, {"run_id": RUN, "name": name})
        assert (answer.code, answer.body["code"], answer.body["field"]) == (422, "schedule.invalid", "name"), answer
        assert answer.body["mend"]
    assert not (own_places / "dags").exists()


@pytest.mark.parametrize("name", ["..%2F..%2Fetc%2Fpasswd", "O%27Brien", "%2e%2e", "a%00b"])
@pytest.mark.parametrize("verb", ["GET", "DELETE"])
async def test_an_unsafe_name_in_the_path_reaches_no_file(bare, jp_auth_header, own_places, verb, name):
    victim = own_places.parent / "passwd.py"
    victim.write_text("")
    answer = await bare(verb, f"jupyterlab-tsml/schedules/{name}", headers=jp_auth_header)
    assert answer.code in (404, 422), answer
    assert victim.exists()


@pytest.mark.parametrize(
    ("given", "code", "field"),
    [
        ({}, 422, "run_id"),
        ({"run_id": "x y"}, 422, "run_id"),
        ({"run_id": RUN, "at": "25:00"}, 422, "at"),
        ({"run_id": RUN, "timezone": "Mars"}, 422, "timezone"),
        ({"run_id": RUN, "every": "day"}, 422, "every"),
        ({"run_id": RUN, "dags_folder": "/etc"}, 422, "dags_folder"),
        ({"run_id": RUN, "data": "/etc/passwd"}, 403, "data"),
        ({"run_id": RUN, "data": "../x.csv"}, 403, "data"),
        ({"run_id": RUN, "data": "~/x.csv"}, 403, "data"),
        ({"run_id": RUN, "publish": {"parquet": "a", "table": {"connection": "c", "table": "t"}}}, 422, "publish"),
    ],
)
async def test_a_wrong_request_names_its_field_and_writes_nothing(ask, own_places, given, code, field):
    answer = await ask("POST", "schedules", given)
    assert (answer.code, answer.body["field"]) == (code, field), answer
    assert not (own_places / "dags").exists()


async def test_credentials_are_refused_and_not_repeated(ask):
    answer = await ask("POST", "schedules", {"run_id": RUN, "data": "postgresql://ann:hunter2@db/x"})
    assert answer.code == 422
    assert "hunter2" not in str(answer.body)


async def test_an_unknown_run_can_not_be_scheduled(ask, mlflow):
    answer = await ask("POST", "schedules", {"run_id": RUN, "name": "x"}, request_timeout=120)
    assert (answer.code, answer.body["code"]) == (404, "not_found")


@pytest.mark.parametrize("target", ["/etc/cron.d", "../elsewhere", "link", "~/x", ".hidden", "a\0b"])
async def test_a_target_outside_of_the_folder_is_a_403(ask, own_places, jp_root_dir, target):
    (jp_root_dir / "link").symlink_to("/etc")
    answer = await ask("POST", "schedules", {"run_id": RUN, "publish": {"parquet": target}})
    assert (answer.code, answer.body["field"]) == (403, "publish.parquet"), answer
    assert "ScheduleService.publish_folders" in answer.body["mend"]
    assert not (own_places / "dags").exists()


class TestPublishFolders:
    @pytest.fixture
    def settings(self, tmp_path):
        return {"ScheduleService": {"publish_folders": [str(tmp_path / "desk")]}}

    def test_a_target_lies_below_the_root_or_a_folder_that_the_server_names(self, app, jp_root_dir, tmp_path):
        def target(asked: str) -> str | None:
            request = ScheduleRequest.model_validate({"run_id": RUN, "publish": {"parquet": asked}})
            return app.schedules.admit_request(request).publish.parquet

        assert target("predictions") == str(jp_root_dir / "predictions")
        assert target(str(tmp_path / "desk" / "a.parquet")) == str(tmp_path / "desk" / "a.parquet")
        for outside in (str(tmp_path / "desk" / ".." / "x"), str(tmp_path / "desks"), "/etc"):
            with pytest.raises(ForbiddenPathError):
                target(outside)


async def test_a_file_that_is_not_a_schedule_is_listed_and_not_deleted(ask, own_places):
    dags = own_places / "dags"
    dags.mkdir(parents=True)
    (dags / "tsml_mine.py").write_text("print('mine')")
    (dags / "other.py").write_text("print('other')")
    (listed,) = (await ask("GET", "schedules")).body["schedules"]
    assert (listed["name"], bool(listed["error"])) == ("mine", True)
    answer = await ask("DELETE", "schedules/mine")
    assert (answer.code, answer.body["code"]) == (409, "conflict")
    assert sorted(file.name for file in dags.iterdir()) == ["other.py", "tsml_mine.py"]


async def test_a_dags_folder_that_is_a_file_is_told(ask, own_places):
    own_places.mkdir()
    (own_places / "dags").write_text("")
    answer = await ask("GET", "schedules")
    assert (answer.code, answer.body["field"]) == (422, "dags_folder")
