"""From components to one matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from dsframework.errors import FeatureError
from dsframework.features._base import Moments
from dsframework.features._compute import Computation
from dsframework.features._orders import Bools, Order, entity_order, split_order
from dsframework.features._plan import check_steps, plan
from dsframework.features._room import room_for
from dsframework.features._view import View
from dsframework.features._warmth import warm_rows
from dsframework.spec import Component

__all__ = ["FeatureTable", "build_features", "warm_for_all"]

_MOST_ROWS = 2**31 - 1


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
        Shape (rows,): whether the row has the history that every feature asks for.
    lookback
        How many rows of the entity before a row its features read.
    """

    names: tuple[str, ...]
    matrix: np.ndarray[Any, np.dtype[np.float64]]
    warm: Bools
    lookback: int


def build_features(
    frame: pl.DataFrame,
    components: Sequence[Component],
    *,
    time: str,
    entity: str | None,
    calendar: str | None,
    history: Literal["whole", "part"] = "part",
    threads: int | None = None,
) -> FeatureTable:
    """Compute the features of a panel.

    The matrix is written in place; besides it there are no more than a few columns in memory. The bits are the same for any number of
    threads.

    Parameters
    ----------
    frame
        Rows sorted by time, then entity.
    components
        The features of the spec. A later one may read the columns of an earlier one.
    time, entity, calendar
        The column with the times, the one that tells the entities apart or None, and the exchange's code or None.
    history
        ``whole``: the first row of an entity is the first that the data has of it, as in training. Then features that need fewer rows than
        they would read (an expanding mean, an exponentially weighted one) have values from an entity's first rows on. ``part``: the rows
        before may have been left out, as when a row is predicted from a short history. Then a row is warm only where everything that its
        features read is there, and its features are those of the whole history to the last bit.
    threads
        How many threads do it; all that there are by default.

    Raises
    ------
    FeatureError
        When a column is missing, has the name of a feature, is not numeric, when the rows are not in the order of time, or when a feature
        needs what the data does not have.
    """
    steps = plan(components)
    check_steps(steps, frame, time, entity, calendar)
    if not frame[time].is_sorted():
        raise FeatureError("the rows are not in the order of time", field=time, mend="sort them by time, then entity")
    if frame.height > _MOST_ROWS:
        raise FeatureError(f"{frame.height} rows are more than features can be made of", mend=f"use at most {_MOST_ROWS} rows")
    order = entity_order(frame, entity)
    names = tuple(step.column.name for step in steps)
    matrix = room_for(frame.height, len(names), threads)
    keys = frame.select([time, *([entity] if entity else [])])
    view = View(Moments(frame[time], calendar), order, keys, time, entity, whole=history == "whole")
    computation = Computation(frame, steps, view, matrix, threads=threads)
    computation.run()
    warm, lookback = warm_rows(steps, view, computation.orders)
    return FeatureTable(names=names, matrix=matrix, warm=warm, lookback=lookback)


def warm_for_all(
    frame: pl.DataFrame, forms: Iterable[Sequence[Component]], *, time: str, entity: str | None, calendar: str | None
) -> Bools:
    """Return which rows of a panel have the history that each of several lists of features asks for, shape (rows,).

    No feature is computed. Its parameters are those of `build_features`, and so are its errors.
    """
    keys = frame.select([time, *([entity] if entity else [])])
    view = View(Moments(frame[time], calendar), entity_order(frame, entity), keys, time, entity, whole=False)
    orders: dict[str, Order] = {}
    warm: Bools = np.ones(frame.height, dtype=np.bool_)
    for components in forms:
        steps = plan(components)
        check_steps(steps, frame, time, entity, calendar)
        for by in (step.column.by for step in steps):
            if by is not None and by.name not in orders:
                orders[by.name] = split_order(view.order, by.keys(view.moments).cast(pl.Int64).to_numpy())
        warm &= warm_rows(steps, view, orders)[0]
    return warm
