"""Linear regression with a quadratic penalty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsframework.models._estimator import EstimatorModel

__all__ = ["RidgeModel"]


class RidgeModel(EstimatorModel):
    """scikit-learn's `Ridge`."""

    name = "ridge"
    tasks = ("regression",)

    def _build(self, extra: Mapping[str, Any]) -> Any:
        from sklearn.linear_model import Ridge

        return Ridge(random_state=self.seed, **self._arguments(extra))
