"""The theta model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.models._base import Floats
from dsframework.models._seasonality import fewest_rows, indices, is_seasonal
from dsframework.models._statistical import StatisticalModel
from dsframework.models._statistical_models import without_gaps

__all__ = ["ThetaModel"]


@dataclass(frozen=True)
class _Learned:
    alpha: float
    slope: float
    form: str | None
    variance: float = 0.0


class ThetaModel(StatisticalModel):
    """Simple exponential smoothing with half the slope of the series' straight line.

    The model is that of Assimakopoulos and Nikolopoulos (2000, "The theta model"). Smoothing and slope are learned by statsmodels'
    `ThetaModel` from the training rows; smoothing begins at the first value of a window. With a season the values are parted from it by the
    classical decomposition, of the training rows to learn, and of each window to predict, and the forecast gets it back.
    ``seasonality: auto`` does so where the training rows show a season (see `is_seasonal`), which multiplies where all of them are
    positive. The variance is that of the moving average of order one that the model is (Hyndman and Billah 2003, "Unmasking the theta
    method").
    """

    name = "theta"

    @property
    def _asked(self) -> str:
        return str(self.params.get("seasonality", "auto"))

    @property
    def _least(self) -> int:
        season = self.params.get("season")
        return fewest_rows(season) if season else 1

    def _only_positive(self, parameters: _Learned) -> bool:
        return parameters.form == "multiplicative"

    def _units(self, entity: str, values: Floats) -> tuple[float, float]:
        known = values[np.isfinite(values)]
        if not self.params.get("season") or self._asked == "additive" or (self._asked == "auto" and known.min() <= 0):
            return super()._units(entity, values)
        self._refuse(entity, known)
        return 0.0, float(known.mean())

    def _learn(self, values: Floats) -> _Learned:
        from statsmodels.tsa.forecasting.theta import ThetaModel as Theta

        values = without_gaps(values)
        form = self._form(values)
        seasonal = self._indices(values[None], form)
        plain = _without_season(values[None], seasonal, form)
        found = Theta(plain[0], period=1, deseasonalize=False).fit().params
        learned = _Learned(float(found["alpha"]), float(found["b0"]), form)
        level, errors = plain[0, 0], []
        for place, value in enumerate(plain[0, 1:], start=1):
            errors.append(value - level - 0.5 * learned.slope * self._late(learned.alpha, place))
            level += learned.alpha * (value - level)
        return _Learned(learned.alpha, learned.slope, form, float(np.mean(np.square(errors))))

    def _forecast(self, parameters: _Learned, windows: Floats, lengths: np.ndarray[Any, Any]) -> tuple[Floats, Floats]:
        alpha, slope, form = parameters.alpha, parameters.slope, parameters.form
        plain, back = windows.copy(), np.full(len(windows), float(form == "multiplicative"))
        for length in np.unique(lengths) if form else ():
            same, last = lengths == length, int(length)
            seasonal = self._indices(windows[same, :last], form)
            plain[same, :last] = _without_season(windows[same, :last], seasonal, form)
            back[same] = seasonal[:, (last + self.horizon_ - 1) % seasonal.shape[1]]
        level = plain[:, 0].copy()
        for place in range(1, windows.shape[1]):
            here = lengths > place
            level[here] += alpha * (plain[here, place] - level[here])
        late = np.array([self._late(alpha, int(length)) for length in lengths])
        ahead: Floats = level + 0.5 * slope * (self.horizon_ - 1 + late)
        variance = np.full(len(windows), parameters.variance * (1.0 + (self.horizon_ - 1) * alpha**2))
        if form == "multiplicative":
            return ahead * back, variance * back**2
        return ahead + back, variance

    def _form(self, values: Floats) -> str | None:
        season = self.params.get("season")
        if not season:
            return None
        if self._asked != "auto":
            return self._asked
        if not is_seasonal(values, int(season)):
            return None
        return "multiplicative" if values.min() > 0 else "additive"

    def _indices(self, windows: Floats, form: str | None) -> Floats:
        """The season of windows, shape (windows, period); zeros where there is none."""
        if form is None:
            return np.zeros((len(windows), 1))
        return indices(windows, int(self.params["season"]), multiplicative=form == "multiplicative")

    @staticmethod
    def _late(alpha: float, length: int) -> float:
        """How many steps the level of a series on a line lies behind it, after so many values."""
        return (1.0 - (1.0 - alpha) ** length) / alpha if alpha > 0 else 0.0


def _without_season(windows: Floats, seasonal: Floats, form: str | None) -> Floats:
    repeated = seasonal[:, np.arange(windows.shape[1]) % seasonal.shape[1]]
    return windows / repeated if form == "multiplicative" else windows - repeated
