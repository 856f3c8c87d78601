"""The contract of a loader."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl
from polars.testing import assert_frame_equal

from dsframework.data import Loader, LoadRequest, load_panel
from dsframework.data._registry import find_loader
from dsframework.errors import DataError
from dsframework.spec import DataSpec, catalogue

__all__ = ["check_loader"]

_NOT_THERE = "no_such_column_of_the_data"


def check_loader(
    name: str,
    settings: Mapping[str, Any],
    *,
    base: Path | None = None,
    frames: Mapping[str, Any] | None = None,
    loader: Loader | None = None,
) -> None:
    """Check that a loader keeps the contract of `dsframework.data.Loader`.

    Parameters
    ----------
    name, settings
        As in a spec, below ``data``. They must describe rows at three times or more, with one more column of numbers or more.
    base
        The folder that paths are relative to.
    frames
        Data frames of the caller, by name.
    loader
        The function, where it is not in the registry.

    Raises
    ------
    AssertionError
        With what is broken.
    """
    model = catalogue.arguments("data", name)
    data = model.model_validate({"loader": name, **settings})
    assert isinstance(data, DataSpec)
    request = LoadRequest(base=base or Path.cwd(), frames=frames or {})
    function = find_loader(name) if loader is None else loader
    before = {key: value.clone() for key, value in request.frames.items() if isinstance(value, pl.DataFrame)}
    rows = function(data, request)
    _check_rows(data, rows)
    _alike(function(data, request), rows, "a second call gives other rows")
    _check_columns(function, data, request, rows)
    if loader is None:
        _check_panel(data, request)
    for key, value in before.items():
        assert_frame_equal(value, request.frames[key])


def _check_rows(data: DataSpec, rows: Any) -> None:
    assert isinstance(rows, pl.DataFrame), f"it returns a {type(rows).__name__}, not a polars DataFrame"
    asked = [data.time, *([data.entity] if data.entity else []), *(data.columns or [])]
    lacking = [column for column in asked if column not in rows.columns]
    assert not lacking, f"there is no column {lacking}, only {rows.columns}"
    kind = rows.schema[data.time]
    assert isinstance(kind, pl.Date | pl.Datetime | pl.String), f"times are {kind}, neither dates, datetimes nor ISO 8601 texts"
    assert rows[data.time].n_unique() >= 3, "the check wants rows at three times or more"
    assert len(_values(data, rows)) > 0, "the check wants a column of numbers"


def _values(data: DataSpec, rows: pl.DataFrame) -> list[str]:
    return [name for name, kind in rows.schema.items() if kind.is_numeric() and name not in (data.time, data.entity)]


def _check_columns(function: Loader, data: DataSpec, request: LoadRequest, rows: pl.DataFrame) -> None:
    """The columns that are asked for are there, with the same values; one that is not there is told."""
    one = _values(data, rows)[-1]
    keys = [data.time, *([data.entity] if data.entity else [])]
    fewer = function(data.model_copy(update={"columns": [one]}), request)
    assert {*keys, one} <= set(fewer.columns), f"asked for {one!r} it gives {fewer.columns}"
    _alike(fewer.select(*keys, one), rows.select(*keys, one), f"{one!r} has other values when it is asked for alone")
    try:
        given = function(data.model_copy(update={"columns": [_NOT_THERE]}), request)
    except DataError as error:
        assert (error.field or "").startswith("data"), f"the error of a column that is not there names the field {error.field!r}"  # noqa: PT017
    else:
        assert _NOT_THERE not in given.columns, "it makes up a column that is not there"


def _check_panel(data: DataSpec, request: LoadRequest) -> None:
    """What `load_panel` makes of it: sorted rows, the same fingerprint each time, and no rows beside those between start and end."""
    panel = load_panel(data, base=request.base, frames=request.frames)
    again = load_panel(data, base=request.base, frames=request.frames)
    assert_frame_equal(panel.frame, again.frame)
    assert panel.fingerprint == again.fingerprint, "the same rows have two fingerprints"
    keys = [data.time, *([data.entity] if data.entity else [])]
    assert_frame_equal(panel.frame, panel.frame.sort(keys, maintain_order=True))
    times = panel.frame[data.time].unique().sort()
    day = times[1].date() if hasattr(times[1], "date") else times[1]
    later = load_panel(data.model_copy(update={"start": day.isoformat()}), base=request.base, frames=request.frames)
    local = panel.frame[data.time]
    kept = local.dt.replace_time_zone(None).cast(pl.Date) if isinstance(local.dtype, pl.Datetime) else local
    assert_frame_equal(later.frame, panel.frame.filter(kept >= day))


def _alike(left: pl.DataFrame, right: pl.DataFrame, what: str) -> None:
    """Compare rows, whatever their order."""
    assert set(left.columns) == set(right.columns), f"{what}: the columns are {left.columns} and {right.columns}"
    try:
        assert_frame_equal(left, right, check_row_order=False, check_column_order=False)
    except AssertionError as error:
        raise AssertionError(f"{what}: {error}") from error
