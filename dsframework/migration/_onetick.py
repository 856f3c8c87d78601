"""Datafeeds of OneTick."""

from __future__ import annotations

import datetime as dt
from typing import Any

from dsframework.migration._old import Block, as_list
from dsframework.migration._report import Place

__all__ = ["onetick"]

_ZONES = {"EST5EDT": "America/New_York", "CST6CDT": "America/Chicago", "GMT": "UTC"}
_HOUR, _DAY = 3_600, 86_400
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def onetick(block: Block, place: Place) -> dict[str, Any]:
    """Return a `OneTickBarsDatafeed` (`EquitiesOneTickData` in older versions) as the loader onetick.

    Raises
    ------
    SpecError
        When a day or the length of the bars is missing or can't be read.
    """
    data: dict[str, Any] = {"loader": "onetick"}
    db = block.text("db")
    if db is None:
        raise block.wrong(None, "'db' is missing, such as US_COMP")
    symbols = [str(symbol) for symbol in as_list(block.take("symbols"))]
    if not symbols:
        raise block.wrong(None, "'symbols' is missing, such as [AAPL]")
    data |= {"db": db, "tick_type": block.text("tick_type") or "TRD", "symbols": symbols}
    data |= _bounds(block, place)
    zone = block.text("timezone")
    if zone:
        data["timezone"] = _ZONES.get(zone, zone)
        if zone in _ZONES:
            block.tell("changed", "timezone", f"{zone} is called {_ZONES[zone]} here, by the same clock", place)
    seconds = block.whole("bucket")
    if seconds is not None and seconds > 0:
        data |= _bars(block, seconds, _fields(block, data["tick_type"], place), place)
    return data


def _fields(block: Block, tick_type: str, place: Place) -> dict[str, str]:
    """The fields with price and size, where they are not OneTick's usual ones."""
    if not tick_type.startswith("TRD_"):
        return {}
    text = "ticks of this type are bars already; their price and size are taken to be LAST and VOLUME"
    block.tell("guessed", "tick_type", text, place)
    return {"price": "LAST", "size": "VOLUME"}


def _bars(block: Block, seconds: int, fields: dict[str, str], place: Place) -> dict[str, Any]:
    """Bars that OneTick makes, or, where they are longer than an hour, bars made here of its ticks."""
    if _DAY % seconds:
        raise block.wrong("bucket", f"bars of {seconds} seconds do not divide the day; give a length such as 60, 1800 or 86400")
    if seconds == _DAY or _HOUR % seconds == 0:
        return {"bucket": _length(seconds)} | fields
    text = "OneTick makes bars that divide the hour, or days; these are made here of its ticks, with columns open, high, low, close, volume"
    block.tell("changed", "bucket", text, place)
    return {"resample": {"every": _length(seconds)} | ({"price": "PRICE", "size": "SIZE"} | fields)}


def _bounds(block: Block, place: Place) -> dict[str, str]:
    """The first and the last moment; an end there is not included, here it is."""
    start, end = _moment(block, "start"), _moment(block, "end")
    if start is None:
        raise block.wrong(None, "'start' is missing, such as [2022, 2, 1]")
    if end is None:
        block.tell("guessed", "start", "there is no end; rows go to the present", place)
        return {"start": _written(start)}
    midnight = end.time() == dt.time()
    if midnight and end > start:
        end -= dt.timedelta(days=1)
        block.tell("changed", "end", f"an end is not included there, a day to end with is here; the last day is {end.date()}", place)
    return {"start": _written(start), "end": _written(end)}


def _written(moment: dt.datetime) -> str:
    return moment.date().isoformat() if moment.time() == dt.time() else moment.isoformat(" ", "auto").removesuffix(":00")


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
