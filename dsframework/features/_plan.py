"""Which columns the features make, what they read, and whether the data has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from dsframework.errors import FeatureError
from dsframework.features._base import FeatureColumn
from dsframework.features._registry import find_feature
from dsframework.spec import Component, near_miss

__all__ = ["Step", "check_steps", "feature_names", "needed_columns", "placed", "plan"]

_LISTED = 12


@dataclass(frozen=True)
class Step:
    """A column, and where in the spec it comes from.

    Attributes
    ----------
    lookback
        How many rows before a row it and what it reads look at together; rows that are not just the last ones of the entity are not
        counted.
    warm_up
        How many rows an entity must have before a row for them to have a value.
    """

    column: FeatureColumn
    place: str
    lookback: int
    warm_up: int


def plan(components: Sequence[Component]) -> list[Step]:
    """List the columns of all components, each once; a lookback includes that of the features that are read."""
    steps: dict[str, Step] = {}
    for position, component in enumerate(components):
        place = f"features[{position}].{component.name}"
        for column in _columns(component, place):
            if column.name in steps:
                text = f"two features make a column {column.name!r}: this one and {steps[column.name].place}"
                raise FeatureError(text, field=place, mend="remove one of them")
            below = [steps[name] for _, name in column.inputs if name in steps]
            own = (column.lookback, column.lookback if column.warm_up is None else column.warm_up) if column.counts_rows else (0, 0)
            lookback = own[0] + max((step.lookback for step in below), default=0)
            warm_up = own[1] + max((step.warm_up for step in below), default=0)
            steps[column.name] = Step(column, place, lookback, warm_up)
    return list(steps.values())


def _columns(component: Component, place: str) -> list[FeatureColumn]:
    try:
        return find_feature(component.name)(component.arguments)
    except FeatureError as error:
        raise placed(error, place) from None


def placed(error: FeatureError, place: str) -> FeatureError:
    """Return the error with the place of its component before its field."""
    inner = error.field if error.field and not place.endswith(f".{error.field}") and error.field != "features" else None
    field = f"{place}.{inner}" if inner else place
    return FeatureError(error.message, field=field, value=error.value, mend=error.mend)


def feature_names(components: Sequence[Component]) -> list[str]:
    """Return the names of the features, in the order of the matrix."""
    return [step.column.name for step in plan(components)]


def needed_columns(components: Sequence[Component]) -> list[str]:
    """Return the columns of the data that the features read, each once, in the order in which they are first read."""
    made: set[str] = set()
    needed: dict[str, None] = {}
    for step in plan(components):
        needed.update((name, None) for _, name in step.column.inputs if name not in made)
        made.add(step.column.name)
    return list(needed)


def check_steps(steps: list[Step], frame: pl.DataFrame, time: str, entity: str | None, calendar: str | None) -> None:
    """Raise `FeatureError` for the first feature that the data does not allow."""
    days_only = frame.schema[time] == pl.Date
    usable = [name for name in frame.columns if name not in (time, entity)]
    made: list[str] = []
    for step in steps:
        column, place = step.column, step.place
        if column.name in frame.columns:
            raise FeatureError(
                f"the data has a column {column.name!r} already", field=place, mend="rename it, or leave it out of data.columns"
            )
        for argument, name in column.inputs:
            if name not in usable and name not in made:
                raise _no_column(name, [*usable, *made], f"{place}.{argument}", late=any(name == other.column.name for other in steps))
            if name in usable and not (frame.schema[name].is_numeric() or frame.schema[name] == pl.Boolean):
                text = f"{name!r} is not numeric but {frame.schema[name]}"
                raise FeatureError(text, field=f"{place}.{argument}", value=name, mend="use a numeric column")
        _check_needs(column, place, days_only=days_only, entity=entity, calendar=calendar)
        _check_keys(column, place, time=time, entity=entity)
        made.append(column.name)


def _check_needs(column: FeatureColumn, place: str, *, days_only: bool, entity: str | None, calendar: str | None) -> None:
    if column.needs == "calendar" and calendar is None:
        raise FeatureError(f"{column.name!r} needs an exchange calendar", field=place, mend="set data.calendar, such as XNYS")
    if column.needs == "entity" and entity is None:
        raise FeatureError(f"{column.name!r} compares entities, and there is one series only", field=place, mend="set data.entity")
    if column.needs == "clock" and days_only:
        raise FeatureError(f"{column.name!r} needs times of day, and the data has days only", field=place, mend="remove it")


def _check_keys(column: FeatureColumn, place: str, *, time: str, entity: str | None) -> None:
    """A window is over the rows of an entity in the order of time, and has to say so."""
    for field, name, role in column.keys:
        wanted = time if role == "time" else entity or ""
        if name == wanted:
            continue
        clause = "ORDER BY" if role == "time" else "PARTITION BY"
        if not wanted:
            raise FeatureError("there is one series only", field=f"{place}.{field}", value=f"PARTITION BY {name}", mend="remove it")
        value = f"{clause} {name}" if name else "no PARTITION BY"
        raise FeatureError(
            "a window is over the rows of one series in the order of time",
            field=f"{place}.{field}",
            value=value,
            mend=f"write {clause} {wanted}",
        )


def _no_column(name: str, known: list[str], field: str, *, late: bool) -> FeatureError:
    if late:
        return FeatureError("this column is made by the same or a later feature", field=field, value=name, mend="move that feature up")
    close = near_miss(name, known)
    listed = ", ".join(known[:_LISTED]) + (", …" if len(known) > _LISTED else "")
    return FeatureError("no such column", field=field, value=name, mend=f"did you mean {close}?" if close else f"there are {listed}")
