"""The feature ``returns``."""

from __future__ import annotations

from functools import partial

import numpy as np

from dsframework.features._base import FeatureColumn
from dsframework.features._windows import Floats, shifted
from dsframework.spec import ReturnsArguments

__all__ = ["returns_columns"]


def returns_columns(arguments: ReturnsArguments) -> list[FeatureColumn]:
    """Relative change over a number of rows. Names ``<column>_return_<period>`` and ``<column>_log_return_<period>``.

    Null where the earlier value is zero; for logarithms, where one of the two is not positive.
    """
    what, kernel = ("log_return", _log_change) if arguments.log else ("return", _change)
    return [
        FeatureColumn(f"{column}_{what}_{period}", (("columns", column),), period, kernel=partial(kernel, period=period))
        for column in arguments.columns
        for period in arguments.periods
    ]


def _change(values: Floats, period: int) -> Floats:
    before = shifted(values, period)
    ratio = np.full(len(values), np.nan)
    np.divide(values, before, out=ratio, where=before != 0)
    return ratio - 1


def _log_change(values: Floats, period: int) -> Floats:
    before = shifted(values, period)
    change = np.full(len(values), np.nan)
    positive = (values > 0) & (before > 0)
    np.divide(values, before, out=change, where=positive)
    np.log(change, out=change, where=positive)
    return change
