"""The feature ``rolling``."""

from __future__ import annotations

from functools import partial

import polars as pl

from dsframework.errors import FeatureError
from dsframework.features._base import FeatureColumn
from dsframework.features._windows import rolling_max, rolling_mean, rolling_min, rolling_std, rolling_sum, rolling_zscore
from dsframework.spec import RollingArguments

__all__ = ["rolling_columns"]

_SPREAD = ("std", "zscore")
_KERNELS = {
    "mean": rolling_mean,
    "std": rolling_std,
    "min": rolling_min,
    "max": rolling_max,
    "sum": rolling_sum,
    "zscore": rolling_zscore,
}


def rolling_columns(arguments: RollingArguments) -> list[FeatureColumn]:
    """Statistics over the last rows, the row's own included. Names ``<column>_<stat>_<window>``.

    ``std`` divides by ``window - 1``; ``zscore`` is (value - mean) / std over the same window, and 0 where all values of the window
    are equal. A window with a missing value has none.
    """
    for stat in _SPREAD:
        if stat in arguments.stats and min(arguments.windows) < 2:
            raise FeatureError(f"one row has no {stat}", field="windows", value=min(arguments.windows), mend="use a window of at least 2")
    return [_column(column, stat, window) for column in arguments.columns for window in arguments.windows for stat in arguments.stats]


def _column(column: str, stat: str, window: int) -> FeatureColumn:
    name, inputs = f"{column}_{stat}_{window}", (("columns", column),)
    if stat == "median":
        return FeatureColumn(name, inputs, window - 1, pl.col(column).rolling_median(window))
    return FeatureColumn(name, inputs, window - 1, kernel=partial(_KERNELS[stat], window=window))
