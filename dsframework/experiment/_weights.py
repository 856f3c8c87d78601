"""How much every row counts when a model learns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from dsframework.data import Panel, check_columns
from dsframework.errors import DataError
from dsframework.experiment._dataset import Dataset
from dsframework.rows import Floats, Rows
from dsframework.spec import WeightSpec

__all__ = ["row_weights", "with_weight_column"]

_FIELD = "weights.column"
_LEAST = 1e-9
"""What a row counts at least beside the one that counts most, so that none vanishes."""


def with_weight_column(dataset: Dataset, panel: Panel, column: str) -> Dataset:
    """Return the dataset with the weights that a column of the panel gives its rows.

    Raises
    ------
    DataError
        When there is no such column, it is not numeric, or a row that is learned from has no positive weight.
    """
    check_columns(panel, [column], field=_FIELD)
    names = pl.lit("") if panel.entity is None else pl.col(panel.entity).cast(pl.String)
    time = pl.Series("time", panel.frame[panel.time].to_numpy().astype("datetime64[ns]"))
    known = panel.frame.select(names.alias("entity"), pl.col(column).cast(pl.Float64).alias("weight")).with_columns(time)
    rows = pl.DataFrame({"time": dataset.time, "entity": np.asarray(dataset.entities, dtype=object)[dataset.entity].tolist()})
    weight = rows.join(known, on=["time", "entity"], how="left", maintain_order="left")["weight"].fill_null(float("nan")).to_numpy()
    wrong = ~(np.isfinite(weight) & (weight > 0))
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        when = np.datetime_as_string(dataset.time[first], unit="s")
        raise DataError(
            f"{int(wrong.sum())} of {len(weight)} rows have no positive weight in {column!r} (first {weight[first]:g} at {when})",
            field=_FIELD,
            mend="leave those rows out, or give them a small positive weight",
        )
    return replace(dataset, weight=weight)


def row_weights(weights: WeightSpec | None, given: Floats | None, rows: Rows) -> Floats | None:
    """Return what training rows count, shape (rows,), with mean 1; None where all count alike.

    Parameters
    ----------
    weights
        As in the spec.
    given
        What the column says of the rows, where there is one.
    rows
        When the rows are; the youngest one has the age 0.

    Examples
    --------
    >>> step = np.array([0, 1, 2])
    >>> zero = np.zeros(3, dtype=np.int32)
    >>> rows = Rows(zero, ("",), step.astype("datetime64[ns]"), zero, zero, step)
    >>> row_weights(WeightSpec(half_life=1.0), None, rows) * 7 / 3
    array([1., 2., 4.])
    """
    if weights is None or len(rows) == 0:
        return None
    found: Any = np.ones(len(rows)) if given is None else np.array(given)
    if weights.half_life is not None:
        found = found * np.exp2(-(rows.step.max() - rows.step) / weights.half_life)
    found = np.maximum(found, _LEAST * found.max())
    result: Floats = found / found.mean()
    return result
