"""Every registered model keeps the contract, for every task that it can do."""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest

from dsframework.models import make_model, model_names, models
from dsframework.spec import catalogue
from dsframework.testing import check_model

SMALL = {
    "linear_regression": [{}, {"positive": True, "fit_intercept": False}],
    "ridge": [{}, {"alpha": 10.0, "fit_intercept": False}],
    "lasso": [{"alpha": 0.1}],
    "elastic_net": [{"alpha": 0.1, "l1_ratio": 0.3}],
    "huber": [{}, {"epsilon": 1.1, "alpha": 0.1}],
    "bayesian_ridge": [{}],
    "quantile_regression": [{}, {"alpha": 0.01}],
    "logistic_regression": [{}, {"C": 0.1, "l1_ratio": 0.5, "max_iter": 20_000}],
    "decision_tree": [{"max_depth": 4, "min_samples_leaf": 5}],
    "random_forest": [{"n_estimators": 12, "max_depth": 5, "max_features": 0.6}],
    "extra_trees": [{"n_estimators": 12, "min_samples_leaf": 4}],
    "nearest_neighbors": [{"n_neighbors": 9}, {"n_neighbors": 15, "weights": "distance", "p": 1.0}],
    "svm": [{}, {"kernel": "linear", "C": 0.5}],
    "mlp": [{"hidden": [16], "epochs": 40, "learning_rate": 0.02}],
    "hist_gradient_boosting": [{"max_iter": 30, "max_features": 0.7}],
    "xgboost": [{"n_estimators": 30, "subsample": 0.8, "colsample_bytree": 0.7, "learning_rate": 0.2}],
    "lightgbm": [{"n_estimators": 30, "subsample": 0.8, "subsample_freq": 1, "colsample_bytree": 0.7}],
    "catboost": [{"iterations": 30, "rsm": 0.8, "depth": 4}],
    "python": [
        {"class": "sklearn.ensemble.ExtraTrees{}", "arguments": {"n_estimators": 12, "min_samples_leaf": 4}},
        {"class": "sklearn.ensemble.HistGradientBoosting{}", "arguments": {"max_iter": 15}},
    ],
}
LOSSES = {
    "xgboost": ["mae", "huber", "quantile"],
    "lightgbm": ["mae", "huber", "quantile"],
    "catboost": ["mae", "huber", "quantile"],
    "hist_gradient_boosting": ["mae", "quantile"],
}
SCALED = {"nearest_neighbors", "svm", "mlp"}
KINDS = {"regression": "Regressor", "classification": "Classifier"}


def cases():
    for name, forms in SMALL.items():
        for task in KINDS:
            for number, params in enumerate(forms):
                if task in models.get(name).tasks:
                    filled = {**params, "class": params["class"].format(KINDS[task])} if name == "python" else params
                    yield pytest.param(name, filled, task, 2, id=f"{name}-{task}-{number}")
                    if task == "classification":
                        yield pytest.param(name, filled, task, 3, id=f"{name}-three-classes-{number}")
    for name, losses in LOSSES.items():
        for loss in losses:
            yield pytest.param(name, {**SMALL[name][0], "loss": loss}, "regression", 2, id=f"{name}-{loss}")


def tried_in(file):
    """The models that another file of this folder holds to the contract."""
    specification = spec_from_file_location(f"tried_{file.removesuffix('.py')}", Path(__file__).with_name(file))
    module = module_from_spec(specification)
    specification.loader.exec_module(module)
    return set(module.SMALL) if hasattr(module, "SMALL") else {case[0] for case in module.CASES}


OTHERS = ("test_anomaly_models.py", "test_clustering_models.py", "test_deep_networks.py", "test_ensembles.py", "test_statistical_models.py")


def test_every_model_of_the_document_is_held_to_the_contract():
    """Here, or in another file of this folder."""
    assert set(SMALL).union(*map(tried_in, OTHERS)) == set(model_names()) == set(catalogue.names("models"))


@pytest.mark.parametrize(("name", "params", "task", "n_classes"), list(cases()))
def test_every_model_keeps_the_contract(name, params, task, n_classes):
    check_model(name, params, task, n_classes=n_classes, scaled=name in SCALED)


class Broken:
    """A least-squares model that can be broken in one way at a time."""

    tasks = ("regression",)
    takes_null = False
    early_stops = False

    def __init__(self, params, *, task, seed, threads, **_):
        self.flaw, self.threads, self.calls = params["flaw"], threads, 0

    def fit(self, x, y, *, rounds=None):
        from dsframework.errors import ModelError

        if rounds is not None or not np.isfinite(x).all():
            raise ModelError("refused")
        design = np.column_stack([x, np.ones(len(x))])
        weights = np.linalg.lstsq(design, y, rcond=None)[0]
        if self.flaw == "remembers" and hasattr(self, "weights_"):
            weights = (weights + self.weights_) / 2
        if self.flaw == "threads":
            weights = weights * (1 + (self.threads - 1) * 2.0**-40)
        self.weights_ = weights
        return None if self.flaw == "returns nothing" else self

    def find_rounds(self, *args, **kwargs):
        from dsframework.errors import ModelError

        raise ModelError("refused")

    def predict(self, x):
        from dsframework.errors import ModelError

        if not hasattr(self, "weights_"):
            raise ModelError("not fitted")
        if self.flaw == "writes":
            x[:, 0] += 1.0
        if self.flaw == "looks around":
            x = x - x.mean(axis=0)
        values = np.column_stack([x, np.ones(len(x))]) @ self.weights_
        return values.astype(np.float32) if self.flaw == "float32" else values

    def feature_importance(self):
        return self.weights_ if self.flaw == "importance" else None


@pytest.mark.parametrize(
    ("flaw", "says"),
    [
        ("remembers", "remembers the first fit"),
        ("threads", "two threads give other bits"),
        ("returns nothing", "fit returns self"),
        ("looks around", "depends on the other rows"),
        ("float32", "not float64"),
        ("importance", "importance"),
    ],
)
def test_the_contract_suite_finds_a_broken_model(flaw, says, monkeypatch):
    monkeypatch.setitem(models._loaded, "broken", Broken)
    with pytest.raises(AssertionError, match=says):
        check_model("broken", {"flaw": flaw}, "regression")


def test_the_contract_suite_passes_a_sound_model_of_another_package(monkeypatch):
    monkeypatch.setitem(models._loaded, "sound", Broken)
    check_model("sound", {"flaw": "none"}, "regression")


def test_a_model_that_writes_to_its_rows_fails_on_rows_that_can_not_be_written_to(monkeypatch):
    monkeypatch.setitem(models._loaded, "broken", Broken)
    with pytest.raises(ValueError, match="read-only"):
        check_model("broken", {"flaw": "writes"}, "regression")


def test_fits_in_other_processes_give_the_same_bits():
    import subprocess
    import sys

    code = (
        "import hashlib, numpy as np\n"
        "from dsframework.models import make_model\n"
        "r = np.random.default_rng(3); x = r.normal(size=(300, 6)); y = x[:, 0] + r.normal(size=300)\n"
        "for name in ('lightgbm', 'xgboost', 'catboost', 'random_forest', 'ridge'):\n"
        "    size = {'catboost': {'iterations': 20}, 'ridge': {}}.get(name, {'n_estimators': 20})\n"
        "    p = make_model(name, size, task='regression', seed=5, threads=1).fit(x, y).predict(x)\n"
        "    print(name, hashlib.sha256(p.tobytes()).hexdigest())\n"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120).stdout.split()
    random = np.random.default_rng(3)
    x = random.normal(size=(300, 6))
    y = x[:, 0] + random.normal(size=300)
    import hashlib

    for name, digest in zip(other[::2], other[1::2], strict=True):
        size = {"catboost": {"iterations": 20}, "ridge": {}}.get(name, {"n_estimators": 20})
        p = make_model(name, size, task="regression", seed=5, threads=2).fit(x, y).predict(x)
        assert hashlib.sha256(p.tobytes()).hexdigest() == digest, name
