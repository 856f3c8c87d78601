"""Metrics of one value a row against scikit-learn and direct loops, and what they say where the rows can't tell."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from dsframework.errors import MetricError
from dsframework.metrics import Sample, get_metric, score


def loop_smape(actual, predicted):
    terms = [0.0 if a == p == 0 else 2 * abs(a - p) / (abs(a) + abs(p)) for a, p in zip(actual, predicted, strict=True)]
    return sum(terms) / len(terms)


def loop_qlike(actual, predicted):
    ratios = [(a / p) ** 2 for a, p in zip(actual, predicted, strict=True) if a > 0]
    return sum(q - math.log(q) - 1 for q in ratios) / len(ratios)


ANY_SIGN = {
    "mae": oracle.mean_absolute_error,
    "mse": oracle.mean_squared_error,
    "rmse": oracle.root_mean_squared_error,
    "mape": oracle.mean_absolute_percentage_error,
    "smape": loop_smape,
    "wape": lambda actual, predicted: sum(abs(actual - predicted)) / sum(abs(actual)),
    "bias": lambda actual, predicted: sum(predicted - actual) / len(actual),
    "median_ae": oracle.median_absolute_error,
    "max_error": oracle.max_error,
    "r2": oracle.r2_score,
    "r2_zero": lambda actual, predicted: 1 - sum((actual - predicted) ** 2) / sum(actual**2),
}
QUANTITIES = {"msle": oracle.mean_squared_log_error, "rmsle": oracle.root_mean_squared_log_error, "qlike": loop_qlike}


def close(value, expected, rel=1e-11):
    return value == pytest.approx(expected, rel=rel, abs=1e-12)


@pytest.mark.parametrize("name", ANY_SIGN)
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 400), exponent=st.integers(-6, 9))
def test_a_metric_equals_its_oracle(name, seed, n, exponent):
    random = np.random.default_rng(seed)
    actual = random.normal(size=n) * 10.0**exponent
    predicted = actual + random.normal(size=n) * 10.0**exponent
    assert close(get_metric(name)(Sample(actual, predicted)), ANY_SIGN[name](actual, predicted))


@pytest.mark.parametrize("name", QUANTITIES)
@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 200))
def test_a_metric_of_quantities_equals_its_oracle(name, seed, n):
    random = np.random.default_rng(seed)
    actual, predicted = random.lognormal(size=n), random.lognormal(size=n)
    assert close(get_metric(name)(Sample(actual, predicted)), QUANTITIES[name](actual, predicted), rel=1e-9)


def test_mape_is_a_share_and_leaves_rows_out_whose_actual_value_is_zero():
    sample = Sample(np.array([0.0, 10.0, -4.0]), np.array([5.0, 9.0, -5.0]))
    assert close(get_metric("mape")(sample), (0.1 + 0.25) / 2)


def test_smape_is_zero_where_forecast_and_value_are_zero_and_two_at_most():
    assert get_metric("smape")(Sample(np.array([0.0, 3.0]), np.array([0.0, -3.0]))) == 1.0


def test_a_forecast_below_zero_of_a_quantity_counts_as_zero():
    sample, at_zero = Sample(np.array([1.0, 2.0]), np.array([-5.0, 2.0])), Sample(np.array([1.0, 2.0]), np.array([0.0, 2.0]))
    assert get_metric("msle")(sample) == get_metric("msle")(at_zero) == math.log(2) ** 2 / 2


def test_a_direction_is_that_of_the_change_from_the_last_known_value_or_of_the_value_itself():
    actual, predicted = np.array([12.0, 9.0, 10.0, 11.0, 8.0]), np.array([11.0, 12.0, 9.0, 10.0, 7.0])
    origin = np.array([10.0, 10.0, 10.0, 10.0, np.nan])
    metric = get_metric("directional_accuracy")
    # right, wrong, did not change (out), change predicted as none (wrong), last value unknown (out)
    assert close(metric(Sample(actual, predicted, origin=origin)), 1 / 3)
    assert close(metric(Sample(np.array([0.1, -0.2, 0.3]), np.array([0.2, -0.1, -0.1]))), 2 / 3)


def test_mase_divides_every_error_by_its_own_entitys_naive_error():
    history = {"small": [1.0, 2.0, 4.0, 3.0], "large": [1000.0, 4000.0, 2000.0]}
    scales = {name: sum(abs(b - a) for a, b in itertools.pairwise(v)) / (len(v) - 1) for name, v in history.items()}
    squares = {name: sum((b - a) ** 2 for a, b in itertools.pairwise(v)) / (len(v) - 1) for name, v in history.items()}
    entity = np.array(["small", "large", "small"])
    actual, predicted = np.array([5.0, 3000.0, 6.0]), np.array([4.0, 5000.0, 6.5])
    scale, squared = (np.array([known[name] for name in entity]) for known in (scales, squares))
    errors = [1.0 / scales["small"], 2000.0 / scales["large"], 0.5 / scales["small"]]
    sample = Sample(actual, predicted, scale, entity, squared)
    assert close(get_metric("mase")(sample), sum(errors) / 3)
    terms = [1.0 / squares["small"], 2000.0**2 / squares["large"], 0.25 / squares["small"]]
    assert close(get_metric("rmsse")(sample), math.sqrt(sum(terms) / 3))


@pytest.mark.parametrize("name", ["mase", "rmsse"])
@pytest.mark.parametrize("scale", [0.0, np.nan, np.inf])
def test_rows_of_an_entity_that_never_changed_have_no_scale_and_one_must_have(name, scale):
    actual, predicted = np.array([1.0, 2.0, 3.0]), np.array([2.0, 9.0, 6.0])

    def sample(values):
        return Sample(actual, predicted, values, squared_scale=values)

    expected = {"mase": (1 / 0.5 + 3 / 2) / 2, "rmsse": math.sqrt((1 / 0.5 + 9 / 2) / 2)}[name]
    assert close(get_metric(name)(sample(np.array([0.5, scale, 2.0]))), expected)
    assert "on the training rows" in get_metric(name).score(sample(np.full(3, scale))).reason


@pytest.mark.parametrize("name", [*ANY_SIGN, *QUANTITIES])
def test_the_better_prediction_scores_better(name):
    metric = get_metric(name)
    actual = np.array([1.0, 2.0, 4.0, 3.0])
    good, bad = actual + 0.1, actual + np.array([2.0, 1.0, 3.0, 4.0])
    left, right = metric(Sample(actual, good)), metric(Sample(actual, bad))
    if metric.info.direction == "nearest":
        assert abs(left - metric.info.ideal) < abs(right - metric.info.ideal)
    else:
        assert (left > right) if metric.greater_is_better else (left < right)


@pytest.mark.parametrize(
    ("name", "actual", "predicted", "says"),
    [
        ("mape", [0.0, 0.0], [1.0, 2.0], "every actual value is 0"),
        ("wape", [0.0, 0.0], [1.0, 2.0], "every actual value is 0"),
        ("r2_zero", [0.0, 0.0], [1.0, 2.0], "every actual value is 0"),
        ("r2", [3.0, 3.0], [1.0, 2.0], "all 2 actual values are equal"),
        ("r2", [3.0], [1.0], "all 1 actual values are equal"),
        ("mase", [1.0], [1.0], "no naive forecast"),
        ("rmsse", [1.0], [1.0], "no naive forecast"),
        ("msle", [-1.0, 1.0], [1.0, 1.0], "1 actual values are below 0"),
        ("qlike", [0.0], [1.0], "every actual volatility is 0"),
        ("directional_accuracy", [0.0], [1.0], "no actual value differs"),
    ],
)
def test_where_the_rows_can_not_tell_there_is_no_value_but_a_reason(name, actual, predicted, says):
    found = score([name, "mae"], Sample(np.array(actual), np.array(predicted)))
    assert math.isnan(found[name]) and found.plain()[name] is None
    assert says in found.reasons[name] and "mae" not in found.reasons


@pytest.mark.parametrize(
    ("name", "actual", "predicted", "says"),
    [
        ("rmse", [1e200, 0.0], [-1e200, 0.0], "rmse is inf"),
        ("qlike", [1.0, 2.0], [1.0, 0.0], "forecasts above 0, 1 are not"),
        ("mae", [1.0, 2.0], [np.nan, np.inf], "2 of 2 predicted values are not finite"),
        ("mae", [1.0, np.nan], [1.0, 2.0], "1 of 2 actual values are not finite"),
        ("mae", [], [], "there is no row to score"),
        ("mae", [1.0, 2.0], [1.0], "actual has the shape"),
    ],
)
def test_what_a_model_did_wrong_is_an_error(name, actual, predicted, says):
    with pytest.raises(MetricError, match=says):
        score([name], Sample(np.array(actual), np.array(predicted)))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 60), times=st.floats(0.01, 1000))
def test_relative_metrics_do_not_depend_on_the_unit(seed, n, times):
    random = np.random.default_rng(seed)
    actual, predicted = random.lognormal(size=n), random.lognormal(size=n)
    for name in ("mape", "smape", "wape", "r2", "r2_zero", "qlike"):
        value = get_metric(name)(Sample(actual, predicted))
        assert close(get_metric(name)(Sample(actual * times, predicted * times)), value, rel=1e-7)
