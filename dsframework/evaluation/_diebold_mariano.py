"""Are two forecasts equally good? The test of Diebold & Mariano with the correction for small samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dsframework.errors import EvaluationError

__all__ = ["Alternative", "DieboldMariano", "diebold_mariano", "holm", "long_run_variance"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Alternative = Literal["two-sided", "less", "greater"]
Window = Literal["uniform", "bartlett"]


@dataclass(frozen=True)
class DieboldMariano:
    """What the test says.

    Attributes
    ----------
    mean
        Mean difference of the losses; above 0 the first forecast loses more.
    statistic
        Its distance from 0 in standard errors, corrected for small samples; compared with Student's t of `n_times` - 1 degrees of freedom.
    p_value
        How likely a distance like this is when both are equally good.
    n_times, lags
        How many times there are, and up to which lag their dependence counts.
    note
        What was unusual, or None.
    """

    mean: float
    statistic: float
    p_value: float
    n_times: int
    lags: int
    note: str | None = None


def diebold_mariano(
    difference: Floats, *, horizon: int = 1, alternative: Alternative = "two-sided", window: Window = "uniform"
) -> DieboldMariano:
    """Test whether a series of loss differences has mean 0 (Diebold & Mariano, 1995; Harvey, Leybourne & Newbold, 1997).

    Parameters
    ----------
    difference
        Loss of the first forecast minus loss of the second at each time, in the order of time, shape (times,). For a panel the mean over
        the entities at each time: their losses at one time are not independent, the times are what is counted.
    horizon
        Time steps ahead. Forecasts `horizon` steps ahead overlap, so their errors hang together up to ``horizon - 1`` lags.
    alternative
        ``less``: the first forecast is better. ``greater``: it is worse.
    window
        Weights of the autocovariances: ``uniform`` as in the original test; where that gives no positive variance, ``bartlett`` is taken.

    Raises
    ------
    EvaluationError
        When there are not more than `horizon` times, or a difference is not finite.
    """
    from scipy.stats import t as student

    n = len(difference)
    if n <= horizon or n < 2:
        raise EvaluationError(
            f"a test of forecasts {horizon} steps ahead needs more than {max(horizon, 1)} times", value=n, mend="make the test longer"
        )
    if not np.isfinite(difference).all():
        raise EvaluationError("a loss is not finite", field="metrics", mend="compare by mae")
    mean, lags, note = float(difference.mean()), horizon - 1, None
    if np.ptp(difference) == 0:
        told = 0.0 if mean == 0 else float(np.copysign(np.inf, mean))
        note = "the losses are the same" if mean == 0 else "the difference is the same at every time"
        return DieboldMariano(mean, told, _p_value(told, alternative, student, n), n, lags, note)
    variance = long_run_variance(difference, lags, window)
    if variance <= 0:
        variance = long_run_variance(difference, lags, "bartlett")
        note = "the uniform window gives no positive variance; Bartlett's was taken"
    small_sample = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n
    statistic = mean / np.sqrt(variance / n) * np.sqrt(max(small_sample, 0.0))
    return DieboldMariano(mean, float(statistic), _p_value(float(statistic), alternative, student, n), n, lags, note)


def long_run_variance(values: Floats, lags: int, window: Window = "bartlett") -> float:
    """Return the variance of the mean of a series times its length, from the autocovariances up to `lags` (Newey & West, 1987).

    >>> long_run_variance(np.array([1.0, -1.0, 1.0, -1.0]), 0)
    1.0
    """
    left = values - values.mean()
    n = len(left)
    total = float(np.sum(left * left)) / n
    for lag in range(1, min(lags, n - 1) + 1):
        weight = 1.0 if window == "uniform" else 1.0 - lag / (lags + 1.0)
        total += 2.0 * weight * float(np.sum(left[lag:] * left[:-lag])) / n
    return total


def holm(p_values: Mapping[Any, float]) -> dict[Any, float]:
    """Correct p-values of several tests for their number (Holm, 1979), so that one false alarm among them all keeps its odds.

    >>> holm({"a": 0.01, "b": 0.04, "c": 0.03})
    {'a': 0.03, 'b': 0.06, 'c': 0.06}
    """
    ordered = sorted(p_values, key=lambda key: p_values[key])
    corrected, least = {}, 0.0
    for position, key in enumerate(ordered):
        least = max(least, min(1.0, (len(ordered) - position) * p_values[key]))
        corrected[key] = least
    return {key: corrected[key] for key in p_values}


def _p_value(statistic: float, alternative: Alternative, student: Any, n: int) -> float:
    if alternative == "two-sided":
        return float(2.0 * student.sf(abs(statistic), n - 1))
    return float(student.cdf(statistic, n - 1) if alternative == "less" else student.sf(statistic, n - 1))
