"""Statistics over windows, each computed from the values of its window alone.

A running sum carries its rounding along: after one huge value, a running variance of small ones can be all wrong, and a row that is
predicted from a short history would differ in its last bits from the same row in training. Here a window is summed anew for each row,
always in the same order, so that equal windows give equal bits. That takes ``window`` passes over the rows, each of them vectorized and
over as many rows at a time as the processor's cache holds.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_BLOCK = 8192
__all__ = ["Floats", "rolling_max", "rolling_mean", "rolling_min", "rolling_std", "rolling_sum", "rolling_zscore", "shifted"]

Floats = np.ndarray[Any, np.dtype[np.float64]]


def _each_block(values: Floats, window: int, figure: Callable[[list[Floats]], Floats]) -> Floats:
    """Return the figure of every full window at its last row, NaN before.

    `figure` gets the first, second, ... value of a block of windows, each of shape (windows,).
    """
    out = np.full(len(values), np.nan)
    n_windows = len(values) - window + 1
    for start in range(0, n_windows, _BLOCK):
        stop = min(start + _BLOCK, n_windows)
        out[start + window - 1 : stop + window - 1] = figure([values[start + offset : stop + offset] for offset in range(window)])
    return out


def _total(parts: list[Floats]) -> Floats:
    total = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total


def _mean(parts: list[Floats]) -> Floats:
    return _total(parts) / len(parts)


def _std(parts: list[Floats]) -> Floats:
    """Divided by ``window - 1``; of equal values it is exactly 0."""
    mean = _mean(parts)
    squares = np.zeros_like(mean)
    for part in parts:
        distance = part - mean
        distance *= distance
        squares += distance
    deviation: Floats = np.sqrt(squares / (len(parts) - 1))
    deviation[_smallest(parts) == _largest(parts)] = 0.0
    return deviation


def _zscore(parts: list[Floats]) -> Floats:
    deviation = _std(parts)
    equal = deviation == 0.0
    score: Floats = (parts[-1] - _mean(parts)) / np.where(equal, 1.0, deviation)
    score[equal] = 0.0
    return score


def _smallest(parts: list[Floats]) -> Floats:
    low = parts[0].copy()
    for part in parts[1:]:
        np.minimum(low, part, out=low)
    return low


def _largest(parts: list[Floats]) -> Floats:
    high = parts[0].copy()
    for part in parts[1:]:
        np.maximum(high, part, out=high)
    return high


def shifted(values: Floats, period: int) -> Floats:
    """Return the values `period` rows earlier, shape (n,); NaN before."""
    out = np.full(len(values), np.nan)
    out[period:] = values[: max(0, len(values) - period)]
    return out


def rolling_sum(values: Floats, window: int) -> Floats:
    """Return the sum of the last `window` values, shape (n,); NaN where one of them is."""
    return _each_block(values, window, _total)


def rolling_mean(values: Floats, window: int) -> Floats:
    """Return the mean of the last `window` values, shape (n,); NaN where one of them is."""
    return _each_block(values, window, _mean)


def rolling_std(values: Floats, window: int) -> Floats:
    """Return the standard deviation (divided by ``window - 1``) of the last `window` values, shape (n,); NaN where one of them is."""
    return _each_block(values, window, _std)


def rolling_zscore(values: Floats, window: int) -> Floats:
    """Return (value - mean) / std over the last `window` values, shape (n,): 0 where they are equal, NaN where one of them is."""
    return _each_block(values, window, _zscore)


def rolling_min(values: Floats, window: int) -> Floats:
    """Return the smallest of the last `window` values, shape (n,); NaN where one of them is."""
    return _each_block(values, window, _smallest)


def rolling_max(values: Floats, window: int) -> Floats:
    """Return the largest of the last `window` values, shape (n,); NaN where one of them is."""
    return _each_block(values, window, _largest)
