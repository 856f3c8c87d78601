"""The features ``range`` and ``realised_volatility``: how far prices move within a row, and from row to row."""

from __future__ import annotations

from dsframework.features._base import FeatureColumn
from dsframework.features._operations import Operation
from dsframework.spec import RangeArguments, RealisedVolatilityArguments

__all__ = ["range_columns", "realised_volatility_columns"]

_PRICES = {"high_low": ("high", "low", "close"), "parkinson": ("high", "low")}


def range_columns(arguments: RangeArguments) -> list[FeatureColumn]:
    """What the prices of a bar say of the spread, over the last rows, the row's own included. Names ``range_<window>``, or the method's.

    ``high_low`` is the mean of (high - low) / close, null where a close of the window is zero. The others are volatilities of one row: the
    square root of the mean of the method's variances, null where a price of the window is not positive.
    """
    prices = _PRICES.get(arguments.method, ("high", "low", "close", "open"))
    inputs = tuple((price, getattr(arguments, price)) for price in prices)
    name = "range" if arguments.method == "high_low" else arguments.method
    row, root = Operation(arguments.method), arguments.method != "high_low"
    return [
        FeatureColumn.compiled(f"{name}_{window}", inputs, Operation("mean", window, root=root, of=row)) for window in arguments.windows
    ]


def realised_volatility_columns(arguments: RealisedVolatilityArguments) -> list[FeatureColumn]:
    """Square root of the sum of squared log returns over the last rows. Names ``<column>_realised_volatility_<window>``.

    Null where a price of the window, or the one before it, is not positive.
    """
    return [
        FeatureColumn.compiled(
            f"{column}_realised_volatility_{window}",
            (("columns", column),),
            Operation("sum", window, root=True, of=Operation("squared_change")),
        )
        for column in arguments.columns
        for window in arguments.windows
    ]
