"""Classification metrics of two and of more classes against scikit-learn, and what one class leaves undefined."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from dsframework.errors import MetricError
from dsframework.metrics import Sample, get_metric, score


def loop_ece(actual, p, bins=15):
    total = 0.0
    for k in range(bins):
        rows = [(a, q) for a, q in zip(actual, p, strict=True) if k / bins < q <= (k + 1) / bins or (k == 0 and q == 0)]
        if rows:
            total += abs(sum(q for _, q in rows) - sum(a for a, _ in rows)) / len(p)
    return total


TWO = {
    "roc_auc": oracle.roc_auc_score,
    "pr_auc": oracle.average_precision_score,
    "log_loss": oracle.log_loss,
    "brier": oracle.brier_score_loss,
    "ece": loop_ece,
    "accuracy": lambda actual, p: oracle.accuracy_score(actual, p > 0.5),
    "balanced_accuracy": lambda actual, p: oracle.balanced_accuracy_score(actual, p > 0.5),
    "precision": lambda actual, p: oracle.precision_score(actual, p > 0.5, zero_division=0),
    "recall": lambda actual, p: oracle.recall_score(actual, p > 0.5),
    "f1": lambda actual, p: oracle.f1_score(actual, p > 0.5),
    "mcc": lambda actual, p: oracle.matthews_corrcoef(actual, p > 0.5),
}
MORE = {
    "roc_auc": lambda actual, p: oracle.roc_auc_score(actual, p, multi_class="ovr"),
    "pr_auc": lambda actual, p: np.mean([oracle.average_precision_score(actual == k, p[:, k]) for k in range(p.shape[1])]),
    "log_loss": lambda actual, p: oracle.log_loss(actual, p, labels=range(p.shape[1])),
    "brier": lambda actual, p: oracle.brier_score_loss(actual, p, labels=range(p.shape[1])),
    "ece": lambda actual, p: loop_ece(p.argmax(axis=1) == actual, p.max(axis=1)),
    "accuracy": lambda actual, p: oracle.accuracy_score(actual, p.argmax(axis=1)),
    "balanced_accuracy": lambda actual, p: oracle.balanced_accuracy_score(actual, p.argmax(axis=1)),
    "precision": lambda actual, p: oracle.precision_score(actual, p.argmax(axis=1), average="macro", zero_division=0),
    "recall": lambda actual, p: oracle.recall_score(actual, p.argmax(axis=1), average="macro", zero_division=0),
    "f1": lambda actual, p: oracle.f1_score(actual, p.argmax(axis=1), average="macro", zero_division=0),
    "mcc": lambda actual, p: oracle.matthews_corrcoef(actual, p.argmax(axis=1)),
}


def close(value, expected):
    return value == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("name", TWO)
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 300), digits=st.sampled_from([1, 2, 12]))
def test_of_two_classes_it_equals_scikit_learns_with_ties_too(name, seed, n, digits):
    random = np.random.default_rng(seed)
    actual = np.append([0.0, 1.0], random.integers(0, 2, n - 2)).astype(float)
    predicted = np.clip(np.round(random.random(n), digits), 0.001, 0.999)
    assert close(get_metric(name)(Sample(actual, predicted)), TWO[name](actual, predicted))


@pytest.mark.parametrize("name", MORE)
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(8, 200), k=st.integers(3, 6))
def test_of_more_classes_it_equals_scikit_learns(name, seed, n, k):
    random = np.random.default_rng(seed)
    actual = np.append(np.arange(k), random.integers(0, k, n)).astype(float)
    p = random.dirichlet(np.ones(k), size=len(actual))
    sample = Sample(actual, p.argmax(axis=1).astype(float), probabilities=p)
    assert close(get_metric(name)(sample), MORE[name](actual, p))


def test_roc_auc_is_the_share_of_pairs_in_the_right_order():
    random = np.random.default_rng(1)
    actual, predicted = random.integers(0, 2, 80).astype(float), np.round(random.random(80), 1)
    pairs = [(p > q) + 0.5 * (p == q) for p in predicted[actual == 1] for q in predicted[actual == 0]]
    assert close(get_metric("roc_auc")(Sample(actual, predicted)), sum(pairs) / len(pairs))


def test_a_sure_miss_has_a_finite_log_loss():
    assert close(get_metric("log_loss")(Sample(np.array([1.0]), np.array([0.0]))), -np.log(1e-15))
    assert get_metric("log_loss")(Sample(np.array([0.0, 1.0]), np.array([0.0, 1.0]))) < 1e-14


def test_a_probability_of_one_half_is_a_zero_as_scikit_learns_classifiers_predict():
    assert get_metric("accuracy")(Sample(np.array([0.0, 1.0]), np.array([0.5, 0.5]))) == 0.5


def test_a_class_that_a_model_never_predicts_costs_it_and_does_not_hide_it():
    found = score(["precision", "recall", "f1", "mcc"], Sample(np.array([0.0, 1.0, 1.0]), np.array([0.1, 0.2, 0.3])))
    assert dict(found) == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "mcc": 0.0} and not found.reasons


@pytest.mark.parametrize("name", ["roc_auc", "pr_auc", "balanced_accuracy", "precision", "recall", "f1", "mcc"])
@pytest.mark.parametrize("only", [0.0, 1.0])
def test_rows_of_one_class_have_no_value_but_a_reason(name, only):
    found = get_metric(name).score(Sample(np.full(3, only), np.array([0.1, 0.2, 0.9])))
    assert math.isnan(found.value) and found.reason == f"all 3 rows are of class {only:g}"


@pytest.mark.parametrize("name", ["accuracy", "log_loss", "brier", "ece"])
def test_rows_of_one_class_still_have_a_value(name):
    assert math.isfinite(get_metric(name)(Sample(np.ones(3), np.array([0.1, 0.2, 0.9]))))


def test_a_class_that_does_not_occur_is_left_out_of_the_mean_of_areas():
    random = np.random.default_rng(3)
    p = random.dirichlet(np.ones(3), size=40)
    actual = random.integers(0, 2, 40).astype(float)  # class 2 never
    expected = np.mean([oracle.roc_auc_score(actual == k, p[:, k]) for k in (0, 1)])
    assert close(get_metric("roc_auc")(Sample(actual, p.argmax(axis=1).astype(float), probabilities=p)), expected)


@pytest.mark.parametrize(
    ("name", "actual", "p", "says"),
    [
        ("brier", [0.0, 2.0], [0.1, 0.2], "needs actual values of 0 and 1"),
        ("accuracy", [0.0, 0.5], [0.1, 0.2], "needs actual values of 0 and 1"),
        ("log_loss", [0.0, 1.0], [0.1, 1.2], "needs probabilities, there are predictions from 0.1 to 1.2"),
        ("mcc", [0.0, 3.0], [[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]], "needs actual values of 0 to 2"),
        ("log_loss", [0.0, 1.0], [[0.2, 0.3, 0.4], [0.2, 0.3, 0.5]], "sum to 1, a row is 0.1 away"),
    ],
)
def test_what_is_no_class_or_no_probability_is_an_error(name, actual, p, says):
    p = np.array(p)
    sample = Sample(np.array(actual), p if p.ndim == 1 else p.argmax(axis=1).astype(float), probabilities=None if p.ndim == 1 else p)
    with pytest.raises(MetricError, match=says):
        score([name], sample)


@pytest.mark.parametrize("name", TWO)
def test_the_better_prediction_scores_better(name):
    actual = np.array([1.0, 0.0, 1.0, 1.0, 0.0])
    good, bad = np.array([0.9, 0.2, 0.8, 0.7, 0.1]), np.array([0.4, 0.6, 0.3, 0.8, 0.9])
    metric = get_metric(name)
    left, right = metric(Sample(actual, good)), metric(Sample(actual, bad))
    assert (left > right) if metric.greater_is_better else (left < right)
