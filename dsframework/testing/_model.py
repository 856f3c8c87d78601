"""The contract of a model."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from typing import Any, get_args

import numpy as np

from dsframework.errors import ModelError
from dsframework.models import Model, make_model
from dsframework.models._base import Task
from dsframework.testing._model_case import TRAIN, ModelCase, same_bits
from dsframework.testing._model_tasks import check_learned, check_quantiles, check_weight
from dsframework.testing._rows import Floats, frozen, with_gaps

__all__ = ["check_model"]

_PATIENCE = 5


def check_model(name: str, params: Mapping[str, Any], task: Task, *, n_classes: int = 2, scaled: bool = False) -> None:
    """Check that a registered model keeps the contract of `dsframework.models.Model`.

    Parameters
    ----------
    name, params, task, n_classes
        As for `make_model`. Parameters that keep the fits small make this fast: about fifteen models are fitted.
    scaled
        Hand out features, and values to predict, of mean 0 and deviation 1, for a model that asks for a ``standard_scale`` before it.

    Raises
    ------
    AssertionError
        With what is broken.
    """
    case = ModelCase.of(name, params, task, n_classes=n_classes, scaled=scaled)
    _check_constructor(case)
    predicted = _check_fit(case)
    _check_same_bits(case, predicted)
    _check_missing(case)
    _check_importance(case)
    _check_history(case, predicted)
    check_weight(case)
    if task == "regression":
        check_quantiles(case, predicted)
    if task in ("regression", "classification"):
        if case.make().early_stops:
            _check_rounds(case)
        else:
            _refuses(lambda: case.fit(rounds=3), "fit(rounds=3), although it does not stop early")
            _refuses(lambda: case.find_rounds(case.make(), patience=1), "find_rounds, although it does not stop early")
    if task == "classification":
        ones = case.with_target(frozen(np.ones(len(case.trial.x))))
        _refuses(ones.fit, "a target of one class")


def _refuses(call: Callable[[], Any], what: str) -> None:
    try:
        call()
    except ModelError:
        return
    raise AssertionError(f"no ModelError for {what}")


def _check_constructor(case: ModelCase) -> None:
    before = pickle.dumps(dict(case.params))
    model = case.make()
    assert pickle.dumps(dict(case.params)) == before, "the constructor changed its parameters"
    learned = [key for key in vars(model) if key.endswith("_")]
    assert not learned, f"the constructor only stores, but there is {learned}"
    assert isinstance(model.history, int), f"history is a {type(model.history).__name__}, not a whole number"
    assert model.history >= 0, f"history is {model.history}"
    _refuses(lambda: case.predict(model, TRAIN, len(case.trial.x)), "predict before fit")
    for other in get_args(Task):
        try:
            make_model(case.name, case.params, task=other, seed=0, threads=1)
        except ModelError as error:
            assert error.mend, "a model that does not fit the task says which do"  # noqa: PT017 (this is no pytest test)


def _check_fit(case: ModelCase) -> Floats:
    model = case.make()
    assert case.fit(model) is model, "fit returns self"
    n_rows = len(case.trial.x)
    predicted = case.predict(model, TRAIN, n_rows)
    expected = (n_rows - TRAIN, case.n_classes) if case.task == "classification" and case.n_classes > 2 else (n_rows - TRAIN,)
    assert predicted.shape == expected, f"predict gives the shape {predicted.shape} for {n_rows - TRAIN} rows, not {expected}"
    assert predicted.dtype == np.float64, f"predict gives {predicted.dtype}, not float64"
    assert np.isfinite(predicted).all(), "a prediction is not finite"
    one = case.predict(model, TRAIN, TRAIN + 1)
    assert np.allclose(one, predicted[:1], rtol=1e-9, atol=0), "a prediction depends on the other rows"
    assert np.isfinite(case.predict(model, 0, TRAIN)).all(), "a prediction of a training row is not finite"
    check_learned(case, model, predicted)
    return predicted


def _check_same_bits(case: ModelCase, predicted: Floats) -> None:
    def test(model: Model) -> Floats:
        return case.predict(model, TRAIN, len(case.trial.x))

    model = case.fit()
    assert same_bits(test(model), predicted), "a second fit gives other bits"
    assert same_bits(test(pickle.loads(pickle.dumps(model))), predicted), "a pickled model predicts other bits"  # noqa: S301 (our own bytes)
    case.with_features(frozen(case.trial.x * 2.0)).fit(model, last=TRAIN // 2)
    assert same_bits(test(case.fit(model)), predicted), "a model that is fitted again remembers the first fit"
    assert same_bits(test(case.fit(case.make(threads=2))), predicted), "two threads give other bits"
    own = case.writable()
    assert same_bits(own.predict(own.fit(), TRAIN, len(own.trial.x)), predicted), "rows that can be written to give other bits"
    assert own.untouched(case), "fit or predict changed its input"


def _check_missing(case: ModelCase) -> None:
    gaps = case.with_features(with_gaps(case.trial.x))
    if case.make().takes_null:
        predicted = gaps.predict(gaps.fit(), TRAIN, len(case.trial.x))
        assert np.isfinite(predicted).all(), "it takes missing values, but a prediction is not finite"
    else:
        _refuses(gaps.fit, "missing values, although it does not take them")


def _check_importance(case: ModelCase) -> None:
    shares, n_features = case.fit().feature_importance(), case.trial.x.shape[1]
    if shares is None:
        return
    assert shares.shape == (n_features,), f"the importance has the shape {shares.shape} for {n_features} features"
    assert (shares >= 0).all(), "an importance is negative"
    assert np.isclose(shares.sum(), 1.0), f"the importances sum to {shares.sum():g}, not 1"


def _check_history(case: ModelCase, predicted: Floats) -> None:
    """More history than it says that it reads changes nothing; nor does it read a later row of the entity."""
    model = case.make()
    if model.history == 0:
        return
    case.fit(model)
    n_rows = len(case.trial.x)
    everything = case.predict(model, TRAIN, n_rows, history=n_rows)
    assert np.allclose(everything, predicted, rtol=1e-9, atol=0), f"a prediction reads more than its history of {model.history} rows"
    later = np.array(case.trial.x)
    later[TRAIN + 30 :] += 1000.0
    changed = case.with_features(frozen(later)).predict(model, TRAIN, n_rows)
    assert np.allclose(changed[:30], predicted[:30], rtol=1e-9, atol=0), "a prediction reads later rows"


def _check_rounds(case: ModelCase) -> None:
    found = case.find_rounds(case.make(), patience=_PATIENCE)
    assert isinstance(found, int), f"find_rounds gives a {type(found).__name__}"
    assert found >= 1, f"find_rounds gives {found}"
    again = case.find_rounds(case.make(threads=2), patience=_PATIENCE)
    assert again == found, f"find_rounds gives {found}, and {again} with two threads"
    n_rows = len(case.trial.x)
    one, few = (case.predict(case.fit(rounds=rounds), TRAIN, n_rows) for rounds in (1, 4))
    assert not same_bits(one, few), "the number of rounds changes nothing"
    model = case.fit(rounds=1)
    assert same_bits(case.predict(case.fit(model, rounds=4), TRAIN, n_rows), few), "a fit remembers the rounds of the one before"
