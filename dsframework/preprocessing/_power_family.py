"""Powers that make values more normal: Box and Cox (1964), and Yeo and Johnson (2000) for values of any sign."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dsframework.preprocessing._base import Floats

__all__ = ["box_cox", "box_cox_inverse", "likely_exponent", "yeo_johnson", "yeo_johnson_inverse"]

_SMALLEST, _LARGEST = -5.0, 5.0
_NEAR = 1e-8
"""An exponent this close to 0 is the logarithm: the power's own rounding error is larger than the difference."""


def box_cox(x: Floats, exponent: float) -> Floats:
    """Return ``(x ** exponent - 1) / exponent``, or the logarithm for 0; `x` is positive."""
    log = np.log(x)
    result: Floats = log if abs(exponent) < _NEAR else np.expm1(exponent * log) / exponent
    return result


def box_cox_inverse(z: Floats, exponent: float) -> Floats:
    """Undo `box_cox`; NaN for what is not on its scale."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        result: Floats = np.exp(z) if abs(exponent) < _NEAR else np.exp(np.log1p(exponent * z) / exponent)
    return result


def yeo_johnson(x: Floats, exponent: float) -> Floats:
    """Return Box and Cox of ``1 + x`` for values from 0 on, and minus that of ``1 - x`` with ``2 - exponent`` below; NaN stays."""
    result = np.full_like(x, np.nan)
    above, below = x >= 0, x < 0
    result[above] = _box_cox_of_one_more(x[above], exponent)
    result[below] = -_box_cox_of_one_more(-x[below], 2.0 - exponent)
    return result


def yeo_johnson_inverse(z: Floats, exponent: float) -> Floats:
    """Undo `yeo_johnson`; NaN for what is not on its scale."""
    result = np.full_like(z, np.nan)
    above, below = z >= 0, z < 0
    result[above] = _one_less(z[above], exponent)
    result[below] = -_one_less(-z[below], 2.0 - exponent)
    return result


def _box_cox_of_one_more(x: Floats, exponent: float) -> Floats:
    log = np.log1p(x)
    result: Floats = log if abs(exponent) < _NEAR else np.expm1(exponent * log) / exponent
    return result


def _one_less(z: Floats, exponent: float) -> Floats:
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        result: Floats = np.expm1(z) if abs(exponent) < _NEAR else np.expm1(np.log1p(exponent * z) / exponent)
    return result


def likely_exponent(x: Floats, power: Callable[[Floats, float], Floats], *, within: tuple[float, float] = (_SMALLEST, _LARGEST)) -> float:
    """Return the exponent within bounds that makes values most likely normal; 1 for values that are all alike.

    Parameters
    ----------
    x
        Values, shape (rows,), NaN left out.
    power
        `box_cox` or `yeo_johnson`.
    """
    from scipy.optimize import minimize_scalar

    x = x[~np.isnan(x)]
    if x.size < 2 or _deviation(x) == 0.0:
        return 1.0
    slopes = np.log(x).sum() if power is box_cox else (np.sign(x) * np.log1p(np.abs(x))).sum()

    def unlikely(exponent: float) -> float:
        with np.errstate(over="ignore", invalid="ignore"):
            deviation = _deviation(power(x, exponent))
        if not np.isfinite(deviation) or deviation == 0.0:
            return np.inf
        return float(x.size * np.log(deviation) - (exponent - 1.0) * slopes)

    starts = np.linspace(*within, 21)
    heights = [unlikely(start) for start in starts]
    best = int(np.argmin(heights))
    if not np.isfinite(heights[best]):
        return 1.0
    low, high = starts[max(best - 1, 0)], starts[min(best + 1, len(starts) - 1)]
    found = minimize_scalar(unlikely, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
    return float(found.x) if found.fun <= heights[best] else float(starts[best])


def _deviation(values: Floats) -> float:
    """The population deviation; 0 where it is within the rounding error of the values."""
    mean = values.mean()
    deviation = float(np.sqrt(np.square(values - mean).mean()))
    return 0.0 if deviation <= values.size * abs(float(mean)) * np.finfo(np.float64).eps else deviation
