"""Posting the same session again doubles nothing, whoever posts at the same time."""

from __future__ import annotations

import datetime as dt
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dsframework.deployment._publish import publish_parquet, publish_table, read_staged, stage
from dsframework.errors import NotFoundError, ScheduleError

MONDAY, TUESDAY = dt.date(2018, 2, 5), dt.date(2018, 2, 6)


def predictions(day: dt.date, *values: float, entities: tuple[str | None, ...] = ("AAPL", "MSFT")) -> pl.DataFrame:
    rows = [
        {
            "time": day,
            "entity": entity,
            "target_time": day + dt.timedelta(days=1),
            "prediction": value,
            "run_id": "r",
            "as_of": day,
            "model": "m",
        }
        for entity, value in zip(entities, values, strict=True)
    ]
    frame = pl.DataFrame(rows, schema_overrides={"entity": pl.String})
    return frame.with_columns(pl.lit("r").alias("run_id"), pl.lit("m").alias("model"))


def test_what_is_staged_comes_back_under_its_session(tmp_path: Path) -> None:
    rows = predictions(MONDAY, 1.0, 2.0)
    stage(rows, tmp_path / "staged", MONDAY)
    assert_frame_equal(read_staged(tmp_path / "staged", MONDAY), rows)
    with pytest.raises(NotFoundError, match="nothing is staged for 2018-02-06"):
        read_staged(tmp_path / "staged", TUESDAY)


@pytest.mark.parametrize("target", ["folder", "all.parquet"])
def test_posting_a_session_again_replaces_it_in_parquet(tmp_path: Path, target: str) -> None:
    place = tmp_path / target
    for day, value in ((MONDAY, 1.0), (TUESDAY, 2.0), (MONDAY, 3.0), (MONDAY, 3.0)):
        publish_parquet(predictions(day, value, value), place, schedule="volume", day=day)
    posted = pl.read_parquet(place, hive_partitioning=False).sort("as_of", "entity")
    assert posted["prediction"].to_list() == [3.0, 3.0, 2.0, 2.0]
    assert posted["as_of"].to_list() == [MONDAY, MONDAY, TUESDAY, TUESDAY]
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_folder_has_one_file_a_session(tmp_path: Path) -> None:
    for day in (MONDAY, TUESDAY, MONDAY):
        publish_parquet(predictions(day, 1.0, 2.0), tmp_path, schedule="volume", day=day)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["as_of=2018-02-05.parquet", "as_of=2018-02-06.parquet"]


def test_sessions_posted_to_one_file_at_once_are_all_there(tmp_path: Path) -> None:
    days, target = [MONDAY + dt.timedelta(days=number) for number in range(12)], tmp_path / "all.parquet"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda day: publish_parquet(predictions(day, 1.0, 2.0), target, schedule="volume", day=day), days * 2))
    assert pl.read_parquet(tmp_path / "all.parquet")["as_of"].to_list() == [day for day in days for _ in range(2)]


@pytest.mark.parametrize("target", ["folder", "all.parquet"])
def test_schedules_that_post_to_one_place_leave_each_others_rows_alone(tmp_path: Path, target: str) -> None:
    for schedule, value in (("ridge", 1.0), ("forest", 2.0), ("ridge", 3.0)):
        publish_parquet(predictions(MONDAY, value, value), tmp_path / target, schedule=schedule, day=MONDAY)
    posted = pl.read_parquet(tmp_path / target, hive_partitioning=False).sort("schedule", "entity")
    assert posted.select("schedule", "prediction").rows() == [("forest", 2.0)] * 2 + [("ridge", 3.0)] * 2


def test_a_file_of_something_else_is_never_posted_over(tmp_path: Path) -> None:
    prices, text, folder = tmp_path / "prices.parquet", tmp_path / "text.parquet", tmp_path / "folder.parquet"
    pl.DataFrame({"time": [MONDAY], "volume": [1.0]}).write_parquet(prices)
    text.write_text("not parquet")
    folder.mkdir()
    before = prices.read_bytes()
    for target, reason in ((prices, "other columns"), (text, "not a Parquet file"), (folder, "is a folder"), (prices / "x", "is a file")):
        with pytest.raises(ScheduleError, match=rf"^publish.parquet: .*{reason}"):
            publish_parquet(predictions(MONDAY, 1.0, 2.0), target, schedule="volume", day=MONDAY)
    assert (prices.read_bytes(), text.read_text()) == (before, "not parquet")


def test_a_place_that_can_not_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "gone").symlink_to(tmp_path / "nowhere" / "deep")
    with pytest.raises(ScheduleError, match=r"^publish.parquet: can't be written: .*"):
        publish_parquet(predictions(MONDAY, 1.0, 2.0), tmp_path / "gone", schedule="volume", day=MONDAY)


@pytest.mark.parametrize("userinfo", ["", ":hunter2@", "ann:hunter%402@"])
def test_an_address_of_sqlite_as_airflow_writes_it_means_the_file(tmp_path: Path, userinfo: str) -> None:
    file = tmp_path / "prices@home.db"
    address = f"sqlite://{userinfo}{quote(str(file), safe='')}"
    publish_table(predictions(MONDAY, 1.0, 2.0), address, "predictions", schedule="volume", day=MONDAY)
    assert [path.name for path in tmp_path.iterdir()] == ["prices@home.db"]


def test_posting_a_session_again_replaces_it_in_a_table_and_leaves_other_schedules_alone(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/prices.db"
    publish_table(predictions(MONDAY, 9.0, 9.0), address, "predictions", schedule="other", day=MONDAY)
    for day, value in ((MONDAY, 1.0), (TUESDAY, 2.0), (MONDAY, 3.0)):
        assert publish_table(predictions(day, value, value), address, "predictions", schedule="volume", day=day) == 2
    with sqlite3.connect(tmp_path / "prices.db") as database:
        rows = database.execute("select schedule, as_of, entity, prediction, target_time from predictions order by 1, 2, 3").fetchall()
    database.close()
    assert rows == [
        ("other", "2018-02-05", "AAPL", 9.0, "2018-02-06"),
        ("other", "2018-02-05", "MSFT", 9.0, "2018-02-06"),
        ("volume", "2018-02-05", "AAPL", 3.0, "2018-02-06"),
        ("volume", "2018-02-05", "MSFT", 3.0, "2018-02-06"),
        ("volume", "2018-02-06", "AAPL", 2.0, "2018-02-07"),
        ("volume", "2018-02-06", "MSFT", 2.0, "2018-02-07"),
    ]


def test_a_single_series_is_posted_to_a_table_without_an_entity(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/prices.db"
    for value in (1.0, 2.0):
        publish_table(predictions(MONDAY, value, entities=(None,)), address, "predictions", schedule="volume", day=MONDAY)
    with sqlite3.connect(tmp_path / "prices.db") as database:
        assert database.execute("select entity, prediction from predictions").fetchall() == [("", 2.0)]
    database.close()


@pytest.mark.parametrize("form", ["sqlite:///{}", "sqlite:///%2F{}", "sqlite://%2F{}/", "sqlite:////{}"])
def test_every_way_in_which_airflow_writes_an_sqlite_address_leads_to_the_file(tmp_path: Path, form: str) -> None:
    file = tmp_path / "prices.db"
    path = str(file).lstrip("/")
    address = form.format("/" + path if form == "sqlite:///{}" else path.replace("/", "%2F") if "%2F" in form else path)
    publish_table(predictions(MONDAY, 1.0, 2.0), address, "predictions", schedule="volume", day=MONDAY)
    assert file.is_file()


def test_when_the_database_refuses_the_old_rows_stay_and_no_secret_is_told(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/prices.db"
    publish_table(predictions(MONDAY, 1.0, 2.0), address, "predictions", schedule="volume", day=MONDAY)
    doubled = pl.concat([predictions(MONDAY, 3.0, 4.0)] * 2)
    with pytest.raises(ScheduleError, match=r"^publish.table: the database refused: UNIQUE"):
        publish_table(doubled, address, "predictions", schedule="volume", day=MONDAY)
    with sqlite3.connect(tmp_path / "prices.db") as database:
        assert database.execute("select prediction from predictions order by 1").fetchall() == [(1.0,), (2.0,)]
    database.close()


@pytest.mark.parametrize("address", ["nonsense hunter2", "mysql://ann:hunter2@127.0.0.1:1/x", "oracle+nodriver://ann:hunter2@db/x"])
def test_an_address_that_can_not_be_used_is_one_line_without_the_address(address: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        publish_table(predictions(MONDAY, 1.0, 2.0), address, "predictions", schedule="volume", day=MONDAY)
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None
