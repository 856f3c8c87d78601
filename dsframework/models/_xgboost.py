"""Gradient boosted trees of XGBoost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsframework.models._base import Floats
from dsframework.models._border import need
from dsframework.models._estimator import BoostingModel

__all__ = ["XgboostModel"]


class XgboostModel(BoostingModel):
    """`XGBRegressor` or `XGBClassifier` with histograms."""

    name = "xgboost"
    requirements = ("xgboost", "scikit-learn")
    rounds_parameter = "n_estimators"

    def _build(self, extra: Mapping[str, Any]) -> Any:
        library = need("xgboost", "boosting")
        booster = library.XGBRegressor if self.task == "regression" else library.XGBClassifier
        return booster(tree_method="hist", n_jobs=self.threads, random_state=self.seed, verbosity=0, **self._arguments(extra))

    def _best_rounds(self, x: Floats, y: Any, x_val: Floats, y_val: Any, patience: int) -> int:
        metric = "rmse" if self.task == "regression" else "logloss"
        estimator = self._build({"early_stopping_rounds": patience, "eval_metric": metric})
        estimator.fit(x, y, eval_set=[(x_val, y_val)], verbose=False)
        return int(estimator.best_iteration) + 1
