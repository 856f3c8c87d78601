"""A look at a file before anything is run."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from dsframework.calendars import trading_calendar
from dsframework.data._checks import check_duplicates, find_column, in_time_order
from dsframework.data._csv import read_csv
from dsframework.data._csv_text import find_encoding, find_separator, read_text
from dsframework.data._files import file_kind, find_file
from dsframework.data._gaps import find_gaps
from dsframework.data._preview_checks import find_findings
from dsframework.data._summaries import as_text, as_time, summarize
from dsframework.data._times import check_timezone, parse_times, tidy_times
from dsframework.errors import DataError, one_line
from dsframework.records import ColumnSummary, DataPreview

__all__ = ["preview_file"]

_MOST_ENTITIES = 500
_MOST_GAPS = 100
_MOST_COLUMNS = 1000
_LOOK = 200
_TIME_NAMES = ("time", "date", "datetime", "timestamp", "day")


@dataclass
class _Look:
    """What is known about a file so far; `keys` are its time and entity columns, read whole, with the times tidied."""

    rows: pl.LazyFrame
    sample: pl.DataFrame
    summaries: list[ColumnSummary]
    n_rows: int
    problems: list[str] = field(default_factory=list)
    times: list[str] = field(default_factory=list)
    entities: list[str] = field(default_factory=list)
    time: str | None = None
    entity: str | None = None
    keys: pl.DataFrame | None = None


def preview_file(
    path: str | Path,
    *,
    time: str | None = None,
    entity: str | None = None,
    calendar: str | None = None,
    timezone: str | None = None,
    head: int = 10,
) -> DataPreview:
    """Look at a CSV or Parquet file: columns, span, entities, gaps, the first rows, and what is wrong with it.

    What is wrong with the content goes into ``problems``, what the data checks say of its first rows into ``findings``. The time and the
    entity are guessed where they are not given.
    Of a Parquet file only the first rows, the statistics and the key columns are held in memory.

    Parameters
    ----------
    path
        The file.
    time, entity, calendar, timezone
        As in the ``data`` part of a spec.
    head
        How many first rows to return.

    Raises
    ------
    DataError
        When there is no such file, calendar or time zone.
    """
    file = find_file(path, None)
    if timezone is not None:
        check_timezone(timezone)
    if calendar is not None:
        trading_calendar(calendar)
    try:
        look = _open(file, (time, entity))
    except (DataError, pl.exceptions.PolarsError) as error:
        text = error.message if isinstance(error, DataError) else f"the file can't be read: {one_line(error, 160)}"
        return DataPreview(path=str(path), rows=0, columns=[], problems=[text])
    _choose(look, time, entity, timezone)
    findings, checked = _findings(look, calendar, timezone)
    gaps = [] if look.keys is None or look.time is None else find_gaps(look.keys, look.time, look.entity, calendar)
    first, last, names = _span(look)
    return DataPreview(
        path=str(path),
        rows=look.n_rows,
        columns=look.summaries,
        time=look.time,
        entity=look.entity,
        time_candidates=look.times,
        entity_candidates=look.entities,
        first=first,
        last=last,
        n_entities=None if names is None else len(names),
        entities=(names or [])[:_MOST_ENTITIES],
        gaps=gaps[:_MOST_GAPS],
        n_gaps=len(gaps),
        problems=look.problems,
        findings=findings,
        checked_rows=checked,
        head=[[_plain(value) for value in row] for row in look.sample.head(head).rows()],
    )


def _findings(look: _Look, calendar: str | None, timezone: str | None) -> tuple[list[str], int]:
    if look.time is None or look.keys is None:
        return [], 0
    try:
        return find_findings(look.rows, look.n_rows, time=look.time, entity=look.entity, calendar=calendar, timezone=timezone)
    except DataError as error:  # the first rows alone may have another form than all of them
        return [error.message], 0


def _open(file: Path, keys: tuple[str | None, ...]) -> _Look:
    problems: list[str] = []
    if file_kind(file) == "parquet":
        rows = pl.scan_parquet(file)
        names = rows.collect_schema().names()
        rows, n_columns = rows.select(names[:_MOST_COLUMNS]), len(names)
    else:
        kind, encoding = file_kind(file), find_encoding(file)
        if kind != "csv" and not encoding.startswith("utf-16"):
            read_csv(file)  # says what it is
        if encoding != "utf-8":
            problems.append(f"the text is not UTF-8; set data.encoding: {'utf-16' if encoding.startswith('utf-16') else encoding}")
        text = read_text(file, encoding)
        separator = find_separator(text)
        if separator != ",":
            problems.append(f"the columns are separated by {separator!r}; set data.separator")
        n_columns = len(pl.read_csv(text, separator=separator, n_rows=0).columns)
        rows = read_csv(file, separator, encoding=encoding, most=_MOST_COLUMNS, texts=keys).lazy()
    if n_columns > _MOST_COLUMNS:
        problems.append(f"there are {n_columns} columns; the first {_MOST_COLUMNS} are looked at")
    sample = rows.head(_LOOK).collect()
    n_rows = int(rows.select(pl.len()).collect().item())
    if n_rows == 0:
        problems.append("there are no rows")
    summaries, found = summarize(rows, n_rows)
    return _Look(rows=rows, sample=sample, summaries=summaries, n_rows=n_rows, problems=problems + found)


def _choose(look: _Look, time: str | None, entity: str | None, timezone: str | None) -> None:
    """Settle time and entity, read them whole, and note what is wrong with them."""
    names = look.sample.columns
    look.times = sorted((name for name in names if _time_like(look.sample[name])), key=_time_rank)
    given_time = _given(look, time, "data.time")
    look.time = given_time or (look.times[0] if look.times and time is None else None)
    look.entities = [name for name in names if name != look.time and _entity_like(look, name)]
    look.entity = _given(look, entity, "data.entity")
    if look.entity is not None and look.entity == look.time:
        look.problems.append(f"data.entity: {look.entity!r} is the time column")
        look.entity = None
    if look.n_rows == 0:
        return
    if look.time is None:
        if time is None:
            look.problems.append("no column looks like a time")
        return
    try:
        _read_keys(look, look.time, timezone, guess=entity is None)
    except DataError as error:
        look.problems.append(error.message)


def _given(look: _Look, name: str | None, where: str) -> str | None:
    if name is None:
        return None
    try:
        find_column(name, look.sample.columns, field=where)
    except DataError as error:
        look.problems.append(str(error))
        return None
    return name


def _read_keys(look: _Look, time: str, timezone: str | None, *, guess: bool) -> None:
    chosen = [time, *([look.entity] if look.entity else look.entities if guess else [])]
    keys = look.rows.select(chosen).collect()
    missing = keys[time].null_count()
    if missing:
        look.problems.append(f"{missing} times are missing")
        keys = keys.drop_nulls(time)
    times, notes = tidy_times(keys[time], timezone)
    look.problems += notes
    keys = keys.with_columns(times)
    look.summaries = [as_time(one, times) if one.name == time else one for one in look.summaries]
    if guess:
        look.entity = _guess_entity(keys, time, look.entities)
    keys = keys.select(time, *([look.entity] if look.entity else []))
    if look.entity is not None:
        keys = keys.drop_nulls(look.entity)
    look.keys = keys
    if not in_time_order(keys, time, look.entity):
        look.problems.append("rows are not in time order; they will be sorted")
    try:
        check_duplicates(keys.sort(keys.columns), keys.columns)
    except DataError as error:
        look.problems.append(error.message)


def _guess_entity(keys: pl.DataFrame, time: str, candidates: list[str]) -> str | None:
    """The column that makes repeated times unique; where none does, the one that comes nearest."""
    if keys[time].n_unique() == keys.height or not candidates:
        return None
    if len(candidates) == 1:
        return candidates[0] if keys[candidates[0]].n_unique() > 1 else None
    count = {name: int(keys.select(pl.struct(time, name).n_unique()).item()) for name in candidates}
    best = max(candidates, key=lambda name: count[name], default=None)
    return best if best is not None and count[best] > keys[time].n_unique() else None


def _time_like(values: pl.Series) -> bool:
    if values.dtype == pl.Date or isinstance(values.dtype, pl.Datetime):
        return True
    if values.dtype != pl.String:
        return False
    texts = values.drop_nulls()
    if len(texts) == 0:
        return False
    return parse_times(texts) is not None or parse_times(texts.head(1)) is not None


def _time_rank(name: str) -> tuple[int, int]:
    lower = name.lower()
    if lower in _TIME_NAMES:
        return 0, _TIME_NAMES.index(lower)
    return (1, 0) if set(re.split(r"[\W_]+", lower)) & set(_TIME_NAMES) else (2, 0)


def _entity_like(look: _Look, name: str) -> bool:
    """Texts, and whole numbers that are called an id, of which there are few beside the rows."""
    summary = next(one for one in look.summaries if one.name == name)
    if name in look.times or summary.distinct is None or summary.distinct == 0:
        return False
    return summary.distinct <= max(1, look.n_rows // 2)


def _span(look: _Look) -> tuple[str | None, str | None, list[str] | None]:
    if look.keys is None or look.keys.height == 0 or look.time is None:
        return None, None, None
    times = look.keys[look.time]
    names = None if look.entity is None else look.keys[look.entity].unique().sort().cast(pl.String).to_list()
    return as_text(times.min()), as_text(times.max()), names


def _plain(value: Any) -> Any:
    """A value that JSON can hold."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return as_text(value)
