"""Every metric against scikit-learn or a direct loop, and an error where a number would mean nothing."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from dsframework.errors import MetricError
from dsframework.metrics import Sample, get_metric, metric_names, score
from dsframework.spec import CLASSIFICATION_METRICS, REGRESSION_METRICS

REGRESSION = {
    "mae": oracle.mean_absolute_error,
    "rmse": oracle.root_mean_squared_error,
    "mape": oracle.mean_absolute_percentage_error,
    "r2": oracle.r2_score,
}
CLASSIFICATION = {
    "roc_auc": oracle.roc_auc_score,
    "accuracy": lambda actual, p: oracle.accuracy_score(actual, p > 0.5),
    "log_loss": oracle.log_loss,
    "brier": oracle.brier_score_loss,
}


def close(value, expected):
    return value == pytest.approx(expected, rel=1e-12, abs=1e-12)


def test_the_metrics_are_those_of_the_document():
    assert tuple(metric_names("regression")) == REGRESSION_METRICS
    assert tuple(metric_names("classification")) == CLASSIFICATION_METRICS
    assert metric_names() == [*REGRESSION_METRICS, *CLASSIFICATION_METRICS]


@pytest.mark.parametrize("name", REGRESSION)
@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 400), exponent=st.integers(-6, 9))
def test_a_regression_metric_equals_scikit_learns(name, seed, n, exponent):
    random = np.random.default_rng(seed)
    actual = random.normal(size=n) * 10.0**exponent
    predicted = actual + random.normal(size=n) * 10.0**exponent
    assert close(get_metric(name)(Sample(actual, predicted)), REGRESSION[name](actual, predicted))


@pytest.mark.parametrize("name", CLASSIFICATION)
@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 400), digits=st.sampled_from([1, 2, 12]))
def test_a_classification_metric_equals_scikit_learns_with_ties_too(name, seed, n, digits):
    random = np.random.default_rng(seed)
    actual = np.append([0.0, 1.0], random.integers(0, 2, n - 2)).astype(float)
    predicted = np.clip(np.round(random.random(n), digits), 0.001, 0.999)
    assert close(get_metric(name)(Sample(actual, predicted)), CLASSIFICATION[name](actual, predicted))


def test_roc_auc_is_the_share_of_pairs_in_the_right_order():
    random = np.random.default_rng(1)
    actual, predicted = random.integers(0, 2, 80).astype(float), np.round(random.random(80), 1)
    pairs = [(p > q) + 0.5 * (p == q) for p in predicted[actual == 1] for q in predicted[actual == 0]]
    assert close(get_metric("roc_auc")(Sample(actual, predicted)), sum(pairs) / len(pairs))


def test_mase_divides_every_error_by_its_own_entitys_naive_error():
    history = {"small": [1.0, 2.0, 4.0, 3.0], "large": [1000.0, 4000.0, 2000.0]}
    scales = {name: sum(abs(b - a) for a, b in itertools.pairwise(v)) / (len(v) - 1) for name, v in history.items()}
    entity = np.array(["small", "large", "small"])
    actual, predicted = np.array([5.0, 3000.0, 6.0]), np.array([4.0, 5000.0, 6.5])
    scale = np.array([scales[name] for name in entity])
    errors = [1.0 / scales["small"], 2000.0 / scales["large"], 0.5 / scales["small"]]
    assert close(get_metric("mase")(Sample(actual, predicted, scale, entity)), sum(errors) / 3)


def test_mape_is_a_share_and_leaves_rows_out_whose_actual_value_is_zero():
    sample = Sample(np.array([0.0, 10.0, -4.0]), np.array([5.0, 9.0, -5.0]))
    assert close(get_metric("mape")(sample), (0.1 + 0.25) / 2)


def test_a_sure_miss_has_a_finite_log_loss():
    assert close(get_metric("log_loss")(Sample(np.array([1.0]), np.array([0.0]))), -np.log(1e-15))
    assert get_metric("log_loss")(Sample(np.array([0.0, 1.0]), np.array([0.0, 1.0]))) < 1e-14


def test_a_probability_of_one_half_is_a_zero_as_scikit_learns_classifiers_predict():
    assert get_metric("accuracy")(Sample(np.array([0.0, 1.0]), np.array([0.5, 0.5]))) == 0.5


@pytest.mark.parametrize("name", [*REGRESSION, *CLASSIFICATION])
def test_the_better_prediction_scores_better(name):
    actual = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
    good, bad = np.array([0.9, 0.2, 0.8, 0.7, 0.1]), np.array([0.4, 0.6, 0.3, 0.8, 0.9])
    metric = get_metric(name)
    left, right = metric(Sample(actual, good)), metric(Sample(actual, bad))
    assert (left > right) if metric.greater_is_better else (left < right)


@pytest.mark.parametrize(
    ("name", "actual", "predicted", "says"),
    [
        ("mape", [0.0, 0.0], [1.0, 2.0], "every actual value is 0"),
        ("r2", [3.0, 3.0], [1.0, 2.0], "all 2 actual values are equal"),
        ("r2", [3.0], [1.0], "all 1 actual values are equal"),
        ("mase", [1.0], [1.0], "no naive forecast"),
        ("roc_auc", [1.0, 1.0], [0.1, 0.2], "all 2 rows are of class 1"),
        ("roc_auc", [0.0, 0.0], [0.1, 0.2], "all 2 rows are of class 0"),
        ("brier", [0.0, 2.0], [0.1, 0.2], "needs actual values of 0 and 1"),
        ("log_loss", [0.0, 1.0], [0.1, 1.2], "needs probabilities"),
        ("rmse", [1e200, 0.0], [-1e200, 0.0], "rmse is inf"),
        ("mae", [1.0, 2.0], [np.nan, np.inf], "2 of 2 predicted values are not finite"),
        ("mae", [1.0, np.nan], [1.0, 2.0], "1 of 2 actual values are not finite"),
        ("mae", [], [], "there is no row to score"),
        ("mae", [1.0, 2.0], [1.0], "predicted has the shape"),
    ],
)
def test_a_score_that_means_nothing_is_an_error(name, actual, predicted, says):
    with pytest.raises(MetricError, match=says):
        score([name], Sample(np.array(actual), np.array(predicted)))


@pytest.mark.parametrize("scale", [0.0, np.nan, np.inf])
def test_mase_leaves_out_rows_of_an_entity_that_never_changed_and_needs_one_that_did(scale):
    actual, predicted = np.array([1.0, 2.0, 3.0]), np.array([2.0, 9.0, 6.0])
    assert close(score(["mase"], Sample(actual, predicted, np.array([0.5, scale, 2.0])))["mase"], (1 / 0.5 + 3 / 2) / 2)
    with pytest.raises(MetricError, match=r"mase is not defined: on the training rows .* write metrics: \[mae, rmse\]"):
        score(["mase"], Sample(actual, predicted, np.full(3, scale)))


def test_an_unknown_metric_names_the_one_that_was_meant():
    with pytest.raises(MetricError, match="'rsme' is not available, try rmse"):
        get_metric("rsme")


def test_scores_come_in_the_order_that_was_asked_for():
    assert list(score(["rmse", "mae"], Sample(np.array([1.0]), np.array([2.0])))) == ["rmse", "mae"]
