"""One set of keys over all models: seed, threads, device, classes, weights, rounds, and what is said where a model has none of it."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from dsframework.errors import ModelError
from dsframework.models import make_model, model_names, models
from dsframework.spec import catalogue

INSIDE = {"regression": ["ridge", {"decision_tree": {"max_depth": 2}}], "classification": ["logistic_regression", "decision_tree"]}
GROWN = {
    "lightgbm": "n_estimators",
    "xgboost": "n_estimators",
    "catboost": "iterations",
    "hist_gradient_boosting": "max_iter",
    "mlp": "epochs",
    "keras_mlp": "epochs",
    "torch_mlp": "epochs",
    "torch_lstm": "epochs",
    "torch_tcn": "epochs",
}
"""The models that are grown in rounds, and the argument that is the most of them."""
ALIKE = {"nearest_neighbors", "arima", "ets", "theta"}
"""The models of a target that learn from all rows alike."""


def params_of(name: str, task: str) -> dict:
    if name == "python":
        return {"class": f"sklearn.tree.DecisionTree{'Regressor' if task == 'regression' else 'Classifier'}"}
    if name == "calibrated":
        return {"model": "logistic_regression"}
    return {"models": INSIDE[task]} if name in ("mean", "weighted", "stacking") else {}


SUPERVISED = [(name, task) for task in ("regression", "classification") for name in model_names(task)]


@pytest.mark.parametrize("name", model_names())
def test_the_document_and_the_model_name_the_same_tasks(name: str) -> None:
    assert catalogue.arguments("models", name).tasks == models.get(name).tasks


@pytest.mark.parametrize("name", model_names())
def test_every_model_is_made_with_the_same_keys(name: str) -> None:
    taken = inspect.signature(models.get(name)).parameters
    open_ended = any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in taken.values())
    asked = {"params", "task", "seed", "threads", "device", "n_classes", "quantiles"}
    unsupervised = {"n_classes", "quantiles"} if models.get(name).tasks[0] in ("anomaly", "clustering") else set()
    assert open_ended or asked - unsupervised <= set(taken)


@pytest.mark.parametrize(("name", "task"), SUPERVISED)
def test_a_model_says_whether_rows_may_have_weights(name: str, task: str) -> None:
    assert make_model(name, params_of(name, task), task=task).takes_weight is (name not in ALIKE)


@pytest.mark.parametrize(("name", "task"), SUPERVISED)
def test_early_stopping_means_the_same_for_every_model_that_is_grown(name: str, task: str) -> None:
    model = make_model(name, params_of(name, task), task=task)
    assert model.early_stops is (name in GROWN)
    if name in GROWN:
        assert GROWN[name] in catalogue.arguments("models", name).model_fields
        return
    x = np.random.default_rng(0).normal(size=(20, 2))
    y = (x[:, 0] > 0).astype(float)
    for call in (lambda: model.fit(x, y, rounds=3), lambda: model.find_rounds(x, y, x, y, patience=2)):
        with pytest.raises(ModelError, match=r"grown in rounds.*; leave out early_stopping"):
            call()


@pytest.mark.parametrize("name", model_names("classification"))
def test_every_classifier_knows_many_classes_and_gives_none_to_those_that_were_not_there(name: str) -> None:
    from dsframework.testing._rows import some_panel

    trial = some_panel("classification", n_classes=3)
    y = np.where(np.array(trial.y) == 2.0, 3.0, trial.y)
    small = {GROWN[name]: 3} if name in GROWN else {}
    model = make_model(name, {**params_of(name, "classification"), **small}, task="classification", n_classes=4)
    given = {"rows": trial.rows} if model.history or getattr(model, "needs_rows", False) else {}
    chance = model.fit(trial.x, y, **given).predict(trial.x, **given)
    assert chance.shape == (len(y), 4)
    np.testing.assert_allclose(chance.sum(axis=1), 1.0, atol=1e-9)
    assert chance[:, 2].mean() < 0.3, "no training row is of class 2"


@pytest.mark.parametrize("name", model_names("regression"))
def test_a_regression_gives_quantiles_or_says_what_gives_intervals(name: str) -> None:
    gives = {
        *("bayesian_ridge", "quantile_regression", "decision_tree", "random_forest", "extra_trees", "hist_gradient_boosting"),
        *("nearest_neighbors", "xgboost", "lightgbm", "catboost", "keras_mlp", "torch_mlp", "torch_lstm", "torch_tcn"),
        *("arima", "ets", "theta"),
    }
    if name in gives:
        assert make_model(name, {}, task="regression", quantiles=(0.1, 0.9)).quantiles == (0.1, 0.9)
        return
    with pytest.raises(ModelError, match=r"learns no quantiles; use intervals.method: conformal"):
        make_model(name, params_of(name, "regression"), task="regression", quantiles=(0.1, 0.9))
