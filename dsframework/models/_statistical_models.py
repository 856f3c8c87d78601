"""ARIMA and exponential smoothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsframework.models._base import Floats
from dsframework.models._multiplicative import Multiplicative
from dsframework.models._seasonality import fewest_rows
from dsframework.models._state_space import StateSpace
from dsframework.models._statistical import StatisticalModel

__all__ = ["ArimaModel", "EtsModel", "without_gaps"]

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

    def _forecast(self, parameters: Any, windows: Floats, lengths: np.ndarray[Any, Any]) -> tuple[Floats, Floats]:
        found: tuple[Floats, Floats] = parameters.forecast(windows, lengths, self.horizon_)
        return found


class EtsModel(StatisticalModel):
    """Exponential smoothing (Hyndman, Koehler, Ord and Snyder 2008, "Forecasting with exponential smoothing").

    With additive errors, trend and season it is statsmodels' state-space `ExponentialSmoothing`: the first state of a window is unknown,
    and is learned from the window itself by a diffuse filter. With multiplicative errors and season, see `Multiplicative`.
    """

    name = "ets"

    @property
    def _multiplies(self) -> bool:
        return str(self.params.get("form", "additive")) == "multiplicative"

    @property
    def _least(self) -> int:
        return fewest_rows(self.params.get("season")) if self._multiplies else 1

    def _only_positive(self, parameters: Any) -> bool:
        return self._multiplies

    def _units(self, entity: str, values: Floats) -> tuple[float, float]:
        if not self._multiplies:
            return super()._units(entity, values)
        self._refuse(entity, values[np.isfinite(values)])
        return 0.0, float(np.nanmean(values))

    def _learn(self, values: Floats) -> Any:
        from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

        trend, damped = _TRENDS[str(self.params.get("trend", "none"))]
        season = self.params.get("season")
        if self._multiplies:
            return Multiplicative.of(without_gaps(values), trend=trend, damped=damped, season=season)
        model = ExponentialSmoothing(
            without_gaps(values), trend=trend, damped_trend=damped, seasonal=season, initialization_method="heuristic"
        )
        return StateSpace.of(model.fit(disp=False), unknown=True)

    def _forecast(self, parameters: Any, windows: Floats, lengths: np.ndarray[Any, Any]) -> tuple[Floats, Floats]:
        found: tuple[Floats, Floats] = parameters.forecast(windows, lengths, self.horizon_)
        return found


def without_gaps(values: Floats) -> Floats:
    """The series with its last known value where one is missing: smoothing as statsmodels fits it takes no gaps."""
    known = np.maximum.accumulate(np.where(np.isfinite(values), np.arange(len(values)), 0))
    filled: Floats = values[known]
    return filled[int(np.isfinite(filled).argmax()) :]
