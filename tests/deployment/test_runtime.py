"""The steps that a DAG runs: exit codes, one line an error, and nothing doubled."""

from __future__ import annotations

import datetime as dt
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dsframework.data import load_panel
from dsframework.deployment._bundle import Bundle, load_bundle, materialise
from dsframework.deployment._predict import missing_data
from dsframework.deployment.runtime import main
from dsframework.experiment import FittedPipeline
from dsframework.spec import SampleData

DAY, BEFORE, HOLIDAY, LATER = "2015-06-24", "2015-06-23", "2015-05-25", "2015-06-25"
CALENDAR = ["--calendar", "XNYS", "--timezone", "America/New_York"]

Step = Callable[..., int]


@pytest.fixture(scope="module")
def bundle(recorded: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return materialise(recorded.run_id, tmp_path_factory.mktemp("bundles") / recorded.run_id)


@pytest.fixture
def step(bundle: Path, tmp_path: Path) -> Step:
    """Run a step on the bundle."""

    def run(name: str, day: str, *arguments: str) -> int:
        staging = ["--staging", str(tmp_path / "staged")] if name in ("predict", "publish") else []
        calendar = CALENDAR if name in ("predict", "ready") else []
        return main([name, "--folder", str(bundle), "--as-of", day, *calendar, *staging, *arguments])

    return run


def test_ready_tells_a_session_with_data_from_one_without_and_from_a_holiday(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    assert step("ready", DAY) == 0
    assert step("ready", LATER) == 3
    assert "no row of 2015-06-25; the last one is of 2015-06-24" in capsys.readouterr().out
    assert step("ready", HOLIDAY) == 4
    assert step("ready", "2015-06-20") == 4
    assert "2015-06-20 is not a session of XNYS" in capsys.readouterr().out


def test_ready_waits_for_a_file_that_is_not_there_yet(step: Step, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert step("ready", DAY, "--data", str(tmp_path / "today.parquet")) == 3
    assert "is not there yet" in capsys.readouterr().out


@pytest.mark.parametrize(("there", "coverage", "code"), [(2, "0.9", 3), (2, "0.5", 0), (4, "1", 0), (3, "1", 3)])
def test_ready_waits_until_enough_entities_are_there(
    step: Step, recorded: Any, tmp_path: Path, there: int, coverage: str, code: int
) -> None:
    late = [f"AA{letter}" for letter in "ABCD"][there:]
    rows = recorded.panel.filter(~((pl.col("time") == dt.date.fromisoformat(DAY)) & pl.col("ticker").is_in(late)))
    rows.write_parquet(tmp_path / "part.parquet")
    assert step("ready", DAY, "--data", str(tmp_path / "part.parquet"), "--coverage", coverage) == code


def test_predict_stages_the_models_own_predictions_for_the_session(step: Step, recorded: Any, tmp_path: Path) -> None:
    assert step("predict", BEFORE) == 0
    staged = pl.read_parquet(tmp_path / "staged" / f"{BEFORE}.parquet")
    assert staged.columns == ["time", "entity", "target_time", "prediction", "run_id", "as_of", "model"]
    cut = recorded.panel.filter(pl.col("time") <= dt.date.fromisoformat(BEFORE))
    expected = recorded.outcome.predict(cut)
    assert staged["entity"].to_list() == expected["ticker"].to_list()
    assert staged["prediction"].to_list() == expected["prediction"].to_list()
    assert staged["target_time"].unique().to_list() == [dt.date(2015, 6, 25)]
    assert staged["run_id"].unique().to_list() == [recorded.run_id]
    assert staged["as_of"].unique().to_list() == [dt.date.fromisoformat(BEFORE)]


def test_predict_leaves_out_entities_without_a_row_in_the_session(step: Step, recorded: Any, tmp_path: Path) -> None:
    gone = recorded.panel.filter(~((pl.col("time") > dt.date(2015, 6, 1)) & (pl.col("ticker") == "AAB")))
    gone.write_parquet(tmp_path / "gone.parquet")
    assert step("predict", DAY, "--data", str(tmp_path / "gone.parquet")) == 0
    staged = pl.read_parquet(tmp_path / "staged" / f"{DAY}.parquet")
    assert staged["entity"].to_list() == ["AAA", "AAC", "AAD"]


def test_a_session_that_is_run_again_is_posted_once(step: Step, tmp_path: Path) -> None:
    for _ in range(2):
        for day in (BEFORE, DAY):
            assert step("predict", day) == 0
            assert step("publish", day, "--schedule", "volume", "--parquet", str(tmp_path / "posted")) == 0
    posted = pl.read_parquet(tmp_path / "posted", hive_partitioning=False)
    assert posted.height == posted.select("as_of", "entity").n_unique() == 8


def test_predict_skips_a_holiday_and_says_in_one_line_when_there_is_nothing(step: Step, capsys: pytest.CaptureFixture[str]) -> None:
    assert step("predict", HOLIDAY) == 4
    assert step("predict", LATER) == 1
    errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 1
    assert errors[0].startswith("DataError: data: no row of 2015-06-25")


def test_publish_says_in_one_line_when_nothing_is_staged(step: Step, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert step("publish", DAY, "--schedule", "volume", "--parquet", str(tmp_path / "posted")) == 1
    assert capsys.readouterr().err.startswith("NotFoundError: staging: nothing is staged for 2015-06-24")
    assert not (tmp_path / "posted").exists()


def test_the_address_of_a_table_comes_in_a_variable_and_goes_nowhere_else(
    step: Step, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert step("predict", DAY) == 0
    assert step("publish", DAY, "--schedule", "volume", "--table", "predictions") == 1
    assert "TSML_PUBLISH_URI is not set" in capsys.readouterr().err
    for _ in range(2):
        monkeypatch.setenv("TSML_PUBLISH_URI", f"sqlite:///{tmp_path}/secret-place.db")
        assert step("publish", DAY, "--schedule", "volume", "--table", "predictions") == 0
        assert "TSML_PUBLISH_URI" not in os.environ
    printed = capsys.readouterr()
    assert "secret-place" not in printed.out + printed.err
    with sqlite3.connect(tmp_path / "secret-place.db") as database:
        assert database.execute("select count(*) from predictions").fetchone() == (4,)
    database.close()


def test_a_bundle_runs_with_its_own_code(bundle: Path, tmp_path: Path) -> None:
    """The code beside the model is imported, and not the package that is installed."""
    script = "import dsframework.deployment.runtime as runtime; print(runtime.__file__)"
    variables = {**os.environ, "PYTHONPATH": str(bundle / "code")}
    done = subprocess.run([sys.executable, "-c", script], env=variables, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(bundle / "code" / "dsframework" / "deployment" / "runtime.py")


def test_a_bundle_that_can_not_be_loaded_is_one_line(bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--folder", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("NotFoundError: folder: not a model bundle")
    assert main(["check", "--folder", str(bundle)]) == 0
    assert '"rows": 4' in capsys.readouterr().out


def test_intraday_data_is_there_when_it_reaches_the_close_even_when_that_is_early(bundle: Path, tmp_path: Path) -> None:
    loaded = load_bundle(bundle)
    spec = SampleData(n_entities=2, n_days=232, frequency="30m")
    bars = load_panel(spec).frame
    pipeline = FittedPipeline(**{**loaded.pipeline.__dict__, "data": spec})
    intraday = Bundle(folder=bundle, pipeline=pipeline, about=loaded.about, base=tmp_path)

    def missing(until: dt.datetime, day: dt.date) -> str | None:
        bars.filter(pl.col("time").dt.replace_time_zone(None) <= until).write_parquet(tmp_path / "bars.parquet")
        return missing_data(intraday, day, calendar="XNYS", timezone="America/New_York", coverage=1.0, data=str(tmp_path / "bars.parquet"))

    full, half = dt.date(2015, 11, 25), dt.date(2015, 11, 27)
    assert missing(dt.datetime(2015, 11, 25, 16, 0), full) is None
    assert "reach 2015-11-25T18:00:00+00:00 only" in (missing(dt.datetime(2015, 11, 25, 13, 0), full) or "")
    assert missing(dt.datetime(2015, 11, 27, 13, 0), half) is None
    assert "the close is at 2015-11-27T18:00:00+00:00" in (missing(dt.datetime(2015, 11, 27, 11, 0), half) or "")


def test_staged_predictions_of_a_single_series_have_the_same_columns(recorded: Any, tmp_path: Path, bundle: Path) -> None:
    loaded = load_bundle(bundle)
    series = loaded.pipeline.data.model_copy(update={"entity": None})
    single = Bundle(
        folder=bundle, pipeline=FittedPipeline(**{**loaded.pipeline.__dict__, "data": series}), about=loaded.about, base=tmp_path
    )
    recorded.panel.filter(pl.col("ticker") == "AAA").drop("ticker").write_parquet(tmp_path / "one.parquet")
    from dsframework.deployment._predict import predict_session

    rows = predict_session(
        single, dt.date.fromisoformat(DAY), calendar="XNYS", timezone="America/New_York", data=str(tmp_path / "one.parquet")
    )
    assert rows.schema["entity"] == pl.String
    assert rows["entity"].to_list() == [None]
    assert_frame_equal(rows.select("time"), pl.DataFrame({"time": [dt.date.fromisoformat(DAY)]}))
