"""ARIMA, exponential smoothing and Theta."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsframework.models._base import Floats
from dsframework.models._state_space import StateSpace
from dsframework.models._statistical import StatisticalModel

__all__ = ["ArimaModel", "EtsModel", "ThetaModel"]

_TRENDS = {"none": (False, False), "additive": (True, False), "damped": (True, True)}


class ArimaModel(StatisticalModel):
    """Autoregression and moving average of the series' differences: statsmodels' `SARIMAX` (Box and Jenkins 1970).

    A series that is not differenced has a mean; one that is differenced has a drift where `drift` says so.
    """

    name = "arima"

    def _learn(self, values: Floats) -> Any:
        from statsmodels.tsa.statespace.sarimax import SARIMAX

        order = tuple(int(self.params.get(key, default)) for key, default in (("p", 1), ("d", 0), ("q", 0)))
        season = self.params.get("season")
        seasonal = tuple(int(self.params.get(f"seasonal_{key}", 0)) for key in "pdq") if season else (0, 0, 0)
        differenced = order[1] + seasonal[1] > 0
        trend = "c" if not differenced or self.params.get("drift") else "n"
        model = SARIMAX(values, order=order, seasonal_order=(*seasonal, int(season or 0)), trend=trend)
        return StateSpace.of(model.fit(disp=False), unknown=False)

    def _forecast(self, parameters: Any, windows: Floats, lengths: np.ndarray[Any, Any]) -> Floats:
        found: Floats = parameters.forecast(windows, lengths, self.horizon_)
        return found


class EtsModel(StatisticalModel):
    """Exponential smoothing with additive errors, trend and season: statsmodels' state-space `ExponentialSmoothing`.

    The first state of a window is unknown, and is learned from the window itself by a diffuse filter (Hyndman, Koehler, Ord and Snyder
    2008, "Forecasting with exponential smoothing").
    """

    name = "ets"

    def _learn(self, values: Floats) -> Any:
        from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

        trend, damped = _TRENDS[str(self.params.get("trend", "none"))]
        model = ExponentialSmoothing(
            _without_gaps(values), trend=trend, damped_trend=damped, seasonal=self.params.get("season"), initialization_method="heuristic"
        )
        return StateSpace.of(model.fit(disp=False), unknown=True)

    def _forecast(self, parameters: Any, windows: Floats, lengths: np.ndarray[Any, Any]) -> Floats:
        found: Floats = parameters.forecast(windows, lengths, self.horizon_)
        return found


class ThetaModel(StatisticalModel):
    """Simple exponential smoothing with half the slope of the series' straight line: statsmodels' `ThetaModel`, not deseasonalised.

    Smoothing and slope are learned from the training rows; smoothing begins at the first value of a window (Assimakopoulos and Nikolopoulos
    2000, "The theta model").
    """

    name = "theta"

    def _learn(self, values: Floats) -> Any:
        from statsmodels.tsa.forecasting.theta import ThetaModel as Theta

        found = Theta(_without_gaps(values), period=1, deseasonalize=False).fit().params
        return float(found["alpha"]), float(found["b0"])

    def _forecast(self, parameters: Any, windows: Floats, lengths: np.ndarray[Any, Any]) -> Floats:
        alpha, slope = parameters
        level = windows[:, 0].copy()
        for place in range(windows.shape[1]):
            here = lengths > place
            level[here] += alpha * (windows[here, place] - level[here])
        late = (1.0 - (1.0 - alpha) ** lengths) / alpha if alpha > 0 else 0.0
        found: Floats = level + 0.5 * slope * (self.horizon_ - 1 + late)
        return found


def _without_gaps(values: Floats) -> Floats:
    """The series with its last known value where one is missing: smoothing as statsmodels fits it takes no gaps."""
    known = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(len(values)), 0))
    filled: Floats = values[known]
    return filled[int(np.isfinite(filled).argmax()) :]
