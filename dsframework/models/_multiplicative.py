"""Exponential smoothing with multiplicative errors and, where there is one, a multiplicative season, for many windows at once.

    y = (level + damping . slope) . index . (1 + error)
    level' = (level + damping . slope) . (1 + alpha . error)
    slope' = damping . slope + beta . (level + damping . slope) . error
    index' = index . (1 + gamma . error)                                    of the same place in the season

The states at the beginning of a window are those of its first seasons (Hyndman, Koehler, Ord and Snyder 2008, "Forecasting with exponential
smoothing", section 2.6). statsmodels updates an index by the new level in place of the one before, which differs in the square of the
error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.models._base import Floats
from dsframework.models._seasonality import fewest_rows, indices, trend_of

__all__ = ["Multiplicative"]

_CYCLES, _LINE = 5, 10
"""How many seasons the first indices are the mean of, and through how many values the first line is drawn."""


@dataclass(frozen=True)
class Multiplicative:
    """A model with known parameters.

    Attributes
    ----------
    alpha, beta, gamma, damping
        As in the module's text; `damping` is 0 where there is no trend.
    season
        Rows of a season; None where there is none.
    variance
        Of the relative errors.
    """

    alpha: float
    beta: float
    gamma: float
    damping: float
    season: int | None
    variance: float = 0.0

    @classmethod
    def of(cls, values: Floats, *, trend: bool, damped: bool, season: int | None) -> Multiplicative:
        """Learn the parameters that statsmodels' `ETSModel` finds for a series of positive values."""
        from statsmodels.tsa.exponential_smoothing.ets import ETSModel

        model = ETSModel(
            values,
            error="mul",
            trend="add" if trend else None,
            damped_trend=damped,
            seasonal="mul" if season else None,
            seasonal_periods=season,
            initialization_method="heuristic",
        )
        found = model.fit(disp=False)
        learned = cls(
            alpha=float(found.alpha),
            beta=float(found.beta) if trend else 0.0,
            gamma=float(found.gamma) if season else 0.0,
            damping=float(found.phi) if damped else float(trend),
            season=season,
        )
        errors = learned._smoothed(values[None], np.array([len(values)]))[3]
        return cls(**{**vars(learned), "variance": float(np.mean(np.square(errors)))})

    def forecast(self, windows: Floats, lengths: np.ndarray[Any, Any], steps: int) -> tuple[Floats, Floats]:
        """Return the value `steps` after the end of every window and the variance of its error, shape (windows,) each; see `StateSpace`."""
        level, slope, index, _ = self._smoothed(windows, lengths)
        grown = float(np.sum(self.damping ** np.arange(1, steps + 1)))
        factor = index[np.arange(len(index)), (lengths + steps - 1) % index.shape[1]]
        states = np.stack([level, slope], axis=1) * factor[:, None]
        return (level + slope * grown) * factor, self._variances(states, steps)

    def _variances(self, states: Floats, steps: int) -> Floats:
        """The variances of the values `steps` ahead, from level and slope times the index that these values will have.

        Every step multiplies such a state by a matrix that is linear in the step's error, and by the change of the index where the step
        lies at the same place of the season; so the state's first and second moments follow from those before, with normal errors.
        """
        kept = np.array([[1.0, self.damping], [0.0, self.damping]])
        moved = np.outer([self.alpha, self.beta], [1.0, self.damping])
        first, second = states, states[:, :, None] * states[:, None, :]
        for left in range(steps - 1, 0, -1):
            turned = self.gamma if self.season and left % self.season == 0 else 0.0
            once = moved + turned * kept
            mixed = turned * (kept @ second @ moved.T + moved @ second @ kept.T)
            twice = 3.0 * self.variance**2 * turned**2 * (moved @ second @ moved.T)
            second = kept @ second @ kept.T + self.variance * (once @ second @ once.T + mixed) + twice
            first = first @ (kept + turned * self.variance * moved).T
        seen = np.array([1.0, self.damping])
        found: Floats = (1.0 + self.variance) * (seen @ second @ seen) - np.square(first @ seen)
        return found

    def _smoothed(self, windows: Floats, lengths: np.ndarray[Any, Any]) -> tuple[Floats, Floats, Floats, Floats]:
        """Level, slope and indices at the end of every window, and the relative errors in it, 0 behind its end."""
        level, slope, index = self._start(windows, lengths)
        errors = np.zeros(windows.shape)
        for place in range(windows.shape[1]):
            here = lengths > place
            spot = place % index.shape[1]
            before = level[here] + self.damping * slope[here]
            error = windows[here, place] / (before * index[here, spot]) - 1.0
            level[here] = before * (1.0 + self.alpha * error)
            slope[here] = self.damping * slope[here] + self.beta * before * error
            index[here, spot] *= 1.0 + self.gamma * error
            errors[here, place] = error
        return level, slope, index, errors

    def _start(self, windows: Floats, lengths: np.ndarray[Any, Any]) -> tuple[Floats, Floats, Floats]:
        """Level, slope and indices before the first value of every window."""
        level, slope = np.empty(len(windows)), np.empty(len(windows))
        index = np.ones((len(windows), self.season or 1))
        line = np.linalg.pinv(np.column_stack([np.ones(_LINE), np.arange(1, _LINE + 1)]))
        for length in np.unique(self._first_rows(lengths)):
            same = self._first_rows(lengths) == length
            first = windows[same, : int(length)]
            if self.season:
                index[same] = indices(first, self.season, multiplicative=True)
                first = trend_of(first, self.season)[:, self.season // 2 :]
            level[same], slope[same] = line @ first[:, :_LINE].T
        return level, slope if self.damping else np.zeros(len(windows)), index

    def _first_rows(self, lengths: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """How many values of every window tell its beginning: up to five seasons, and enough for a line through their trend."""
        if not self.season:
            return np.full(len(lengths), _LINE)
        enough = -(-fewest_rows(self.season) // self.season)
        cycles = np.maximum(np.minimum(_CYCLES, lengths // self.season), enough)
        found: np.ndarray[Any, Any] = np.minimum(cycles * self.season, lengths)
        return found
