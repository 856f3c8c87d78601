"""How much a Sharpe ratio is worth: its error, and what the best of many trials would have had by luck."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.errors import EvaluationError

__all__ = [
    "Moments",
    "deflated_sharpe",
    "expected_maximum",
    "minimum_track_record",
    "moments",
    "probabilistic_sharpe",
    "sharpe_ratio",
]

Floats = np.ndarray[Any, np.dtype[np.float64]]
_EULER = 0.5772156649015329


@dataclass(frozen=True)
class Moments:
    """Of a series of returns: how many, its Sharpe ratio for one period, skewness and kurtosis (3 for a normal distribution)."""

    n: int
    sharpe: float
    skewness: float = 0.0
    kurtosis: float = 3.0


def sharpe_ratio(returns: Floats) -> float:
    """Return mean over sample standard deviation, for one period; 0 when the returns are all equal and 0.

    Raises
    ------
    EvaluationError
        For fewer than two returns, or equal ones other than 0.
    """
    if len(returns) < 2:
        raise EvaluationError("a Sharpe ratio needs at least 2 returns", value=len(returns), mend="make the test longer")
    if np.ptp(returns) == 0:
        if returns[0] == 0:
            return 0.0
        raise EvaluationError("the returns are all equal, so they have no risk to compare with")
    return float(np.mean(returns) / np.std(returns, ddof=1))


def moments(returns: Floats) -> Moments:
    """Return what the tests below need of a series of returns; raises `EvaluationError` as `sharpe_ratio` does."""
    ratio = sharpe_ratio(returns)
    spread = float(np.std(returns))
    if spread == 0:
        return Moments(len(returns), ratio)
    scaled = (returns - returns.mean()) / spread
    return Moments(len(returns), ratio, float(np.mean(scaled**3)), float(np.mean(scaled**4)))


def probabilistic_sharpe(of: Moments, benchmark: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio is above a benchmark (Bailey & López de Prado, 2012).

    Parameters
    ----------
    of
        Of the returns.
    benchmark
        A Sharpe ratio for one period.

    >>> round(probabilistic_sharpe(Moments(1250, 2.5 / 250**0.5, -3.0, 10.0), 0.1132), 2)
    0.9
    """
    from scipy.stats import norm

    return float(norm.cdf((of.sharpe - benchmark) * np.sqrt(of.n - 1.0) / np.sqrt(_variance(of))))


def minimum_track_record(of: Moments, benchmark: float = 0.0, level: float = 0.95) -> float:
    """Return how many returns are needed to say with confidence `level` that the Sharpe ratio is above the benchmark; infinite below it."""
    from scipy.stats import norm

    if of.sharpe <= benchmark:
        return float("inf")
    return float(1.0 + _variance(of) * (norm.ppf(level) / (of.sharpe - benchmark)) ** 2)


def expected_maximum(n: float, spread: float = 1.0) -> float:
    """Return the mean of the largest of `n` independent normal numbers with mean 0 and deviation `spread` (Bailey & López de Prado, 2014).

    >>> round(expected_maximum(100, (1 / (2 * 250)) ** 0.5), 4)
    0.1132
    """
    from scipy.stats import norm

    if n <= 1:
        return 0.0
    return float(spread * ((1.0 - _EULER) * norm.ppf(1.0 - 1.0 / n) + _EULER * norm.ppf(1.0 - 1.0 / (n * np.e))))


def deflated_sharpe(of: Moments, trials: Floats, n_effective: float | None = None) -> float:
    """Return the probability that the true Sharpe ratio of the best trial is above 0, given how many were tried.

    The benchmark is what the best of as many trials without any skill would have had (Bailey & López de Prado, 2014).

    Parameters
    ----------
    of
        Of the returns of the trial that was chosen.
    trials
        The Sharpe ratio of every trial, for one period, the chosen one included, shape (trials,).
    n_effective
        How many independent trials they amount to; as many as there are by default (see `effective_trials`).
    """
    n = float(len(trials)) if n_effective is None else n_effective
    spread = float(np.std(trials, ddof=1)) if len(trials) > 1 else 0.0
    return probabilistic_sharpe(of, expected_maximum(n, spread))


def _variance(of: Moments) -> float:
    """The variance of the Sharpe ratio's estimate times the number of returns (Mertens, 2002)."""
    variance = 1.0 - of.skewness * of.sharpe + (of.kurtosis - 1.0) / 4.0 * of.sharpe**2
    if variance <= 0:
        raise EvaluationError(f"skewness {of.skewness:g} and kurtosis {of.kurtosis:g} leave a Sharpe ratio no variance")
    return variance
