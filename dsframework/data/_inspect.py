"""What would give wrong numbers in a panel's rows: each finding one line with its first place, an error where the spec says so.

The checks read every column once or twice in compiled loops, so that they cost little beside loading. The robust spread of a series'
changes is that of all its changes, or of some hundreds of them (the same ones each time) where it is long.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl

from dsframework.data._inspect_columns import Rows, inspect_columns, rows_of
from dsframework.data._inspect_times import inspect_spans, outside_sessions, time_steps
from dsframework.errors import DataError
from dsframework.spec import Checks, DataSpec

__all__ = ["UNCHECKED", "inspect"]

_AHEAD = dt.timedelta(hours=14)
"""How far the clock of the earliest time zone is ahead of UTC."""
_MEND = {
    "future": "remove those rows",
    "gaps": "add the missing rows",
    "sessions": "remove those rows",
    "outliers": "mend those values",
    "frozen": "remove those rows",
    "zero_volume": "remove those rows or leave the volume empty",
    "jumps": "adjust the prices for splits",
    "bars": "mend those rows",
    "short": "leave those series out",
}


UNCHECKED = Checks.model_validate(dict.fromkeys(_MEND, "ignore"))
"""For rows that were looked at before, or that are only predicted from."""


@dataclass(frozen=True)
class Finding:
    """One line of one kind."""

    kind: str
    text: str


def inspect(frame: pl.DataFrame, data: DataSpec, *, future: bool = True) -> tuple[str, ...]:
    """Return a line for everything that was found in rows that are sorted by time, then entity.

    Parameters
    ----------
    frame
        Checked rows; see `Panel`.
    data
        Which columns are time and entity, the calendar, and what is done about each kind.
    future
        Whether times after the present moment are looked for.

    Raises
    ------
    DataError
        For a kind that is set to ``error``.
    """
    checks = data.checks
    notes = []
    for found in _findings(frame, data, checks, future=future):
        policy = getattr(checks, found.kind)
        if policy == "error":
            mend = f"{_MEND[found.kind]}, or set data.checks.{found.kind} to warn"
            raise DataError(found.text, field=f"data.checks.{found.kind}", mend=mend)
        if policy == "warn":
            notes.append(found.text)
    return tuple(notes)


def _findings(frame: pl.DataFrame, data: DataSpec, checks: Checks, *, future: bool) -> Iterator[Finding]:
    if future and checks.future != "ignore":
        yield from _future(frame, data)
    asked = {name for name in _MEND if getattr(checks, name) != "ignore"}
    if not asked - {"future"}:
        return
    rows = rows_of(frame, data.time, data.entity)
    steps = time_steps(frame[data.time], data.calendar)
    if steps.calendar is not None and "sessions" in asked and not (data.resample is not None and data.resample.sessions_only):
        yield from (Finding("sessions", text) for text in outside_sessions(rows, steps))
    if asked & {"gaps", "short"}:
        yield from (Finding(kind, text) for kind, text in inspect_spans(rows, steps) if kind in asked)
    yield from (Finding(kind, text) for kind, text in inspect_columns(rows, steps.day_of_row, checks, asked))


def _future(frame: pl.DataFrame, data: DataSpec) -> Iterator[Finding]:
    """Times that no clock shows yet: of a day or a time without a zone, the clock of the earliest zone counts."""
    times = frame[data.time]
    now = dt.datetime.now(tz=dt.UTC)
    limit: dt.date | dt.datetime
    if not isinstance(times.dtype, pl.Datetime):
        limit = (now + _AHEAD).date()
    elif times.dtype.time_zone is not None:
        limit = now.astimezone(ZoneInfo(times.dtype.time_zone))
    else:
        limit = (now + _AHEAD).replace(tzinfo=None)
    last = times[-1]
    if last <= limit:
        return
    start = int((times <= limit).sum())
    place = Rows(frame, data.time, data.entity, None, []).place(start)
    yield Finding("future", f"{frame.height - start} rows lie in the future, the first at {place}")
