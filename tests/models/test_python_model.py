"""Any class with the scikit-learn interface: of a library, or of a file beside the notebook."""

import pickle
import sys
import textwrap
import threading

import numpy as np
import pytest

from dsframework.errors import ModelError
from dsframework.models import make_model, model_requirements, own_modules
from dsframework.models._python import resolve_class
from dsframework.testing import check_model
from dsframework.testing._rows import frozen

OWN = textwrap.dedent(
    """
    import numpy as np

    class Mean:
        def __init__(self, shift=0.0, seed=None, n_jobs=None):
            self.shift, self.seed, self.n_jobs = shift, seed, n_jobs
        def fit(self, X, y):
            self.mean_, self.threads_ = float(np.mean(y)) + self.shift, self.n_jobs
            return self
        def predict(self, X):
            return np.full(len(X), self.mean_)

    class Column(Mean):
        def predict(self, X):
            return np.full((len(X), 1), self.mean_)

    class Wide(Mean):
        def predict(self, X):
            return np.zeros((len(X), 3))

    class Raises(Mean):
        def fit(self, X, y):
            raise RuntimeError("the data\\nare bad")

    class Flipped(Mean):
        classes_ = [1, 0]
        def predict_proba(self, X):
            return np.column_stack([np.full(len(X), 0.9), np.full(len(X), 0.1)])

    class NoPredict:
        def fit(self, X, y):
            return self

    class Picky(Mean):
        def __init__(self, depth):
            if depth < 0:
                raise ValueError("depth below zero")

    class Line:
        def __init__(self, ridge=1e-6):
            self.ridge = ridge
        def fit(self, X, y):
            if np.isnan(X).any():
                raise ValueError("NaN")
            A = np.column_stack([X, np.ones(len(X))])
            self.weights_ = np.linalg.solve(A.T @ A + self.ridge * np.eye(A.shape[1]), A.T @ y)
            return self
        def predict(self, X):
            return np.column_stack([X, np.ones(len(X))]) @ self.weights_

    class Careless(Line):
        def fit(self, X, y, sample_weight=None):
            X -= X.mean(axis=0)
            y *= 2.0
            return super().fit(X, y)
        def predict(self, X):
            X += 1.0
            return super().predict(X)

    def function():
        pass
    """
)


@pytest.fixture
def notebook_folder(tmp_path, monkeypatch):
    """The current folder, with `my_models.py` in it, and not on the import path yet."""
    (tmp_path / "my_models.py").write_text(OWN)
    (tmp_path / "broken_models.py").write_text("class A(:\n")
    (tmp_path / "needy_models.py").write_text("import a_library_that_nobody_has\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [entry for entry in sys.path if entry])
    yield tmp_path
    for name in ("my_models", "broken_models", "needy_models", "my_base", "my_child"):
        sys.modules.pop(name, None)


def rows(n=60):
    x = np.random.default_rng(0).normal(size=(n, 3))
    return x, x[:, 0] + 10.0


def own(name, task="regression", **arguments):
    return make_model("python", {"class": f"my_models.{name}", "arguments": arguments}, task=task, seed=11, threads=2)


def test_a_class_beside_the_notebook_is_found_fitted_and_pickled(notebook_folder):
    x, y = rows()
    model = own("Mean", shift=1.0).fit(x, y)
    np.testing.assert_allclose(model.predict(x), y.mean() + 1.0)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(model)).predict(x), model.predict(x))
    assert model.feature_importance() is None
    assert not model.takes_null


def test_a_class_beside_the_notebook_keeps_the_contract(notebook_folder):
    check_model("python", {"class": "my_models.Line"}, "regression")


def test_seed_and_threads_are_filled_in_unless_given(notebook_folder):
    x, y = rows()
    assert own("Mean").fit(x, y).estimator_.seed == 11
    assert own("Mean", seed=5).fit(x, y).estimator_.seed == 5
    assert own("Mean").fit(x, y).estimator_.threads_ == 2
    assert own("Mean", n_jobs=7).fit(x, y).estimator_.threads_ == 7


def test_random_state_reaches_a_class_that_hides_it_behind_keywords():
    model = make_model("python", {"class": "xgboost.XGBRegressor", "arguments": {"n_estimators": 2}}, task="regression", seed=3)
    x, y = rows()
    assert model.fit(x, y).estimator_.random_state == 3


def test_a_column_of_predictions_is_taken_as_one_number_a_row(notebook_folder):
    x, y = rows()
    assert own("Column").fit(x, y).predict(x).shape == (60,)


def test_the_probability_of_one_is_found_by_the_estimators_own_order_of_classes(notebook_folder):
    x, _ = rows()
    y = (np.arange(60) % 2).astype(float)
    np.testing.assert_array_equal(own("Flipped", task="classification").fit(x, y).predict(x), np.full(60, 0.9))


def test_a_classifier_beside_scikit_learns_own_gives_the_same():
    from sklearn.naive_bayes import GaussianNB

    x, _ = rows()
    y = (x[:, 0] > 0).astype(float)
    ours = make_model("python", {"class": "sklearn.naive_bayes.GaussianNB"}, task="classification").fit(x, y).predict(x)
    np.testing.assert_array_equal(ours, GaussianNB().fit(x, y).predict_proba(x)[:, 1])


@pytest.mark.parametrize(
    ("path", "takes"),
    [("sklearn.ensemble.HistGradientBoostingRegressor", True), ("sklearn.svm.SVR", False), ("lightgbm.LGBMRegressor", True)],
)
def test_whether_missing_values_are_taken_is_read_from_the_class(path, takes):
    assert make_model("python", {"class": path}, task="regression").takes_null is takes


@pytest.mark.parametrize(
    ("path", "task", "arguments", "says"),
    [
        (
            "not_there.Model",
            "regression",
            {},
            "models.python.class: there is no module 'not_there' for 'not_there.Model'; install it, or put",
        ),
        ("my_models.sub.Model", "regression", {}, "there is no module 'my_models.sub'"),
        ("my_models.Maen", "regression", {}, "the module 'my_models' has no class 'Maen'; did you mean my_models.Mean?"),
        ("my_models.function", "regression", {}, "'my_models.function' is a function, not a class"),
        ("my_models.NoPredict", "regression", {}, "'my_models.NoPredict' has no method predict"),
        ("my_models.Mean", "classification", {}, "'my_models.Mean' has no method predict_proba"),
        ("sklearn.svm.LinearSVC", "classification", {}, "'sklearn.svm.LinearSVC' has no method predict_proba"),
        ("broken_models.A", "regression", {}, "importing 'broken_models' raised SyntaxError"),
        ("needy_models.A", "regression", {}, "importing 'needy_models' needs 'a_library_that_nobody_has', which is not installed"),
        (
            "my_models.Mean",
            "regression",
            {"shfit": 1},
            "models.python.arguments: Mean.__init__() got an unexpected keyword argument 'shfit'",
        ),
        ("my_models.Mean", "regression", {"shfit": 1}, "it takes n_jobs, seed, shift"),
        ("my_models.Picky", "regression", {}, "missing 1 required positional argument: 'depth'; it takes depth"),
        ("my_models.Picky", "regression", {"depth": -1}, "models.python.arguments: ValueError: depth below zero"),
        ("my_models.Raises", "regression", {}, "models.python: RuntimeError: the data are bad"),
        ("sklearn.linear_model.Lasso", "regression", {"alpha": -1.0}, "The 'alpha' parameter of Lasso must be"),
        ("sklearn.ensemble.RandomForestClassifier", "regression", {}, "Unknown label type"),
    ],
)
def test_what_is_wrong_with_a_class_is_one_line_with_the_mend(notebook_folder, path, task, arguments, says):
    x, y = rows()
    y = y if task == "regression" else (y > 10).astype(float)
    with pytest.raises(ModelError) as caught:
        make_model("python", {"class": path, "arguments": arguments}, task=task).fit(x, y)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_predictions_of_another_shape_are_refused(notebook_folder):
    x, y = rows()
    with pytest.raises(ModelError, match=r"it predicted an array of shape \(60, 3\) for 60 rows"):
        own("Wide").fit(x, y).predict(x)


def test_the_requirements_are_the_distributions_of_the_class_and_its_bases(notebook_folder):
    assert model_requirements("python", {"class": "sklearn.svm.SVR"}) == ["scikit-learn"]
    assert "lightgbm" in model_requirements("python", {"class": "lightgbm.LGBMRegressor"})
    assert "scikit-learn" in model_requirements("python", {"class": "lightgbm.LGBMRegressor"})
    assert model_requirements("python", {"class": "my_models.Mean"}) == ["numpy"]


def test_a_file_beside_the_notebook_brings_the_files_that_it_imports_and_their_distributions(notebook_folder):
    (notebook_folder / "my_base.py").write_text("import scipy.stats\nclass Base:\n    pass\n")
    (notebook_folder / "my_child.py").write_text(
        "from my_base import Base\nclass Child(Base):\n    def fit(self, X, y): return self\n    def predict(self, X): import joblib\n"
    )
    params = {"class": "my_child.Child"}
    assert own_modules("python", params) == ["my_base", "my_child"]
    assert model_requirements("python", params) == ["joblib", "scipy"]
    assert own_modules("python", {"class": "lightgbm.LGBMRegressor"}) == own_modules("ridge", {}) == []


def test_a_class_of_the_notebook_itself_is_refused_with_the_mend(monkeypatch):
    class Mine:
        def fit(self, X, y):
            return self

        def predict(self, X):
            return X

    Mine.__module__ = "__main__"
    monkeypatch.setattr(sys.modules["__main__"], "Mine", Mine, raising=False)
    with pytest.raises(ModelError, match=r"models.python.class: '__main__.Mine' .* put it into a file beside it, .* name my_models.Mine"):
        make_model("python", {"class": "__main__.Mine"}, task="regression").fit(*rows())


def test_threads_that_look_for_classes_at_once_do_not_trip_over_each_other(monkeypatch):
    monkeypatch.setattr(sys, "path_importer_cache", dict(sys.path_importer_cache))
    switch, found = sys.getswitchinterval(), []

    def look(barrier, number):
        barrier.wait()
        try:
            resolve_class(f"nowhere_{number}.X")
        except Exception as error:
            found.append(error)

    sys.setswitchinterval(1e-6)
    try:
        for attempt in range(5):
            barrier = threading.Barrier(8)
            sys.path_importer_cache.update({f"/nowhere/{attempt}/{entry}": None for entry in range(20_000)})
            threads = [threading.Thread(target=look, args=(barrier, number)) for number in range(8)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    finally:
        sys.setswitchinterval(switch)
    assert {type(error) for error in found} == {ModelError}
    assert len(found) == 40


@pytest.mark.parametrize("where", ["import", "fit", "predict"])
def test_a_class_that_ends_the_program_is_an_error_of_its_own(where, tmp_path, monkeypatch):
    (tmp_path / f"leaves_at_{where}.py").write_text(
        "import sys\n"
        f"if {where!r} == 'import': sys.exit(4)\n"
        "class Leaves:\n"
        f"    def fit(self, x, y): return sys.exit(4) if {where!r} == 'fit' else self\n"
        "    def predict(self, x): sys.exit(4)\n"
    )
    monkeypatch.chdir(tmp_path)
    model = make_model("python", {"class": f"leaves_at_{where}.Leaves"}, task="regression")
    with pytest.raises(ModelError, match="SystemExit"):
        model.fit(np.zeros((3, 1)), np.arange(3.0)).predict(np.zeros((3, 1)))


def test_a_class_that_changes_what_it_is_given_gets_a_copy_where_the_rows_are_shared(notebook_folder):
    (x, y), weight = rows(), np.ones(len(rows()[0]))
    plain = own("Careless").fit(x.copy(), y.copy(), weight=weight.copy()).predict(x.copy())
    shared = frozen(x.copy()), frozen(y.copy())
    model = own("Careless").fit(*shared, weight=frozen(weight))
    np.testing.assert_array_equal(model.predict(shared[0]), plain)
    np.testing.assert_array_equal(shared[0], x)
    np.testing.assert_array_equal(shared[1], y)


def test_what_a_class_says_of_its_rows_is_passed_on(notebook_folder):
    x, y = rows()
    with pytest.raises(ModelError, match="NaN"):
        own("Line").fit(np.where(x > 0, np.nan, x), y)
