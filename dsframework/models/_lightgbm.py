"""Gradient boosted trees of LightGBM."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from dsframework.models._base import Floats
from dsframework.models._boosting import BoostingModel
from dsframework.models._border import need

__all__ = ["LightgbmModel"]


class LightgbmModel(BoostingModel):
    """`LGBMRegressor` or `LGBMClassifier`, in the mode that gives the same trees for any number of threads."""

    name = "lightgbm"
    requirements = ("lightgbm", "scikit-learn")
    rounds_parameter = "n_estimators"
    losses = {
        "mse": "regression",
        "mae": "regression_l1",
        "huber": "huber",
        "quantile": "quantile",
        "poisson": "poisson",
        "gamma": "gamma",
        "tweedie": "tweedie",
    }

    def _build(self, extra: Mapping[str, Any]) -> Any:
        library = need("lightgbm", "boosting")
        booster = library.LGBMRegressor if self.task == "regression" else library.LGBMClassifier
        more: dict[str, Any] = {} if self.device == "cpu" else {"device_type": self.device}
        if self.columns_.monotone is not None:
            more["monotone_constraints"] = list(self.columns_.monotone)
        return booster(
            deterministic=True,
            force_row_wise=True,
            n_jobs=self.threads,
            random_state=self.seed,
            importance_type="gain",
            verbosity=-1,
            **more,
            **self._arguments(extra),
        )

    def _learned(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> Any:
        return estimator.fit(x, target, sample_weight=weight, **self._kinds())

    def _best_rounds(self, x: Floats, y: Any, x_val: Floats, y_val: Any, patience: int, weight: Floats | None) -> int:
        library = need("lightgbm", "boosting")
        estimator = self._build({})
        stop = library.early_stopping(patience, verbose=False)
        pairs = {"eval_X": (x_val,), "eval_y": (y_val,)}  # since LightGBM 4.7, which warns of the older name
        watched = pairs if "eval_X" in inspect.signature(estimator.fit).parameters else {"eval_set": [(x_val, y_val)]}
        estimator.fit(x, y, sample_weight=weight, **watched, callbacks=[stop], **self._kinds())
        return int(estimator.best_iteration_)

    def _kinds(self) -> dict[str, Any]:
        return {"categorical_feature": sorted(self.columns_.categories)} if self.columns_.categories else {}

    def _loss_arguments(self, loss: str) -> dict[str, Any]:
        more = {
            "quantile": {"alpha": self._given("quantile", 0.5)},
            "huber": {"alpha": self._given("huber_delta", 1.0)},
            "tweedie": {"tweedie_variance_power": self._given("tweedie_power", 1.5)},
        }
        return {"objective": self.losses[loss], **more.get(loss, {})}

    def _build_quantile(self, quantile: float, extra: Mapping[str, Any]) -> Any:
        return self._build({**extra, "objective": "quantile", "alpha": quantile})
