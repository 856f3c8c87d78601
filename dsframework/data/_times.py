"""The time column: parsing, time zones, and the days to begin and end with."""

from __future__ import annotations

import datetime as dt
import re
from zoneinfo import ZoneInfo, available_timezones

import polars as pl

from dsframework.data._bar_clock import clock_changes
from dsframework.data._mistakes import RowError
from dsframework.errors import DataError
from dsframework.spec import near_miss

__all__ = ["check_timezone", "cut", "localize", "parse_times", "tidy_times"]

_DAY = 10
_SECONDS = 86_400
_SCALE = {"ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_EPOCH, _WEEKS = 1970, 45
_COMPACT = "%Y%m%d"
_OFFSET = r"\d\d(Z|[+-]\d{2}:?\d{2})$"
_WRITE = "write 2024-01-31 or 2024-01-31 16:00"


def check_timezone(name: str) -> None:
    """Raise `DataError` when there is no such time zone."""
    known = available_timezones()
    if name in known:
        return
    close = near_miss(name, known) or near_miss(name.replace(" ", "_"), known)
    mend = f"did you mean {close}?" if close else "use a name such as America/New_York or UTC"
    raise DataError("no such time zone", field="data.timezone", value=name, mend=mend)


def parse_times(values: pl.Series) -> pl.Series | None:
    """Turn ISO 8601 texts (or ``20240131``) into dates or datetimes; None when a value is neither.

    Texts with an offset become UTC. Days and times may be mixed; then a day is its midnight.
    """
    texts = values.str.strip_chars()
    texts = texts.set(texts == "", None)
    if texts.null_count() == len(texts):
        return None
    lengths = texts.str.len_chars()
    if not (lengths > _DAY).any():
        for pattern in ("%Y-%m-%d", "%Y/%m/%d", _COMPACT):
            days = texts.str.to_date(pattern, strict=False)
            if days.null_count() == texts.null_count():
                return days
        return None
    plain = texts.str.replace("T", " ", literal=True).str.replace_all("/", "-", literal=True)
    aware = plain.str.contains(_OFFSET).fill_null(value=False)
    if aware.any():
        offset = plain.str.replace(r"Z$", "+00:00").str.replace(r"([+-]\d{2})(\d{2})$", "$1:$2")
        return _first_fitting(offset, ("%Y-%m-%d %H:%M:%S%.f%:z", "%Y-%m-%d %H:%M%:z"), pl.Datetime("us", "UTC"))
    full = pl.select(pl.when(lengths <= _DAY).then(plain + " 00:00").otherwise(plain)).to_series()
    return _first_fitting(full, ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"), pl.Datetime("us"))


def _first_fitting(texts: pl.Series, patterns: tuple[str, ...], dtype: pl.Datetime) -> pl.Series | None:
    found = pl.Series(texts.name, [None] * len(texts), dtype=dtype)
    for pattern in patterns:
        parsed = texts.str.to_datetime(pattern, strict=False, time_unit="us", time_zone=dtype.time_zone)
        found = found.to_frame("a").with_columns(parsed.alias("b")).select(pl.coalesce("a", "b")).to_series()
        if found.null_count() == texts.null_count():
            return found.alias(texts.name)
    return None


def tidy_times(values: pl.Series, timezone: str | None) -> tuple[pl.Series, tuple[str, ...]]:
    """Return times as days, or as datetimes in microseconds where no finer part is lost, in `timezone` if one is given.

    Datetimes without a zone that are all midnights are days.

    Returns
    -------
    tuple
        The times, without nulls, and notes for the reader.

    Raises
    ------
    DataError
        When values are missing, are no times, or do not exist in the time zone.
    """
    name = values.name
    if values.dtype in (pl.String, pl.Categorical, pl.Enum):
        texts = values.cast(pl.String)
        parsed = parse_times(texts)
        if parsed is None:
            raise _no_time(texts, f"{name!r} is not a time: ")
        values = parsed
    if not values.dtype.is_temporal() or values.dtype in (pl.Time, pl.Duration):
        text = f"{name!r} is not a time but {values.dtype}"
        raise DataError(text, field="data.time", value=name, mend="name the column with dates or datetimes")
    if values.null_count():
        text = f"{values.null_count()} times are missing"
        raise RowError(text, rows=_first(values.is_null()), field="data.time", value=name, mend="fill or drop those rows")
    if isinstance(values.dtype, pl.Datetime):
        return _tidy_datetimes(values, timezone)
    notes = () if timezone is None else (f"data.timezone does nothing: {name!r} has days and no times",)
    return values, notes


def _no_time(texts: pl.Series, head: str) -> DataError:
    """What is wrong with texts that are not all times: the first that can't be parsed alone, or the first of another form."""
    name = texts.name
    if texts.null_count() == len(texts):
        text = f"{head}every value is missing"
        return DataError(text, field="data.time", value=name, mend="name the column with dates or datetimes")
    for text in texts.drop_nulls().unique(maintain_order=True):
        if parse_times(pl.Series([text])) is None:
            mend = _mend_of(text.strip())
            return RowError(f"{head}{text!r}", rows=_first(texts == text), field="data.time", value=name, mend=mend)
    aware = texts.str.contains(_OFFSET)
    why, mend = "the values have different forms", _WRITE
    other = texts.str.strip_chars().str.len_chars() != len(texts.drop_nulls()[0].strip())
    if aware.any():
        why, mend = "some values have an offset and others have none", "write every time with its offset, or none, with data.timezone"
        other = aware != aware.drop_nulls()[0]
    return RowError(f"{head}{why}", rows=_first(other), field="data.time", value=name, mend=mend)


def _first(where: pl.Series) -> tuple[int, ...]:
    """The first row of those that are marked, if there is one."""
    return tuple(where.fill_null(value=False).arg_true()[:1].to_list())


def _mend_of(text: str) -> str:
    if re.match(r"^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}", text):
        return f"write the year first, as 2024-01-31: {text} may be read as day and month or as month and day"
    if re.match(r"^[1-9]\d{4}(\.\d+)?$", text):
        day = dt.date(1899, 12, 30) + dt.timedelta(days=int(text[:5]))
        return f"write {day}: {text} looks like a day's number in a spreadsheet"
    if not any(sign.isdigit() for sign in text):
        return f"remove that row, or {_WRITE}"
    if re.match(r"^\d{9,19}$", text):
        return f"write 2024-01-31 16:00; {text} looks like seconds since 1970"
    return _WRITE


def _tidy_datetimes(values: pl.Series, timezone: str | None) -> tuple[pl.Series, tuple[str, ...]]:
    unit, zone = values.dtype.time_unit, values.dtype.time_zone  # type: ignore[attr-defined]
    if unit == "ms" or (unit == "ns" and not (values.to_physical() % 1000 != 0).any()):
        values = values.dt.cast_time_unit("us")
    if zone is not None:
        return (values if timezone is None else values.dt.convert_time_zone(timezone)), _epoch(values)
    if (values.dt.time() == dt.time(0)).all():
        notes = () if timezone is None else (f"data.timezone does nothing: {values.name!r} has days and no times",)
        return values.dt.date(), notes
    return (values if timezone is None else localize(values, timezone)), _epoch(values)


def _epoch(values: pl.Series) -> tuple[str, ...]:
    """Seconds of this century that were taken for milliseconds, or these for microseconds, lie in the first weeks of 1970."""
    years, days = values.dt.year(), values.dt.ordinal_day()
    if len(values) and years.min() == years.max() == _EPOCH and int(days.max()) <= _WEEKS:  # type: ignore[arg-type]
        return (f"every time of {values.name!r} lies in the first weeks of 1970; were seconds taken for smaller parts of them?",)
    return ()


def localize(values: pl.Series, timezone: str) -> pl.Series:
    """Give datetimes without a zone the zone `timezone`, whose clock they were read from.

    Raises
    ------
    DataError
        When a time does not exist there or occurs twice, because clocks change.
    """
    if len(values) and not values.null_count():
        assert isinstance(values.dtype, pl.Datetime)
        unit, moments = values.dtype.time_unit, values.to_physical()
        whole = moments.to_numpy()
        first, last = int(whole.min()) // _SCALE[unit], int(whole.max()) // _SCALE[unit]
        changes, offsets = clock_changes(timezone, first - _SECONDS, last + _SECONDS, 1)
        if not changes:  # one offset holds all the while: much faster than looking each time up
            shifted: pl.Series = (moments - offsets[0] * _SCALE[unit]).cast(pl.Datetime(unit, "UTC"))
            return shifted.dt.convert_time_zone(timezone).alias(values.name)
    missing = values.dt.replace_time_zone(timezone, ambiguous="earliest", non_existent="null")
    local = values.dt.replace_time_zone(timezone, ambiguous="null", non_existent="null")
    if local.null_count() == values.null_count():
        return local
    row = int((local.is_null() & values.is_not_null()).arg_true()[0])
    gone = missing[row] is None
    count = local.null_count() - values.null_count()
    what = "does not exist in" if gone else "occurs twice in"
    raise RowError(
        f"{count} times are unclear where clocks change: {values[row]} {what} {timezone}",
        rows=(row,),
        field="data.timezone",
        value=timezone,
        mend="write the times with their offset" if not gone else "write the times with their offset, or name the zone that they are from",
    )


def cut(frame: pl.DataFrame, time: str, start: str | None, end: str | None) -> pl.DataFrame:
    """Keep the rows from `start` to `end`, both included; a day as an end is kept whole.

    Raises
    ------
    DataError
        When a bound is not a day or a time, or when no row is left.
    """
    dtype = frame.schema[time]
    kept = frame
    if start is not None:
        kept = kept.filter(pl.col(time) >= _bound(start, dtype, "data.start"))
    if end is not None:
        limit = _bound(end, dtype, "data.end")
        whole_day = len(end.strip()) <= _DAY and isinstance(dtype, pl.Datetime)
        kept = kept.filter(pl.col(time).dt.replace_time_zone(None) < _next_day(end) if whole_day else pl.col(time) <= limit)
    if kept.height == 0:
        times = frame[time].sort()
        span = f"{times[0]} to {times[-1]}"
        field, value = ("data.start", start) if start is not None else ("data.end", end)
        raise DataError(f"no row is left; the data goes from {span}", field=field, value=value, mend="widen data.start and data.end")
    return kept


def _bound(text: str, dtype: pl.DataType, field: str) -> dt.date | dt.datetime:
    try:
        moment = dt.datetime.fromisoformat(text.strip())
    except ValueError:
        raise DataError("this is not a day", field=field, value=text, mend="write 2024-01-31") from None
    if not isinstance(dtype, pl.Datetime):
        return moment.date()
    if dtype.time_zone is None and moment.tzinfo is not None:
        raise DataError(
            "this has a time zone, but the times of the data have none",
            field=field,
            value=text,
            mend="write it without, or set data.timezone",
        )
    if dtype.time_zone is None:
        return moment
    zone = ZoneInfo(dtype.time_zone)
    return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)


def _next_day(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text.strip()) + dt.timedelta(days=1)
