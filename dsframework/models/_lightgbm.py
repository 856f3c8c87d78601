"""Gradient boosted trees of LightGBM."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from functools import partial
from typing import Any

from dsframework.models._base import Floats
from dsframework.models._binned import BinnedModel, Grown
from dsframework.models._border import need
from dsframework.progress import is_heard, report

__all__ = ["LightgbmModel"]

_LARGE_LEAF = 500


class LightgbmModel(BinnedModel):
    """`LGBMRegressor` or `LGBMClassifier`, in the mode that gives the same trees for any number of threads."""

    name = "lightgbm"
    requirements = ("lightgbm", "scikit-learn")
    rounds_parameter = "n_estimators"
    free_of = frozenset({
        "n_estimators", "num_leaves", "max_depth", "learning_rate", "min_child_samples", "min_child_weight", "min_split_gain",
        "subsample", "subsample_freq", "colsample_bytree", "reg_alpha", "reg_lambda", "colsample_bynode", "max_delta_step", "path_smooth",
    })  # fmt: skip
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
        if self._shelf is not None:
            return self._grown(estimator, x, target, weight)
        return estimator.fit(x, target, sample_weight=weight, callbacks=_telling(), **self._kinds())

    def _best_rounds(self, x: Floats, y: Any, x_val: Floats, y_val: Any, patience: int, weight: Floats | None) -> int:
        library = need("lightgbm", "boosting")
        estimator = self._build({})
        callbacks = [*_telling(), library.early_stopping(patience, verbose=False)]
        if self._shelf is not None:
            return int(self._boosted(estimator, x, y, weight, watched=(x_val, y_val), callbacks=callbacks).best_iteration)
        pairs = {"eval_X": (x_val,), "eval_y": (y_val,)}  # since LightGBM 4.7, which warns of the older name
        watched = pairs if "eval_X" in inspect.signature(estimator.fit).parameters else {"eval_set": [(x_val, y_val)]}
        estimator.fit(x, y, sample_weight=weight, **watched, callbacks=callbacks, **self._kinds())
        return int(estimator.best_iteration_)

    def _grown(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> Grown:
        booster = self._boosted(estimator, x, target, weight, callbacks=_telling())
        return Grown(partial(booster.predict, num_threads=self.threads), partial(_gains, booster))

    def _boosted(self, estimator: Any, x: Floats, target: Any, weight: Floats | None, watched: Any = None, **more: Any) -> Any:
        """Grow trees from binned rows by the estimator's parameters, and watch others while they grow."""
        library = need("lightgbm", "boosting")
        params = estimator.get_params()
        objective = params["objective"] or ("regression" if self.task == "regression" else "binary")
        if self.task == "classification" and len(self.classes_) > 2:
            params["num_class"], objective = len(self.classes_), "multiclass"
        for name in ("importance_type", "class_weight"):
            del params[name]
        params |= {"objective": objective, "metric": objective, "num_threads": params.pop("n_jobs")}
        rounds = params.pop("n_estimators")
        binned, params = self._binned(params, x, target, weight)
        if watched is not None:
            seen = partial(library.Dataset, watched[0], label=watched[1], reference=binned, params=dict(binned.params), **self._kinds())
            more["valid_sets"] = [self._kept(("watched", id(binned)), watched[0], lambda: seen().construct())]
        return library.train(params, binned, rounds, keep_training_booster=True, **more)

    def _binned(self, params: dict[str, Any], x: Floats, target: Any, weight: Floats | None) -> tuple[Any, dict[str, Any]]:
        """Return binned rows, and the parameters to learn from them by.

        The library leaves out features that can't part the rows into leaves of `min_child_samples`, so that bins are of that number. They
        are made for much larger leaves at first: where no feature is left out for these, the same bins serve every smaller number.
        """
        library = need("lightgbm", "boosting")

        def bins(leaf: int) -> Any:
            return library.Dataset(
                x, label=target, weight=weight, params={**params, "min_child_samples": leaf}, **self._kinds()
            ).construct()

        def of_any_leaf() -> tuple[int, Any]:
            most = max(leaf, min(_LARGE_LEAF, len(x) // 20))
            found = bins(most)
            if any(found.feature_num_bin(column) == 0 for column in range(x.shape[1])):
                return 0, None
            found.params["feature_pre_filter"] = False  # for nothing was left out
            return most, found

        leaf = int(params["min_child_samples"])
        most, found = self._kept("any leaf", x, of_any_leaf)
        if leaf <= most:
            return found, {**params, "feature_pre_filter": False}
        return self._kept(("leaf", leaf), x, lambda: bins(leaf)), params

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


def _telling() -> list[Any]:
    """Return what the library calls after every round; nothing where nobody listens."""

    def tell(round_: Any) -> None:
        of, loss = "", None
        for _, name, value, *_ in round_.evaluation_result_list or ():
            of, loss = f"validation {name}", value
        report(round_.iteration + 1, loss, steps=round_.end_iteration, of=of)

    return [tell] if is_heard() else []


def _gains(booster: Any) -> Any:
    """Every feature's gain as a stored model tells it: with fewer digits than the trees know while they grow."""
    stored = need("lightgbm", "boosting").Booster(model_str=booster.model_to_string())
    return stored.feature_importance(importance_type="gain")
