"""What every feature adds to a model's predictions: SHAP values, by the models' own exact algorithms."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsframework.errors import ModelError
from dsframework.preprocessing._base import Floats

__all__ = ["mean_contributions"]

_ABLE = "lightgbm, xgboost, catboost, ridge, logistic_regression"


def mean_contributions(model: Any, x: Floats, name: str) -> Floats:
    """Return the mean absolute SHAP value of every feature over rows, shape (features,); summed over classes where there are many.

    Trees give theirs exactly (Lundberg, Erion and Lee, 2018); those of a linear model are the coefficient times the distance from the
    mean, for independent features. A model of another package may have a method ``contributions(x)`` of its own, which returns the values
    of shape (rows, features), or (rows, classes, features).

    Raises
    ------
    ModelError
        When the model knows no exact way.
    """
    values = _contributions(model, x)
    if values is None:
        raise ModelError(f"{name} has no exact SHAP values", field="preprocessing.select.model", mend=f"try {_ABLE}, or by: importance")
    found = np.abs(np.asarray(values, dtype=np.float64)).reshape(len(x), -1, x.shape[1])
    result: Floats = found.mean(axis=0).sum(axis=0)
    return result


def _contributions(model: Any, x: Floats) -> Any:
    if hasattr(model, "contributions"):
        return model.contributions(x)
    estimator = getattr(model, "estimator_", None)
    library = type(estimator).__module__.partition(".")[0]
    if library in _OF_LIBRARY:
        return _OF_LIBRARY[library](estimator, x)
    coefficients = getattr(estimator, "coef_", None)
    if coefficients is None or np.shape(coefficients)[-1] != x.shape[1]:
        return None
    return (x - x.mean(axis=0))[:, None, :] * np.atleast_2d(coefficients)[None]


def _without_base(values: Any, n_features: int) -> Floats:
    """Drop the last value of every class: the expectation, which no feature adds."""
    found = np.asarray(values, dtype=np.float64)
    return found.reshape(len(found), -1, n_features + 1)[:, :, :-1]


def _lightgbm(estimator: Any, x: Floats) -> Floats:
    return _without_base(estimator.booster_.predict(x, pred_contrib=True), x.shape[1])


def _xgboost(estimator: Any, x: Floats) -> Floats:
    from xgboost import DMatrix

    return _without_base(estimator.get_booster().predict(DMatrix(x), pred_contribs=True), x.shape[1])


def _catboost(estimator: Any, x: Floats) -> Floats:
    from catboost import Pool

    return _without_base(estimator.get_feature_importance(Pool(x), type="ShapValues"), x.shape[1])


_OF_LIBRARY = {"lightgbm": _lightgbm, "xgboost": _xgboost, "catboost": _catboost}
