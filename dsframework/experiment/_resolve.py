"""What a target leaves to the data: a horizon that is a duration, and how many rows a season has."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl

from dsframework.data import Panel
from dsframework.errors import DataError
from dsframework.preprocessing import TargetTransform
from dsframework.spec import Component, TargetSpec, parse_duration

__all__ = ["resolve_target", "season_length", "season_of"]

_WEEK = 5
_DAY = dt.timedelta(days=1)


def resolve_target(panel: Panel, target: TargetSpec) -> TargetSpec:
    """Return the target with its horizon in rows, and with the season's rows where its scale measures from one.

    What is returned no longer depends on the panel, so that it means the same where only the last rows of the data are at hand.

    Raises
    ------
    DataError
        When a duration is no whole number of the data's steps.
    """
    update: dict[str, Any] = {}
    if isinstance(target.horizon, str):
        update["horizon"] = _rows_of(panel, target.horizon)
    if TargetTransform(target.transform).needs_season:
        season = season_length(panel)
        update["transform"] = [_with_season(component, season) for component in target.transforms]
    return target.model_copy(update=update) if update else target


def season_length(panel: Panel) -> int:
    """Return how many rows of an entity make a season: five for daily bars, a session's bars for shorter ones."""
    times = panel.frame[panel.time].unique().sort()
    if times.dtype == pl.Date:
        return _WEEK
    per_day = times.dt.date().value_counts()["count"].mode().max()
    return int(per_day) if isinstance(per_day, int) and per_day > 1 else _WEEK


def season_of(panel: Panel, target: TargetSpec) -> int:
    """Return how many rows a season of the target has: as its scale says, or the data's usual one."""
    given = (getattr(component.arguments, "season", None) for component in target.transforms)
    return next((season for season in given if season is not None), 0) or season_length(panel)


def _with_season(component: Component, season: int) -> Component:
    if component.name != "seasonal_difference" or getattr(component.arguments, "season", None) is not None:
        return component
    return Component(name=component.name, arguments=component.arguments.model_copy(update={"season": season}))


def _rows_of(panel: Panel, text: str) -> int:
    """How many rows of an entity a duration is."""
    length, step = parse_duration(text), _step(panel, text)
    if length % step:
        whole = max(1, round(length / step))
        raise _refused(text, f"not a whole number of the data's steps, which are {_shown(step)} long", f"write {_shown(whole * step)}")
    rows = int(length / step)
    if step < _DAY:
        session = season_length(panel)
        if session * step < _DAY and length > session * step:
            text_ = f"longer than a session, which has {session} rows of {_shown(step)}"
            raise _refused(text, text_, f"write a number of rows: {session} is the same time of the next session")
    return rows


def _step(panel: Panel, text: str) -> dt.timedelta:
    """The usual distance of two rows that follow one another, which must be the same for every entity."""
    time = panel.frame[panel.time]
    times = panel.frame.select(
        (time.cast(pl.Datetime("us")) if time.dtype == pl.Date else time).alias("time"),
        (pl.col(panel.entity).cast(pl.String) if panel.entity else pl.lit("")).alias("entity"),
    )
    steps = times.with_columns(pl.col("time").diff().over("entity").alias("step")).drop_nulls("step")
    usual = steps.group_by("entity", "step").len().sort(["entity", "len", "step"], descending=[False, True, False])
    usual = usual.group_by("entity", maintain_order=True).first()
    if usual.is_empty():
        raise _refused(text, "can't be counted in rows: no entity has two of them", "write a number of rows")
    found = usual.sort("len", "entity", descending=[True, False])
    first, other = found.row(0, named=True), found.filter(pl.col("step") != found["step"][0])
    if other.height:
        one = other.row(0, named=True)
        text_ = f"not the same number of rows for all: {first['entity']!r} has steps of {_shown(first['step'])}, {one['entity']!r} of "
        raise _refused(text, f"{text_}{_shown(one['step'])}", "write a number of rows, or resample the data")
    step: dt.timedelta = first["step"]
    return step


def _refused(value: str, text: str, mend: str) -> DataError:
    return DataError(text, field="target.horizon", value=value, mend=mend)


def _shown(length: dt.timedelta) -> str:
    """A length as the spec writes it.

    >>> _shown(dt.timedelta(minutes=90))
    '90min'
    """
    for unit, size in (("d", _DAY), ("h", dt.timedelta(hours=1)), ("min", dt.timedelta(minutes=1)), ("s", dt.timedelta(seconds=1))):
        if length >= size and not length % size:
            return f"{length // size}{unit}"
    return f"{length.total_seconds():g}s"
