"""Cadences, against the published holidays of exchanges."""

from __future__ import annotations

import datetime as dt

import pytest

from dsframework.deployment._sessions import is_session, make_cadence, next_runs, session_after, session_before
from dsframework.errors import ScheduleError


@pytest.mark.parametrize(
    ("calendar", "timezone", "at", "cron", "days_back"),
    [
        ("XNYS", "America/New_York", "16:30", "30 16 * * 1-5", 0),
        ("XLON", "Europe/London", "17:00", "0 17 * * 1-5", 0),
        ("XSAU", "Asia/Riyadh", "15:30", "30 15 * * 0-4", 0),
        ("24/7", "UTC", "00:30", "30 0 * * *", 1),
    ],
)
def test_a_schedule_runs_half_an_hour_after_the_close_on_the_exchanges_weekdays(
    calendar: str, timezone: str, at: str, cron: str, days_back: int
) -> None:
    cadence = make_cadence(calendar)
    assert (cadence.timezone, cadence.at, cadence.cron, cadence.days_back) == (timezone, at, cron, days_back)


def test_a_run_before_the_close_is_about_the_session_of_the_day_before() -> None:
    cadence = make_cadence("XNYS", at="06:00")
    assert (cadence.cron, cadence.days_back) == ("0 6 * * 2-6", 1)


def test_a_time_zone_of_ones_own_moves_the_session_with_it() -> None:
    cadence = make_cadence("XNYS", at="07:30", timezone="Asia/Tokyo")
    assert (cadence.cron, cadence.days_back) == ("30 7 * * 2-6", 1)


def test_the_next_runs_leave_out_thanksgiving_and_the_weekend_and_follow_the_clock_change() -> None:
    now = dt.datetime(2025, 11, 25, 22, 0, tzinfo=dt.UTC)
    runs = next_runs(make_cadence("XNYS"), now=now)
    assert runs == [f"2025-{day}T16:30:00-05:00" for day in ("11-26", "11-28", "12-01", "12-02", "12-03")]
    spring = next_runs(make_cadence("XNYS"), count=2, now=dt.datetime(2025, 3, 7, 12, 0, tzinfo=dt.UTC))
    assert spring == ["2025-03-07T16:30:00-05:00", "2025-03-10T16:30:00-04:00"]


def test_a_run_the_morning_after_follows_its_session_over_the_weekend() -> None:
    now = dt.datetime(2025, 11, 27, 12, 0, tzinfo=dt.UTC)
    runs = next_runs(make_cadence("XNYS", at="06:00"), count=2, now=now)
    assert runs == ["2025-11-29T06:00:00-05:00", "2025-12-02T06:00:00-05:00"]


def test_sessions_are_counted_over_holidays() -> None:
    christmas = dt.date(2017, 12, 25)
    assert not is_session("XNYS", christmas)
    assert session_before("XNYS", dt.date(2017, 12, 26)) == dt.date(2017, 12, 22)
    assert session_after("XNYS", dt.date(2017, 12, 22), 1) == dt.date(2017, 12, 26)


@pytest.mark.parametrize("calendar", ["XNY", "", "nyse'; --"])
def test_an_unknown_calendar_is_one_line_with_a_mend(calendar: str) -> None:
    with pytest.raises(ScheduleError, match=r"^calendar: no such exchange calendar"):
        make_cadence(calendar)


def test_a_day_outside_of_the_calendar_is_an_error() -> None:
    with pytest.raises(ScheduleError, match="as_of"):
        is_session("XNYS", dt.date(1901, 1, 2))
