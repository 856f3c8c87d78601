"""Gradient boosted trees of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dsframework.models._base import Floats
from dsframework.models._boosting import BoostingModel

__all__ = ["HistGradientBoostingModel"]


class HistGradientBoostingModel(BoostingModel):
    """`HistGradientBoostingRegressor` or `HistGradientBoostingClassifier`; a tree is grown a leaf at a time.

    Its trees do not depend on the number of threads.
    """

    name = "hist_gradient_boosting"
    rounds_parameter = "max_iter"
    losses = {"mse": "squared_error", "mae": "absolute_error", "quantile": "quantile", "poisson": "poisson", "gamma": "gamma"}

    def _build(self, extra: Mapping[str, Any]) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

        boosting = HistGradientBoostingRegressor if self.task == "regression" else HistGradientBoostingClassifier
        more: dict[str, Any] = {"early_stopping": False, "categorical_features": None}
        if self.columns_.monotone is not None:
            more["monotonic_cst"] = list(self.columns_.monotone)
        if self.columns_.categories:
            more["categorical_features"] = sorted(self.columns_.categories)
        return boosting(**{"random_state": self.seed, **more, **self._arguments(extra)})

    def _learned(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> Any:
        with self._threads():
            return super()._learned(estimator, x, target, weight)

    def _values(self, estimator: Any, x: Floats) -> Any:
        with self._threads():
            return super()._values(estimator, x)

    def _chances(self, estimator: Any, x: Floats) -> Any:
        with self._threads():
            return super()._chances(estimator, x)

    def _raw_quantiles(self, x: Floats) -> Any:
        with self._threads():
            return super()._raw_quantiles(x)

    def _threads(self) -> Any:
        """The library asks OpenMP how many threads the caller may use."""
        from threadpoolctl import threadpool_limits

        return threadpool_limits(limits=self.threads, user_api="openmp")

    def _best_rounds(self, x: Floats, y: Any, x_val: Floats, y_val: Any, patience: int, weight: Floats | None) -> int:
        estimator = self._build({"early_stopping": True, "scoring": "loss", "n_iter_no_change": patience, "tol": 0.0})
        with self._threads():
            estimator.fit(x, y, sample_weight=weight, X_val=x_val, y_val=y_val)
        return int(np.argmax(estimator.validation_score_))

    def _loss_arguments(self, loss: str) -> dict[str, Any]:
        more = {"quantile": {"quantile": self._given("quantile", 0.5)}}
        return {"loss": self.losses[loss], **more.get(loss, {})}

    def _build_quantile(self, quantile: float, extra: Mapping[str, Any]) -> Any:
        return self._build({**extra, "loss": "quantile", "quantile": quantile})

    def feature_importance(self) -> Floats | None:
        """None: the library keeps no gains; see `permutation_importance`."""
        self._fitted()
        return None
