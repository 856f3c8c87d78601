"""Exchange calendars: sessions, holidays and early closes, known in advance and never read from the data.

A calendar is built once a process (about 0.15 s for XNYS, 1990 until two years from today) and kept as sorted arrays of days. Earlier years
are as good as exchange_calendars knows them: before 1970, version 4.13 misses some holidays of New York.

Closures that nobody could know in advance (11 September 2001, hurricane Sandy) are not holidays here: a feature that counted down
to them would look into the future. They are told apart by how exchange_calendars stores them: as single days beside the rules.
Where a calendar has more than one such day a year (lunar holidays are listed one by one), they count as holidays.
"""

from __future__ import annotations

import datetime as dt
import difflib
import threading
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dsframework.errors import DataError

__all__ = ["TradingCalendar", "as_day", "is_session", "last_session", "next_sessions", "sessions_between", "trading_calendar"]

Days = np.ndarray[Any, np.dtype[np.datetime64]]
_FIRST_YEAR = 1990
_YEARS_AHEAD = 2
# What exchange_calendars 4.13 uses and pandas 3.1 calls outdated.
_OUTDATED = ("DatetimeIndex.weekday is deprecated", "Series.values returning an ndarray that drops timezone")
_lock = threading.Lock()
_built: dict[tuple[str, int], TradingCalendar] = {}


@dataclass(frozen=True)
class TradingCalendar:
    """The sessions of one exchange.

    Attributes
    ----------
    name
        The exchange's code.
    timezone
        Its IANA time zone.
    days
        Sessions, ``datetime64[D]``, sorted.
    opens, closes
        Of every session, ``datetime64[ns]`` in UTC.
    early
        Sessions that close early, ``datetime64[D]``, sorted.
    holidays
        Planned closures on days of the week on which the exchange opens, ``datetime64[D]``, sorted.
    planned
        Sessions, and the days that were sessions until something unforeseen closed the exchange.
    """

    name: str
    timezone: str
    days: Days
    opens: Days
    closes: Days
    early: Days
    holidays: Days
    planned: Days

    @cached_property
    def span(self) -> str:
        """First and last session as a text."""
        return f"{self.days[0]} to {self.days[-1]}"


def trading_calendar(name: str, first: dt.date | None = None) -> TradingCalendar:
    """Return an exchange's calendar, from 1990 (or from the year before `first`) until two years from today.

    Raises
    ------
    DataError
        When there is no such calendar.
    """
    year = _FIRST_YEAR if first is None or first.year > _FIRST_YEAR else first.year - 1
    with _lock:
        key = (name, year)
        if key not in _built:
            _built[key] = _build(name, year)
        return _built[key]


def _build(name: str, year: int) -> TradingCalendar:
    for message in _OUTDATED:  # for good: `catch_warnings` is undone by any thread that leaves one of its own, and fits run in threads
        warnings.filterwarnings("ignore", message=message, category=DeprecationWarning)
    import exchange_calendars

    known = exchange_calendars.get_calendar_names(include_aliases=True)
    if name not in known:
        close = difflib.get_close_matches(name.upper(), known, n=3)
        mend = f"did you mean {' or '.join(close)}?" if close else "use an exchange's code, such as XNYS"
        raise DataError("no such exchange calendar", field="data.calendar", value=name, mend=mend)
    return _arrays(name, _longest(exchange_calendars, name, year))


def _longest(exchange_calendars: Any, name: str, year: int) -> Any:
    """Some calendars know fewer years; take the widest span that this one can give."""
    end = f"{dt.datetime.now(tz=dt.UTC).year + _YEARS_AHEAD}-12-31"
    for start in (f"{year}-01-01", f"{_FIRST_YEAR}-01-01", "2000-01-01", None):
        for last in (end, None):
            given = {key: value for key, value in (("start", start), ("end", last)) if value is not None}
            try:
                return exchange_calendars.get_calendar(name, **given)
            except (ValueError, NotImplementedError):  # the latter from pandas, for the Orthodox Easter of ASEX, XBEL, XBSE and XCYS
                continue
    raise DataError("the exchange calendar can't be built", field="data.calendar", value=name, mend="use another calendar")


def _arrays(name: str, source: Any) -> TradingCalendar:
    days = _to_days(source.sessions)
    every = np.arange(days[0], days[-1] + np.timedelta64(1, "D"))
    open_weekdays = np.unique(_weekday(days[-260:]))
    closed = np.setdiff1d(every[np.isin(_weekday(every), open_weekdays)], days)
    single = _to_days(source.adhoc_holidays)
    single = single[(single >= days[0]) & (single <= days[-1])]
    years = max(1.0, len(every) / 365.25)
    unforeseen = np.intersect1d(closed, single) if len(single) <= years else closed[:0]
    return TradingCalendar(
        name=name,
        timezone=str(source.tz),
        days=days,
        opens=source.schedule["open"].dt.tz_convert(None).to_numpy().astype("datetime64[ns]"),
        closes=source.schedule["close"].dt.tz_convert(None).to_numpy().astype("datetime64[ns]"),
        early=_to_days(source.early_closes),
        holidays=np.setdiff1d(closed, unforeseen),
        planned=np.union1d(days, unforeseen),
    )


def _to_days(moments: Any) -> Days:
    values = [np.datetime64(str(moment)[:10], "D") for moment in moments]
    return np.sort(np.array(values, dtype="datetime64[D]"))


def _weekday(days: Days) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Monday is 0."""
    return (days.astype("datetime64[D]").astype(np.int64) + 3) % 7


def as_day(moment: dt.date | dt.datetime, timezone: str) -> dt.date:
    """Return the day of `moment`; an aware time is seen from the exchange's time zone."""
    if isinstance(moment, dt.datetime):
        if moment.tzinfo is not None:
            from zoneinfo import ZoneInfo

            moment = moment.astimezone(ZoneInfo(timezone))
        return moment.date()
    return moment


def _inside(calendar: TradingCalendar, day: dt.date) -> np.datetime64:
    value = np.datetime64(day, "D")
    if not calendar.days[0] - np.timedelta64(14, "D") <= value <= calendar.days[-1]:
        raise DataError(
            f"{calendar.name} knows sessions from {calendar.span} only", field="data.calendar", value=day.isoformat(), mend=_RANGE
        )
    return value


_RANGE = "use a day inside, or leave data.calendar out"


def last_session(calendar: str, on_or_before: dt.date | dt.datetime) -> dt.date:
    """Return the last session that begins on or before a day.

    >>> last_session("XNYS", dt.date(2024, 7, 4))
    datetime.date(2024, 7, 3)
    """
    known = _for(calendar, on_or_before)
    day = _inside(known, as_day(on_or_before, known.timezone))
    position = int(np.searchsorted(known.days, day, side="right")) - 1
    if position < 0:
        raise DataError(f"{calendar} knows no session before {known.days[0]}", field="data.calendar", value=str(day), mend=_RANGE)
    return _date(known.days[position])


def is_session(calendar: str, day: dt.date | dt.datetime) -> bool:
    """Tell whether the exchange opens on a day.

    >>> is_session("XNYS", dt.date(2024, 7, 4))
    False
    """
    known = _for(calendar, day)
    value = _inside(known, as_day(day, known.timezone))
    position = int(np.searchsorted(known.days, value))
    return position < len(known.days) and bool(known.days[position] == value)


def sessions_between(calendar: str, first: dt.date | dt.datetime, last: dt.date | dt.datetime) -> list[dt.date]:
    """Return the sessions from `first` to `last`, both included.

    >>> [day.day for day in sessions_between("XNYS", dt.date(2024, 7, 3), dt.date(2024, 7, 8))]
    [3, 5, 8]
    """
    known = _for(calendar, first)
    low = _inside(known, as_day(first, known.timezone))
    high = _inside(known, as_day(last, known.timezone))
    days = known.days[(known.days >= low) & (known.days <= high)]
    return [_date(day) for day in days]


def next_sessions(calendar: str, after: dt.date | dt.datetime, n: int) -> list[dt.date]:
    """Return the `n` sessions after a day, the day itself left out.

    >>> next_sessions("XNYS", dt.date(2024, 7, 3), 2)
    [datetime.date(2024, 7, 5), datetime.date(2024, 7, 8)]
    """
    known = _for(calendar, after)
    day = _inside(known, as_day(after, known.timezone))
    start = int(np.searchsorted(known.days, day, side="right"))
    if start + n > len(known.days):
        raise DataError(
            f"{calendar} knows sessions until {known.days[-1]} only", field="data.calendar", value=n, mend="ask for fewer sessions"
        )
    return [_date(value) for value in known.days[start : start + n]]


def _for(calendar: str, moment: dt.date | dt.datetime) -> TradingCalendar:
    return trading_calendar(calendar, moment.date() if isinstance(moment, dt.datetime) else moment)


def _date(day: np.datetime64) -> dt.date:
    value = day.astype(object)
    assert isinstance(value, dt.date)
    return value
