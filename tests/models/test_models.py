"""Models against the libraries used directly, and what is said when something is wrong."""

import builtins
import pickle
from typing import get_args

import numpy as np
import pytest

from dsframework.errors import MissingDependencyError, ModelError
from dsframework.models import make_model, model_names, model_requirements, models
from dsframework.models._base import Task
from dsframework.spec import catalogue

LEAST = {
    "calibrated": {"model": "logistic_regression"},
    "mean": {"models": ["ridge", "decision_tree"]},
    "stacking": {"models": ["ridge", "decision_tree"]},
    "weighted": {"models": ["ridge", "decision_tree"]},
    "python": {"class": "sklearn.naive_bayes.GaussianNB"},
}
"""Parameters of the models that can't be made without."""
BOOSTING = ("xgboost", "lightgbm", "catboost")


def rows(task="regression", n=300, seed=0, noise=0.5):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 4))
    y = 2 * x[:, 0] - x[:, 1] + noise * random.normal(size=n)
    return x, (y if task == "regression" else (y > 0).astype(float))


def test_ridge_is_scikit_learns():
    from sklearn.linear_model import Ridge

    x, y = rows()
    ours = make_model("ridge", {"alpha": 3.0}, task="regression").fit(x, y).predict(x)
    np.testing.assert_array_equal(ours, Ridge(alpha=3.0).fit(x, y).predict(x))


def test_logistic_regression_is_scikit_learns_with_more_iterations():
    from sklearn.linear_model import LogisticRegression

    x, y = rows("classification")
    ours = make_model("logistic_regression", {"C": 0.2}, task="classification").fit(x, y).predict(x)
    np.testing.assert_array_equal(ours, LogisticRegression(C=0.2, max_iter=1000).fit(x, y).predict_proba(x)[:, 1])


def test_an_l1_share_makes_coefficients_vanish():
    x, y = rows("classification")
    lasso = make_model("logistic_regression", {"C": 0.02, "l1_ratio": 1.0}, task="classification").fit(x, y)
    shares = lasso.feature_importance()
    assert (shares[2:] == 0).all()
    assert shares[0] > 0


def test_a_forest_is_scikit_learns():
    from sklearn.ensemble import RandomForestClassifier

    x, y = rows("classification")
    ours = make_model("random_forest", {"n_estimators": 20}, task="classification", seed=4).fit(x, y).predict(x)
    theirs = RandomForestClassifier(n_estimators=20, max_features=1.0, random_state=4).fit(x, y.astype(int)).predict_proba(x)[:, 1]
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_xgboost_is_the_library_itself(task):
    import xgboost

    x, y = rows(task)
    ours = make_model("xgboost", {"n_estimators": 15, "max_depth": 3}, task=task, seed=2).fit(x, y).predict(x)
    objective = "reg:squarederror" if task == "regression" else "binary:logistic"
    booster = xgboost.train(
        {"max_depth": 3, "objective": objective, "tree_method": "hist", "seed": 2, "nthread": 1}, xgboost.DMatrix(x, y), num_boost_round=15
    )
    np.testing.assert_allclose(ours, booster.predict(xgboost.DMatrix(x)), rtol=1e-6)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_lightgbm_is_the_library_itself(task):
    import lightgbm

    x, y = rows(task)
    ours = make_model("lightgbm", {"n_estimators": 15, "num_leaves": 7}, task=task, seed=2).fit(x, y).predict(x)
    parameters = {
        "objective": "regression" if task == "regression" else "binary",
        "num_leaves": 7, "seed": 2, "deterministic": True, "force_row_wise": True, "verbosity": -1, "num_threads": 1,
    }  # fmt: skip
    np.testing.assert_allclose(ours, lightgbm.train(parameters, lightgbm.Dataset(x, y), num_boost_round=15).predict(x), rtol=1e-12)


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_catboost_is_the_library_itself(task):
    import catboost

    x, y = rows(task)
    ours = make_model("catboost", {"iterations": 15}, task=task, seed=2).fit(x, y).predict(x)
    loss = "RMSE" if task == "regression" else "Logloss"
    booster = catboost.train(
        catboost.Pool(x, y),
        {"loss_function": loss, "iterations": 15, "learning_rate": 0.1, "random_seed": 2, "allow_writing_files": False},
        logging_level="Silent",
    )  # fmt: skip
    kind = "RawFormulaVal" if task == "regression" else "Probability"
    theirs = booster.predict(x, prediction_type=kind)
    np.testing.assert_allclose(ours, theirs if task == "regression" else theirs[:, 1], rtol=1e-12)


PLAIN = [
    name for name in model_names() if not any(field.is_required() for field in catalogue.arguments("models", name).model_fields.values())
]


@pytest.mark.parametrize(
    "name", [name for name in PLAIN if name not in ("arima", "ets", "theta") and "torch" not in models.get(name).requirements]
)
def test_the_defaults_of_the_document_are_what_is_used(name):
    """Leaving an argument out and writing its default are the same, whatever the library's default is."""
    task = models.get(name).tasks[0]
    x, y = rows(task)
    small = {"catboost": {"iterations": 40}}.get(name, {})
    written = catalogue.arguments("models", name)(**small).model_dump()
    written |= {"hidden": written["hidden"][0]} if "hidden" in written else {}  # the one choice
    short = make_model(name, small, task=task).fit(x, y).predict(x)
    np.testing.assert_array_equal(short, make_model(name, written, task=task).fit(x, y).predict(x))


def test_a_forest_of_classes_uses_the_documents_default_too():
    x, y = rows("classification")
    short = make_model("random_forest", {"n_estimators": 10}, task="classification").fit(x, y).predict(x)
    written = make_model("random_forest", {"n_estimators": 10, "max_features": 1.0}, task="classification").fit(x, y).predict(x)
    np.testing.assert_array_equal(short, written)


@pytest.mark.parametrize("name", BOOSTING)
@pytest.mark.parametrize("task", ["regression", "classification"])
def test_the_rounds_found_are_the_best_on_the_validation_rows(name, task):
    """Oracle: fit every number of rounds and score the validation rows."""
    x, y = rows(task, n=160, seed=8, noise=2.0)
    x_val, y_val = rows(task, n=120, seed=9, noise=2.0)
    limit = {"catboost": "iterations"}.get(name, "n_estimators")
    params = {limit: 40, "learning_rate": 0.4}
    found = make_model(name, params, task=task, seed=1).find_rounds(x, y, x_val, y_val, patience=40)
    losses = []
    for rounds in range(1, 41):
        p = make_model(name, params, task=task, seed=1).fit(x, y, rounds=rounds).predict(x_val)
        squared = np.mean((p - y_val) ** 2)
        losses.append(squared if task == "regression" else -np.mean(np.where(y_val == 1, np.log(p), np.log1p(-p))))
    assert losses[found - 1] == pytest.approx(min(losses), rel=1e-6)
    assert 1 < found < 40, "the rows were meant to overfit before the last round"


@pytest.mark.parametrize("name", BOOSTING)
def test_a_short_patience_stops_before_a_long_one(name):
    x, y = rows(n=160, seed=8)
    x_val, y_val = rows(n=120, seed=9)
    y_val = y_val[::-1].copy()
    limit = {"catboost": "iterations"}.get(name, "n_estimators")
    model = make_model(name, {limit: 60}, task="regression")
    assert 1 <= model.find_rounds(x, y, x_val, y_val, patience=1) <= model.find_rounds(x, y, x_val, y_val, patience=60)


@pytest.mark.parametrize("name", BOOSTING)
def test_validation_rows_of_one_class_can_be_watched(name):
    x, y = rows("classification")
    model = make_model(name, {"catboost": {"iterations": 10}}.get(name, {"n_estimators": 10}), task="classification")
    assert 1 <= model.find_rounds(x, y, x[:20], np.ones(20), patience=3) <= 10


@pytest.mark.parametrize("name", BOOSTING)
def test_the_seed_decides_the_sample(name):
    x, y = rows()
    params = {
        "xgboost": {"n_estimators": 10, "subsample": 0.5},
        "lightgbm": {"n_estimators": 10, "subsample": 0.5, "subsample_freq": 1},
        "catboost": {"iterations": 10, "rsm": 0.5},
    }[name]
    first, second = (make_model(name, params, task="regression", seed=seed).fit(x, y).predict(x) for seed in (0, 1))
    assert (first != second).any()


@pytest.mark.parametrize(("name", "parameter"), [("xgboost", "n_jobs"), ("lightgbm", "n_jobs"), ("catboost", "thread_count")])
def test_a_fit_uses_the_threads_that_it_may(name, parameter):
    x, y = rows()
    model = make_model(name, {"catboost": {"iterations": 2}}.get(name, {"n_estimators": 2}), task="regression", threads=2).fit(x, y)
    assert model.estimator_.get_params()[parameter] == 2


def test_lightgbm_is_told_to_be_deterministic():
    """Small machines do not show a difference, large ones do."""
    x, y = rows()
    parameters = make_model("lightgbm", {"n_estimators": 2}, task="regression").fit(x, y).estimator_.get_params()
    assert parameters["deterministic"] is True
    assert parameters["force_row_wise"] is True


def test_catboost_writes_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    x, y = rows()
    model = make_model("catboost", {"iterations": 5}, task="regression")
    model.find_rounds(x, y, x, y, patience=2)
    model.fit(x, y).predict(x)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", [*BOOSTING, "random_forest", "ridge"])
def test_nothing_is_printed(name, capfd):
    x, y = rows(n=30)
    make_model(name, {}, task="regression").fit(x, y).predict(x)
    written = capfd.readouterr()
    assert written.out == ""
    assert written.err == ""


def test_a_task_that_a_model_can_not_do_names_those_that_can():
    with pytest.raises(ModelError) as caught:
        make_model("ridge", {}, task="classification")
    told, _, names = str(caught.value).partition("; try ")
    assert told == "models: 'ridge' can't do a classification"
    assert names.split(", ") == [name for name in model_names("classification") if name != "python"]


def test_an_unknown_model_names_the_one_that_was_meant():
    with pytest.raises(ModelError, match="'xgbost' is not available, try xgboost"):
        make_model("xgbost", {}, task="regression")


def least(name, task):
    """The fewest parameters that a model can be made with; a classification has classifiers inside."""
    params = LEAST.get(name, {})
    return {"models": ["logistic_regression", "decision_tree"]} if "models" in params and task == "classification" else params


@pytest.mark.parametrize("name", model_names("classification"))
def test_training_rows_of_one_class_are_refused_with_the_mend(name):
    x, _ = rows()
    with pytest.raises(ModelError, match=rf"models\.{name}: all 300 training rows are of class 0; use longer or fewer folds"):
        make_model(name, least(name, "classification"), task="classification").fit(x, np.zeros(300))


def test_a_target_that_is_no_class_is_refused():
    x, y = rows()
    with pytest.raises(ModelError, match="needs a target of 0 and 1, this one has 300 values"):
        make_model("random_forest", {}, task="classification").fit(x, y)


def test_what_the_library_says_is_kept_with_the_models_name():
    x, y = rows()
    with pytest.raises(ModelError, match=r"^models\.ridge: ValueError: Input X contains NaN") as caught:
        make_model("ridge", {}, task="regression").fit(np.where(x > 2, np.nan, x), y)
    assert isinstance(caught.value.__cause__, ValueError)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["xgboost", "lightgbm", "random_forest", "ridge"])
def test_a_constant_target_or_constant_features_give_a_constant_prediction(name):
    x, y = rows()
    np.testing.assert_allclose(make_model(name, {}, task="regression").fit(x, np.full(300, 3.0)).predict(x), 3.0, rtol=1e-6)
    np.testing.assert_allclose(make_model(name, {}, task="regression").fit(np.ones_like(x), y).predict(x), y.mean(), atol=0.2)


def test_catboost_refuses_constants_and_says_so_without_its_file_names():
    x, y = rows()
    with pytest.raises(ModelError) as caught:
        make_model("catboost", {}, task="regression").fit(x, np.full(300, 3.0))
    assert str(caught.value) == "models.catboost: CatBoostError: All train targets are equal"
    with pytest.raises(ModelError) as caught:
        make_model("catboost", {}, task="regression").fit(np.ones_like(x), y)
    assert str(caught.value) == "models.catboost: CatBoostError: All features are either constant or ignored."


def test_xgboosts_stack_trace_and_file_names_are_left_out():
    x, y = rows()
    x[3, 1] = np.inf
    with pytest.raises(ModelError) as caught:
        make_model("xgboost", {}, task="regression").fit(x, y)
    assert "Stack trace" in str(caught.value.__cause__)
    assert str(caught.value).startswith("models.xgboost: XGBoostError: Check failed: ")
    assert "inf" in str(caught.value)
    assert "Stack trace" not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_prediction_that_is_not_finite_is_an_error():
    x, y = rows()
    model = make_model("ridge", {}, task="regression").fit(x, y)
    model.estimator_.coef_ = np.full(4, 1e308)
    with np.errstate(all="ignore"), pytest.raises(ModelError, match="of 300 predictions are not finite"):
        model.predict(np.abs(x) * 1e10)


@pytest.mark.parametrize("name", BOOSTING)
def test_a_missing_library_says_how_to_install_it(name, monkeypatch):
    import sys

    for module in [module for module in sys.modules if module.split(".")[0] == name]:
        monkeypatch.delitem(sys.modules, module)
    real = builtins.__import__

    def without(module, *args, **kwargs):
        if module.split(".")[0] == name:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(module, *args, **kwargs)

    monkeypatch.setattr("dsframework.models._border.import_module", without)
    x, y = rows()
    with pytest.raises(MissingDependencyError, match=rf'{name} is not installed; pip install "jupyterlab-tsml\[boosting\]"'):
        make_model(name, {}, task="regression").fit(x, y)


def test_no_library_is_imported_before_a_model_is_fitted():
    import subprocess
    import sys

    every = [(name, task, least(name, task)) for task in get_args(Task) for name in model_names(task)]
    code = (
        "import sys, dsframework.models as m, dsframework.preprocessing, dsframework.splitting, dsframework.metrics\n"
        f"for name, task, params in {every}:\n"
        "    m.make_model(name, params, task=task)\n"
        "heavy = ('sklearn', 'xgboost', 'lightgbm', 'catboost', 'pandas', 'polars', 'scipy', 'statsmodels', 'torch', 'keras')\n"
        "print([n for n in heavy if n in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120).stdout.strip() == "[]"


@pytest.mark.parametrize("name", BOOSTING)
def test_a_fitted_model_knows_what_it_needs_to_be_loaded(name):
    x, y = rows()
    model = make_model(name, {"catboost": {"iterations": 3}}.get(name, {"n_estimators": 3}), task="regression").fit(x, y)
    modules = {type(model.estimator_).__module__.split(".")[0]}
    assert modules <= set(model_requirements(name, {}))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(x), model.predict(x))
