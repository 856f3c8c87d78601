"""What is left of the errors: bias, spread, tails and dependence in time."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import EvaluationError
from dsframework.evaluation._base import Evaluation, Predictions
from dsframework.metrics import Groups
from dsframework.spec import ResidualsArguments

__all__ = ["autocorrelations", "residuals"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
_SHARES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


def residuals(arguments: ResidualsArguments, predictions: Predictions) -> Evaluation:
    """Describe the errors, actual minus predicted.

    Dependence in time is that of the mean error of the entities at each time. Forecasts `horizon` steps ahead overlap, so that errors up to
    lag ``horizon - 1`` hang together also for a perfect model; the test of Ljung & Box (1978) is over the lags after that.

    Returns
    -------
    Evaluation
        Figures ``bias`` (below 0: the forecasts are too high), ``bias_t`` (its distance from 0 in standard errors), ``deviation``,
        ``skewness``, ``kurtosis`` (3 for a normal distribution), ``too_high`` (share of forecasts above the actual value), ``ljung_box``
        and its ``ljung_box_p``; tables ``quantiles`` of the errors and ``autocorrelation`` by lag.

    Raises
    ------
    EvaluationError
        For a task whose predictions are not values.
    """
    if predictions.task != "regression":
        raise EvaluationError(f"a {predictions.task} has no errors of a size", field="evaluation.residuals", mend="use calibration")
    errors = predictions.sample.truth - predictions.sample.predicted
    groups = Groups.of(predictions.rows.time)
    over_time = groups.mean(errors)
    found = autocorrelations(over_time, min(arguments.lags, len(over_time) - 1))
    first = min(predictions.horizon, len(found) + 1)
    statistic, p_value = _ljung_box(found, len(over_time), first)
    spread = float(np.std(errors, ddof=1)) if len(errors) > 1 else None
    figures = {
        "bias": float(errors.mean()),
        "bias_t": _t_value(over_time),
        "deviation": spread,
        **_shape(errors),
        "too_high": float(np.mean(errors < 0)),
        "ljung_box": statistic,
        "ljung_box_p": p_value,
    }
    tables = {
        "quantiles": pl.DataFrame({"share": _SHARES, "error": np.quantile(errors, _SHARES)}),
        "autocorrelation": pl.DataFrame(
            {"lag": np.arange(1, len(found) + 1), "autocorrelation": found}, schema={"lag": pl.Int64, "autocorrelation": pl.Float64}
        ),
    }
    notes = () if statistic is not None else ("the errors do not vary, or there are too few times, to test their dependence",)
    return Evaluation(figures, tables, notes)


def autocorrelations(values: Floats, lags: int) -> Floats:
    """Return the autocorrelations at lags 1 to `lags`, shape (lags,); empty for a series that does not vary.

    >>> autocorrelations(np.array([1.0, -1.0, 1.0, -1.0]), 2)
    array([-0.75,  0.5 ])
    """
    left = values - values.mean()
    total = float(np.sum(left * left))
    if np.ptp(values) == 0:
        return np.empty(0)
    return np.array([float(np.sum(left[lag:] * left[:-lag])) / total for lag in range(1, lags + 1)])


def _ljung_box(correlations: Floats, n: int, first: int) -> tuple[float | None, float | None]:
    """The statistic over the lags from `first` on, and its p-value."""
    from scipy.stats import chi2

    lags = np.arange(first, len(correlations) + 1)
    if not len(lags):
        return None, None
    statistic = float(n * (n + 2.0) * np.sum(np.square(correlations[first - 1 :]) / (n - lags)))
    return statistic, float(chi2.sf(statistic, len(lags)))


def _t_value(over_time: Floats) -> float | None:
    if len(over_time) < 2 or np.ptp(over_time) == 0:
        return None
    return float(over_time.mean() / (np.std(over_time, ddof=1) / np.sqrt(len(over_time))))


def _shape(errors: Floats) -> dict[str, float | None]:
    spread = float(np.std(errors))
    if len(errors) < 2 or np.ptp(errors) == 0 or spread == 0:
        return {"skewness": None, "kurtosis": None}
    scaled = (errors - errors.mean()) / spread
    return {"skewness": float(np.mean(scaled**3)), "kurtosis": float(np.mean(scaled**4))}
