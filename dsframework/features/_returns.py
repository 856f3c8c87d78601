"""The feature ``returns``."""

from __future__ import annotations

from dsframework.features._base import FeatureColumn
from dsframework.features._operations import Operation
from dsframework.spec import ReturnsArguments

__all__ = ["returns_columns"]


def returns_columns(arguments: ReturnsArguments) -> list[FeatureColumn]:
    """Relative change over a number of rows. Names ``<column>_return_<period>`` and ``<column>_log_return_<period>``.

    Null where the earlier value is zero; for logarithms, where one of the two is not positive.
    """
    what, kind = ("log_return", "log_change") if arguments.log else ("return", "change")
    return [
        FeatureColumn.compiled(f"{column}_{what}_{period}", (("columns", column),), Operation(kind, period))
        for column in arguments.columns
        for period in arguments.periods
    ]
