"""The feature ``expanding``."""

from __future__ import annotations

from dsframework.features._base import FeatureColumn
from dsframework.features._statistics import check_windows, over_window
from dsframework.spec import ExpandingArguments

__all__ = ["expanding_columns"]


def expanding_columns(arguments: ExpandingArguments) -> list[FeatureColumn]:
    """Statistics over all rows so far, the row's own included, and at most the last ``max_rows``. Names ``<column>_expanding_<stat>``.

    The bound is what makes the figure the same in training and when a row is predicted: it depends on ``max_rows`` rows and not on how far
    back somebody's data goes. Missing values are passed over; there is a figure from ``min_samples`` values on.
    """
    check_windows(arguments.stats, [arguments.max_rows], "max_rows", "bound")
    return [
        FeatureColumn.compiled(
            f"{column}_expanding_{stat.replace(':', '_')}",
            (("columns", column),),
            over_window(stat, arguments.max_rows, arguments.min_samples),
        )
        for column in arguments.columns
        for stat in arguments.stats
    ]
