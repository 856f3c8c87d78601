"""For models whose parameters are in units of the target's spread."""

from __future__ import annotations

from typing import Any

from dsframework.models._base import Floats
from dsframework.models._estimator import EstimatorModel

__all__ = ["ScaledTargetModel"]


class ScaledTargetModel(EstimatorModel):
    """A model that learns the target of a regression with mean 0 and deviation 1, and predicts in its own unit."""

    def _target(self, y: Floats) -> Any:
        target = super()._target(y)
        if self.task != "regression":
            return target
        spread = float(y.std())
        self.centre_, self.spread_ = float(y.mean()), spread if spread > 0 else 1.0
        return self._scaled(y)

    def _scaled(self, y: Floats) -> Floats:
        return (y - self.centre_) / self.spread_

    def _values(self, estimator: Any, x: Floats) -> Any:
        return super()._values(estimator, x) * self.spread_ + self.centre_
