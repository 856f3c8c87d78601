"""Times: the forms of texts, and time zones."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsframework.data import Panel, load_panel
from dsframework.spec import FrameData

UTC = ZoneInfo("UTC")
NEW_YORK = ZoneInfo("America/New_York")


def load(times: Any, **settings: Any) -> Panel:
    frame = pl.DataFrame({"time": times}).with_row_index("row")
    return load_panel(FrameData.model_validate({"frame": "f", "checks": {"future": "ignore"}, **settings}), frames={"f": frame})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-31", dt.date(2024, 1, 31)),
        ("2024/01/31", dt.date(2024, 1, 31)),
        ("20240131", dt.date(2024, 1, 31)),
        (" 2024-01-31 ", dt.date(2024, 1, 31)),
        ("2024-01-31 16:05", dt.datetime(2024, 1, 31, 16, 5)),
        ("2024-01-31T16:05:07", dt.datetime(2024, 1, 31, 16, 5, 7)),
        ("2024-01-31 16:05:07.25", dt.datetime(2024, 1, 31, 16, 5, 7, 250000)),
        ("2024-01-31T16:05Z", dt.datetime(2024, 1, 31, 16, 5, tzinfo=UTC)),
        ("2024-01-31T16:05:07.25-05:00", dt.datetime(2024, 1, 31, 21, 5, 7, 250000, tzinfo=UTC)),
        ("2024-01-31 16:05:00+0130", dt.datetime(2024, 1, 31, 14, 35, tzinfo=UTC)),
    ],
)
def test_texts_are_times(text: str, value: dt.date) -> None:
    assert load([text]).first == value


@given(st.lists(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2100, 1, 1)), min_size=1, unique=True), st.booleans())
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_texts_of_every_moment_come_back(moments: list[dt.datetime], aware: bool) -> None:
    moments = [moment.replace(tzinfo=UTC) for moment in moments] if aware else moments
    expected = sorted(moments)
    found = load([moment.isoformat() for moment in moments]).frame["time"].to_list()
    if not aware and all(moment.time() == dt.time(0) for moment in moments):
        expected = [moment.date() for moment in expected]
    assert found == expected


def test_times_without_a_zone_get_the_zone_of_the_spec() -> None:
    panel = load([dt.datetime(2024, 1, 31, 16), dt.datetime(2024, 7, 31, 16)], timezone="America/New_York")
    assert panel.first == dt.datetime(2024, 1, 31, 21, tzinfo=UTC)
    assert panel.last == dt.datetime(2024, 7, 31, 20, tzinfo=UTC)
    assert panel.frame["time"].dt.hour().to_list() == [16, 16]


def test_times_with_a_zone_keep_the_moment() -> None:
    aware = pl.Series([dt.datetime(2024, 1, 31, 21)]).dt.replace_time_zone("UTC")
    assert load(aware).frame.schema["time"] == pl.Datetime("us", "UTC")
    moved = load(aware, timezone="America/New_York")
    assert moved.first == dt.datetime(2024, 1, 31, 16, tzinfo=NEW_YORK)
    assert moved.frame.schema["time"] == pl.Datetime("us", "America/New_York")


def test_bounds_of_aware_times_are_local() -> None:
    times = [dt.datetime(2024, 1, 31, 23), dt.datetime(2024, 2, 1, 1)]
    kept = load(times, timezone="America/New_York", end="2024-01-31")
    assert kept.frame["row"].to_list() == [0]
    assert load(times, timezone="America/New_York", start="2024-02-01").frame["row"].to_list() == [1]
    assert load(times, timezone="America/New_York", start="2024-02-01T05:00+00:00").frame["row"].to_list() == [1]


def test_midnights_without_a_zone_are_days() -> None:
    panel = load([dt.datetime(2024, 1, 31), dt.datetime(2024, 2, 1)])
    assert panel.frame["time"].to_list() == [dt.date(2024, 1, 31), dt.date(2024, 2, 1)]
    assert load(["2024-01-31", "2024-02-01 00:00:01"]).frame.schema["time"] == pl.Datetime("us")


def test_a_zone_for_days_is_noted() -> None:
    assert load([dt.date(2024, 1, 31)], timezone="UTC").notes == ("data.timezone does nothing: 'time' has days and no times",)


def test_nanoseconds_stay_where_they_matter() -> None:
    fine = pl.Series([1_000_000_001, 1_000_000_002]).cast(pl.Datetime("ns"))
    assert load(fine).frame.schema["time"] == pl.Datetime("ns")
    assert load(pl.Series([1_000, 2_000]).cast(pl.Datetime("ns"))).frame.schema["time"] == pl.Datetime("us")
