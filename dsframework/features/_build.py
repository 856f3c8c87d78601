"""From components to one matrix."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import FeatureError
from dsframework.features._base import FeatureColumn, Moments
from dsframework.features._plan import Step, check_steps, placed, plan
from dsframework.features._windows import Floats
from dsframework.spec import Component

__all__ = ["FeatureTable", "build_features"]

_BLOCK = 4096


@dataclass(frozen=True)
class FeatureTable:
    """The features of every row of a panel, in its order.

    Attributes
    ----------
    names
        Names of the features, in the order of the spec.
    matrix
        Shape (rows, features), float64, C-contiguous; NaN is a missing value, nothing is infinite.
    warm
        Shape (rows,): whether the row has all the history that every feature asks for.
    lookback
        How many rows of the entity before a row its features read.
    """

    names: tuple[str, ...]
    matrix: np.ndarray[Any, np.dtype[np.float64]]
    warm: np.ndarray[Any, np.dtype[np.bool_]]
    lookback: int


def build_features(
    frame: pl.DataFrame, components: Sequence[Component], *, time: str, entity: str | None, calendar: str | None
) -> FeatureTable:
    """Compute the features of a panel.

    Parameters
    ----------
    frame
        Rows sorted by time, then entity.
    components
        The features of the spec. A later one may read the columns of an earlier one.
    time, entity, calendar
        The column with the times, the one that tells the entities apart or None, and the exchange's code or None.

    Raises
    ------
    FeatureError
        When a column is missing, has the name of a feature, is not numeric, or when a feature needs what the data does not have.
    """
    steps = plan(components)
    check_steps(steps, frame, time, entity, calendar)
    made = {step.column.name for step in steps}
    reads = {name for step in steps for _, name in step.column.inputs}
    numbers = [_number(pl.col(name)) for name in frame.columns if name in reads and name not in made]
    rows = frame.select(pl.col(time), *([pl.col(entity)] if entity else []), *numbers)
    moments = Moments(frame[time], calendar)
    series = _Series.of(rows, entity)
    found: dict[str, Floats] = {}
    for layer in _layers(steps):
        fresh = _compute(layer, rows, series, moments, time, entity)
        found |= fresh
        rows = rows.with_columns(pl.Series(name, values, nan_to_null=True) for name, values in fresh.items() if name in reads)
    return _table(found, steps, series)


@dataclass(frozen=True)
class _Series:
    """The rows in the order of entity, then time.

    Attributes
    ----------
    order
        Positions of the rows in that order, shape (rows,); None where the rows lie so already.
    number
        How many rows of its entity are before each row of the panel, shape (rows,).
    ordered
        The columns that were brought into that order already.
    """

    order: np.ndarray[Any, np.dtype[np.int64]] | None
    number: np.ndarray[Any, np.dtype[np.int64]]
    ordered: dict[str, Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, rows: pl.DataFrame, entity: str | None) -> _Series:
        if entity is None:
            return cls(None, np.arange(rows.height))
        order = np.argsort(rows[entity].rank("dense").to_numpy(), kind="stable")
        number = rows.select(pl.int_range(pl.len()).over(entity)).to_series().to_numpy()
        return cls(order, number)

    def apply(self, column: FeatureColumn, rows: pl.DataFrame) -> Floats:
        """Run a kernel; NaN where an entity has not the history for it."""
        assert column.kernel is not None
        for _, name in column.inputs:
            if name not in self.ordered:
                values = rows[name].to_numpy()
                self.ordered[name] = values if self.order is None else values[self.order]
        with np.errstate(all="ignore"):  # what overflows becomes a missing value
            found = column.kernel(*(self.ordered[name] for _, name in column.inputs))
        values = np.empty(rows.height)
        values[slice(None) if self.order is None else self.order] = found
        values[self.number < column.lookback] = np.nan
        return values


def _number(value: pl.Expr) -> pl.Expr:
    number = value.cast(pl.Float64)
    return pl.when(number.is_finite()).then(number)


def _layers(steps: list[Step]) -> list[list[Step]]:
    """Group the columns so that each reads only what a group before has made: one pass over the rows a group."""
    depth: dict[str, int] = {}
    layers: list[list[Step]] = []
    for step in steps:
        level = max((depth[name] + 1 for _, name in step.column.inputs if name in depth), default=0)
        depth[step.column.name] = level
        if level == len(layers):
            layers.append([])
        layers[level].append(step)
    return layers


def _compute(layer: list[Step], rows: pl.DataFrame, series: _Series, moments: Moments, time: str, entity: str | None) -> dict[str, Floats]:
    """Compute columns that read no other of the same layer; the expressions among them in one pass."""
    expressions = []
    for step in layer:
        column = step.column
        if column.expression is not None:
            key = time if column.scope == "time" else entity
            value = column.expression if key is None else column.expression.over(key)
            expressions.append(value.cast(pl.Float64).alias(column.name))
    evaluated = rows.select(expressions)
    found = {}
    for step in layer:
        column = step.column
        if column.kernel is not None:
            values = series.apply(column, rows)
        elif column.of_times is not None:
            values = _of_times(step, moments)
        else:
            values = evaluated[column.name].to_numpy(writable=True)
        values[~np.isfinite(values)] = np.nan
        found[column.name] = values
    return found


def _of_times(step: Step, moments: Moments) -> Floats:
    assert step.column.of_times is not None
    try:
        return step.column.of_times(moments).cast(pl.Float64).to_numpy(writable=True)
    except FeatureError as error:
        raise placed(error, step.place) from None


def _table(found: dict[str, Floats], steps: list[Step], series: _Series) -> FeatureTable:
    names = tuple(step.column.name for step in steps)
    lookback = max((step.lookback for step in steps), default=0)
    n = len(series.number)
    matrix = np.empty((n, len(names)), dtype=np.float64)
    columns = [found[name] for name in names]
    for start in range(0, n, _BLOCK):
        stop = start + _BLOCK
        matrix[start:stop] = np.stack([column[start:stop] for column in columns], axis=1)
    return FeatureTable(names=names, matrix=matrix, warm=series.number >= lookback, lookback=lookback)
