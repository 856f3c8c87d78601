"""A schedule in a real Airflow: imported, serialised, and run to the end with the model in its own environment."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from dsframework.deployment import predict

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

DAY, BEFORE, HOLIDAY, LATER = "2015-06-24", "2015-06-23", "2015-05-25", "2015-06-25"
DAILY = "tsml_daily.volume-1"
DRIVER = Path(__file__).with_name("driver.py")


def posted(airflow: Any) -> pl.DataFrame:
    folder = airflow.schedules["daily.volume-1"]["publish"]["parquet"]
    return pl.read_parquet(folder, hive_partitioning=False).sort("as_of", "entity")


@pytest.fixture(scope="module")
def first_run(airflow: Any) -> str:
    """`airflow dags test` for a day, as a person types it; builds the model's environment."""
    done = airflow.run("-m", "airflow", "dags", "test", DAILY, DAY)
    assert done.returncode == 0, done.stdout[-6000:]
    log: str = done.stdout
    return log


def test_airflow_imports_every_schedule_without_an_error(airflow: Any) -> None:
    found = airflow.drive("describe")
    assert found["errors"] == {}
    assert set(found["dags"]) == {DAILY, "tsml_to_table"}
    dag = found["dags"][DAILY]
    assert dag["tasks"] == ["environment", "data_ready", "predict", "publish"]
    assert (dag["cron"], dag["catchup"], dag["sensor"], dag["max_active_runs"]) == ("30 16 * * 1-5", False, "reschedule", 1)
    assert dag["owner"] == "Ann O'Brien {{ x }}"
    assert all(dag["docs"])
    schedule = airflow.schedules["daily.volume-1"]
    for fact in (schedule["run_id"], "ridge of study sample volume", "16:30 America/New_York", schedule["publish"]["parquet"], "| mae |"):
        assert fact in dag["doc"]


def test_airflow_serialises_every_schedule(airflow: Any) -> None:
    done = airflow.run("-m", "airflow", "dags", "reserialize")
    assert done.returncode == 0, done.stdout[-3000:]
    listed = airflow.run("-m", "airflow", "dags", "list-import-errors", "--output", "json")
    assert listed.stdout.strip().splitlines()[-1] in ("[]", "No data found")


def test_a_run_posts_what_the_model_predicts_from_an_environment_of_its_own(airflow: Any, first_run: str) -> None:
    assert "state=success" in first_run or "Marking run" in first_run
    schedule = airflow.schedules["daily.volume-1"]
    bundle = airflow.folder / "tsml" / "deployments" / schedule["name"] / schedule["run_id"]
    rows = posted(airflow).filter(pl.col("as_of") == pl.lit(DAY).str.to_date())
    expected = predict(bundle, data=airflow.folder / "panel.parquet", as_of=DAY)
    assert rows["entity"].to_list() == expected["ticker"].to_list() == ["AAA", "AAB", "AAC", "AAD"]
    assert rows["prediction"].to_list() == pytest.approx(expected["prediction"].to_list(), rel=1e-12)
    assert rows["run_id"].unique().to_list() == [schedule["run_id"]]
    (environment,) = [path for path in (airflow.folder / "tsml" / "environments").iterdir() if path.is_dir()]
    assert f"$ {environment}/bin/python -m dsframework.deployment.runtime predict --folder {bundle}" in first_run
    script = "import dsframework, mlflow, airflow"
    done = subprocess.run([f"{environment}/bin/python", "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 1, "the environment has nothing but what the model needs: the package comes with the bundle"
    pins = (bundle / "requirements.txt").read_text().split()
    frozen = subprocess.run([f"{environment}/bin/python", "-m", "pip", "freeze"], capture_output=True, text=True, check=True)
    assert {pin.lower().replace("_", "-") for pin in pins} <= {line.lower().replace("_", "-") for line in frozen.stdout.split()}


def test_a_session_is_posted_once_a_holiday_is_skipped_and_missing_data_is_waited_for(airflow: Any, first_run: str) -> None:
    before = posted(airflow)
    again, other, holiday, waiting = airflow.drive(
        "run", DAILY, f"{DAY}T20:30:00+00:00", f"as_of={BEFORE}", f"{HOLIDAY}T20:30:00+00:00", f"{LATER}T00:00:00+00:00"
    )
    finished = {"run": "success", "environment": "success", "data_ready": "success", "predict": "success", "publish": "success"}
    assert again == other == finished
    assert (holiday["data_ready"], holiday["predict"], holiday["publish"]) == ("skipped", "skipped", "skipped")
    assert (waiting["data_ready"], waiting["run"]) == ("failed", "failed")
    assert waiting["publish"] in ("upstream_failed", "None")
    after = posted(airflow)
    assert after["as_of"].cast(pl.String).unique(maintain_order=True).to_list() == [BEFORE, DAY]
    assert after.select("as_of", "entity").is_unique().all()
    assert after.filter(pl.col("as_of") == pl.lit(DAY).str.to_date()).equals(before)


def test_a_table_is_reached_through_airflows_connection_and_its_secret_is_in_no_log(airflow: Any, first_run: str) -> None:
    done = airflow.run(str(DRIVER), "run", "tsml_to_table", *[f"{DAY}T20:30:00+00:00"] * 2)
    assert done.stdout.count('"publish": "success"') == 2, done.stdout[-6000:]
    assert "hunter2" not in done.stdout
    assert "prices.db" not in done.stdout
    with sqlite3.connect(airflow.database) as database:
        rows = database.execute("select schedule, as_of, entity, prediction from predictions order by entity").fetchall()
    database.close()
    expected = posted(airflow).filter(pl.col("as_of") == pl.lit(DAY).str.to_date())
    assert rows == [("to_table", DAY, entity, value) for entity, value in expected.select("entity", "prediction").iter_rows()]


def test_the_session_of_a_run_is_the_last_one_before_it_in_the_exchanges_time(airflow: Any) -> None:
    cases = [
        (["scheduled", "2015-06-24T20:30:00+00:00", "logical_date", None], "2015-06-24"),
        (["scheduled", "2015-01-07T21:30:00+00:00", "logical_date", None], "2015-01-07"),
        (["scheduled", "2015-01-07T21:29:00+00:00", "logical_date", None], "2015-01-06"),
        (["manual", "2015-06-24T14:00:00+00:00", "run_after", None], "2015-06-23"),
        (["manual", "2015-06-24T00:00:00+00:00", "logical_date", None], "2015-06-24"),
        (["scheduled", "2015-06-24T00:00:00+00:00", "logical_date", None], "2015-06-23"),
        (["manual", "2015-06-24T20:30:00+00:00", "logical_date", "2015-03-03"], "2015-03-03"),
    ]
    days = airflow.drive("session_days", airflow.schedules["daily.volume-1"]["file"], json.dumps([case for case, _ in cases]))
    assert days == [day for _, day in cases]


def test_a_program_ends_with_its_task_and_runs_in_the_models_own_folder(airflow: Any, tmp_path: Path) -> None:
    found = airflow.drive("ended", airflow.schedules["daily.volume-1"]["file"], str(tmp_path))
    assert found["seconds"] < 20
    assert not found["alive"]
    assert found["folder"] == str(tmp_path)


def test_a_step_waits_skips_or_fails_as_its_program_says(airflow: Any, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "python"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho its last line\nexit $CODE\n")
    program.chmod(0o755)
    found = airflow.drive("answers", airflow.schedules["daily.volume-1"]["file"], str(tmp_path))
    skipped = "AirflowSkipException: 2015-06-24 is not a session of XNYS: nothing to predict."
    assert found == {
        "ready 0": True,
        "ready 1": "AirflowException: ready failed with exit code 1: its last line",
        "ready 3": False,
        "ready 4": skipped,
        "predict 0": True,
        "predict 1": "AirflowException: predict failed with exit code 1: its last line",
        "predict 3": "AirflowException: predict failed with exit code 3: its last line",
        "predict 4": skipped,
    }


@pytest.fixture
def small_bundle(tmp_path: Path) -> Path:
    """A bundle that needs one small package."""
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "requirements.txt").write_text("six==1.17.0\n")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    (folder / "origin.json").write_text(json.dumps({"python": version, "executable": sys.executable, "base": "."}))
    return folder


def test_an_environment_is_made_once_by_two_runs_at_once_and_again_when_it_was_not_finished(
    airflow: Any, airflow_python: Path, small_bundle: Path, tmp_path: Path
) -> None:
    file = airflow.schedules["daily.volume-1"]["file"]
    command = [str(airflow_python), str(DRIVER), "environment", file, str(small_bundle), str(tmp_path / "environments")]

    def logs(count: int) -> list[str]:
        pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        started = [subprocess.Popen(command, env=airflow.variables, **pipes) for _ in range(count)]
        texts = [process.communicate(timeout=300)[0] for process in started]
        assert [process.returncode for process in started] == [0] * count, texts
        return texts

    texts = logs(2)
    assert sum("The environment is there" in text for text in texts) == 1
    (environment,) = [path for path in (tmp_path / "environments").iterdir() if path.is_dir()]
    subprocess.run([f"{environment}/bin/python", "-c", "import six"], check=True)
    (environment / "tsml-finished").unlink()
    (environment / "bin" / "python").unlink()
    assert "The environment is there" not in logs(1)[0]
    subprocess.run([f"{environment}/bin/python", "-c", "import six"], check=True)
