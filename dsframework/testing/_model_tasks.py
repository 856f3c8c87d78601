"""What a model must have learned, task by task, and what it does with weights and quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsframework.errors import ModelError
from dsframework.models import Model
from dsframework.testing._model_case import TRAIN, ModelCase, same_bits
from dsframework.testing._rows import Floats, frozen, some_groups, some_unusual

__all__ = ["check_learned", "check_quantiles", "check_weight"]

_QUANTILES = (0.1, 0.5, 0.9)


def check_learned(case: ModelCase, model: Model, predicted: Floats) -> None:
    """Check that the predictions of the test rows say something about them."""
    actual = None if case.trial.y is None else case.trial.y[TRAIN:]
    if case.task == "anomaly":
        _check_scores(model, predicted)
    elif case.task == "clustering":
        _check_clusters(predicted)
    elif case.task == "classification":
        assert actual is not None
        _check_probabilities(predicted, actual, case.n_classes)
    else:
        assert actual is not None
        error = np.mean(np.square(predicted - actual))
        assert error < 0.8 * np.var(actual), f"it learned nothing: mean squared error {error:g}, variance {np.var(actual):g}"


def _check_probabilities(predicted: Floats, actual: Floats, n_classes: int) -> None:
    assert ((predicted >= 0) & (predicted <= 1)).all(), "a probability is outside 0 to 1"
    if n_classes == 2:
        assert predicted[actual == 1].mean() > predicted[actual == 0].mean() + 0.1, "predict does not give the probability of class 1"
        return
    assert np.allclose(predicted.sum(axis=1), 1.0, atol=1e-9), "the probabilities of a row do not sum to 1"
    for label in range(n_classes):
        own, others = predicted[actual == label, label].mean(), predicted[actual != label, label].mean()
        assert own > others, f"column {label} does not give the probability of class {label}"


def _check_scores(model: Model, predicted: Floats) -> None:
    odd = some_unusual()[1][TRAIN:]
    threshold: Any = getattr(model, "threshold_", None)
    assert isinstance(threshold, float), f"threshold_ is {threshold!r}, not a number"
    assert predicted[odd].min() > np.median(predicted[~odd]), "an unusual row scores below a usual one"
    assert predicted[odd].mean() > predicted[~odd].mean() + predicted[~odd].std(), "unusual rows do not score higher"
    flagged = (predicted > threshold).mean()
    assert flagged < 0.35, f"{flagged:.0%} of the rows are above the threshold"


def _check_clusters(predicted: Floats) -> None:
    assert np.array_equal(predicted, np.round(predicted)), "a cluster is not a whole number"
    assert (predicted >= -1).all(), "a cluster is below -1"
    group = some_groups()[1][TRAIN:]
    together = group[:, None] == group[None, :]
    found = predicted[:, None] == predicted[None, :]
    agreed = (together == found).mean()
    assert agreed > 0.75, f"three groups that lie well apart are not found: {agreed:.0%} of the pairs agree"


def check_weight(case: ModelCase) -> None:
    """Check that rows of little weight do not matter, and that a weight of 1 is none."""
    model = case.make()
    if not model.takes_weight or case.task == "clustering":
        return
    n_rows = len(case.trial.x)
    plain = case.predict(case.fit(), TRAIN, n_rows)
    ones = case.predict(case.fit(weight=frozen(np.ones(TRAIN))), TRAIN, n_rows)
    alike = np.corrcoef(ones.ravel(), plain.ravel())[0, 1]  # a weighted sample may draw other random numbers
    assert alike > 0.9, f"weights of 1 change the predictions: their correlation with those without is {alike:.2f}"
    if case.trial.y is None:
        return
    spoilt = np.arange(TRAIN) % 2 == 1
    y = np.array(case.trial.y)
    y[:TRAIN][spoilt] = y.max() + y.min() - y[:TRAIN][spoilt]
    weight = np.where(spoilt, 1e-3, 1.0)
    weight = frozen(weight / weight.mean())
    bad = case.with_target(frozen(y))
    weighted, unweighted = (bad.predict(bad.fit(weight=given), TRAIN, n_rows) for given in (weight, None))
    assert not same_bits(weighted, unweighted), "weights change nothing"
    again = bad.predict(bad.fit(bad.make(threads=2), weight=weight), TRAIN, n_rows)
    assert same_bits(again, weighted), "a second weighted fit gives other bits"
    losses = [_loss(bad, predicted, case.trial.y[TRAIN:]) for predicted in (weighted, unweighted)]
    assert losses[0] < losses[1], f"rows of little weight count: the loss is {losses[0]:g} with weights and {losses[1]:g} without"


def _loss(case: ModelCase, predicted: Floats, actual: Floats) -> float:
    if case.task == "regression":
        return float(np.mean(np.square(predicted - actual)))
    chance = np.column_stack([1.0 - predicted, predicted]) if predicted.ndim == 1 else predicted
    return float(np.mean(np.square(chance - np.eye(chance.shape[1])[actual.astype(int)])))


def check_quantiles(case: ModelCase, predicted: Floats) -> None:
    """Check that the quantiles rise and part the rows, or that the model says at once that it has none."""
    try:
        model = case.make(quantiles=_QUANTILES)
    except ModelError as error:
        assert "conformal" in (error.mend or ""), "a model without quantiles says what gives intervals instead"  # noqa: PT017 (this is no pytest test)
        return
    case.fit(model)
    n_rows = len(case.trial.x)
    found = case.predict_quantiles(model, TRAIN, n_rows)
    assert found.shape == (n_rows - TRAIN, 3), f"predict_quantiles gives the shape {found.shape} for {n_rows - TRAIN} rows and 3 quantiles"
    assert found.dtype == np.float64, f"predict_quantiles gives {found.dtype}, not float64"
    assert np.isfinite(found).all(), "a quantile is not finite"
    assert (np.diff(found, axis=1) >= 0).all(), "quantiles cross"
    assert same_bits(case.predict(model, TRAIN, n_rows), predicted), "the prediction depends on whether there are quantiles"
    again = case.fit(case.make(threads=2, quantiles=_QUANTILES))
    assert same_bits(case.predict_quantiles(again, TRAIN, n_rows), found), "a second fit gives quantiles of other bits"
    assert case.trial.y is not None
    train = (case.trial.y[:TRAIN, None] <= case.predict_quantiles(model, 0, TRAIN)).mean(axis=0)
    test = (case.trial.y[TRAIN:, None] <= found).mean(axis=0)  # of a model that knows every training row by heart
    for quantile, *below in zip(_QUANTILES, train, test, strict=True):
        shares = " and ".join(f"{share:.0%}" for share in below)
        assert min(abs(share - quantile) for share in below) < 0.2, f"{shares} of the rows are below the quantile {quantile:g}"
