"""Bins that are made once for many fits: whatever lies on a shelf, the trees are those of a fit that finds nothing there."""

import pickle
import time
from functools import partial

import numpy as np
import pytest

from dsframework.models import make_model
from dsframework.shelf import Shelf
from dsframework.testing._rows import frozen

N = 700
NAMES = ["wide", "gaps", "kind", "flag", "whole"]
ROUNDS = {"xgboost": "n_estimators", "lightgbm": "n_estimators", "catboost": "iterations"}
DEPTH = {"xgboost": {"max_depth": 3}, "lightgbm": {"num_leaves": 7}, "catboost": {"depth": 3}}
GRIDS = {
    "xgboost": [
        {"max_depth": 2, "subsample": 0.7},
        {"max_depth": 5, "min_child_weight": 30.0},
        {"colsample_bytree": 0.5, "reg_lambda": 5.0},
    ],
    "lightgbm": [
        {"num_leaves": 4, "min_child_samples": 3},
        {"min_child_samples": 40, "colsample_bytree": 0.5},
        {"min_child_samples": 1, "subsample": 0.7, "subsample_freq": 1},
        {"min_child_samples": 200, "min_child_weight": 0.1},
        {"min_child_samples": 25, "min_split_gain": 0.1},
    ],
    "catboost": [{"depth": 2, "random_strength": 0.0}, {"depth": 5, "l2_leaf_reg": 9.0}, {"rsm": 0.5}, {"bagging_temperature": 0.0}],
}
BOOSTERS = list(ROUNDS)


def rows(n, seed=0):
    """Features of many sorts: wide, with gaps, a category, a flag that few rows have, whole numbers."""
    random = np.random.default_rng(seed)
    wide, gaps, flag = random.normal(size=n), random.normal(size=n), (random.uniform(size=n) < 0.02).astype(float)
    kind, whole = random.integers(0, 5, n).astype(float), random.integers(0, 30, n).astype(float)
    value = np.exp(wide / 3) + np.where(gaps > 0, 0.5, 0.0) + np.array([0.0, 1.0, 0.3, 0.8, 0.1])[kind.astype(int)] + whole / 30 + flag
    gaps[random.uniform(size=n) < 0.2] = np.nan
    value += 0.1 * random.exponential(size=n)
    return np.column_stack([wide, gaps, kind, flag, whole]), value


CASES = {
    "plain": {},
    "mae": {"params": {"loss": "mae"}},
    "quantile loss": {"params": {"loss": "quantile", "quantile": 0.8}},
    "tweedie": {"params": {"loss": "tweedie"}},
    "weights": {"weight": True},
    "categories": {"params": {"categorical": ["kind", "whole"]}},
    "monotone": {"params": {"monotone": {"wide": 1, "gaps": 1}}},
    "quantiles": {"more": {"quantiles": (0.1, 0.5, 0.9)}},
    "one quantile, weights": {"more": {"quantiles": (0.7,)}, "weight": True},
    "two classes": {"more": {"task": "classification"}, "classes": 2},
    "two classes, weights, categories": {
        "more": {"task": "classification"},
        "classes": 2,
        "weight": True,
        "params": {"categorical": ["kind"]},
    },
    "three classes": {"more": {"task": "classification", "n_classes": 3}, "classes": 3},
    "two of three classes": {"more": {"task": "classification", "n_classes": 3}, "classes": 2},
}


class Case:
    """A kind of fit, which differs from fit to fit in a few parameters only."""

    def __init__(self, name, kind):
        self.name, self.kind = name, CASES[kind]
        (self.x, y), (self.x_val, y_val) = rows(N), rows(200, seed=1)
        classes = self.kind.get("classes")
        cuts = [] if classes is None else np.quantile(y, np.arange(1, classes) / classes)
        self.y, self.y_val = (value if classes is None else np.searchsorted(cuts, value).astype(float) for value in (y, y_val))
        self.x, self.y = frozen(self.x), frozen(self.y)
        weight = np.random.default_rng(2).uniform(0.2, 3.0, N)
        self.given = {"weight": weight / weight.mean()} if self.kind.get("weight") else {}

    def model(self, params):
        params = {ROUNDS[self.name]: 12, **params, **self.kind.get("params", {})}
        return make_model(self.name, params, **{"task": "regression", "seed": 5, "threads": 1, **self.kind.get("more", {})})

    def fit(self, params, shelf=None):
        return self.model(params).fit(self.x, self.y, names=NAMES, shelf=shelf, **self.given)

    def rounds(self, params, shelf=None):
        watched = (self.x, self.y, self.x_val, self.y_val)
        return self.model({"learning_rate": 0.4, **params, ROUNDS[self.name]: 40}).find_rounds(
            *watched, patience=3, names=NAMES, shelf=shelf, **self.given
        )

    def told(self, model):
        found = [model.predict(self.x_val), model.feature_importance()]
        return [*found, model.predict_quantiles(self.x_val)] if model.quantiles else found


@pytest.mark.parametrize("kind", CASES)
@pytest.mark.parametrize("name", BOOSTERS)
def test_trees_grown_from_the_shelf_are_those_of_a_fit_of_its_own(name, kind):
    case, shelf = Case(name, kind), Shelf()
    for params in [DEPTH[name], *GRIDS[name], DEPTH[name]]:
        alone, shared = case.fit(params), case.fit(params, shelf)
        for ours, theirs in zip(case.told(shared), case.told(alone), strict=True):
            np.testing.assert_array_equal(ours, theirs, err_msg=str(params))


@pytest.mark.parametrize("kind", ["plain", "weights", "categories", "quantile loss", "two classes", "three classes"])
@pytest.mark.parametrize("name", BOOSTERS)
def test_the_rounds_that_are_found_are_the_same(name, kind):
    case, shelf = Case(name, kind), Shelf()
    found = {}
    for params in [DEPTH[name], *GRIDS[name], DEPTH[name]]:
        found[str(params)] = case.rounds(params)
        assert case.rounds(params, shelf) == found[str(params)], params
    assert len(set(found.values())) > 1


@pytest.mark.parametrize("name", BOOSTERS)
def test_bins_are_made_once_for_settings_that_they_do_not_depend_on(name):
    case, shelf = Case(name, "plain"), Shelf()
    case.fit(DEPTH[name], shelf)
    size = shelf.size
    assert size > 0
    for depth in (2, 4, 6):
        case.fit({next(iter(DEPTH[name])): depth, "learning_rate": 0.05 * depth}, shelf)
    assert shelf.size == size


def test_lightgbms_bins_serve_any_size_of_leaves_where_no_feature_is_left_out():
    random = np.random.default_rng(0)
    x, y = random.normal(size=(N, 3)), random.normal(size=N)
    shelf, sizes = Shelf(), []
    for leaf in (5, 20, 7, 11, 30, 2):
        params = {"n_estimators": 8, "min_child_samples": leaf}
        fit = partial(lambda params, **more: make_model("lightgbm", params, task="regression").fit(x, y, **more).predict(x), params)
        np.testing.assert_array_equal(fit(shelf=shelf), fit())
        sizes.append(shelf.size)
    assert set(sizes) == {x.size}


@pytest.mark.parametrize(("name", "params"), [("xgboost", {"max_bin": 8}), ("lightgbm", {"max_bin": 8}), ("catboost", {"border_count": 8})])
def test_with_parameters_that_bins_depend_on_nothing_is_laid_by(name, params):
    case, shelf = Case(name, "plain"), Shelf()
    np.testing.assert_array_equal(case.fit(params, shelf).predict(case.x_val), case.fit(params).predict(case.x_val))
    assert shelf.size == 0


@pytest.mark.parametrize("name", BOOSTERS)
def test_a_model_takes_nothing_of_the_shelf_with_it(name):
    case, shelf = Case(name, "plain"), Shelf()
    alone, shared = case.fit(DEPTH[name]), case.fit(DEPTH[name], shelf)
    again = pickle.loads(pickle.dumps(shared))
    np.testing.assert_array_equal(again.predict(case.x_val), alone.predict(case.x_val))
    assert len(pickle.dumps(shared)) < 1.1 * len(pickle.dumps(alone)) + 1000
    case.x = np.tile(case.x, (8, 1))
    case.y = np.tile(case.y, 8)
    large = pickle.dumps(case.fit(DEPTH[name], Shelf()))
    assert len(large) < 1.5 * len(pickle.dumps(shared)) + 1000


@pytest.mark.parametrize("name", BOOSTERS)
def test_a_fit_of_one_thread_works_in_one_thread(name):
    x, y = rows(20_000)
    shelf = Shelf()
    make = partial(make_model, name, {ROUNDS[name]: 20}, task="regression", threads=1)
    make().fit(x[:100], y[:100], shelf=Shelf()).predict(x[:100])  # what a library starts with
    whole, mine = time.process_time(), time.thread_time()
    for _ in range(3):
        make().fit(x, y, shelf=shelf).predict(x)
    whole, mine = time.process_time() - whole, time.thread_time() - mine
    assert whole < 1.2 * mine + 0.1
