"""Gradient boosted trees of LightGBM."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from dsframework.models._base import Floats
from dsframework.models._border import need
from dsframework.models._estimator import BoostingModel

__all__ = ["LightgbmModel"]


class LightgbmModel(BoostingModel):
    """`LGBMRegressor` or `LGBMClassifier`, in the mode that gives the same trees for any number of threads."""

    name = "lightgbm"
    requirements = ("lightgbm", "scikit-learn")
    rounds_parameter = "n_estimators"

    def _build(self, extra: Mapping[str, Any]) -> Any:
        library = need("lightgbm", "boosting")
        booster = library.LGBMRegressor if self.task == "regression" else library.LGBMClassifier
        return booster(
            deterministic=True,
            force_row_wise=True,
            n_jobs=self.threads,
            random_state=self.seed,
            importance_type="gain",
            verbosity=-1,
            **self._arguments(extra),
        )

    def _best_rounds(self, x: Floats, y: Any, x_val: Floats, y_val: Any, patience: int) -> int:
        library = need("lightgbm", "boosting")
        estimator = self._build({})
        metric = "l2" if self.task == "regression" else "binary_logloss"
        stop = library.early_stopping(patience, verbose=False)
        pairs = {"eval_X": (x_val,), "eval_y": (y_val,)}  # since LightGBM 4.7, which warns of the older name
        watched = pairs if "eval_X" in inspect.signature(estimator.fit).parameters else {"eval_set": [(x_val, y_val)]}
        estimator.fit(x, y, **watched, eval_metric=metric, callbacks=[stop])
        return int(estimator.best_iteration_)
