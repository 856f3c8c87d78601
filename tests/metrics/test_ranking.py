"""Ranking metrics against scipy in a loop over the times, and what ties, constants and single entities give."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dsframework.metrics import Sample, cross_sections, get_metric, leg_spreads, score

NAMES = ["ic", "rank_ic", "icir", "rank_icir", "top_bottom_spread"]


def panel(seed, n_times, n_entities, digits=6, strength=0.3):
    random = np.random.default_rng(seed)
    time = np.repeat(np.datetime64("2020-01-01", "ns") + np.arange(n_times) * np.timedelta64(1, "D"), n_entities)
    entity = np.tile(np.arange(n_entities), n_times)
    actual = random.normal(size=len(time))
    predicted = np.round(strength * actual + random.normal(size=len(time)), digits)
    return Sample(actual, predicted, entity=entity, time=time)


def loop_coefficients(sample, correlation):
    found = []
    for time in np.unique(sample.time):
        rows = sample.time == time
        actual, predicted = sample.actual[rows], sample.predicted[rows]
        if len(np.unique(actual)) < 2:
            continue
        found.append(0.0 if len(np.unique(predicted)) < 2 else correlation(predicted, actual).statistic)
    return np.array(found)


def loop_spread(sample, tail=0.2):
    """The mean over every order in which ties could fall, by giving each tied row its share of the places."""
    found = []
    for time in np.unique(sample.time):
        rows = np.flatnonzero(sample.time == time)
        if len(rows) < 2:
            continue
        size = max(1, math.floor(len(rows) * tail + 1e-12))
        means = []
        for sign in (1.0, -1.0):
            scores, left, total = sign * sample.predicted[rows], float(size), 0.0
            for value in sorted(set(scores), reverse=True):
                tied = rows[scores == value]
                share = min(1.0, left / len(tied))
                total += share * sample.actual[tied].sum()
                left -= share * len(tied)
                if left <= 1e-12:
                    break
            means.append(total / size)
        found.append(means[0] - means[1])
    return float(np.mean(found))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), n_times=st.integers(2, 12), n_entities=st.integers(2, 25), digits=st.sampled_from([0, 1, 6]))
def test_they_equal_a_loop_over_the_times(seed, n_times, n_entities, digits):
    sample = panel(seed, n_times, n_entities, digits)
    found = score(NAMES, sample)
    for kind, correlation in (("", stats.pearsonr), ("rank_", stats.spearmanr)):
        values = loop_coefficients(sample, correlation)
        assert found[f"{kind}ic"] == pytest.approx(values.mean(), abs=1e-9)
        spread = values.std(ddof=1)
        if spread > 1e-6:
            assert found[f"{kind}icir"] == pytest.approx(values.mean() / spread, rel=1e-7, abs=1e-9)
    assert found["top_bottom_spread"] == pytest.approx(loop_spread(sample), abs=1e-9)


@settings(deadline=None, max_examples=15)
@given(seed=st.integers(0, 2**32 - 1))
def test_no_order_of_the_rows_matters(seed):
    sample = panel(seed, 5, 8, digits=0)
    mixed = sample.take(np.random.default_rng(seed).permutation(sample.n_rows))
    for name, value in score(NAMES, sample).items():
        assert get_metric(name)(mixed) == pytest.approx(value, abs=1e-12)


def test_a_perfect_order_has_a_rank_coefficient_of_one_and_its_ratio_no_value():
    sample = panel(0, 6, 5)
    perfect = Sample(sample.actual, np.exp(sample.actual), entity=sample.entity, time=sample.time)
    found = score(["rank_ic", "rank_icir"], perfect)
    assert found["rank_ic"] == pytest.approx(1.0) and found.reasons == {"rank_icir": "the coefficient is the same at every time"}


def test_equal_predictions_say_nothing_and_are_not_left_out():
    sample = panel(1, 4, 6)
    constant = Sample(sample.actual, np.full(24, 0.1), entity=sample.entity, time=sample.time)
    assert all(value == pytest.approx(0.0, abs=1e-12) for value in score(NAMES, constant).values())


def test_times_at_which_the_entities_did_alike_are_left_out():
    sample = panel(2, 3, 5)
    actual = np.array(sample.actual)
    actual[5:10] = 0.1 + 0.2
    found = cross_sections(Sample(actual, sample.predicted, entity=sample.entity, time=sample.time), ranks=False)
    assert list(found.times) == [sample.time[0], sample.time[10]]


def test_legs_hold_a_share_of_the_entities_rounded_down_and_at_least_one():
    time, entity = np.zeros(10, "datetime64[ns]"), np.arange(10)
    sample = Sample(np.arange(10.0), np.arange(10.0), entity=entity, time=time)
    assert leg_spreads(sample, 0.3).values == pytest.approx([8.0 - 1.0])
    assert leg_spreads(sample, 0.05).values == pytest.approx([9.0])
    assert leg_spreads(sample, 0.5).values == pytest.approx([7.0 - 2.0])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"entity": None}, "there is one series"),
        ({"time": None}, "there is one series"),
        ({"time": np.arange(24)}, "at no time are there two entities"),
    ],
)
@pytest.mark.parametrize("name", NAMES)
def test_without_several_entities_at_a_time_there_is_no_value_but_a_reason(name, change, says):
    sample = panel(3, 4, 6)
    kept = {"entity": sample.entity, "time": sample.time, **change}
    found = get_metric(name).score(Sample(sample.actual, sample.predicted, **kept))
    assert math.isnan(found.value) and says in found.reason


def test_a_ratio_needs_two_times():
    sample = panel(4, 1, 6)
    assert score(["icir", "rank_icir"], sample).reasons == {"icir": "there is one time only", "rank_icir": "there is one time only"}
