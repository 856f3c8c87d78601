"""Gradient boosted trees of XGBoost."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np

from dsframework.models._base import Floats
from dsframework.models._binned import BinnedModel, Grown
from dsframework.models._border import need
from dsframework.progress import is_heard, report

__all__ = ["XgboostModel"]


class XgboostModel(BinnedModel):
    """`XGBRegressor` or `XGBClassifier` with histograms. All quantiles are learned by the trees of one fit."""

    name = "xgboost"
    requirements = ("xgboost", "scikit-learn")
    rounds_parameter = "n_estimators"
    free_of = frozenset({
        "n_estimators", "max_depth", "max_leaves", "grow_policy", "learning_rate", "min_child_weight", "subsample", "colsample_bytree",
        "colsample_bylevel", "colsample_bynode", "gamma", "reg_alpha", "reg_lambda", "max_delta_step", "num_parallel_tree",
    })  # fmt: skip
    losses = {
        "mse": "reg:squarederror",
        "mae": "reg:absoluteerror",
        "huber": "reg:pseudohubererror",
        "quantile": "reg:quantileerror",
        "poisson": "count:poisson",
        "gamma": "reg:gamma",
        "tweedie": "reg:tweedie",
    }

    def _build(self, extra: Mapping[str, Any]) -> Any:
        library = need("xgboost", "boosting")
        booster = library.XGBRegressor if self.task == "regression" else library.XGBClassifier
        more: dict[str, Any] = {"device": self.device} if self.device != "cpu" else {}
        if self.columns_.monotone is not None:
            more["monotone_constraints"] = self.columns_.monotone
        if self.columns_.categories:
            more["enable_categorical"] = True
        return booster(tree_method="hist", n_jobs=self.threads, random_state=self.seed, verbosity=0, **more, **self._arguments(extra))

    def _learned(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> Any:
        self._name_kinds(estimator, x)
        if self._shelf is not None:
            return self._grown(estimator, x, target, weight)
        estimator.callbacks = _telling(estimator.get_num_boosting_rounds())
        fitted = super()._learned(estimator, x, target, weight)
        fitted.callbacks = None
        if self.device != "cpu":  # a model is asked where there may be no GPU
            fitted.set_params(device="cpu")
            fitted.get_booster().set_param({"device": "cpu"})
        return fitted

    def _best_rounds(self, x: Floats, y: Any, x_val: Floats, y_val: Any, patience: int, weight: Floats | None) -> int:
        estimator = self._build({"early_stopping_rounds": patience})
        self._name_kinds(estimator, x)
        if self._shelf is not None:
            return int(self._boosted(estimator, x, y, weight, watched=(x_val, y_val)).best_iteration) + 1
        estimator.callbacks = _telling(estimator.get_num_boosting_rounds())
        estimator.fit(x, y, eval_set=[(x_val, y_val)], sample_weight=weight, verbose=False)
        return int(estimator.best_iteration) + 1

    def _grown(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> Grown:
        booster = self._boosted(estimator, x, target, weight)
        return Grown(partial(booster.inplace_predict, validate_features=False), partial(_gains, booster, x.shape[1]))

    def _boosted(self, estimator: Any, x: Floats, target: Any, weight: Floats | None, watched: Any = None) -> Any:
        """Grow trees from binned rows by the estimator's parameters, and watch others while they grow."""
        library = need("xgboost", "boosting")
        params = estimator.get_xgb_params()
        if self.task == "classification" and len(self.classes_) > 2:
            params |= {"objective": "multi:softprob", "num_class": len(self.classes_)}
        columns = {name: getattr(estimator, name) for name in ("missing", "feature_types", "enable_categorical")}
        binning = {**columns, "nthread": self.threads, "max_bin": estimator.max_bin}
        bins = partial(library.QuantileDMatrix, **binning)
        binned = self._kept("bins", x, lambda: bins(x, label=target, weight=weight))
        rounds = estimator.get_num_boosting_rounds()
        if watched is not None:
            seen = self._kept("watched", watched[0], lambda: bins(watched[0], label=watched[1], ref=binned))
            stopping = {"early_stopping_rounds": estimator.early_stopping_rounds, "verbose_eval": False, "callbacks": _telling(rounds)}
            return library.train(params, binned, rounds, evals=[(seen, "watched")], **stopping)
        booster = library.Booster(params, [binned])
        for number in range(rounds):
            booster.update(binned, number)
            report(number + 1, steps=rounds)
        return booster

    def _name_kinds(self, estimator: Any, x: Floats) -> None:
        if self.columns_.categories:
            kinds = ["c" if column in self.columns_.categories else "q" for column in range(x.shape[1])]
            estimator.set_params(feature_types=kinds)

    def _loss_arguments(self, loss: str) -> dict[str, Any]:
        more = {
            "quantile": {"quantile_alpha": self._given("quantile", 0.5)},
            "huber": {"huber_slope": self._given("huber_delta", 1.0)},
            "tweedie": {"tweedie_variance_power": self._given("tweedie_power", 1.5)},
        }
        return {"objective": self.losses[loss], **more.get(loss, {})}

    def _fit_quantiles(self, x: Floats, target: Any, extra: Mapping[str, Any], weight: Floats | None) -> None:
        together = {**extra, "objective": self.losses["quantile"], "quantile_alpha": np.array(self.quantiles)}
        self.of_quantiles_ = self._learned(self._build(together), x, target, weight)

    def _raw_quantiles(self, x: Floats) -> Any:
        return np.asarray(self.of_quantiles_.predict(x)).reshape(len(x), -1)


def _telling(rounds: int) -> list[Any] | None:
    """Return what the library calls after every round; None where nobody listens."""
    if not is_heard():
        return None

    class Telling(need("xgboost", "boosting").callback.TrainingCallback):  # type: ignore[misc]
        def after_iteration(self, _: Any, epoch: int, watched: Mapping[str, Mapping[str, Any]]) -> bool:
            losses = [(f"validation {name}", values[-1]) for metrics in watched.values() for name, values in metrics.items()]
            of, loss = losses[-1] if losses else ("", None)  # the library stops by the last one
            report(epoch + 1, loss, steps=rounds, of=of)
            return False

    return [Telling()]


def _gains(booster: Any, n_features: int) -> Any:
    """What the estimator says in `feature_importances_`, to the last bit."""
    found = booster.get_score(importance_type="gain")
    gains = np.array([found.get(f"f{column}", 0.0) for column in range(n_features)], dtype=np.float32)
    return gains / gains.sum() if gains.any() else gains
