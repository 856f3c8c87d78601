"""Block bootstrap of time series: resampling in stretches, so that what hangs together in time stays together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dsframework.errors import EvaluationError

__all__ = ["BlockKind", "Confidence", "block_length", "bootstrap_means", "confidence", "resampled_times"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Positions = np.ndarray[Any, np.dtype[np.int64]]
BlockKind = Literal["moving", "stationary"]

_CHUNK = 4_000_000


@dataclass(frozen=True)
class Confidence:
    """A bootstrap interval of an estimate.

    Attributes
    ----------
    estimate
        From the sample itself.
    lower, upper
        The ends, at the confidence `level`.
    block
        The block length that was used.
    """

    estimate: float
    lower: float
    upper: float
    level: float
    block: int


def block_length(values: Floats, kind: BlockKind = "moving") -> int:
    """Return the length of blocks that makes the bootstrap variance of the mean most precise.

    The rule of Politis & White (2004) with the correction of Patton, Politis & White (2009): the autocovariances up to the lag after which
    they are noise, weighted by a flat-top window.

    Parameters
    ----------
    values
        A series in the order of time, shape (times,); of several, shape (times, series), the longest length is taken.
    kind
        ``moving`` blocks of a fixed length, or ``stationary`` ones of that mean length.

    Returns
    -------
    int
        At least 1, at most a third of the times.
    """
    columns = values.reshape(len(values), -1)
    lengths = [_length_of(column, kind) for column in columns.T if np.ptp(column) > 0]
    return max(lengths, default=1)


def _length_of(values: Floats, kind: BlockKind) -> int:
    n = len(values)
    if n < 8:
        return 1
    left = values - values.mean()
    insignificant_run = max(5, int(np.log10(n)))
    most = int(np.ceil(np.sqrt(n))) + insignificant_run
    covariance = np.array([float(np.sum(left[k:] * left[: n - k])) / n for k in range(min(most, n - 1) + 1)])
    correlation = np.abs(covariance[1:] / covariance[0])
    large = correlation >= 2.0 * np.sqrt(np.log10(n) / n)
    quiet = [lag for lag in range(len(large) - insignificant_run + 1) if not large[lag : lag + insignificant_run].any()]
    noise = quiet[0] + 1 if quiet else int(np.flatnonzero(large)[-1]) + 1
    window = min(2 * noise, len(covariance) - 1)
    lags = np.arange(1, window + 1)
    flat_top = np.clip(2.0 * (1.0 - lags / window), 0.0, 1.0)
    curvature = 2.0 * float(np.sum(flat_top * lags * covariance[1 : window + 1]))
    spectrum = covariance[0] + 2.0 * float(np.sum(flat_top * covariance[1 : window + 1]))
    variance = (2.0 if kind == "stationary" else 4.0 / 3.0) * spectrum**2
    if variance <= 0:
        return 1
    length = (2.0 * curvature**2 / variance * n) ** (1.0 / 3.0)
    return int(np.clip(np.ceil(length), 1, max(1, min(np.ceil(3.0 * np.sqrt(n)), n // 3))))


def resampled_times(n_times: int, n: int, *, block: int, seed: int, kind: BlockKind = "moving") -> Positions:
    """Draw positions of the time axis in blocks.

    Parameters
    ----------
    n_times
        How many times there are.
    n
        How many samples to draw.
    block
        Length of a block, or the mean length of ``stationary`` ones (Politis & Romano, 1994), which go round at the end.
    seed
        Of the drawing.
    kind
        ``moving`` blocks (Kunsch, 1989) or ``stationary`` ones.

    Returns
    -------
    Positions
        Shape (n, n_times).
    """
    random = np.random.default_rng(seed)
    block = min(max(block, 1), n_times)
    if kind == "moving":
        starts = random.integers(0, n_times - block + 1, size=(n, -(-n_times // block)))
        drawn = (starts[:, :, None] + np.arange(block)).reshape(n, -1)
        return np.ascontiguousarray(drawn[:, :n_times])
    begins = random.random((n, n_times)) < 1.0 / block
    begins[:, 0] = True
    starts = random.integers(0, n_times, size=(n, n_times))
    at = np.arange(n_times)
    last = np.maximum.accumulate(np.where(begins, at, 0), axis=1)
    positions: Positions = (np.take_along_axis(starts, last, axis=1) + at - last) % n_times
    return positions


def bootstrap_means(values: Floats, n: int, *, block: int, seed: int, kind: BlockKind = "moving") -> Floats:
    """Return the means of resampled series, shape (n, series); the series of one sample are drawn at the same times.

    Parameters
    ----------
    values
        Shape (times, series).
    n, block, seed, kind
        As for `resampled_times`.
    """
    n_times, n_series = values.shape
    drawn = resampled_times(n_times, n, block=block, seed=seed, kind=kind)
    means = np.empty((n, n_series))
    step = max(1, _CHUNK // max(1, n_times * n_series))
    for start in range(0, n, step):
        means[start : start + step] = values[drawn[start : start + step]].mean(axis=1)
    return means


def confidence(
    values: Floats, *, level: float = 0.95, n: int = 2000, seed: int = 0, block: int | None = None, kind: BlockKind = "moving"
) -> Confidence:
    """Return a bootstrap interval of the mean of a series.

    It is a little too short where times are few and hang together: of 200 times with an autocorrelation of 0.5 an interval for 90 % holds
    the mean in four of five cases, of 1000 in nearly nine of ten.

    Parameters
    ----------
    values
        In the order of time, shape (times,).
    level
        Confidence.
    n
        How many samples to draw.
    seed
        Of the drawing.
    block
        Length of the blocks; chosen by `block_length` when None.
    kind
        Of the blocks.

    Raises
    ------
    EvaluationError
        For fewer than two times.
    """
    if len(values) < 2:
        raise EvaluationError("a bootstrap needs at least 2 times", value=len(values), mend="make the test longer")
    length = block or block_length(values, kind)
    means = bootstrap_means(values[:, None], n, block=length, seed=seed, kind=kind)[:, 0]
    lower, upper = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Confidence(float(values.mean()), float(lower), float(upper), level, length)
