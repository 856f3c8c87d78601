"""The panel: checked rows, sorted by time, then entity."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import polars as pl

from dsframework.calendars import trading_calendar
from dsframework.data._base import LoadRequest
from dsframework.data._checks import check_duplicates, choose_columns, in_time_order
from dsframework.data._fingerprint import fingerprint
from dsframework.data._times import check_timezone, cut, tidy_times
from dsframework.errors import DataError
from dsframework.spec import DataSpec

__all__ = ["Panel", "load_panel"]


@dataclass(frozen=True)
class Panel:
    """Checked rows of one series or of many.

    Attributes
    ----------
    frame
        Rows sorted by time, then entity, with no time missing and none repeated within an entity; NaN is null. Days are ``Date``;
        datetimes are in microseconds (nanoseconds where the data has them) and keep the time zone they came with, or `data.timezone`.
    time, entity
        The columns with the time and the entity; `entity` is None for one series.
    calendar
        The exchange's code, if one is named.
    fingerprint
        SHA-256 over names, types and values; the same for the same rows from whichever file, in whichever order.
    notes
        What a reader should know, each one line.
    """

    frame: pl.DataFrame
    time: str
    entity: str | None
    calendar: str | None
    fingerprint: str
    notes: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """How many rows there are."""
        return self.frame.height

    @property
    def entities(self) -> list[str]:
        """The entities, sorted; empty for one series."""
        if self.entity is None:
            return []
        return self.frame[self.entity].unique().sort().cast(pl.String).to_list()

    @property
    def first(self) -> dt.date | dt.datetime:
        """The first time."""
        moment: dt.date | dt.datetime = self.frame[self.time][0]
        return moment

    @property
    def last(self) -> dt.date | dt.datetime:
        """The last time."""
        moment: dt.date | dt.datetime = self.frame[self.time][-1]
        return moment


def load_panel(data: DataSpec, *, base: Path | None = None, frames: Mapping[str, Any] | None = None) -> Panel:
    """Load, check, cut and sort the rows that `data` describes.

    Parameters
    ----------
    data
        The ``data`` part of a spec.
    base
        The folder that a relative path is relative to; the working directory by default.
    frames
        Data frames for the loader ``frame``, by name.

    Raises
    ------
    DataError
        When the file is missing or not what it should be, has no rows or not the columns, when times are missing, unreadable or
        repeated, and when there is no such time zone or exchange calendar.
    """
    from dsframework.data._registry import find_loader

    if data.timezone is not None:
        check_timezone(data.timezone)
    if data.calendar is not None:
        trading_calendar(data.calendar)
    frame = find_loader(data.loader)(data, LoadRequest(base=base or Path.cwd(), frames=frames or {}))
    return panel_of(frame, data)


def panel_of(frame: pl.DataFrame, data: DataSpec) -> Panel:
    """Make a panel of raw rows; see `load_panel`."""
    frame = _columns(frame, data)
    if frame.height == 0:
        raise DataError("there are no rows", field=_source(data), value=getattr(data, "path", None), mend="use data with rows")
    times, notes = tidy_times(frame[data.time], data.timezone)
    frame = _plain(frame.with_columns(times), data)
    frame = cut(frame, data.time, data.start, data.end)
    keys = [data.time, *([data.entity] if data.entity else [])]
    if not in_time_order(frame, data.time, data.entity):
        notes = (*notes, "rows were not in time order; sorted")
    frame = frame.sort(keys).rechunk()
    check_duplicates(frame, data.time, data.entity)
    panel = Panel(frame=frame, time=data.time, entity=data.entity, calendar=data.calendar, fingerprint="", notes=notes)
    return replace(panel, fingerprint=fingerprint(frame))


def _source(data: DataSpec) -> str:
    return "data.path" if hasattr(data, "path") else "data.frame" if hasattr(data, "frame") else "data"


def _columns(frame: pl.DataFrame, data: DataSpec) -> pl.DataFrame:
    chosen = choose_columns(frame.columns, data)
    if data.entity == data.time:
        raise DataError("the time column can't be the entity", field="data.entity", value=data.entity, mend="name another column")
    return frame.select(chosen)


def _plain(frame: pl.DataFrame, data: DataSpec) -> pl.DataFrame:
    """NaN becomes null, decimals become floats, categories become texts; a missing entity is an error."""
    casts = [pl.col(name).cast(pl.Float64) for name, dtype in frame.schema.items() if isinstance(dtype, pl.Decimal)]
    casts += [pl.col(name).cast(pl.String) for name, dtype in frame.schema.items() if dtype in (pl.Categorical, pl.Enum)]
    casts += [pl.col(name).fill_nan(None) for name, dtype in frame.schema.items() if dtype.is_float()]
    frame = frame.with_columns(casts)
    if data.entity is not None and frame[data.entity].null_count():
        text = f"{frame[data.entity].null_count()} rows have no entity"
        raise DataError(text, field="data.entity", value=data.entity, mend="fill or drop those rows")
    return frame
