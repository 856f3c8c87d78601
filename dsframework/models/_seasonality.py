"""A season that repeats, taken out of windows of a series by the classical decomposition (Macaulay 1931).

The trend of a window is its moving average over one season, with half weights at both ends where the season is even. What is left of the
values is averaged by their place in the season, and these indices are made to average 0, or 1 where values are divided by them.
"""

from __future__ import annotations

import numpy as np

from dsframework.models._base import Floats

__all__ = ["fewest_rows", "indices", "is_seasonal", "trend_of"]

_CONFIDENCE = 1.645
"""The normal deviate beyond which an autocorrelation is no chance, at 90 per cent on both sides."""


def fewest_rows(period: int | None) -> int:
    """Return how many values a decomposition needs: two seasons, and ten values whose trend is known."""
    return 10 if period is None else max(2 * period, 10 + 2 * (period // 2))


def trend_of(windows: Floats, period: int) -> Floats:
    """Return the moving average of windows, shape (windows, length); NaN for the half season at both ends."""
    half = period // 2
    weights = np.full(2 * half + 1, 1.0 / period)
    if period % 2 == 0:
        weights[[0, -1]] /= 2.0
    trend = np.full(windows.shape, np.nan)
    trend[:, half : windows.shape[1] - half] = np.lib.stride_tricks.sliding_window_view(windows, len(weights), axis=1) @ weights
    return trend


def indices(windows: Floats, period: int, *, multiplicative: bool) -> Floats:
    """Return what the season does at each of its places, shape (windows, period); the first value of a window is at place 0.

    Parameters
    ----------
    windows
        Shape (windows, length), at least two seasons long.
    multiplicative
        Whether the season multiplies the trend, and is not added to it.

    Examples
    --------
    >>> indices(np.tile([1.0, 5.0, 3.0], 4)[None], 3, multiplicative=False)
    array([[-2.,  2.,  0.]])
    """
    trend = trend_of(windows, period)
    left = windows / trend if multiplicative else windows - trend
    found = np.stack([np.nanmean(left[:, place::period], axis=1) for place in range(period)], axis=1)
    mean = found.mean(axis=1, keepdims=True)
    normal: Floats = found / mean if multiplicative else found - mean
    return normal


def is_seasonal(values: Floats, period: int) -> bool:
    """Tell whether the autocorrelation one season apart is more than chance.

    It is compared with the deviation that it has when only the autocorrelations at shorter lags are not zero (Bartlett 1946), as the theta
    model's authors do (Fiorucci et al. 2016, "Models for optimising the theta method and their relationship to state space models").
    """
    distance = values - values.mean()
    total = float(np.square(distance).sum())
    if len(values) <= period or total == 0.0:
        return False
    found = np.array([float(distance[lag:] @ distance[:-lag]) for lag in range(1, period + 1)]) / total
    deviation = np.sqrt((1.0 + 2.0 * np.square(found[:-1]).sum()) / len(values))
    return bool(abs(found[-1]) > _CONFIDENCE * deviation)
