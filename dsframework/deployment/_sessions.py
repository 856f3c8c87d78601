"""When a schedule runs: the sessions of an exchange, and the cadence made from them.

A DAG runs by a cron of the exchange's weekdays, in the exchange's time zone, and the run-time skips what is not a session. A list of
dates (`EventsTimetable`) would name the sessions exactly, but it ends some day, and an exchange announces new closures after it is
written; the cron never goes stale, and the calendar's newest edition decides in the model's own environment.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np

from dsframework.calendars import TradingCalendar, trading_calendar
from dsframework.errors import DataError, ScheduleError

__all__ = ["Cadence", "is_session", "make_cadence", "next_runs", "session_after", "session_before", "session_close"]

_SAMPLE_SESSIONS = 60
_WEEK = 7


@dataclass(frozen=True)
class Cadence:
    """A cron in a time zone.

    `at` is HH:MM; `days_back` is how many days before the run's day its session lies: 0 after the close, 1 on the morning after.
    """

    calendar: str
    timezone: str
    at: str
    cron: str
    days_back: int


def _calendar(code: str) -> TradingCalendar:
    try:
        return trading_calendar(code)
    except DataError as error:
        raise ScheduleError(error.message, field="calendar", value=code, mend=error.mend) from error


def _position(calendar: TradingCalendar, day: dt.date) -> int:
    """The place of `day` among the sessions, or of the first session after it."""
    if not calendar.days[0] <= np.datetime64(day) <= calendar.days[-1]:
        message = f"{calendar.name} is known from {calendar.span} only"
        raise ScheduleError(message, field="as_of", value=day.isoformat(), mend="choose a day in it")
    return int(np.searchsorted(calendar.days, np.datetime64(day)))


def is_session(code: str, day: dt.date) -> bool:
    """Tell whether the exchange trades on `day`."""
    calendar = _calendar(code)
    return bool(calendar.days[_position(calendar, day)] == np.datetime64(day))


def session_before(code: str, day: dt.date) -> dt.date | None:
    """Return the session before `day`; None where the calendar begins."""
    calendar = _calendar(code)
    position = _position(calendar, day)
    return _day(calendar, position - 1) if position else None


def session_after(code: str, day: dt.date, steps: int) -> dt.date | None:
    """Return the session `steps` sessions after the session `day`; None where the calendar does not reach that far."""
    calendar = _calendar(code)
    position = _position(calendar, day) + steps
    return _day(calendar, position) if position < len(calendar.days) else None


def session_close(code: str, day: dt.date) -> dt.datetime:
    """Return the close of a session, in UTC; early closes are known."""
    calendar = _calendar(code)
    return _close(calendar, _position(calendar, day))


def _day(calendar: TradingCalendar, position: int) -> dt.date:
    day: dt.date = calendar.days[position].item()
    return day


def _close(calendar: TradingCalendar, position: int) -> dt.datetime:
    close: dt.datetime = calendar.closes[position].astype("datetime64[us]").item()
    return close.replace(tzinfo=dt.UTC)


def make_cadence(code: str, *, at: str | None = None, timezone: str | None = None) -> Cadence:
    """Make the cadence of a calendar: by default half an hour after the regular close, in the exchange's time zone.

    Raises
    ------
    ScheduleError
        When the calendar is unknown.
    """
    zone = timezone or _calendar(code).timezone
    past = _recent_sessions(code)
    closes = [(session, session_close(code, session).astimezone(ZoneInfo(zone))) for session in past]
    days_late, regular = Counter(((close.date() - session).days, close.time()) for session, close in closes).most_common(1)[0][0]
    if at is None:
        moment = dt.datetime.combine(dt.date(2000, 1, 1), regular) + dt.timedelta(minutes=30)
        days_late += (moment.date() - dt.date(2000, 1, 1)).days
        at = moment.strftime("%H:%M")
        days_back = days_late
    else:
        days_back = days_late + (dt.time.fromisoformat(at) < regular)
    weekdays = sorted({(session + dt.timedelta(days=days_back)).weekday() for session in past})
    return Cadence(calendar=code, timezone=zone, at=at, cron=_cron(at, weekdays), days_back=days_back)


def _recent_sessions(code: str) -> list[dt.date]:
    calendar = _calendar(code)
    end = int(np.searchsorted(calendar.days, np.datetime64(dt.datetime.now(dt.UTC).date())))
    if end == 0:
        raise ScheduleError("the calendar has no session before today", field="calendar", value=code, mend="choose another calendar")
    return [_day(calendar, position) for position in range(max(0, end - _SAMPLE_SESSIONS), end)]


def _cron(at: str, weekdays: list[int]) -> str:
    """Write the cron of a time of day on `weekdays` (0 is Monday; a cron's 0 is Sunday)."""
    hour, minute = (int(part) for part in at.split(":"))
    days = sorted((day + 1) % _WEEK for day in weekdays)
    if len(days) == _WEEK:
        return f"{minute} {hour} * * *"
    run = days == list(range(days[0], days[-1] + 1)) and len(days) > 1
    return f"{minute} {hour} * * " + (f"{days[0]}-{days[-1]}" if run else ",".join(map(str, days)))


def next_runs(cadence: Cadence, *, count: int = 5, now: dt.datetime | None = None) -> list[str]:
    """Return the next runs that fall on a session, as ISO 8601 with the offset of the cadence's time zone."""
    zone = ZoneInfo(cadence.timezone)
    moment = now or dt.datetime.now(dt.UTC)
    calendar = _calendar(cadence.calendar)
    first = (moment.astimezone(zone) - dt.timedelta(days=cadence.days_back + 1)).date()
    at = dt.time.fromisoformat(cadence.at)
    runs: list[str] = []
    for position in range(int(np.searchsorted(calendar.days, np.datetime64(first))), len(calendar.days)):
        run = dt.datetime.combine(_day(calendar, position) + dt.timedelta(days=cadence.days_back), at, tzinfo=zone)
        if run > moment:
            runs.append(run.isoformat())
        if len(runs) == count:
            break
    return runs
