"""Gradient boosted symmetric trees of CatBoost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsframework.models._base import Floats
from dsframework.models._border import need
from dsframework.models._estimator import BoostingModel

__all__ = ["CatboostModel"]


class CatboostModel(BoostingModel):
    """`CatBoostRegressor` or `CatBoostClassifier`; writes no files. The library's own learning rate depends on the data, ours is fixed."""

    name = "catboost"
    requirements = ("catboost",)
    rounds_parameter = "iterations"
    defaults = {"learning_rate": 0.1}

    def _build(self, extra: Mapping[str, Any]) -> Any:
        library = need("catboost", "boosting")
        booster = library.CatBoostRegressor if self.task == "regression" else library.CatBoostClassifier
        return booster(
            thread_count=self.threads,
            random_seed=self.seed,
            allow_writing_files=False,
            logging_level="Silent",
            **self._arguments(extra),
        )

    def _best_rounds(self, x: Floats, y: Any, x_val: Floats, y_val: Any, patience: int) -> int:
        estimator = self._build({})
        estimator.fit(x, y, eval_set=(x_val, y_val), early_stopping_rounds=patience, use_best_model=True)
        return int(estimator.get_best_iteration()) + 1
