"""Statistics over a window by the names that a spec gives them."""

from __future__ import annotations

from collections.abc import Sequence

from dsframework.errors import FeatureError
from dsframework.features._operations import Operation

__all__ = ["check_windows", "over_window"]

_LEAST = {"std": 2, "zscore": 2, "skew": 3, "kurt": 4}
"""How many values a statistic needs to be defined."""


def over_window(stat: str, length: int, least: int | None = None, stride: int = 1) -> Operation:
    """Return the operation of a statistic, such as ``mean`` or ``quantile:0.05``, over windows with `least` values (all by default)."""
    if least is not None:
        least = min(length, max(least, _LEAST.get(stat, 1)))
    if stat == "median":
        return Operation("quantile", length, least, stride)
    if stat.startswith("quantile:"):
        return Operation("quantile", length, least, stride, share=float(stat.partition(":")[2]))
    return Operation(stat, length, least, stride)


def check_windows(stats: Sequence[str], lengths: Sequence[int], field: str, noun: str = "window") -> None:
    """Raise `FeatureError` where a statistic is not defined for the shortest window."""
    for stat in stats:
        needed, shortest = _LEAST.get(stat, 1), min(lengths)
        if shortest < needed:
            rows = {1: "one row has", 2: "two rows have", 3: "three rows have"}[shortest]
            raise FeatureError(f"{rows} no {stat}", field=field, value=shortest, mend=f"use a {noun} of at least {needed}")
