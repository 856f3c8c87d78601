"""Which rows a model that reads a stretch of the past may look back to."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsframework.rows import Rows

__all__ = ["Whole", "first_rows", "in_entity_order"]

Whole = np.ndarray[Any, np.dtype[np.int64]]


def in_entity_order(rows: Rows) -> Whole:
    """Return the positions of the rows by entity, then time; they come by time, then entity."""
    return np.argsort(rows.entity, kind="stable")


def first_rows(rows: Rows, order: Whole, *, lookback: int, max_gap: int) -> Whole:
    """Return the first row, in the given order, that each row's window of `lookback` rows may hold.

    A window does not reach into another entity, nor over a gap of more than `max_gap` steps between two rows.

    Parameters
    ----------
    rows
        In the order of the panel.
    order
        See `in_entity_order`.
    lookback
        The longest window, the row itself included.
    max_gap
        The longest way between two rows of a window in steps; 1 where none may be missing.

    Examples
    --------
    >>> day = np.zeros(4, dtype=np.int32)
    >>> rows = Rows(np.array([0, 1, 0, 0], "int32"), ("A", "B"), np.zeros(4, "datetime64[ns]"), day, day, np.array([0, 0, 1, 2]))
    >>> first_rows(rows, in_entity_order(rows), lookback=2, max_gap=1)
    array([0, 0, 1, 3])
    """
    place = np.arange(len(order))
    entity, step = rows.entity[order], rows.step[order]
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = (entity[1:] != entity[:-1]) | (step[1:] - step[:-1] > max_gap)
    start = np.maximum.accumulate(np.where(begins, place, 0))
    return np.maximum(start, place - (lookback - 1))
