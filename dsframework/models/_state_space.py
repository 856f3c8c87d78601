"""Forecasts of a linear state-space model for many windows of a series at once.

    y = design . state + noise            noise ~ N(0, measured)
    state' = intercept + transition . state + shock       shock ~ N(0, shocked)

How much a filter trusts the next value depends on how many it has seen, and not on what they were: so its gains are computed once, and all
windows are filtered side by side (Durbin and Koopman 2012, "Time series analysis by state space methods", chapter 4).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.models._base import Floats

__all__ = ["StateSpace"]

_UNKNOWN = 1e6
"""The variance of a state that nothing is known of, for a series of deviation 1."""


@dataclass(frozen=True)
class StateSpace:
    """A model with known parameters, of a series with one value at a time.

    Attributes
    ----------
    transition, shocked
        Shape (states, states).
    design, intercept, start
        Shape (states,); `start` is the mean of the first state.
    spread
        The first state's covariance, shape (states, states).
    measured
        The variance of the noise.
    unit
        What all variances are counted in.
    unknown
        Whether nothing is known of the first state of a window.
    """

    transition: Floats
    design: Floats
    intercept: Floats
    shocked: Floats
    start: Floats
    spread: Floats
    measured: float = 0.0
    unit: float = 1.0
    unknown: bool = False

    @classmethod
    def of(cls, result: Any, *, unknown: bool) -> StateSpace:
        """Take the matrices of a model that statsmodels has fitted.

        Parameters
        ----------
        unknown
            Whether nothing is known of the first state of a window, in place of what statsmodels has for the first state of its series.
        """
        space, first = result.model.ssm, result.filter_results
        chosen, size = space["selection"], space["transition"].shape[0]
        return cls(
            transition=np.array(space["transition"]),
            design=np.array(space["design"]).reshape(-1),
            intercept=np.array(space["state_intercept"]).reshape(size, -1)[:, -1],
            shocked=chosen @ space["state_cov"] @ chosen.T,
            start=np.zeros(size) if unknown else np.array(first.initial_state),
            spread=_UNKNOWN * np.eye(size) if unknown else np.array(first.initial_state_cov),
            measured=float(space["obs_cov"].item()),
            unit=float(first.scale) if first.filter_concentrated else 1.0,
            unknown=unknown,
        )

    def forecast(self, windows: Floats, lengths: np.ndarray[Any, Any], steps: int) -> tuple[Floats, Floats]:
        """Return the value `steps` after the end of every window and the variance of its error, shape (windows,) each.

        The variance is infinite where a window is shorter than the number of states and nothing was known of them before.

        Parameters
        ----------
        windows
            Shape (windows, longest); a shorter one fills the first columns.
        lengths
            Shape (windows,), at least 1.
        steps
            At least 1.
        """
        state = np.tile(self.start, (len(windows), 1))
        spread, variances = self.spread, np.full(len(windows), np.inf)
        known_after = len(self.start) if self.unknown else 1
        for place in range(int(lengths.max(initial=0))):
            seen = spread @ self.design
            variance = float(self.design @ seen) + self.measured
            gain = self.transition @ seen / variance
            spread = self.transition @ spread @ self.transition.T + self.shocked - variance * np.outer(gain, gain)
            here = lengths > place
            surprise = windows[here, place] - state[here] @ self.design
            state[here] = self.intercept + state[here] @ self.transition.T + surprise[:, None] * gain
            last = lengths == place + 1
            if place + 1 >= known_after and last.any():
                variances[last] = self._variance(spread, steps)
        for _ in range(steps - 1):
            state = self.intercept + state @ self.transition.T
        found: Floats = state @ self.design
        return found, variances

    def _variance(self, spread: Floats, steps: int) -> float:
        """The variance of the value `steps` after a window, from the covariance of the state one step after it."""
        for _ in range(steps - 1):
            spread = self.transition @ spread @ self.transition.T + self.shocked
        return self.unit * (float(self.design @ spread @ self.design) + self.measured)
