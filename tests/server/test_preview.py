"""The first look at a data file, over REST, on real files."""

from __future__ import annotations

import shutil

import polars as pl
import pytest


@pytest.fixture
def files(jp_root_dir):
    folder = jp_root_dir / "data"
    folder.mkdir()
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 1, 10), eager=True)
    frame = pl.DataFrame({"day": [*days, *days], "name": ["a"] * 10 + ["b"] * 10, "volume": range(20)})
    frame.write_csv(folder / "two.csv")
    frame.write_parquet(folder / "two.parquet")
    (folder / "empty.csv").write_text("")
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)))
    (folder / "broken.parquet").write_bytes(b"PAR1" + b"\0" * 100 + b"PAR1")
    return folder


@pytest.mark.parametrize("name", ["two.csv", "two.parquet"])
async def test_a_file_is_described(ask, files, name):
    answer = await ask("GET", "preview", params={"path": f"data/{name}", "time": "day", "entity": "name"})
    assert answer.code == 200, answer
    body = answer.body
    assert (body["path"], body["rows"], body["n_entities"]) == (f"data/{name}", 20, 2)
    assert [column["name"] for column in body["columns"]] == ["day", "name", "volume"]
    assert body["first"].startswith("2020-01-01")
    assert body["last"].startswith("2020-01-10")


@pytest.mark.parametrize("name", ["empty.csv", "picture.png", "broken.parquet"])
async def test_a_file_that_is_no_table_is_a_422(ask, files, name):
    answer = await ask("GET", "preview", params={"path": f"data/{name}"})
    assert answer.code == 422, answer
    assert answer.body["code"] == "data.invalid"
    assert answer.body["message"]


@pytest.mark.parametrize(("argument", "value"), [("calendar", "XNIS"), ("timezone", "Mars/Olympus")])
async def test_an_unknown_calendar_or_time_zone_is_a_422(ask, files, argument, value):
    answer = await ask("GET", "preview", params={"path": "data/two.csv", "time": "day", argument: value})
    assert answer.code == 422, answer
    assert value in str(answer.body)


async def test_real_market_data_are_described(ask, jp_root_dir, market_data):
    shutil.copy(market_data / "sp500_60.parquet", jp_root_dir / "market.parquet")
    answer = await ask("GET", "preview", params={"path": "market.parquet", "calendar": "XNYS"})
    assert answer.code == 200, answer
    frame = pl.read_parquet(jp_root_dir / "market.parquet")
    assert answer.body["rows"] == frame.height
    assert (answer.body["time"], answer.body["entity"]) == ("date", "ticker")
    assert answer.body["n_entities"] == frame["ticker"].n_unique()


async def test_a_column_that_is_time_and_entity_at_once_is_told(ask, files):
    answer = await ask("GET", "preview", params={"path": "data/two.csv", "time": "day", "entity": "day"})
    assert answer.code == 200, answer
    assert (answer.body["time"], answer.body["entity"]) == ("day", None)
    assert "data.entity: 'day' is the time column" in answer.body["problems"]
