"""Calm, normal and turbulent: which regime a row lies in, by what was known at its time."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from dsframework.rows import Rows

__all__ = ["REGIMES", "trailing_volatility", "volatility_regime"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
REGIMES = ("calm", "normal", "turbulent")
"""By code; -1 is not known."""
_LEAST = 30


def trailing_volatility(values: Floats, rows: Rows, window: int) -> Floats:
    """Return the standard deviation of the last `window` changes of each row's entity, the row's own included; NaN before.

    Changes are those of the logarithm where every value is above 0.

    Parameters
    ----------
    values
        A price, or any value known at the row's time, shape (rows,).
    rows
        Where they lie.
    window
        How many changes.
    """
    positive = bool(np.all(values[np.isfinite(values)] > 0))
    with np.errstate(invalid="ignore"):
        level = np.log(values) if positive else values
    order = np.lexsort((rows.time, rows.entity))
    frame = pl.DataFrame({"entity": rows.entity[order], "level": level[order]}).with_columns(pl.col("level").fill_nan(None))
    spread = frame.select(pl.col("level").diff().rolling_std(window).over("entity").alias("spread"))["spread"]
    found = np.empty(len(order))
    found[order] = spread.fill_null(float("nan")).to_numpy()
    return found


def volatility_regime(values: Floats, rows: Rows, train: Flags, *, window: int = 21) -> np.ndarray[Any, np.dtype[np.int8]]:
    """Return the third of the volatility before each row: 0 calm, 1 normal, 2 turbulent, -1 not known.

    The borders are the thirds of each entity's own training rows (of all rows for an entity with fewer than 30), so that nothing of the
    rows that are scored goes into them.

    Parameters
    ----------
    values
        A price, or any value known at the row's time, shape (rows,).
    rows
        Of training and test together, so that the first test rows have their past.
    train
        Which rows the borders are from, shape (rows,).
    window
        Rows over which the volatility is measured.
    """
    volatility = trailing_volatility(values, rows, window)
    usable = train & np.isfinite(volatility)
    codes = np.full(len(rows), -1, dtype=np.int8)
    if not usable.any():
        return codes
    shared = np.quantile(volatility[usable], [1 / 3, 2 / 3])
    borders = np.tile(shared, (len(rows.entities), 1))
    order = np.flatnonzero(usable)[np.argsort(rows.entity[usable], kind="stable")]
    ends = np.flatnonzero(np.diff(rows.entity[order])) + 1
    for chosen in np.split(order, ends):
        if len(chosen) >= _LEAST:
            borders[rows.entity[chosen[0]]] = np.quantile(volatility[chosen], [1 / 3, 2 / 3])
    own = borders[rows.entity]
    known = np.isfinite(volatility)
    codes[known] = (volatility[known] > own[known, 0]).astype(np.int8) + (volatility[known] > own[known, 1])
    return codes
