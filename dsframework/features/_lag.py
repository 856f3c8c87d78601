"""The feature ``lag``."""

from __future__ import annotations

from functools import partial

from dsframework.features._base import FeatureColumn
from dsframework.features._windows import shifted
from dsframework.spec import LagArguments

__all__ = ["lag_columns"]


def lag_columns(arguments: LagArguments) -> list[FeatureColumn]:
    """Earlier values of the columns; period 0 is the row's own. Names ``<column>_lag_<period>``."""
    return [
        FeatureColumn(f"{column}_lag_{period}", (("columns", column),), period, kernel=partial(shifted, period=period))
        for column in arguments.columns
        for period in arguments.periods
    ]
