"""The feature ``rolling``."""

from __future__ import annotations

from dsframework.errors import FeatureError
from dsframework.features._base import FeatureColumn
from dsframework.features._statistics import check_windows, over_window
from dsframework.spec import RollingArguments

__all__ = ["rolling_columns"]


def rolling_columns(arguments: RollingArguments) -> list[FeatureColumn]:
    """Statistics over the last rows, the row's own included. Names ``<column>_<stat>_<window>``, ``<column>_quantile_0.05_<window>``.

    ``std`` divides by ``window - 1``; ``zscore`` is (value - mean) / std over the same window, and 0 where all values of the window
    are equal; ``skew`` and ``kurt`` are without bias, and null where all values are equal; ``count`` is how many values are not missing. A
    window with fewer than ``min_samples`` values (all of its rows by default) has no other statistic.
    """
    least = arguments.min_samples
    check_windows(arguments.stats, arguments.windows, "windows")
    if least is not None and least > min(arguments.windows):
        raise FeatureError(
            f"a window of {min(arguments.windows)} rows never has {least} values",
            field="min_samples",
            value=least,
            mend=f"use at most {min(arguments.windows)}",
        )
    return [
        FeatureColumn.compiled(f"{column}_{stat.replace(':', '_')}_{window}", (("columns", column),), over_window(stat, window, least))
        for column in arguments.columns
        for window in arguments.windows
        for stat in arguments.stats
    ]
