"""The loaders of databases: the same rows as from memory, read-only, and no address in any message."""

from __future__ import annotations

import datetime as dt
import sqlite3
import sys
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import sqlalchemy
from polars.testing import assert_frame_equal

from dsframework.data import load_panel
from dsframework.errors import DataError, MissingDependencyError
from dsframework.spec import DuckdbData, FrameData, SqlData

KEYS: dict[str, Any] = {"time": "day", "entity": "ticker"}
SECRET = "s3cret-word"


@pytest.fixture
def rows() -> pl.DataFrame:
    days = [dt.date(2024, 1, 2) + dt.timedelta(days=number) for number in range(6)]
    close = [1.5, 1.6, None, 1.7, 1.4, 1.5]
    return pl.DataFrame(
        {"day": days * 2, "ticker": ["A"] * 6 + ["B"] * 6, "close": close * 2, "volume": list(range(12)), "note": ["x", None] * 6}
    )


def expected(rows: pl.DataFrame, **more: Any) -> pl.DataFrame:
    return load_panel(FrameData.model_validate({"frame": "f", **KEYS, **more}), frames={"f": rows}).frame


@pytest.fixture
def duck(tmp_path: Path, rows: pl.DataFrame) -> Path:
    with duckdb.connect(str(tmp_path / "bars.duckdb")) as base:
        base.sql("create schema market; create table market.bars as select * from rows; create table other (x int)")
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    return tmp_path


def from_duck(folder: Path, **more: Any) -> pl.DataFrame:
    return load_panel(DuckdbData.model_validate({"path": "bars.duckdb", **KEYS, **more}), base=folder).frame


def test_duckdb_tables_and_queries_are_read(duck: Path, rows: pl.DataFrame) -> None:
    assert_frame_equal(from_duck(duck, table="market.bars"), expected(rows))
    assert_frame_equal(from_duck(duck, table="market.bars", columns=["volume"]), expected(rows, columns=["volume"]))
    query = "with b as (select * from market.bars) select day, ticker, 2 * volume as twice from b where ticker = 'A'"
    found = from_duck(duck, query=query, start="2024-01-04")
    assert found["twice"].to_list() == [4, 6, 8, 10]


DUCK_WRONG = [
    ({"table": "market.barz"}, "data.table: DuckDB says: "),
    ({"query": "select * from market.barz"}, "data.query: DuckDB says: "),
    ({"query": "select 1; select 2"}, "data.query: this is not one SELECT"),
    (
        {"query": "drop table market.bars"},
        "data.query: this is not one SELECT (got 'drop table market.bars'); write one SELECT and nothing else",
    ),
    ({"query": "select * from read_csv('secret.csv')"}, "data.query: DuckDB says: Permission Error"),
    ({"query": "selekt 1"}, "data.query: DuckDB says: Parser Error"),
    ({"table": "other"}, "data.time: no such column (got 'day'); there are x"),
    (
        {"table": "market.bars", "path": "secret.csv"},
        "data.path: this is not a DuckDB file (got 'secret.csv'); name a file that DuckDB wrote",
    ),
    ({"table": "market.bars", "path": "bars.duck"}, "data.path: no such file (got 'bars.duck'); did you mean bars.duckdb?"),
]


@pytest.mark.parametrize(("more", "message"), DUCK_WRONG, ids=[str(number) for number in range(len(DUCK_WRONG))])
def test_what_is_wrong_with_a_duckdb_file_is_one_line(duck: Path, more: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as caught:
        from_duck(duck, **more)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert duckdb.connect(str(duck / "bars.duckdb"), read_only=True).sql("select count(*) from market.bars").fetchall() == [(12,)]


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, rows: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database with the rows in a table, days and moments, whose address is in BARS_URL."""
    address = request.getfixturevalue("postgres") if request.param == "postgresql" else f"sqlite:///{tmp_path / 'bars.sqlite'}"
    monkeypatch.setenv("BARS_URL", address)
    engine = sqlalchemy.create_engine(address)
    with engine.begin() as connection:
        connection.exec_driver_sql("drop table if exists bars")
        connection.exec_driver_sql("drop table if exists ticks")
        kind = "date" if request.param == "postgresql" else "text"
        connection.exec_driver_sql(f"create table bars (day {kind}, ticker text, close double precision, volume bigint, note text)")
        insert = sqlalchemy.text("insert into bars values (:day, :ticker, :close, :volume, :note)")
        connection.execute(insert, [row | {"day": str(row["day"])} for row in rows.to_dicts()])
        kind = "timestamptz" if request.param == "postgresql" else "text"
        connection.exec_driver_sql(f"create table ticks (time {kind}, price numeric, size int)")
        times = [f"2024-06-03 14:{minute:02}:30+00:00" for minute in range(20)]
        connection.execute(sqlalchemy.text("insert into ticks values (:t, 1.25, 2)"), [{"t": time} for time in times])
    engine.dispose()
    return address


def from_sql(**more: Any) -> pl.DataFrame:
    return load_panel(SqlData.model_validate({"connection": "BARS_URL", **KEYS, **more})).frame


def test_sql_tables_and_queries_are_read(database: str, rows: pl.DataFrame) -> None:
    assert_frame_equal(from_sql(table="bars"), expected(rows))
    assert_frame_equal(
        from_sql(table="bars", columns=["volume"], start="2024-01-03"), expected(rows, columns=["volume"], start="2024-01-03")
    )
    query = "select day, ticker, volume from bars where day >= :start and day <= :end and note is not null"
    found = from_sql(query=query, start="2024-01-03", end="2024-01-06")
    assert_frame_equal(found, expected(rows.filter(pl.col("note").is_not_null()), columns=["volume"], start="2024-01-03", end="2024-01-06"))
    found = from_sql(query=query, start="2024-01-03")  # as a schedule reads, whose data has no end
    assert_frame_equal(found, expected(rows.filter(pl.col("note").is_not_null()), columns=["volume"], start="2024-01-03"))


def test_ticks_of_a_database_become_bars(database: str) -> None:
    data = {"connection": "BARS_URL", "query": "select * from ticks where time <= :end", "end": "2024-06-03", "resample": {"every": "5min"}}
    found = load_panel(SqlData.model_validate(data)).frame
    assert found.select("open", "volume", "count").rows() == [(1.25, 10, 5)] * 4


def test_nothing_can_be_written(database: str) -> None:
    query = (
        "with gone as (delete from bars returning *) select * from gone"
        if "postgres" in database
        else "select * from bars; drop table bars"
    )
    with pytest.raises(DataError, match=r"^data\.query: the database says: "):
        from_sql(query=query)
    with pytest.raises(DataError, match=r"^data\.query: this is not a SELECT"):
        from_sql(query="delete from bars")
    assert from_sql(table="bars").height == 12


def test_what_is_wrong_with_a_database_is_one_line_without_its_address(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for more, message in {
        "barz": ({"table": "barz"}, "data.table: no such table (got 'barz'); name a table or a view of the database"),
        "columns": ({"table": "bars", "columns": ["volum"]}, "data.columns: no such column (got 'volum'); did you mean volume?"),
        "query": ({"query": "select * from barz"}, "data.query: the database says: "),
        "start": ({"query": "select * from bars where day >= :start"}, "data.start: the query asks for :start; set data.start, or take"),
        "unset": (
            {"table": "bars", "connection": "BARZ"},
            "data.connection: no environment variable and no connection of that name (got 'BARZ')",
        ),
    }.values():
        with pytest.raises(DataError) as caught:
            from_sql(**more)
        assert str(caught.value).startswith(message)
        assert SECRET not in str(caught.value)
    monkeypatch.setenv("WRONG_URL", "postgresql+psycopg://tsml:s3cret-word@127.0.0.1:1/nothing")
    with pytest.raises(DataError, match=r"^data\.connection: the database can't be reached: ") as caught:
        from_sql(table="bars", connection="WRONG_URL")
    assert SECRET not in str(caught.value)
    for address, text in {
        "nosuch://u:s3cret-word@h/d": "the driver of this connection is not installed",
        "s3cret-word": "the connection is no address",
    }.items():
        monkeypatch.setenv("WRONG_URL", address)
        with pytest.raises(DataError, match=rf"^data\.connection: {text}") as caught:
            from_sql(table="bars", connection="WRONG_URL")
        assert SECRET not in str(caught.value)


def test_connections_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = sqlite3.connect(tmp_path / "x.sqlite")
    base.execute("create table t (time text, v real)")
    base.execute("insert into t values ('2024-01-02', 1.5)")
    base.commit()
    base.close()
    monkeypatch.setenv("TSML_HOME", str(tmp_path))
    file = tmp_path / "connections.yaml"
    file.write_text(f"desk: sqlite:///{tmp_path / 'x.sqlite'}\n")
    assert load_panel(SqlData(connection="desk", table="t")).frame["v"].to_list() == [1.5]
    with pytest.raises(DataError, match=r"data\.connection: .* \(got 'dask'\); did you mean desk\?"):
        load_panel(SqlData(connection="dask", table="t"))
    file.write_text("desk: [s3cret-word\n")
    with pytest.raises(
        DataError, match=r"^data\.connection: connections\.yaml is not readable \(got 'desk'\); write lines such as name: address$"
    ):
        load_panel(SqlData(connection="desk", table="t"))


def test_a_missing_package_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, duck: Path) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(MissingDependencyError, match=r'^duckdb is not installed; pip install "jupyterlab-tsml\[sql\]"$'):
        from_duck(duck, table="market.bars")
    monkeypatch.setenv("BARS_URL", "sqlite://")
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    with pytest.raises(MissingDependencyError, match=r'^sqlalchemy is not installed; pip install "jupyterlab-tsml\[sql\]"$'):
        from_sql(table="bars")
