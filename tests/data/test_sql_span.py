"""The bounds of a table reach the database: the same rows as when everything is read, and nothing far outside is touched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from dsframework.data import load_panel
from dsframework.errors import DataError
from dsframework.spec import FrameData, SqlData

Fill = Callable[..., None]
FIRST = dt.datetime(2024, 3, 1, tzinfo=dt.UTC)
MOMENTS = [FIRST + dt.timedelta(hours=5 * number) for number in range(150)]
POISON = {"postgresql": "1 / 0", "sqlite": "abs(-9223372036854775808)"}
KINDS = {
    "postgresql": ["timestamptz", "timestamp", "date", "text", "varchar(40)"],
    "sqlite": ["text", "timestamp", "date", "datetime"],
}
EVERY = [(name, kind) for name, kinds in KINDS.items() for kind in kinds]


@pytest.fixture(scope="module")
def addresses(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """A function that returns the address of a database."""

    def address(name: str) -> str:
        if name == "postgresql":
            return str(request.getfixturevalue("postgres"))
        return f"sqlite:///{request.getfixturevalue('sqlite_file')}"

    return address


@pytest.fixture(scope="module")
def sqlite_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sqlite") / "bars.sqlite"


@pytest.fixture
def fill(addresses: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> Fill:
    """A function that fills the table ``spans`` of a database, and the view ``poisoned``, whose value fails where `flag` is set."""

    def make(name: str, kind: str, rows: list[tuple[Any, float, int]]) -> None:
        monkeypatch.setenv("SPANS_URL", addresses(name))
        with _connected(addresses(name)) as connection:
            connection.exec_driver_sql("drop view if exists poisoned")
            connection.exec_driver_sql("drop table if exists spans")
            connection.exec_driver_sql(f"create table spans (time {kind}, value double precision, flag integer)")
            insert = sqlalchemy.text("insert into spans values (:time, :value, :flag)")
            connection.execute(insert, [{"time": time, "value": value, "flag": flag} for time, value, flag in rows])
            failing = POISON[name] if name == "sqlite" else "1 / (1 - flag)"
            poisoned = f"case when flag = 1 then {failing} else value end"
            connection.exec_driver_sql(f"create view poisoned as select time, {poisoned} as value from spans")

    return make


@contextmanager
def _connected(address: str) -> Iterator[Any]:
    engine = sqlalchemy.create_engine(address)
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def read(table: str = "spans", **more: Any) -> pl.DataFrame:
    return load_panel(SqlData.model_validate({"connection": "SPANS_URL", "table": table, "columns": ["value"], **more})).frame


def stored(moment: dt.datetime, kind: str, *, text: str = "%Y-%m-%d %H:%M:%S") -> Any:
    """A moment as a column of that kind has it."""
    if kind == "timestamptz":
        return moment
    if kind == "date":
        return moment.date().isoformat()
    return moment.strftime(text) if kind in ("text", "varchar(40)") else moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def rows_of(kind: str, *, flag: Callable[[int], int] = lambda place: 0, text: str = "%Y-%m-%d %H:%M:%S") -> list[tuple[Any, float, int]]:
    """One row a moment, or one a day."""
    moments = MOMENTS if kind != "date" else [FIRST + dt.timedelta(days=number) for number in range(31)]
    return [(stored(moment, kind, text=text), float(place), flag(place)) for place, moment in enumerate(moments)]


def expected(rows: list[tuple[Any, float, int]], **more: Any) -> pl.DataFrame:
    """The same rows from memory, all of which is read and then cut."""
    texts = [str(time) for time, _, _ in rows]
    frame = pl.DataFrame({"time": texts, "value": [value for _, value, _ in rows]})
    return load_panel(FrameData.model_validate({"frame": "f", "columns": ["value"], **more}), frames={"f": frame}).frame


SPANS = [
    {"start": "2024-03-10", "end": "2024-03-12"},
    {"start": "2024-03-10 07:30"},
    {"end": "2024-03-09"},
    {"start": "2024-03-11", "end": "2024-03-11", "timezone": "Asia/Tokyo"},
    {"start": "2024-03-08", "end": "2024-03-10 13:00", "timezone": "America/New_York"},
]


@pytest.mark.parametrize("span", SPANS, ids=[str(number) for number in range(len(SPANS))])
@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_a_span_of_a_table_is_that_of_all_its_rows(fill: Fill, name: str, kind: str, span: dict[str, str]) -> None:
    rows = rows_of(kind)
    fill(name, kind, rows)
    if kind == "timestamptz":
        span = {"timezone": "UTC"} | span
    try:
        whole = expected(rows, **span)
    except DataError as error:  # a moment that the zone's clock skips, say: the same is wrong either way
        with pytest.raises(DataError, match=error.message[:12]):
            read(**span)
        return
    assert_frame_equal(read(**span), whole)


@pytest.mark.parametrize(("name", "kind"), EVERY)
def test_rows_far_outside_are_not_touched(fill: Fill, name: str, kind: str) -> None:
    rows = rows_of(kind)
    middle = dt.date(2024, 3, 15)
    far = [abs((dt.date.fromisoformat(str(time)[:10]) - middle).days) > 6 for time, _, _ in rows]
    fill(name, kind, [(time, value, int(away)) for (time, value, _), away in zip(rows, far, strict=True)])
    span = {"start": "2024-03-14", "end": "2024-03-16"} | ({"timezone": "UTC"} if kind == "timestamptz" else {})
    assert_frame_equal(read("poisoned", **span), expected(rows, **span))
    with pytest.raises(DataError, match="the database says"):
        read("poisoned")


@pytest.mark.parametrize("text", ["%Y/%m/%d %H:%M", "%Y-%m-%dT%H:%M:%S+00:00", " %Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S.%f"])
@pytest.mark.parametrize("name", KINDS)
def test_texts_of_any_form_are_found(fill: Fill, name: str, text: str) -> None:
    rows = rows_of("text", text=text)
    fill(name, "text", rows)
    span = {"start": "2024-03-10", "end": "2024-03-12", "timezone": "UTC"}
    assert_frame_equal(read(**span), expected(rows, **span))
    assert read(**span).height > 10


@pytest.mark.parametrize("name", KINDS)
def test_a_missing_time_is_told_wherever_it_stands(fill: Fill, name: str) -> None:
    fill(name, "timestamp", [*rows_of("timestamp"), (None, 1.0, 0)])
    with pytest.raises(DataError, match=r"^data\.time: 1 times are missing"):
        read(start="2024-03-10", end="2024-03-12")


@pytest.mark.parametrize("name", KINDS)
def test_a_span_without_rows_says_how_far_the_table_goes(fill: Fill, name: str) -> None:
    fill(name, "date", rows_of("date"))
    told = (
        r"^data\.start: no row is left; the table goes from 2024-03-01 to 2024-03-31 \(got '2025-01-01'\); widen data\.start and data\.end$"
    )
    with pytest.raises(DataError, match=told):
        read(start="2025-01-01")
    with pytest.raises(DataError, match=r"^data\.end: this is not a day \(got 'someday'\); write 2024-01-31$"):
        read(end="someday")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.integers(0, 40_000),
    length=st.integers(0, 20_000),
    zone=st.sampled_from(["UTC", "Pacific/Kiritimati", "Etc/GMT+12", "America/New_York"]),
    days=st.booleans(),
)
def test_bounds_in_any_zone_lose_no_row(sqlite_zoned: str, start: int, length: int, zone: str, *, days: bool) -> None:
    low, high = (FIRST + dt.timedelta(minutes=minutes) for minutes in (start, start + length))
    pattern = "%Y-%m-%d" if days else "%Y-%m-%d %H:%M"
    span = {"start": low.strftime(pattern), "end": high.strftime(pattern), "timezone": zone}
    rows = rows_of("text", text="%Y-%m-%d %H:%M:%S+00:00")
    try:
        whole = expected(rows, **span)
    except DataError as error:
        with pytest.raises(DataError, match=f"^{error.field}: no row is left"):
            read(**span)
        return
    assert_frame_equal(read(**span), whole)


@pytest.fixture
def sqlite_zoned(fill: Fill) -> str:
    """A table of SQLite whose texts have an offset."""
    fill("sqlite", "text", rows_of("text", text="%Y-%m-%d %H:%M:%S+00:00"))
    return "sqlite"
