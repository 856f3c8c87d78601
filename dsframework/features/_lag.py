"""The feature ``lag``."""

from __future__ import annotations

from functools import partial

from dsframework.errors import FeatureError
from dsframework.features._base import FeatureColumn
from dsframework.features._windows import shifted
from dsframework.spec import LagArguments

__all__ = ["at_least", "lag_columns"]


def at_least(smallest: int, values: list[int], argument: str, mend: str) -> None:
    """Raise `FeatureError` when a period or a window is too small."""
    for value in values:
        if value < smallest:
            raise FeatureError(f"must be at least {smallest}", field=argument, value=value, mend=mend)


def lag_columns(arguments: LagArguments) -> list[FeatureColumn]:
    """Earlier values of the columns; period 0 is the row's own. Names ``<column>_lag_<period>``."""
    at_least(0, arguments.periods, "periods", "a negative lag would read the future; 0 is the row itself")
    return [
        FeatureColumn(f"{column}_lag_{period}", (("columns", column),), period, kernel=partial(shifted, period=period))
        for column in arguments.columns
        for period in arguments.periods
    ]
