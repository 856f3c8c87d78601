"""The feature ``ewm``: exponentially weighted statistics."""

from __future__ import annotations

import math
from collections.abc import Iterator

from dsframework.errors import FeatureError
from dsframework.features._base import FeatureColumn
from dsframework.features._operations import Operation
from dsframework.spec import EwmArguments

__all__ = ["ewm_columns"]


def ewm_columns(arguments: EwmArguments) -> list[FeatureColumn]:
    """Mean and standard deviation with weights 1, q, q * q, ... from the row's own value back.

    Names ``<column>_ewm_<stat>_<span>``, ``..._halflife_<halflife>``, ``..._alpha_<alpha>``. The weights are divided by their sum, and the
    standard deviation is without bias: those of ``pandas.DataFrame.ewm(adjust=True)``, except that the weights end where together they
    would be no more than ``tolerance`` of all. So a figure depends on a known number of rows, and is the same in training and when a row is
    predicted. Missing values are passed over; there is a figure from ``min_samples`` values on.
    """
    decays = list(_decays(arguments))
    if "std" in arguments.stats and any(decay == 0.0 for _, decay in decays):
        raise FeatureError("one value has no std", field="stats", value="std", mend="use a span above 1, or an alpha below 1")
    return [
        FeatureColumn.compiled(f"{column}_ewm_{stat}_{name}", (("columns", column),), _operation(arguments, stat, decay))
        for column in arguments.columns
        for name, decay in decays
        for stat in arguments.stats
    ]


def _decays(arguments: EwmArguments) -> Iterator[tuple[str, float]]:
    """Yield how each decay is called, and the factor by which a weight falls with each row."""
    for span in arguments.spans or ():
        yield f"{span:g}", 1.0 - 2.0 / (span + 1.0)
    for halflife in arguments.halflives or ():
        yield f"halflife_{halflife:g}", math.exp(-math.log(2.0) / halflife)
    for alpha in arguments.alphas or ():
        yield f"alpha_{alpha:g}", 1.0 - alpha


def _operation(arguments: EwmArguments, stat: str, decay: float) -> Operation:
    # What is left out after w rows is decay ** w of all.
    length = math.ceil(math.log(arguments.tolerance) / math.log(decay)) if decay > 0.0 else 1
    least = max(arguments.min_samples, 2 if stat == "std" else 1)
    return Operation(stat, max(length, least), least, decay=decay)
