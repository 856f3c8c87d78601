"""Gradient boosted symmetric trees of CatBoost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dsframework.models._base import Floats
from dsframework.models._binned import BinnedModel
from dsframework.models._border import need
from dsframework.progress import is_heard, report

__all__ = ["CatboostModel"]


class _Telling:
    def __init__(self, rounds: int | None) -> None:
        self._rounds = rounds

    def after_iteration(self, round_: Any) -> bool:
        """Say how far the fit is, and have it go on."""
        of, loss = "", None
        for name, values in round_.metrics.get("validation", {}).items():
            of, loss = f"validation {name.partition(':')[0].lower()}", values[-1]
        report(round_.iteration, loss, steps=self._rounds, of=of)
        return True


class CatboostModel(BinnedModel):
    """`CatBoostRegressor` or `CatBoostClassifier`; writes no files. The library's own learning rate depends on the data, ours is fixed.

    All quantiles are learned by the trees of one fit.
    """

    name = "catboost"
    requirements = ("catboost",)
    rounds_parameter = "iterations"
    defaults = {"learning_rate": 0.1}
    free_of = frozenset({
        "iterations", "depth", "learning_rate", "l2_leaf_reg", "random_strength", "rsm", "bagging_temperature", "subsample",
        "bootstrap_type", "min_data_in_leaf", "grow_policy", "max_leaves", "leaf_estimation_iterations", "model_size_reg",
    })  # fmt: skip
    losses = {"mse": "RMSE", "mae": "MAE", "huber": "Huber", "quantile": "Quantile", "poisson": "Poisson", "tweedie": "Tweedie"}

    def _build(self, extra: Mapping[str, Any]) -> Any:
        library = need("catboost", "boosting")
        booster = library.CatBoostRegressor if self.task == "regression" else library.CatBoostClassifier
        more: dict[str, Any] = {} if self.device == "cpu" else {"task_type": "GPU"}
        if self.columns_.monotone is not None:
            more["monotone_constraints"] = list(self.columns_.monotone)
        if self.columns_.categories:
            more["cat_features"] = sorted(self.columns_.categories)
        return booster(
            thread_count=self.threads,
            random_seed=self.seed,
            allow_writing_files=False,
            logging_level="Silent",
            **more,
            **self._arguments(extra),
        )

    def _learned(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> Any:
        if self._shelf is not None:
            return self._grown(estimator, x, target, weight)
        return estimator.fit(self._mixed(x), target, sample_weight=weight, callbacks=self._telling(estimator))

    def _best_rounds(self, x: Floats, y: Any, x_val: Floats, y_val: Any, patience: int, weight: Floats | None) -> int:
        estimator = self._build({})
        learned = (self._mixed(x), y) if self._shelf is None else (self._pool(x, y, weight), None)
        weights = weight if self._shelf is None else None
        watched = (self._mixed(x_val), y_val)
        stopping = {"early_stopping_rounds": patience, "use_best_model": True, "callbacks": self._telling(estimator)}
        estimator.fit(*learned, sample_weight=weights, eval_set=watched, **stopping)
        return int(estimator.get_best_iteration()) + 1

    def _grown(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> Any:
        return estimator.fit(self._pool(x, target, weight), callbacks=self._telling(estimator))

    def _telling(self, estimator: Any) -> list[Any] | None:
        """Return what the library calls after every round; None where nobody listens, and on a GPU, where it calls nothing."""
        return [_Telling(estimator.get_param("iterations"))] if is_heard() and self.device == "cpu" else None

    def _pool(self, x: Floats, target: Any, weight: Floats | None) -> Any:
        """Return the rows from the shelf as the library learns from them: binned."""
        library = need("catboost", "boosting")

        def make() -> Any:
            pool = library.Pool(self._mixed(x), label=target, weight=weight, cat_features=sorted(self.columns_.categories) or None)
            if not self.columns_.categories:
                pool.quantize(random_seed=self.seed)
            return pool

        return self._kept("pool", x, make)

    def _mixed(self, x: Floats) -> Any:
        """The rows as the library takes categories: whole numbers in a frame, of which -1 is missing."""
        if not self.columns_.categories:
            return x
        import pandas as pd

        frame = pd.DataFrame(x)
        for column in self.columns_.categories:
            frame[column] = np.where(np.isnan(x[:, column]), -1, x[:, column]).astype(np.int64)
        return frame

    def _values(self, estimator: Any, x: Floats) -> Any:
        return estimator.predict(self._mixed(x), thread_count=self.threads)

    def _chances(self, estimator: Any, x: Floats) -> Any:
        return estimator.predict_proba(self._mixed(x), thread_count=self.threads)

    def _loss_arguments(self, loss: str) -> dict[str, Any]:
        more = {
            "quantile": f":alpha={self._given('quantile', 0.5)!r}",
            "huber": f":delta={self._given('huber_delta', 1.0)!r}",
            "tweedie": f":variance_power={self._given('tweedie_power', 1.5)!r}",
        }
        return {"loss_function": self.losses[loss] + more.get(loss, "")}

    def _fit_quantiles(self, x: Floats, target: Any, extra: Mapping[str, Any], weight: Floats | None) -> None:
        listed = ",".join(repr(float(quantile)) for quantile in self.quantiles)
        loss = f"MultiQuantile:alpha={listed}" if len(self.quantiles) > 1 else f"Quantile:alpha={listed}"
        self.of_quantiles_ = self._learned(self._build({**extra, "loss_function": loss}), x, target, weight)

    def _raw_quantiles(self, x: Floats) -> Any:
        return np.asarray(self._values(self.of_quantiles_, x)).reshape(len(x), -1)
