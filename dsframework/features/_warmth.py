"""Which rows have the history that the features ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dsframework.features._orders import Bools, Order
from dsframework.features._plan import Step

__all__ = ["warm_rows"]


def warm_rows(steps: Sequence[Step], order: Order, orders: Mapping[str, Order], *, whole: bool) -> tuple[Bools, int]:
    """Return whether each row has the history that all steps ask for, and how many rows before a row they read at most.

    Parameters
    ----------
    steps
        The columns, each after those that it reads.
    order
        The rows of each entity.
    orders
        The rows of each part of an entity, by the name of the grouping.
    whole
        Whether the rows before an entity's first one do not exist, rather than having been left out.
    """
    lookback, warm_up = 0, 0
    reach: dict[str, int] = {}
    cold: dict[str, Bools] = {}
    for step in steps:
        column = step.column
        below = [name for _, name in column.inputs if name in reach]
        own = column.lookback if column.by is None else orders[column.by.name].distance(order, column.lookback)
        reach[column.name] = own + max((reach[name] for name in below), default=0)
        lookback = max(lookback, reach[column.name])
        rows = step.warm_up if whole else step.lookback
        unready = [cold[name] for name in below if name in cold]
        if column.by is None and not unready:
            warm_up = max(warm_up, rows)
            continue
        within = order if column.by is None else orders[column.by.name]
        needed = column.lookback if not whole or column.warm_up is None else column.warm_up
        before = order.number < rows if column.by is None else _any(unready, order) | (order.number < rows - needed)
        start = before if column.by is None else within.reached(before, needed) | (within.number < needed)
        cold[column.name] = start | within.reached(_any(unready, order), needed)
    return ~_any(list(cold.values()), order) & (order.number >= warm_up), lookback


def _any(masks: Sequence[Bools], order: Order) -> Bools:
    found: Bools = np.zeros(len(order.number), dtype=np.bool_)
    for mask in masks:
        found |= mask
    return found
