"""What the fits of a fold leave for one another: the same forecasts as a fit of its own, in bounded memory, for one fit at a time."""

import gc
from pathlib import Path

import numpy as np
import pytest
import yaml

from dsframework.experiment import expand, fit_folds
from dsframework.experiment._fit import fit_rows, forecast_rows, score_rows
from dsframework.experiment._shelves import Shelves, room_for_shelves, shelves
from dsframework.preprocessing import Pipeline
from dsframework.spec import parse_spec
from dsframework.splitting import fit_groups
from dsframework.study._prepare import Preparer

SPEC = {
    "version": 1,
    "name": "shelves",
    "task": "regression",
    "data": {"loader": "sample", "n_entities": 3, "n_days": 150, "seed": 4},
    "target": {"column": "volume", "transform": "log"},
    "features": [{"lag": {"columns": ["volume", "close"], "periods": [0, 1, 2]}}, {"calendar": {"fields": ["day_of_week"]}}],
    "split": {"cv": {"folds": 3}},
    "models": [{"lightgbm": {"n_estimators": [20], "num_leaves": 7}}],
    "metrics": ["mae", "rmse", "mase"],
}
STOPPING = {"early_stopping": {"rounds": 3, "validation": 0.2}}
FORMS = {
    "no step": {},
    "steps": {"preprocessing": ["impute", "standard_scale"]},
    "a step for each entity": {"preprocessing": [{"standard_scale": {"by": "entity"}}]},
    "a step that learns from the target": {"preprocessing": [{"select": {"keep": 3}}]},
    "weights": {"weights": {"half_life": 30.0}},
    "early stopping": {"tuning": STOPPING},
    "early stopping, weights, steps": {"tuning": STOPPING, "weights": {"half_life": 30.0}, "preprocessing": ["standard_scale"]},
    "a mean, corrected": {"target": {"column": "volume", "transform": "log", "estimate": "mean"}},
    "a scale from the last value": {"target": {"column": "volume", "transform": "log_ratio"}},
    "both sides of the test": {"split": {"cv": {"method": "purged_k_fold", "folds": 3}}},
    "both sides, steps": {"split": {"cv": {"method": "purged_k_fold", "folds": 3}}, "preprocessing": ["standard_scale"]},
    "one fit for many folds": {"split": {"cv": {"method": "walk_forward", "folds": 4, "refit": 2}}},
    "xgboost": {"models": [{"xgboost": {"n_estimators": 15, "categorical": ["day_of_week"]}}], "tuning": STOPPING},
    "catboost": {"models": [{"catboost": {"iterations": 15, "monotone": {"volume_lag_0": 1}}}], "tuning": STOPPING},
    "a linear model": {"models": ["ridge"], "preprocessing": ["standard_scale"]},
    "a model that reads earlier rows": {"models": [{"theta": {}}]},
    "quantiles": {"intervals": {"method": "quantile", "coverage": 0.8}},
}


def prepared_of(form):
    spec = parse_spec(yaml.safe_dump({**SPEC, **FORMS[form]}))
    return Preparer(Path.cwd(), {}).prepare(expand(spec)[0])


def job_of(prepared, **params):
    """The first point of the search, or another one."""
    first = {name: value[0] if isinstance(value, list) else value for name, value in prepared.plan.search_space.items()}
    return prepared.job({**first, **params})


@pytest.fixture(autouse=True)
def _empty():
    shelves.clear()
    yield
    shelves.clear()


@pytest.mark.parametrize("form", FORMS)
def test_a_fit_that_uses_a_shelf_says_what_one_of_its_own_says(form):
    prepared = prepared_of(form)
    dataset, job = prepared.dataset, job_of(prepared)
    for _ in range(2):
        for group in fit_groups(prepared.folds):
            train = dataset.train_rows(group[0])
            for outcome, fold in zip(fit_folds(dataset, job, group), group, strict=True):
                alone = fit_rows(dataset, job, train)
                forecast = forecast_rows(dataset, alone, dataset.test_rows(fold))
                np.testing.assert_array_equal(outcome.forecast.point, forecast.point)
                if forecast.quantiles is not None:
                    np.testing.assert_array_equal(outcome.forecast.quantiles, forecast.quantiles)
                assert outcome.rounds == alone.rounds
                assert outcome.scores == score_rows(dataset, job, train, dataset.test_rows(fold), forecast)


def test_what_is_before_the_model_is_made_once(monkeypatch):
    prepared, fitted, plain = prepared_of("early stopping, weights, steps"), [], Pipeline.fit
    monkeypatch.setattr(Pipeline, "fit", lambda self, *given, **more: fitted.append(1) or plain(self, *given, **more))
    for leaves in (3, 5, 7):
        for fold in prepared.folds:
            fit_folds(prepared.dataset, job_of(prepared, num_leaves=leaves), (fold,))
    assert len(fitted) == 2 * len(prepared.folds)  # all rows, and the first part of the time


def test_rows_that_lie_together_are_read_in_place():
    prepared = prepared_of("a linear model")
    dataset, fold = prepared.dataset, prepared.folds[1]
    assert isinstance(dataset.train_rows(fold), slice)
    seen = []

    class Looks:
        history, takes_null, takes_weight, early_stops = 0, True, False, False

        def fit(self, x, y, rounds=None):
            seen.append(x)
            return self

        def predict(self, x):
            seen.append(x)
            return np.zeros(len(x))

    job = job_of(prepared_of("no step"))
    object.__setattr__(job, "new_model", Looks)
    fit_folds(dataset, job, (fold,))
    assert all(np.shares_memory(x, dataset.x) and not x.flags.writeable for x in seen)
    assert shelves.size == 0


def shelf_of(kept, prepared, fold=0, **params):
    with kept.lend(prepared.dataset, job_of(prepared, **params), prepared.folds[fold]) as shelf:
        return shelf


def test_shelves_are_of_a_dataset_a_fold_and_what_is_made_before_the_model():
    kept, first, second, steps = Shelves(), prepared_of("no step"), prepared_of("no step"), prepared_of("steps")
    shelf = shelf_of(kept, first)
    assert shelf_of(kept, first, num_leaves=99) is shelf
    assert shelf_of(kept, first, fold=1) is not shelf
    assert shelf_of(kept, second) is not shelf
    object.__setattr__(steps, "dataset", first.dataset)
    assert shelf_of(kept, steps) is not shelf
    assert shelf_of(kept, first) is shelf


def test_a_shelf_is_lent_to_one_fit_at_a_time():
    kept, prepared = Shelves(), prepared_of("no step")
    job, fold = job_of(prepared), prepared.folds[0]
    with kept.lend(prepared.dataset, job, fold) as mine:
        mine.get("part", lambda: 1, size=10)
        with kept.lend(prepared.dataset, job, fold) as other:
            assert "part" not in other
            other.get("part", lambda: 2, size=10)
    assert kept.size == 10
    with kept.lend(prepared.dataset, job, fold) as again:
        assert "part" in again


def test_shelves_that_were_used_longest_ago_go_when_there_is_no_room():
    kept, prepared = Shelves(100), prepared_of("no step")
    for fold in (0, 1, 0, 2):
        shelf_of(kept, prepared, fold).get("part", lambda: 1, size=40)
        shelf_of(kept, prepared, fold)
    assert kept.size == 80
    assert ["part" in shelf_of(kept, prepared, fold) for fold in (0, 2, 1)] == [True, True, False]
    shelf_of(kept, prepared).get("too large", lambda: 1, size=400)
    shelf_of(kept, prepared)
    assert kept.size <= 100


def test_the_shelves_of_a_dataset_go_with_it():
    kept, prepared = Shelves(), prepared_of("no step")
    shelf_of(kept, prepared).get("part", lambda: 1, size=40)
    del prepared
    gc.collect()
    assert kept.size == 0


def test_all_workers_together_keep_within_a_part_of_the_memory():
    import os

    room = room_for_shelves()
    assert 0 < room * len(os.sched_getaffinity(0)) <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 4
