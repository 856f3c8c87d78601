"""The feature ``lag``."""

from __future__ import annotations

from dsframework.features._base import FeatureColumn
from dsframework.features._operations import Operation
from dsframework.spec import LagArguments

__all__ = ["lag_columns"]


def lag_columns(arguments: LagArguments) -> list[FeatureColumn]:
    """The value a number of rows ago. Names ``<column>_lag_<period>``."""
    return [
        FeatureColumn.compiled(f"{column}_lag_{period}", (("columns", column),), Operation("lag", period))
        for column in arguments.columns
        for period in arguments.periods
    ]
