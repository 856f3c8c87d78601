"""From a recorded run to a schedule."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dsframework.deployment import ScheduleRequest, list_schedules, plan_schedule, write_schedule
from dsframework.errors import ConflictError, NotFoundError, ScheduleError, TsmlError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of DAGs of one test."""
    monkeypatch.setenv("TSML_DAGS_FOLDER", str(tmp_path / "dags"))
    return tmp_path / "dags"


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_plan_tells_everything_and_changes_nothing(recorded: Any, folder: Path, own_home: Path) -> None:
    before = sorted(own_home.rglob("*"))
    plan = plan_schedule(ScheduleRequest(run_id=recorded.run_id))
    assert plan.name == "sample-volume-ridge"
    assert plan.dag_id == "tsml_sample-volume-ridge"
    assert plan.file == str(folder / "tsml_sample-volume-ridge.py")
    assert plan.replaces is None
    assert plan.spec["data"] == str(recorded.file)
    assert plan.spec["publish"] == {"parquet": str(own_home / "predictions" / "sample-volume-ridge")}
    assert plan.spec["model"]["horizon"] == 2
    assert plan.spec["model"]["metrics"] == recorded.outcome.best.test
    assert [dt.datetime.fromisoformat(run).strftime("%H:%M") for run in plan.next_runs] == ["16:30"] * 5
    assert not folder.exists()
    assert sorted(own_home.rglob("*")) == before


def test_a_written_schedule_lies_beside_its_model_and_may_be_written_again(recorded: Any, folder: Path, own_home: Path) -> None:
    request = ScheduleRequest(run_id=recorded.run_id, name="twice", owner="ann")
    first = write_schedule(request)
    assert files(folder) == ["tsml_twice.py"]
    bundle = own_home / "deployments" / "twice" / recorded.run_id
    assert {"MLmodel", "requirements.txt", "origin.json", "code", "artifacts"} <= {path.name for path in bundle.iterdir()}
    assert (bundle / "code" / "dsframework" / "deployment" / "runtime.py").is_file()
    assert all("==" in line for line in (bundle / "requirements.txt").read_text().split())
    assert files(bundle.parent) == [recorded.run_id]
    second = write_schedule(request)
    assert second.model_copy(update={"created": first.created}) == first
    assert plan_schedule(request).replaces == (folder / "tsml_twice.py").read_text()
    assert [schedule.name for schedule in list_schedules()] == ["twice"]


def test_a_name_that_another_run_has_is_refused_before_anything_is_copied(
    recorded: Any, folder: Path, make_plan: Any, own_home: Path
) -> None:
    folder.mkdir()
    plan = make_plan(folder, "taken", run_id="b" * 32)
    Path(plan.file).write_text(plan.text)
    with pytest.raises(ConflictError, match="has this name"):
        write_schedule(ScheduleRequest(run_id=recorded.run_id, name="taken"))
    assert Path(plan.file).read_text() == plan.text
    assert not (own_home / "deployments" / "taken").exists()
    assert write_schedule(ScheduleRequest(run_id=recorded.run_id, name="taken", replace=True)).run_id == recorded.run_id


@pytest.mark.parametrize("trouble", ["no volume", "too short", "no file"])
def test_a_model_that_does_not_predict_from_the_data_at_hand_is_not_scheduled(
    recorded: Any, folder: Path, tmp_path: Path, trouble: str
) -> None:
    frame = {
        "no volume": recorded.panel.drop("volume"),
        "too short": recorded.panel.head(8),
        "no file": None,
    }[trouble]
    file = tmp_path / "other.parquet"
    if frame is not None:
        frame.write_parquet(file)
    with pytest.raises(ScheduleError, match=r"^run_id: the model does not predict from the data at hand: (Data|Column)Error: ") as caught:
        write_schedule(ScheduleRequest(run_id=recorded.run_id, name="trouble", data=str(file)))
    assert "\n" not in str(caught.value)
    assert files(folder) == []


def test_the_model_is_tried_as_airflow_will_run_it_and_not_with_what_lies_in_the_current_folder(
    recorded: Any, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "dsframework.py").write_text("raise RuntimeError('of the current folder')")
    monkeypatch.chdir(tmp_path / "here")
    assert write_schedule(ScheduleRequest(run_id=recorded.run_id, name="elsewhere")).error is None


def test_predictions_are_not_posted_over_other_data(recorded: Any, folder: Path, tmp_path: Path) -> None:
    for target in (recorded.file, recorded.file / "below"):
        with pytest.raises(ScheduleError, match=r"^publish.parquet: "):
            plan_schedule(ScheduleRequest.model_validate({"run_id": recorded.run_id, "publish": {"parquet": str(target)}}))
    assert plan_schedule(ScheduleRequest.model_validate({"run_id": recorded.run_id, "publish": {"parquet": str(tmp_path / "new.parquet")}}))


def test_a_user_without_a_name_can_schedule(recorded: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a container a process may have the number of no user."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("os.getuid", lambda: 4_000_000_001)
    assert plan_schedule(ScheduleRequest(run_id=recorded.run_id)).spec["owner"] == "airflow"


def test_another_file_may_be_of_another_kind(recorded: Any, folder: Path, tmp_path: Path) -> None:
    recorded.panel.write_csv(tmp_path / "daily.csv")
    schedule = write_schedule(ScheduleRequest(run_id=recorded.run_id, name="csv", data=str(tmp_path / "daily.csv")))
    assert schedule.data == str(tmp_path / "daily.csv")


def test_only_a_finished_experiment_can_be_scheduled(recorded: Any, folder: Path) -> None:
    with pytest.raises(NotFoundError, match="no such run"):
        plan_schedule(ScheduleRequest(run_id="0" * 32))
    with pytest.raises(NotFoundError, match="this is a study"):
        plan_schedule(ScheduleRequest(run_id=recorded.study))
    assert not folder.exists()


def test_an_unknown_calendar_is_refused(recorded: Any, folder: Path) -> None:
    with pytest.raises(ScheduleError, match=r"^calendar: "):
        plan_schedule(ScheduleRequest(run_id=recorded.run_id, calendar="NOPE"))


def test_no_secret_of_the_environment_gets_into_a_schedule(recorded: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_WAREHOUSE", "postgresql://ann:hunter2@db/prices")
    publish = {"table": {"connection": "warehouse", "table": "predictions"}}
    plan = plan_schedule(ScheduleRequest.model_validate({"run_id": recorded.run_id, "publish": publish}))
    assert "hunter2" not in plan.text
    assert plan.spec["publish"] == publish


def test_a_prediction_is_that_of_the_study(recorded: Any) -> None:
    from dsframework.deployment import predict

    expected = recorded.outcome.predict(recorded.panel)
    assert predict(recorded.run_id).equals(expected)
    assert predict(recorded.run_id, data=recorded.file).equals(expected)
    assert predict(recorded.run_id, frame=recorded.panel.to_pandas()).select("prediction").equals(expected.select("prediction"))
    earlier = predict(recorded.run_id, as_of="2015-06-01")
    assert earlier["time"].unique().to_list() == [dt.date(2015, 6, 1)]
    cut = recorded.panel.filter(pl.col("time") <= dt.date(2015, 6, 1))
    assert earlier.equals(recorded.outcome.predict(cut))


def test_what_can_not_be_predicted_from_is_one_line(recorded: Any, tmp_path: Path) -> None:
    from dsframework.deployment import predict

    with pytest.raises(NotFoundError):
        predict("0" * 32)
    with pytest.raises(NotFoundError, match="not a model bundle"):
        predict(tmp_path)
    with pytest.raises(TsmlError, match="hand over one of the two"):
        predict(recorded.run_id, data="x.csv", frame=recorded.panel)
    with pytest.raises(TsmlError, match="data"):
        predict(recorded.run_id, data=tmp_path / "nowhere.csv")
