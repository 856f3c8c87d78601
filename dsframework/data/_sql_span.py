"""The condition that lets a database read a part of a table: what may lie between the bounds, told in the column's own type.

`load_panel` cuts the rows exactly, when their times have been read and their zone is known. The database only leaves out what can't be
between the bounds in any zone. It is asked for two days more on either side, for rows without a time, which are an error wherever they
stand, and for texts that are not written as 2024-01-31, because texts are compared as texts.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from dsframework.errors import DataError
from dsframework.spec import SqlData

__all__ = ["within_span"]

_MARGIN = 2
_WRITTEN = "____-__-__%"


def within_span(column: Any, data: SqlData, dialect: str) -> Any:
    """Return the condition on the time column, with bound parameters; None without bounds, or for a column that can't be compared.

    Raises
    ------
    DataError
        When a bound is not a day or a time.
    """
    import sqlalchemy as sa

    start, end = _day(data, "start", -_MARGIN), _day(data, "end", _MARGIN + 1)
    if start is None and end is None:
        return None
    kind = column.type
    low: Any
    high: Any
    if dialect == "sqlite" or isinstance(kind, sa.String):  # SQLite keeps times as texts, whatever their column is called
        column = sa.type_coerce(column, sa.String)
        otherwise = sa.or_(column.is_(None), column.not_like(_WRITTEN))
        low, high = (None if day is None else day.isoformat() for day in (start, end))
    elif isinstance(kind, sa.DateTime | sa.Date):
        otherwise = column.is_(None)
        low, high = (None if day is None else _typed(day, kind) for day in (start, end))
    else:
        return None
    inside = [*([column >= low] if low is not None else []), *([column < high] if high is not None else [])]
    return sa.or_(sa.and_(*inside), otherwise)


def _day(data: SqlData, name: str, shift: int) -> dt.date | None:
    """The day of a bound, moved by some days."""
    text = getattr(data, name)
    if text is None:
        return None
    try:
        day = dt.datetime.fromisoformat(text.strip()).date()
    except ValueError:
        raise DataError("this is not a day", field=f"data.{name}", value=text, mend="write 2024-01-31") from None
    return dt.date.fromordinal(min(max(day.toordinal() + shift, dt.date.min.toordinal()), dt.date.max.toordinal()))


def _typed(day: dt.date, kind: Any) -> dt.date:
    """The midnight of the day, or the day where the column has days."""
    import sqlalchemy as sa

    if isinstance(kind, sa.Date):
        return day
    return dt.datetime.combine(day, dt.time(), dt.UTC if getattr(kind, "timezone", False) else None)
