"""Datafeeds of OneTick."""

from __future__ import annotations

import datetime as dt
from typing import Any

from dsframework.migration._old import Block, as_list
from dsframework.migration._report import Place

__all__ = ["onetick"]

_ZONES = {"EST5EDT": "America/New_York", "CST6CDT": "America/Chicago", "GMT": "UTC"}
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def onetick(block: Block, place: Place) -> dict[str, Any]:
    """Return a `OneTickBarsDatafeed` (`EquitiesOneTickData` in older versions) as the loader onetick.

    Raises
    ------
    SpecError
        When a day or the length of the bars can't be read.
    """
    data: dict[str, Any] = {"loader": "onetick"}
    db = block.text("db")
    if db is None:
        raise block.wrong(None, "'db' is missing, such as US_COMP")
    symbols = [str(symbol) for symbol in as_list(block.take("symbols"))]
    if not symbols:
        raise block.wrong(None, "'symbols' is missing, such as [AAPL]")
    data |= {"db": db, "tick_type": block.text("tick_type") or "TRD", "symbols": symbols}
    hours = []
    for key in ("start", "end"):
        moment = _moment(block, key)
        if moment is not None:
            data[key] = moment.date().isoformat()
            hours.append(moment.strftime("%H:%M"))
    seconds = block.whole("bucket")
    if seconds is not None and seconds > 0:
        data["bucket"] = _length(seconds)
    zone = block.text("timezone")
    if zone:
        data["timezone"] = _ZONES.get(zone, zone)
        if zone in _ZONES:
            block.tell("changed", "timezone", f"{zone} is called {_ZONES[zone]} here, by the same clock", place)
    if any(hour != "00:00" for hour in hours):
        text = f"the hours of the day ({' to '.join(hours)}) are no part of the loader; name the calendar, and leave out rows outside it"
        block.tell("not taken over", "start", text, place)
    if data["tick_type"].startswith("TRD_"):
        data |= {"price": "LAST", "size": "VOLUME"}
        text = "ticks of this type are bars already; their price and size are taken to be LAST and VOLUME"
        block.tell("guessed", "tick_type", text, place)
    return data


def _moment(block: Block, key: str) -> dt.datetime | None:
    """A moment, written as [2022, 2, 1, 9, 30] or as a text."""
    value = block.take(key)
    if value is None:
        return None
    try:
        if isinstance(value, list):
            year, month, day, *clock = (int(part) for part in value)
            hour, minute, second, *_ = [*clock, 0, 0, 0]
            return dt.datetime.combine(dt.date(year, month, day), dt.time(hour, minute, second))
        return dt.datetime.fromisoformat(str(value))
    except (TypeError, ValueError) as error:
        raise block.wrong(key, f"expected a day such as [2022, 2, 1, 9, 30] or 2022-02-01, got {value!r}") from error


def _length(seconds: int) -> str:
    return next(f"{seconds // unit}{name}" for unit, name in _UNITS if seconds % unit == 0)
