"""The nearest rows of the past."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dsframework.models._base import Floats
from dsframework.models._estimator import EstimatorModel
from dsframework.models._leaves import weighted_quantiles

__all__ = ["NearestNeighborsModel"]


class NearestNeighborsModel(EstimatorModel):
    """`KNeighborsRegressor` or `KNeighborsClassifier`. Its quantiles are those of the neighbours' targets."""

    name = "nearest_neighbors"
    takes_weight = False
    gives_quantiles = True

    def _build(self, extra: Mapping[str, Any]) -> Any:
        from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

        neighbors = KNeighborsRegressor if self.task == "regression" else KNeighborsClassifier
        return neighbors(n_jobs=self.threads, **self._arguments(extra))

    def _fit_quantiles(self, x: Floats, target: Any, extra: Mapping[str, Any], weight: Floats | None) -> None:
        self.target_ = np.array(target)

    def _raw_quantiles(self, x: Floats) -> Any:
        distance, found = self.estimator_.kneighbors(x)
        weight = np.ones_like(distance)
        if self.estimator_.weights == "distance":
            zero = distance == 0.0
            weight = np.where(zero.any(axis=1, keepdims=True), zero.astype(float), 1.0 / np.where(zero, 1.0, distance))
        keep = weight > 0.0
        row = np.broadcast_to(np.arange(len(x))[:, None], found.shape)[keep]
        return weighted_quantiles(row, self.target_[found[keep]], weight[keep], len(x), self.quantiles)
