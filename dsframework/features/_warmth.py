"""Which rows have the history that the features ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dsframework.features._base import FeatureColumn
from dsframework.features._orders import Bools, Order
from dsframework.features._plan import Step
from dsframework.features._view import View

__all__ = ["warm_rows"]


def warm_rows(steps: Sequence[Step], view: View, orders: Mapping[str, Order]) -> tuple[Bools, int]:
    """Return whether each row has the history that all steps ask for, and how many rows before a row they read at most.

    Parameters
    ----------
    steps
        The columns, each after those that it reads.
    view
        The rows.
    orders
        The rows of each part of an entity, by the name of the grouping.
    """
    order = view.order
    lookback, warm_up = 0, 0
    reach: dict[str, int] = {}
    cold: dict[str, Bools] = {}
    for step in steps:
        column = step.column
        below = [name for _, name in column.inputs if name in reach]
        unready = [cold[name] for name in below if name in cold]
        rows = step.warm_up if view.whole else step.lookback
        if column.counts_rows and not unready:
            own = column.lookback
            warm_up = max(warm_up, rows)
        elif column.reach is not None or column.source is not None:
            own, cold[column.name] = _of_panel(column, view, _any(unready, order) | (order.number < rows))
        else:
            own, cold[column.name] = _of_rows(column, view, orders, _any(unready, order), rows)
        reach[column.name] = own + max((reach[name] for name in below), default=0)
        lookback = max(lookback, reach[column.name])
    return ~_any(list(cold.values()), order) & (order.number >= warm_up), lookback


def _of_rows(column: FeatureColumn, view: View, orders: Mapping[str, Order], unready: Bools, rows: int) -> tuple[int, Bools]:
    """How far back a column reads that reads the same number of rows everywhere, and where it has not its history."""
    order = view.order
    within = order if column.by is None else orders[column.by.name]
    own = column.lookback if column.by is None else within.distance(order, column.lookback)
    needed = column.lookback if not view.whole or column.warm_up is None else column.warm_up
    before = order.number < rows if column.by is None else unready | (order.number < rows - needed)
    start = before if column.by is None else within.reached(before, needed) | (within.number < needed)
    return own, start | within.reached(unready, needed)


def _of_panel(column: FeatureColumn, view: View, unready: Bools) -> tuple[int, Bools]:
    """The same for a column that reads as far back as the row says, or another entity's row."""
    order = view.order
    if column.source is not None:
        source = column.source(view)
        return column.lookback, (source < 0) | unready[np.maximum(source, 0)] if len(source) else unready
    assert column.reach is not None
    back = column.reach(view)
    there = order.number >= back
    return int(np.max(back, where=there, initial=0)), ~there | order.reached(unready, back)


def _any(masks: Sequence[Bools], order: Order) -> Bools:
    found: Bools = np.zeros(len(order.number), dtype=np.bool_)
    for mask in masks:
        found |= mask
    return found
