"""The contract of a model."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dsframework.errors import ModelError
from dsframework.models import Model, make_model
from dsframework.models._base import Task
from dsframework.testing._rows import Floats, frozen, some_rows, with_gaps

__all__ = ["check_model"]

_TRAIN = 180
_PATIENCE = 5
Make = Callable[..., Model]


def check_model(name: str, params: Mapping[str, Any], task: Task) -> None:
    """Check that a registered model keeps the contract of `dsframework.models.Model`.

    Parameters
    ----------
    name, params, task
        As for `make_model`. Parameters that keep the fits small make this fast: about ten models are fitted.

    Raises
    ------
    AssertionError
        With what is broken.
    """

    def make(threads: int = 1) -> Model:
        return make_model(name, params, task=task, seed=7, threads=threads)

    x, y = some_rows(task)
    _check_constructor(make, name, params, task, x)
    predicted = _check_fit(make, task, x, y)
    _check_same_bits(make, x, y, predicted)
    _check_missing(make, x, y)
    _check_importance(make().fit(x, y), x.shape[1])
    if make().early_stops:
        _check_rounds(make, x, y)
    else:
        _refuses(lambda: make().fit(x, y, rounds=3), "fit(rounds=3), although it does not stop early")
        _refuses(lambda: make().find_rounds(x, y, x, y, patience=1), "find_rounds, although it does not stop early")
    if task == "classification":
        _refuses(lambda: make().fit(x, frozen(np.ones(len(y)))), "a target of one class")


def _refuses(call: Callable[[], Any], what: str) -> None:
    try:
        call()
    except ModelError:
        return
    raise AssertionError(f"no ModelError for {what}")


def _same(left: Floats, right: Floats) -> bool:
    return left.dtype == right.dtype and left.tobytes() == right.tobytes()


def _check_constructor(make: Make, name: str, params: Mapping[str, Any], task: Task, x: Floats) -> None:
    before = pickle.dumps(dict(params))
    model = make()
    assert pickle.dumps(dict(params)) == before, "the constructor changed its parameters"
    learned = [key for key in vars(model) if key.endswith("_")]
    assert not learned, f"the constructor only stores, but there is {learned}"
    _refuses(lambda: model.predict(x), "predict before fit")
    other: Task = "regression" if task == "classification" else "classification"
    try:
        make_model(name, params, task=other, seed=0, threads=1)
    except ModelError as error:
        assert error.mend, "a model that does not fit the task says which do"  # noqa: PT017 (this is no pytest test)


def _check_fit(make: Make, task: str, x: Floats, y: Floats) -> Floats:
    model = make()
    assert model.fit(x[:_TRAIN], y[:_TRAIN]) is model, "fit returns self"
    test = x[_TRAIN:]
    predicted = model.predict(test)
    assert predicted.shape == (len(test),), f"predict gives the shape {predicted.shape} for {len(test)} rows"
    assert predicted.dtype == np.float64, f"predict gives {predicted.dtype}, not float64"
    assert np.isfinite(predicted).all(), "a prediction is not finite"
    assert np.allclose(model.predict(test[:1]), predicted[:1], rtol=1e-9, atol=0), "a prediction depends on the other rows"
    actual = y[_TRAIN:]
    if task == "classification":
        assert ((predicted >= 0) & (predicted <= 1)).all(), "a probability is outside 0 to 1"
        assert predicted[actual == 1].mean() > predicted[actual == 0].mean() + 0.1, "predict does not give the probability of class 1"
    else:
        error = np.mean(np.square(predicted - actual))
        assert error < 0.8 * np.var(actual), f"it learned nothing: mean squared error {error:g}, variance {np.var(actual):g}"
    return predicted


def _check_same_bits(make: Make, x: Floats, y: Floats, predicted: Floats) -> None:
    train, target, test = x[:_TRAIN], y[:_TRAIN], x[_TRAIN:]
    model = make().fit(train, target)
    assert _same(model.predict(test), predicted), "a second fit gives other bits"
    assert _same(pickle.loads(pickle.dumps(model)).predict(test), predicted), "a pickled model predicts other bits"  # noqa: S301 (our own bytes)
    model.fit(train[:90] * 2.0, target[:90])
    assert _same(model.fit(train, target).predict(test), predicted), "a model that is fitted again remembers the first fit"
    assert _same(make(threads=2).fit(train, target).predict(test), predicted), "two threads give other bits"
    own_x, own_y, own_test = np.array(train), np.array(target), np.array(test)
    assert _same(make().fit(own_x, own_y).predict(own_test), predicted), "rows that can be written to give other bits"
    untouched = _same(own_x, train) and _same(own_y, target) and _same(own_test, test)
    assert untouched, "fit or predict changed its input"


def _check_missing(make: Make, x: Floats, y: Floats) -> None:
    gaps = with_gaps(x)
    if make().takes_null:
        predicted = make().fit(gaps[:_TRAIN], y[:_TRAIN]).predict(gaps[_TRAIN:])
        assert np.isfinite(predicted).all(), "it takes missing values, but a prediction is not finite"
    else:
        _refuses(lambda: make().fit(gaps, y), "missing values, although it does not take them")


def _check_importance(model: Model, n_features: int) -> None:
    shares = model.feature_importance()
    if shares is None:
        return
    assert shares.shape == (n_features,), f"the importance has the shape {shares.shape} for {n_features} features"
    assert (shares >= 0).all(), "an importance is negative"
    assert np.isclose(shares.sum(), 1.0), f"the importances sum to {shares.sum():g}, not 1"


def _check_rounds(make: Make, x: Floats, y: Floats) -> None:
    train, target, test = x[:_TRAIN], y[:_TRAIN], x[_TRAIN:]
    found = make().find_rounds(train, target, test, y[_TRAIN:], patience=_PATIENCE)
    assert isinstance(found, int), f"find_rounds gives a {type(found).__name__}"
    assert found >= 1, f"find_rounds gives {found}"
    again = make(threads=2).find_rounds(train, target, test, y[_TRAIN:], patience=_PATIENCE)
    assert again == found, f"find_rounds gives {found}, and {again} with two threads"
    one, few = (make().fit(train, target, rounds=rounds).predict(test) for rounds in (1, 4))
    assert not _same(one, few), "the number of rounds changes nothing"
    model = make()
    model.fit(train, target, rounds=1)
    assert _same(model.fit(train, target, rounds=4).predict(test), few), "a fit remembers the rounds of the one before"
