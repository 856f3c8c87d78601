"""The feature ``range``."""

from __future__ import annotations

from functools import partial

import numpy as np

from dsframework.features._base import FeatureColumn
from dsframework.features._windows import Floats, rolling_mean
from dsframework.spec import RangeArguments

__all__ = ["range_columns"]


def range_columns(arguments: RangeArguments) -> list[FeatureColumn]:
    """(high - low) / close, averaged over the last rows, the row's own included. Names ``range_<window>``.

    Null where a close of the window is zero.
    """
    inputs = (("high", arguments.high), ("low", arguments.low), ("close", arguments.close))
    return [FeatureColumn(f"range_{window}", inputs, window - 1, kernel=partial(_range, window=window)) for window in arguments.windows]


def _range(high: Floats, low: Floats, close: Floats, *, window: int) -> Floats:
    spread = np.full(len(close), np.nan)
    np.divide(high - low, close, out=spread, where=close != 0)
    return rolling_mean(spread, window)
