"""What models tell while they learn, and that being heard changes no bit of what is learned."""

import pickle

import numpy as np
import pytest

from dsframework.models import make_model
from dsframework.progress import Progress
from dsframework.shelf import Shelf
from dsframework.testing._rows import frozen

ROUNDS = 30
MODELS = {
    "xgboost": {"n_estimators": ROUNDS, "learning_rate": 0.5},
    "lightgbm": {"n_estimators": ROUNDS, "learning_rate": 0.5},
    "catboost": {"iterations": ROUNDS, "learning_rate": 0.5},
    "mlp": {"epochs": ROUNDS, "hidden": [8], "learning_rate": 0.05},
    "torch_mlp": {"epochs": ROUNDS, "hidden": [8], "learning_rate": 0.05},
    "keras_mlp": {"epochs": ROUNDS, "hidden": [8], "learning_rate": 0.05},
}
BINNED = ("xgboost", "lightgbm", "catboost")
TASKS = [("regression", 2), ("classification", 2), ("classification", 3)]


def rows(n, n_classes, task, seed):
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 3))
    y = 2 * x[:, 0] - x[:, 1] ** 2 + random.normal(size=n)
    return frozen(x), frozen(y if task == "regression" else np.digitize(y, [-2.0, 1.0][: n_classes - 1]).astype(float))


def learned(name, task, n_classes, shelf):
    """The rounds that were found, and a stored model that was fitted with them, as bytes."""
    (x, y), watched = rows(300, n_classes, task, 0), rows(100, n_classes, task, 1)
    given = {} if shelf is None else {"shelf": shelf}
    make = lambda: make_model(name, MODELS[name], task=task, n_classes=n_classes, seed=3, threads=1)  # noqa: E731
    rounds = make().find_rounds(x, y, *watched, patience=4, **given)
    model = make().fit(x, y, rounds=rounds, **given)
    stored = b"" if shelf else pickle.dumps(model)
    assert b"Telling" not in stored
    return rounds, model.predict(watched[0]).tobytes(), b"" if name == "catboost" else stored  # which holds the time of the fit


@pytest.mark.parametrize(("task", "n_classes"), TASKS)
@pytest.mark.parametrize(("name", "shelved"), [*((name, False) for name in MODELS), *((name, True) for name in BINNED)])
def test_a_fit_that_is_heard_gives_the_same_bits_and_tells_every_round(name, task, n_classes, shelved):
    unheard = learned(name, task, n_classes, Shelf() if shelved else None)
    told = []
    progress = Progress(lambda curve: told.append((curve.of, curve.step, curve.steps)))
    with progress.listening():
        heard = learned(name, task, n_classes, Shelf() if shelved else None)
    assert heard == unheard

    rounds, watched = heard[0], progress.watched.snapshot()
    assert watched.of.startswith("validation ")
    assert all(np.isfinite(watched.values))
    assert rounds <= watched.step <= ROUNDS
    assert watched.values[0] > min(watched.values)
    assert [one for one in told if one[0]] == [(watched.of, step, ROUNDS) for step in range(1, watched.step + 1)]
    assert [one for one in told if not one[0]] == [("", step, rounds) for step in range(1, rounds + 1)]


@pytest.mark.parametrize("name", BINNED)
def test_what_is_told_is_the_loss_that_stops_the_fit(name):
    progress = Progress()
    told = []
    with Progress(lambda curve: told.append(curve.snapshot().values[-1])).listening(), progress.listening():
        (x, y), watched = rows(300, 2, "regression", 0), rows(100, 2, "regression", 1)
        rounds = make_model(name, MODELS[name], task="regression", seed=3, threads=1).find_rounds(x, y, *watched, patience=4)
    model = make_model(name, MODELS[name], task="regression", seed=3, threads=1).fit(x, y, rounds=rounds)
    assert int(np.argmin(told)) + 1 == rounds
    squared = float(np.mean(np.square(model.predict(watched[0]) - watched[1])))
    assert min(told) == pytest.approx(np.sqrt(squared) if "rmse" in progress.watched.of else squared, rel=1e-4)
