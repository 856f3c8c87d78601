"""Split conformal intervals against plain loops, and their coverage on exchangeable errors."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsframework.errors import EvaluationError
from dsframework.evaluation import SplitConformal, interval_from_quantiles, intervals_over_folds, make_interval, quantile_levels
from dsframework.metrics import Interval
from dsframework.spec import IntervalSpec
from tests.evaluation.rows_of import panel


def smallest(scores, coverage, weights=None):
    """The smallest score such that those up to it weigh at least the coverage of all, the new one's own weight of 1 included."""
    weights = [1.0] * len(scores) if weights is None else weights
    total = sum(weights) + 1.0
    for score in sorted(scores):
        if sum(w for s, w in zip(scores, weights, strict=True) if s <= score) >= coverage * total - 1e-9:
            return score
    return math.inf


def drawn(seed, n, entities=1):
    random = np.random.default_rng(seed)
    rows = panel(n, entities)
    predicted = random.normal(10, 2, n * entities)
    return predicted + random.standard_t(4, n * entities) * (1 + rows.entity), predicted, rows


def later(rows, days, entities=1):
    after = panel(len(rows) // entities + 1 + days, entities)
    return after[(len(rows) // entities + 1) * entities :]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(20, 80), coverage=st.sampled_from([0.5, 0.8, 0.9]))
def test_the_limit_is_the_smallest_score_of_enough_others(seed, n, coverage):
    actual, predicted, rows = drawn(seed, n)
    found = SplitConformal(IntervalSpec(coverage=coverage)).fit(actual, predicted, rows).predict(np.array([3.0]), later(rows, 1))
    limit = smallest(np.abs(actual - predicted).tolist(), coverage)
    assert (found.lower[0, 0], found.upper[0, 0]) == (pytest.approx(3.0 - limit), pytest.approx(3.0 + limit))


@pytest.mark.parametrize("half_life", [5, 40])
def test_older_errors_weigh_less(half_life):
    actual, predicted, rows = drawn(1, 90)
    found = SplitConformal(IntervalSpec(coverage=0.8, half_life=half_life)).fit(actual, predicted, rows)
    weights = [0.5 ** ((89 - step) / half_life) for step in range(90)]
    assert found.limits_[0, 0] == pytest.approx(smallest(np.abs(actual - predicted).tolist(), 0.8, weights))


def test_each_side_by_itself():
    actual, predicted, rows = drawn(2, 60)
    actual += 2.0
    found = SplitConformal(IntervalSpec(coverage=0.8, symmetric=False)).fit(actual, predicted, rows)
    interval = found.predict(np.zeros(1), later(rows, 1))
    assert interval.upper[0, 0] == pytest.approx(smallest((actual - predicted).tolist(), 0.9))
    assert interval.lower[0, 0] == pytest.approx(-smallest((predicted - actual).tolist(), 0.9))


def test_only_the_last_window_counts():
    actual, predicted, rows = drawn(3, 60, 2)
    whole = SplitConformal(IntervalSpec(coverage=0.8, window=20)).fit(actual, predicted, rows)
    part = SplitConformal(IntervalSpec(coverage=0.8)).fit(actual[-40:], predicted[-40:], rows[80:])
    assert whole.limits_ == part.limits_


def test_each_entity_has_its_own_limit_and_a_new_one_that_of_all():
    actual, predicted, rows = drawn(4, 40, 3)
    found = SplitConformal(IntervalSpec(coverage=0.8, per_entity=True)).fit(actual, predicted, rows)
    errors = np.abs(actual - predicted)
    expected = [smallest(errors[rows.entity == k].tolist(), 0.8) for k in range(3)] + [smallest(errors.tolist(), 0.8)]
    asked = later(panel(40, 4), 1, 4)  # E3 was never seen
    assert found.predict(np.zeros(4), asked).upper[:, 0] == pytest.approx(expected)


def test_an_entity_with_too_few_errors_takes_the_limit_of_all():
    actual, predicted, rows = drawn(5, 40, 2)
    kept = (rows.entity == 0) | (rows.step > 36)
    found = SplitConformal(IntervalSpec(coverage=0.9, per_entity=True)).fit(actual[kept], predicted[kept], rows[kept])
    assert found.own_["E1"] == pytest.approx(found.limits_)


def test_errors_in_units_of_what_is_usual_for_the_entity():
    actual, predicted, rows = drawn(6, 50, 2)
    found = SplitConformal(IntervalSpec(coverage=0.8, scale="entity")).fit(actual, predicted, rows)
    errors = np.abs(actual - predicted)
    pooled, usual, scores = errors.mean(), {}, []
    for k in range(2):
        own = errors[rows.entity == k]
        usual[k] = (own.sum() + 10 * pooled) / (len(own) + 10)
        for error in own:  # beside the usual error of the others
            scores.append(error / ((own.sum() - error + 10 * pooled) / (len(own) + 9)))
    limit = smallest(scores, 0.8)
    interval = found.predict(np.zeros(2), later(rows, 1, 2))
    assert interval.upper[:, 0] == pytest.approx([limit * usual[0], limit * usual[1]])


def test_errors_in_units_of_the_forecast():
    actual, predicted, rows = drawn(7, 50)
    found = SplitConformal(IntervalSpec(coverage=0.8, scale="level")).fit(actual, predicted, rows)
    limit = smallest((np.abs(actual - predicted) / np.abs(predicted)).tolist(), 0.8)
    assert found.predict(np.array([4.0]), later(rows, 1)).upper[0, 0] == pytest.approx(4.0 * (1 + limit))


@pytest.mark.parametrize("symmetric", [True, False])
def test_quantiles_of_the_model_are_moved_by_how_far_values_lay_outside(symmetric):
    actual, predicted, rows = drawn(8, 60)
    base = Interval((predicted - 1.0)[:, None], (predicted + 2.0)[:, None], (0.8,))
    found = SplitConformal(IntervalSpec(method="quantile", coverage=0.8, symmetric=symmetric)).fit(actual, predicted, rows, base=base)
    below, above = (predicted - 1.0 - actual).tolist(), (actual - predicted - 2.0).tolist()
    if symmetric:
        down = up = smallest([max(pair) for pair in zip(below, above, strict=True)], 0.8)
    else:
        down, up = smallest(below, 0.9), smallest(above, 0.9)
    interval = found.predict(np.zeros(1), later(rows, 1), base=Interval(np.array([[-1.0]]), np.array([[2.0]]), (0.8,)))
    assert (interval.lower[0, 0], interval.upper[0, 0]) == (pytest.approx(-1.0 - down), pytest.approx(2.0 + up))


def test_the_coverage_is_at_least_the_nominal_one_and_hardly_more():
    random, hits, n = np.random.default_rng(9), [], 49
    rows, asked = panel(n), later(panel(n), 20)
    for _ in range(400):
        errors = random.standard_cauchy(n + 20)
        found = SplitConformal(IntervalSpec(coverage=0.9)).fit(errors[:n], np.zeros(n), rows).predict(np.zeros(20), asked)
        hits.append(np.mean(np.abs(errors[n:]) <= found.upper[:, 0]))
    assert 0.9 - 0.008 <= np.mean(hits) <= 0.9 + 1 / (n + 1) + 0.008


def test_updating_is_fitting_on_all():
    actual, predicted, rows = drawn(10, 80, 2)
    spec = IntervalSpec(coverage=[0.8, 0.9], per_entity=True, half_life=30)
    whole = SplitConformal(spec).fit(actual, predicted, rows)
    part = SplitConformal(spec).fit(actual[:80], predicted[:80], rows[:80])
    part.update(actual[80:], predicted[80:], rows[80:])
    assert part.limits_ == pytest.approx(whole.limits_)
    assert part.known_until_ == whole.known_until_
    assert {name: limits.tolist() for name, limits in part.own_.items()} == {name: limits.tolist() for name, limits in whole.own_.items()}


def test_a_perfect_forecast_of_a_constant_series_has_intervals_without_width():
    for scale in ("none", "entity", "slot", "level"):
        rows = panel(30)
        found = SplitConformal(IntervalSpec(scale=scale)).fit(np.zeros(30), np.zeros(30), rows).predict(np.zeros(2), later(rows, 2))
        assert found.lower == pytest.approx(0.0)
        assert found.upper == pytest.approx(0.0)


def test_wider_coverages_contain_narrower_ones():
    actual, predicted, rows = drawn(11, 60)
    found = SplitConformal(IntervalSpec(coverage=[0.95, 0.5, 0.8])).fit(actual, predicted, rows).predict(np.zeros(3), later(rows, 3))
    assert found.coverage == (0.5, 0.8, 0.95)
    assert (np.diff(found.upper, axis=1) >= 0).all()
    assert (np.diff(found.lower, axis=1) <= 0).all()


def test_too_few_errors_are_told_with_how_many_are_needed():
    with pytest.raises(EvaluationError, match=r"8 errors are too few to calibrate a coverage of 0.9, at least 9 are needed"):
        SplitConformal(IntervalSpec()).fit(np.zeros(8), np.ones(8), panel(8))
    SplitConformal(IntervalSpec()).fit(np.zeros(9), np.ones(9), panel(9))


def test_rows_from_before_the_calibration_are_refused():
    actual, predicted, rows = drawn(12, 30)
    found = SplitConformal(IntervalSpec()).fit(actual, predicted, rows)
    with pytest.raises(EvaluationError, match="when the last target of the calibration was known"):
        found.predict(np.zeros(1), rows[-1:])


def test_quantile_needs_a_model_that_has_them():
    with pytest.raises(EvaluationError, match="method: quantile needs a model that gives quantiles"):
        SplitConformal(IntervalSpec(method="quantile")).fit(np.zeros(30), np.zeros(30), panel(30))


def test_intervals_from_quantiles_are_put_in_order():
    assert quantile_levels(IntervalSpec(method="quantile", coverage=[0.5, 0.9])) == (0.05, 0.25, 0.75, 0.95)
    found = interval_from_quantiles(np.array([[1.0, 3.0], [3.0, 1.0]]), np.array([0.1, 0.9]), (0.8,))
    assert found.lower.tolist() == [[1.0], [2.0]]
    assert found.upper.tolist() == [[3.0], [2.0]]
    with pytest.raises(EvaluationError, match=r"needs the quantile 0.25, there are 0.1, 0.9"):
        interval_from_quantiles(np.zeros((1, 2)), np.array([0.1, 0.9]), (0.5,))


def test_each_fold_is_calibrated_on_what_was_known_when_it_began():
    horizon = 3
    rows = panel(90, horizon=horizon)
    random = np.random.default_rng(13)
    predicted, fold = np.zeros(90), np.repeat([1, 2, 3], 30)
    actual = random.normal(size=90) * np.repeat([1.0, 5.0, 1.0], 30)
    found = intervals_over_folds(IntervalSpec(), actual, predicted, fold, rows)
    assert np.isnan(found.upper[:30]).all()
    for begin, end in ((30, 60), (60, 90)):
        known = [abs(actual[i]) for i in range(begin) if i + horizon <= begin]
        assert found.upper[begin:end, 0] == pytest.approx(smallest(known, 0.9))


def test_the_spec_chooses_the_method():
    assert type(make_interval(IntervalSpec())).__name__ == "SplitConformal"
    assert type(make_interval(IntervalSpec(method="adaptive_conformal"))).__name__ == "AdaptiveConformal"
