"""Quantile and interval metrics against scikit-learn, direct loops and closed forms."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.metrics import mean_pinball_loss

from dsframework.errors import MetricError
from dsframework.metrics import Interval, Sample, get_metric, score

INTERVALS = ["coverage", "coverage_error", "mean_width", "winkler"]


def some(seed, n, q):
    random = np.random.default_rng(seed)
    levels = np.sort(random.uniform(0.02, 0.98, q))
    actual, quantiles = random.normal(size=n), np.sort(random.normal(size=(n, q)), axis=1)
    return Sample(actual, quantiles[:, q // 2], quantiles=quantiles, levels=levels)


def intervals(seed, n, coverage=(0.8, 0.95)):
    random = np.random.default_rng(seed)
    middle, half = random.normal(size=n), np.cumsum(random.uniform(0.1, 1.0, size=(n, len(coverage))), axis=1)
    interval = Interval(middle[:, None] - half, middle[:, None] + half, coverage)
    return Sample(random.normal(size=n), middle, scale=random.uniform(0.5, 2.0, n), interval=interval)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 60), q=st.integers(1, 9))
def test_quantile_metrics_equal_their_oracles(seed, n, q):
    sample = some(seed, n, q)
    pinballs = [mean_pinball_loss(sample.actual, sample.quantiles[:, k], alpha=level) for k, level in enumerate(sample.levels)]
    found = score(["pinball", "weighted_quantile_loss", "crps", "quantile_calibration"], sample)
    assert found["pinball"] == pytest.approx(np.mean(pinballs))
    assert found["weighted_quantile_loss"] == pytest.approx(2 * np.mean(pinballs) / np.abs(sample.actual).mean())
    edges = [0.0, *((a + b) / 2 for a, b in zip(sample.levels[:-1], sample.levels[1:], strict=True)), 1.0]
    weighted = sum(loss * (right - left) for loss, left, right in zip(pinballs, edges[:-1], edges[1:], strict=True))
    assert found["crps"] == pytest.approx(2 * weighted)
    shares = [np.mean(sample.actual <= sample.quantiles[:, k]) for k in range(q)]
    assert found["quantile_calibration"] == pytest.approx(np.mean(np.abs(shares - sample.levels)))


def test_crps_of_many_levels_is_that_of_the_normal_distribution():
    levels = (np.arange(2000) + 0.5) / 2000
    actual = np.linspace(-3, 3, 41)
    quantiles = np.tile(stats.norm.ppf(levels), (41, 1))
    expected = actual * (2 * stats.norm.cdf(actual) - 1) + 2 * stats.norm.pdf(actual) - 1 / math.sqrt(math.pi)
    found = get_metric("crps")(Sample(actual, np.zeros(41), quantiles=quantiles, levels=levels))
    assert found == pytest.approx(expected.mean(), abs=1e-4)


@pytest.mark.parametrize("levels", [[0.5], [0.05, 0.5, 0.95], [0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9]])
def test_crps_of_a_forecast_of_one_value_is_the_absolute_error(levels):
    actual, predicted = np.array([1.0, -2.0, 5.0]), np.array([2.0, 1.0, 1.0])
    quantiles = np.tile(predicted[:, None], (1, len(levels)))
    sample = Sample(actual, predicted, quantiles=quantiles, levels=np.array(levels))
    assert score(["crps", "mae"], sample)["crps"] == pytest.approx(get_metric("mae")(sample))


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(1, 60))
def test_interval_metrics_equal_a_loop(seed, n):
    sample = intervals(seed, n)
    rows = range(n)
    inside, width, winkler, scaled = [], [], [], []
    for c, nominal in enumerate(sample.interval.coverage):
        low, high, y = sample.interval.lower[:, c], sample.interval.upper[:, c], sample.actual
        inside.append(np.mean([low[i] <= y[i] <= high[i] for i in rows]))
        width.append(np.mean(high - low))
        penalty = [(2 / (1 - nominal)) * (max(low[i] - y[i], 0) + max(y[i] - high[i], 0)) + high[i] - low[i] for i in rows]
        winkler.append(np.mean(penalty))
        scaled.append(np.mean(penalty / sample.scale))
    found = score([*INTERVALS, "msis"], sample)
    assert found["coverage"] == pytest.approx(np.mean(inside))
    assert found["coverage_error"] == pytest.approx(np.mean([abs(inside[0] - 0.8), abs(inside[1] - 0.95)]))
    assert found["mean_width"] == pytest.approx(np.mean(width))
    assert found["winkler"] == pytest.approx(np.mean(winkler))
    assert found["msis"] == pytest.approx(np.mean(scaled))


def test_rows_without_an_interval_are_left_out():
    sample = intervals(5, 40)
    lower, upper = np.array(sample.interval.lower), np.array(sample.interval.upper)
    lower[:10], upper[:10] = np.nan, np.nan
    gaps = Sample(sample.actual, sample.predicted, scale=sample.scale, interval=Interval(lower, upper, (0.8, 0.95)))
    whole = sample.take(slice(10, None))
    assert dict(score([*INTERVALS, "msis"], gaps)) == pytest.approx(dict(score([*INTERVALS, "msis"], whole)))
    none = Sample(sample.actual, sample.predicted, interval=Interval(lower * np.nan, upper * np.nan, (0.8, 0.95)))
    assert set(score(INTERVALS, none).reasons.values()) == {"no row has an interval"}


def test_an_end_of_the_interval_is_inside():
    sample = Sample(np.array([1.0, 2.0]), np.array([1.5, 1.5]), interval=Interval(np.ones((2, 1)), np.full((2, 1), 2.0), (0.5,)))
    assert score(["coverage", "coverage_error"], sample) == {"coverage": 1.0, "coverage_error": 0.5}


def test_one_coverage_of_several_can_be_taken():
    sample = intervals(6, 30)
    one = sample.interval.level(0.95)
    assert np.array_equal(one.lower[:, 0], sample.interval.lower[:, 1]) and one.coverage == (0.95,)
    with pytest.raises(MetricError, match=r"no interval of coverage 0\.9"):
        sample.interval.level(0.9)


def test_without_quantiles_or_intervals_there_is_no_value_but_a_reason():
    found = score(["pinball", "coverage"], Sample(np.ones(2), np.zeros(2)))
    assert found.reasons == {"pinball": "the model gives no quantiles", "coverage": "there are no intervals"}


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Sample(np.ones(2), np.zeros(2), quantiles=np.zeros((2, 3)), levels=np.array([0.5])), "one level a column"),
        (lambda: Sample(np.ones(2), np.zeros(2), interval=Interval(np.zeros((3, 1)), np.ones((3, 1)), (0.9,))), "3 intervals for 2 rows"),
        (lambda: Interval(np.zeros((3, 1)), np.ones((3, 2)), (0.9,)), "bounds of the shapes"),
        (lambda: Interval(np.full((3, 1), 2.0), np.ones((3, 1)), (0.9,)), "3 lower bounds lie above"),
    ],
)
def test_bounds_and_levels_that_do_not_fit_are_an_error(make, says):
    with pytest.raises(MetricError, match=says):
        make()
