"""Compute planned columns, each after what it reads, straight into the matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import polars as pl

from dsframework.errors import FeatureError
from dsframework.features._base import FeatureColumn
from dsframework.features._engine import Column, Floats, across, run_program
from dsframework.features._operations import Program
from dsframework.features._orders import Order, Positions, split_order
from dsframework.features._plan import Step, placed
from dsframework.features._view import View

__all__ = ["Computation"]


class Computation:
    """The columns of a panel's features on their way into the matrix.

    Operations over the rows of an entity go together: one pass over the rows makes all that can be made from what is there. Columns of
    other kinds (of all rows of a time, of the times, expressions, Python functions) come between the passes.

    Parameters
    ----------
    frame
        The panel.
    steps
        The columns, each after those that it reads, as they stand in the matrix.
    view
        The panel's times and keys.
    matrix
        Shape (rows, columns), to be filled.
    threads
        How many threads do it.

    Attributes
    ----------
    orders
        The rows of each part of an entity, by the name of the grouping.
    """

    def __init__(
        self,
        frame: pl.DataFrame,
        steps: Sequence[Step],
        view: View,
        matrix: Floats,
        *,
        threads: int | None,
    ) -> None:
        self.frame, self.steps, self.view, self.matrix, self.threads = frame, steps, view, matrix, threads
        self.order, self.moments = view.order, view.moments
        self.place = {step.column.name: number for number, step in enumerate(steps)}
        self.orders: dict[str, Order] = {}
        self._columns: dict[str, Column] = {}
        self._done: set[str] = set()

    def run(self) -> None:
        """Fill the matrix."""
        left = list(self.steps)
        while left:
            ready = self._ready(left)
            self._compute(ready)
            self._done |= {step.column.name for step in ready}
            left = [step for step in left if step.column.name not in self._done]

    def _ready(self, left: Sequence[Step]) -> list[Step]:
        """Return the steps that go together next: the operations of one order, where there are any, else what else is ready."""
        first = next((step.column for step in left if _in_program(step.column) and self._reads_done(step, ())), None)
        if first is None:
            return [step for step in left if not _in_program(step.column) and self._reads_done(step, ())]
        chosen: list[Step] = []
        for step in left:
            names = [one.column.name for one in chosen]
            if _in_program(step.column) and step.column.by == first.by and self._reads_done(step, names):
                chosen.append(step)
        return chosen

    def _reads_done(self, step: Step, also: Iterable[str]) -> bool:
        made = self._done.union(also)
        return all(name in made or name not in self.place for _, name in step.column.inputs)

    def _compute(self, steps: Sequence[Step]) -> None:
        if _in_program(steps[0].column):
            self._program(steps)
            return
        expressions = [step.column for step in steps if step.column.expression is not None]
        self._expressions(expressions)
        for step in steps:
            column = step.column
            if column.operation is not None:
                out = Column(self.matrix, self.place[column.name])
                across(column.operation.kind, self._column(column.inputs[0][1]), out, self._times, self.threads)
            elif column.of_times is not None:
                self._put(column.name, self._of_times(step))
            elif column.kernel is not None:
                self._put(column.name, self._kernel(column))
            elif column.of_panel is not None:
                self._put(column.name, self._of_panel(step))

    def _program(self, steps: Sequence[Step]) -> None:
        """Run operations that see the rows of the same order, in one pass."""
        own = {step.column.name for step in steps}
        read = dict.fromkeys(name for step in steps for _, name in step.column.inputs if name not in own)
        program = Program(list(read))
        registers = {name: number for number, name in enumerate(read)}
        history: dict[str, int] = {}
        for step in steps:
            column = step.column
            assert column.operation is not None
            registers[column.name] = program.add(column.operation, [registers[name] for _, name in column.inputs])
            history[column.name] = column.lookback + max((history.get(name, 0) for _, name in column.inputs), default=0)
        run_program(
            program,
            [self._column(name) for name in read],
            [(registers[step.column.name], self.place[step.column.name]) for step in steps],
            self.matrix,
            order=self._order(steps[0].column),
            history=max(history.values()),
            threads=self.threads,
        )

    def _order(self, column: FeatureColumn) -> Order:
        by = column.by
        if by is None:
            return self.order
        if by.name not in self.orders:
            self.orders[by.name] = split_order(self.order, by.keys(self.moments).cast(pl.Int64).to_numpy())
        return self.orders[by.name]

    def _column(self, name: str) -> Column:
        """Return a column of the data or of the matrix; one of the data may hold infinite values."""
        if name in self.place:
            return Column(self.matrix, self.place[name])
        if name not in self._columns:
            values = self.frame[name].cast(pl.Float64).rechunk().to_numpy()
            self._columns[name] = Column(np.ascontiguousarray(values))
        return self._columns[name]

    @property
    def _times(self) -> Positions:
        """Where the rows of each time begin, and the number of rows."""
        runs = self.frame[self.view.time].rle_id()
        return np.append(np.flatnonzero(np.diff(runs.to_numpy().astype(np.int64), prepend=-1)), len(runs))

    def _put(self, name: str, values: Floats) -> None:
        self.matrix[:, self.place[name]] = np.where(np.isfinite(values), values, np.nan)

    def _of_times(self, step: Step) -> Floats:
        assert step.column.of_times is not None
        try:
            return step.column.of_times(self.moments).cast(pl.Float64).to_numpy()
        except FeatureError as error:
            raise placed(error, step.place) from None

    def _of_panel(self, step: Step) -> Floats:
        assert step.column.of_panel is not None
        read = [self._column(name).array() for _, name in step.column.inputs]
        try:
            with np.errstate(all="ignore"):
                return step.column.of_panel(self.view, *(np.where(np.isfinite(values), values, np.nan) for values in read))
        except FeatureError as error:
            raise placed(error, step.place) from None

    def _kernel(self, column: FeatureColumn) -> Floats:
        """Run a Python kernel; NaN where an entity has not the history for it."""
        assert column.kernel is not None
        order = self._order(column)
        read = [order.ordered(self._column(name).array()) for _, name in column.inputs]
        with np.errstate(all="ignore"):  # what overflows becomes a missing value
            found = column.kernel(*(np.where(np.isfinite(values), values, np.nan) for values in read))
        values = order.restored(np.asarray(found, dtype=np.float64))
        needed = column.lookback if column.warm_up is None else column.warm_up
        return np.where(order.number < needed, np.nan, values)

    def _expressions(self, columns: Sequence[FeatureColumn]) -> None:
        """Evaluate expressions, all in one pass of polars."""
        if not columns:
            return
        read = dict.fromkeys(name for column in columns for _, name in column.inputs)
        rows = self.view.keys
        rows = rows.with_columns(pl.Series(name, self._column(name).array(), nan_to_null=True) for name in read)
        rows = rows.with_columns(pl.when(pl.col(name).is_finite()).then(pl.col(name)).alias(name) for name in read)
        over = {"time": self.view.time, "entity": self.view.entity}
        values = []
        for column in columns:
            assert column.expression is not None
            key = over[column.scope]
            value = column.expression if key is None else column.expression.over(key)
            values.append(value.cast(pl.Float64).alias(column.name))
        for series in rows.select(values):
            self._put(series.name, series.to_numpy())


def _in_program(column: FeatureColumn) -> bool:
    return column.operation is not None and column.scope == "entity"
