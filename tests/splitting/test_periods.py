"""Cuts on the borders of sessions, days, weeks, months and years."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dsframework.errors import SplitError
from dsframework.splitting import period_borders

NEW_YORK, CHICAGO = ZoneInfo("America/New_York"), ZoneInfo("America/Chicago")


def bars(zone: ZoneInfo, first: dt.datetime, hours: int) -> tuple[np.ndarray, np.ndarray, list[dt.datetime]]:
    """Hourly bars: times in UTC, local days since 1970, local times."""
    start = first.replace(tzinfo=zone).astimezone(dt.UTC)
    moments = [start + dt.timedelta(hours=hour) for hour in range(hours)]
    local = [moment.astimezone(zone) for moment in moments]
    times = np.array([np.datetime64(moment.replace(tzinfo=None), "ns") for moment in moments])
    return times, np.array([(moment.date() - dt.date(1970, 1, 1)).days for moment in local], dtype=np.int32), local


@pytest.mark.parametrize(
    ("by", "key"),
    [
        ("day", lambda moment: moment.date()),
        ("week", lambda moment: moment.isocalendar()[:2]),
        ("month", lambda moment: (moment.year, moment.month)),
        ("year", lambda moment: moment.year),
    ],
)
def test_periods_are_those_of_the_exchanges_clocks(by, key):
    times, day, local = bars(NEW_YORK, dt.datetime(2023, 12, 20, 9), 24 * 100)
    borders = period_borders(times, day, by)
    expected = [0] + [number for number in range(1, len(local)) if key(local[number]) != key(local[number - 1])] + [len(local)]
    assert borders.tolist() == expected


def test_a_session_of_the_stock_exchange_keeps_its_early_and_late_bars():
    """Bars from 4:00 to 20:00: what lies between two sessions goes to the nearer one."""
    times, day, local = bars(NEW_YORK, dt.datetime(2024, 7, 1), 24 * 8)
    keep = np.array([4 <= moment.hour <= 20 and moment.weekday() < 5 and moment.day != 4 for moment in local])
    times, day, local = times[keep], day[keep], [moment for moment, kept in zip(local, keep, strict=True) if kept]
    borders = period_borders(times, day, "session", calendar="XNYS")
    assert [local[border].day for border in borders[:-1]] == [1, 2, 3, 5, 8]
    assert all(local[border].hour == 4 for border in borders[:-1])


def test_a_session_that_begins_on_the_evening_before_is_one_period():
    times, day, local = bars(CHICAGO, dt.datetime(2024, 3, 4, 17), 24 * 4)
    keep = np.array([moment.hour != 16 for moment in local])
    times, day, local = times[keep], day[keep], [moment for moment, kept in zip(local, keep, strict=True) if kept]
    sessions = period_borders(times, day, "session", calendar="CMES")
    assert [(local[border].day, local[border].hour) for border in sessions[:-1]] == [(4, 17), (5, 17), (6, 17), (7, 17)]
    days = period_borders(times, day, "day")
    assert [local[border].hour for border in days[1:-1]] == [0, 0, 0, 0]


def test_times_without_a_zone_are_clocks_at_the_exchange():
    aware, day, local = bars(CHICAGO, dt.datetime(2024, 3, 4, 17), 24 * 5)
    naive = np.array([np.datetime64(moment.replace(tzinfo=None), "ns") for moment in local])
    expected = period_borders(aware, day, "session", calendar="CMES")
    assert period_borders(naive, day, "session", calendar="CMES", aware=False).tolist() == expected.tolist()


def test_daily_data_needs_no_calendar_for_its_sessions():
    days = np.arange("2024-01-01", "2024-01-08", dtype="datetime64[D]")
    assert period_borders(days.astype("datetime64[ns]"), days.astype(int), "session").tolist() == list(range(8))


def test_sessions_of_no_calendar_are_refused():
    times, day, _ = bars(NEW_YORK, dt.datetime(2024, 7, 1, 9), 30)
    with pytest.raises(SplitError) as caught:
        period_borders(times, day, "session")
    assert str(caught.value) == (
        "split.by: sessions are known by an exchange's calendar (got 'session'); name data.calendar, or use by: day"
    )
