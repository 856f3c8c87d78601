"""The calendar's fields against known days and against a loop over exchange_calendars itself."""

from __future__ import annotations

import datetime as dt
import warnings

import numpy as np
import polars as pl
import pytest

from dsframework.errors import DataError, FeatureError
from dsframework.features import build_features
from dsframework.spec import CalendarArguments, Component

DAY = dt.timedelta(days=1)


def fields(times: list[dt.date] | list[dt.datetime] | pl.Series, names: list[str], calendar: str | None = None) -> dict[str, list[float]]:
    frame = pl.DataFrame({"time": times})
    component = Component(name="calendar", arguments=CalendarArguments.model_validate({"fields": names}))
    table = build_features(frame, [component], time="time", entity=None, calendar=calendar)
    assert table.names == tuple(names)
    return {name: table.matrix[:, position].tolist() for position, name in enumerate(names)}


def one(day: dt.date, name: str, calendar: str | None = None) -> float:
    return fields([day], [name], calendar)[name][0]


@pytest.mark.parametrize(
    ("day", "name", "value"),
    [
        (dt.date(2018, 3, 28), "is_month_end", 0),
        (dt.date(2018, 3, 29), "is_month_end", 1),  # Good Friday follows, then a weekend
        (dt.date(2018, 3, 29), "is_quarter_end", 1),
        (dt.date(2018, 4, 30), "is_month_end", 1),
        (dt.date(2018, 4, 30), "is_quarter_end", 0),
        (dt.date(2018, 1, 2), "is_month_start", 1),
        (dt.date(2018, 1, 3), "is_month_start", 0),
        (dt.date(2018, 7, 3), "is_early_close", 1),
        (dt.date(2018, 7, 5), "is_early_close", 0),
        (dt.date(2018, 7, 3), "days_to_holiday", 1),
        (dt.date(2018, 7, 5), "days_since_holiday", 1),
        (dt.date(2018, 7, 5), "days_to_holiday", 60),  # Labor Day
        (dt.date(2018, 12, 3), "days_to_holiday", 22),  # the day of mourning on the 5th was not known yet
        (dt.date(2001, 9, 10), "days_to_holiday", 73),  # nor was what came the day after; Thanksgiving was
        (dt.date(2012, 10, 26), "days_to_holiday", 27),  # nor the hurricane
    ],
)
def test_sessions_and_holidays_of_new_york(day: dt.date, name: str, value: float) -> None:
    assert one(day, name, "XNYS") == value


def test_without_a_calendar_the_days_of_the_year_count() -> None:
    assert one(dt.date(2018, 3, 29), "is_month_end") == 0
    assert one(dt.date(2018, 3, 31), "is_month_end") == 1
    assert one(dt.date(2024, 2, 29), "is_month_end") == 1
    assert one(dt.date(2018, 12, 31), "is_quarter_end") == 1
    assert one(dt.date(2018, 11, 30), "is_quarter_end") == 0
    assert one(dt.date(2018, 1, 1), "is_month_start") == 1


def test_fields_of_three_years_are_those_of_a_loop() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars

        source = exchange_calendars.get_calendar("XNYS", start="2014-01-01", end="2018-12-31")
        sessions = {moment.date() for moment in source.sessions}
        early = {moment.date() for moment in source.early_closes}
        mourning = {moment.date() for moment in source.adhoc_holidays}
    days = sorted(day for day in sessions if 2015 <= day.year <= 2017)
    planned = sessions | mourning
    names = ["day_of_week", "day_of_month", "week_of_year", "month", "quarter", "is_month_start", "is_month_end", "is_quarter_end"]
    found = fields(days, [*names, "days_to_holiday", "days_since_holiday", "is_early_close"], "XNYS")

    def holiday(day: dt.date) -> bool:
        return day.weekday() < 5 and day not in planned

    def distance(day: dt.date, step: dt.timedelta) -> int:
        count = 0
        while not holiday(day):
            day, count = day + step, count + 1
        return count

    def none_left(day: dt.date, step: dt.timedelta, months: int) -> bool:
        other, period = day + step, (day.year, (day.month - 1) // months)
        while (other.year, (other.month - 1) // months) == period:
            if other in planned:
                return False
            other += step
        return True

    expected = {
        "day_of_week": [day.weekday() for day in days],
        "day_of_month": [day.day for day in days],
        "week_of_year": [day.isocalendar().week for day in days],
        "month": [day.month for day in days],
        "quarter": [(day.month + 2) // 3 for day in days],
        "is_month_start": [none_left(day, -DAY, 1) for day in days],
        "is_month_end": [none_left(day, DAY, 1) for day in days],
        "is_quarter_end": [none_left(day, DAY, 3) for day in days],
        "days_to_holiday": [distance(day, DAY) for day in days],
        "days_since_holiday": [distance(day, -DAY) for day in days],
        "is_early_close": [day in early for day in days],
    }
    for name, values in expected.items():
        np.testing.assert_array_equal(found[name], np.array(values, dtype=float), err_msg=name)


def test_clocks_are_those_of_the_exchange() -> None:
    utc = pl.Series([dt.datetime(2024, 3, 8, 14, 30), dt.datetime(2024, 3, 11, 13, 45), dt.datetime(2024, 3, 12, 1, 0)])
    aware = utc.dt.replace_time_zone("UTC")
    assert fields(aware, ["hour", "minute", "day_of_week"], "XNYS") == {"hour": [9, 9, 21], "minute": [30, 45, 0], "day_of_week": [4, 0, 0]}
    assert fields(aware, ["hour"])["hour"] == [14, 13, 1]
    assert fields(utc, ["hour"], "XNYS")["hour"] == [14, 13, 1]


def test_days_that_the_calendar_does_not_know_are_an_error() -> None:
    assert one(dt.date(1975, 7, 3), "days_to_holiday", "XNYS") == 1
    with pytest.raises(
        FeatureError, match=r"^features\[0\]\.calendar: XNYS knows sessions from 1990-01-02 to \S+ only \(got '2190-01-03'\)"
    ):
        one(dt.date(2190, 1, 3), "days_to_holiday", "XNYS")
    with pytest.raises(DataError, match="no such exchange calendar"):
        one(dt.date(2020, 1, 3), "days_to_holiday", "NEWYORK")
