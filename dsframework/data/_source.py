"""The rows of one source: read by its loader or made into bars, tidied, cut, sorted, and each moment of a series once."""

from __future__ import annotations

import polars as pl

from dsframework.calendars import trading_calendar
from dsframework.data._base import LoadRequest
from dsframework.data._checks import check_duplicates, choose_columns, in_time_order
from dsframework.data._mistakes import RowError
from dsframework.data._place import placing
from dsframework.data._resample import SORTED
from dsframework.data._ticks import read_bars
from dsframework.data._times import check_timezone, cut, tidy_times
from dsframework.errors import DataError
from dsframework.spec import DataSpec

__all__ = ["raw_rows", "read_source", "tidy_rows"]

_SORTED_ROWS = "rows were not in time order; sorted"


def read_source(data: DataSpec, request: LoadRequest) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the checked rows of a source, sorted by time, then entity, and notes; see `load_panel`."""
    with placing(data, request.base):
        frame, notes = raw_rows(data, request)
        return tidy_rows(frame, data, notes)


def raw_rows(data: DataSpec, request: LoadRequest) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return what the loader gives, or the bars of its ticks, and notes."""
    from dsframework.data._registry import find_loader

    if data.timezone is not None:
        check_timezone(data.timezone)
    if data.calendar is not None:
        trading_calendar(data.calendar)
    if data.resample is None:
        return find_loader(data.loader)(data, request), ()
    bars, notes = read_bars(data, request)
    if SORTED in notes and data.checks.order == "error":
        raise DataError("ticks are not in time order", field="data.checks.order", value="error", mend="sort them, or set it to sort")
    return bars, notes


def tidy_rows(
    frame: pl.DataFrame, data: DataSpec, notes: tuple[str, ...] = (), *, version: str | None = None
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return rows with tidied times and types, cut and sorted, each time of a series once; see `load_panel`.

    Rows of one time that differ in the column `version` are versions of one another, and all kept.
    """
    frame = _columns(frame, data)
    if frame.height == 0:
        value = getattr(data, "path", getattr(data, "frame", None))
        raise DataError("there are no rows", field=_field(data), value=value, mend="use data with rows")
    times, more = tidy_times(frame[data.time], data.timezone)
    frame = given = _plain(frame.with_columns(times), data)
    frame = cut(frame, data.time, data.start, data.end)
    notes = (*notes, *more)
    if not in_time_order(frame, data.time, data.entity):
        if data.checks.order == "error":
            raise _disorder(given, data)
        notes = (*notes, _SORTED_ROWS)
    keys = [data.time, *([data.entity] if data.entity else []), *([version] if version not in (None, data.time) else [])]
    frame = frame.sort(keys, maintain_order=data.checks.duplicates != "error").rechunk()
    if data.checks.duplicates == "error":
        check_duplicates(frame, keys, given)
        return frame, notes
    kept = frame.unique(keys, keep=data.checks.duplicates, maintain_order=True)
    if kept.height < frame.height:
        notes = (*notes, f"{frame.height - kept.height} rows repeat a time of their series; the {data.checks.duplicates} of each was kept")
    return kept.rechunk(), notes


def _disorder(frame: pl.DataFrame, data: DataSpec) -> DataError:
    """Name the first row whose time lies before that of the row above it of the same series."""
    earlier = pl.col(data.time) < pl.col(data.time).shift(1)
    row = int(frame.select(earlier.over(data.entity) if data.entity else earlier).to_series().arg_true()[0])
    return RowError(
        f"rows are not in time order: {frame[data.time][row]} lies before the one above it",
        rows=(row,),
        field="data.checks.order",
        value="error",
        mend="sort the rows, or set it to sort",
    )


def _field(data: DataSpec) -> str:
    return "data.path" if hasattr(data, "path") else "data.frame" if hasattr(data, "frame") else "data"


def _columns(frame: pl.DataFrame, data: DataSpec) -> pl.DataFrame:
    chosen = choose_columns(frame.columns, data)
    if data.entity == data.time:
        raise DataError("the time column can't be the entity", field="data.entity", value=data.entity, mend="name another column")
    return frame.select(chosen)


def _plain(frame: pl.DataFrame, data: DataSpec) -> pl.DataFrame:
    """NaN becomes null, decimals and huge integers become floats, categories become texts; a missing entity is an error."""
    wide = (pl.Decimal, pl.Int128, pl.UInt128)
    casts = [pl.col(name).cast(pl.Float64) for name, dtype in frame.schema.items() if isinstance(dtype, wide)]
    casts += [pl.col(name).cast(pl.String) for name, dtype in frame.schema.items() if dtype in (pl.Categorical, pl.Enum)]
    casts += [pl.col(name).fill_nan(None) for name, dtype in frame.schema.items() if dtype.is_float()]
    frame = frame.with_columns(casts)
    if data.entity is not None and (frame.schema[data.entity].is_nested() or frame.schema[data.entity] in (pl.Binary, pl.Object)):
        text = f"{data.entity!r} can't name entities: it is {frame.schema[data.entity]}"
        raise DataError(text, field="data.entity", value=data.entity, mend="name a column with texts or whole numbers")
    if data.entity is not None and frame[data.entity].null_count():
        missing = frame[data.entity].is_null()
        text = f"{missing.sum()} rows have no entity"
        raise RowError(text, rows=(int(missing.arg_true()[0]),), field="data.entity", value=data.entity, mend="fill or drop those rows")
    return frame
