"""Adaptive conformal intervals against a plain loop, their coverage while errors drift, and that they know no label too early."""

import copy
import math
from dataclasses import replace

import numpy as np
import pytest

from dsframework.errors import EvaluationError
from dsframework.evaluation import AdaptiveConformal
from dsframework.spec import IntervalSpec
from tests.evaluation.rows_of import panel


def spec(**more):
    return IntervalSpec(method="adaptive_conformal", **more)


def started(n_before, n_after, *, seed=0, horizon=1, entities=1, scale=1.0, **more):
    random = np.random.default_rng(seed)
    rows = panel(n_before + horizon + n_after, entities, horizon=horizon)
    cut = n_before * entities
    begin = (n_before + horizon) * entities
    errors = random.normal(size=len(rows))
    errors[begin:] *= scale
    maker = AdaptiveConformal(spec(**more)).fit(errors[:cut], np.zeros(cut), rows[:cut])
    return maker, errors[:cut], errors[begin:], rows[begin:]


def loop(before, after, *, coverage, rate, horizon, window=250):
    """One series, one rate: the aim moves when a label is known, `horizon` rows later (Gibbs & Candès, 2021)."""
    scores, aim, limits, answered = [abs(error) for error in before][-window:], 1 - coverage, [], []
    for step in range(len(after)):
        known = step - horizon
        if known >= 0:
            missed = abs(after[known]) > answered[known]
            aim += rate * ((1 - coverage) - missed)
            scores = [*scores, abs(after[known])][-window:]
        ordered = sorted(scores)
        rank = math.ceil((1 - aim) * (len(ordered) + 1) - 1e-9)
        answered.append(ordered[min(max(rank, 1), len(ordered)) - 1])
        limits.append(answered[-1])
    return limits


@pytest.mark.parametrize("horizon", [1, 3])
@pytest.mark.parametrize("window", [40, 250])
def test_one_series_and_one_rate_equal_the_loop(horizon, window):
    maker, before, after, rows = started(60, 80, horizon=horizon, coverage=0.8, rate=0.05, window=window, scale=2.0)
    found = maker.walk(after, np.zeros(len(after)), rows)
    expected = loop(before, after, coverage=0.8, rate=0.05, horizon=horizon, window=window)
    assert found.upper[:, 0] == pytest.approx(expected)
    assert found.lower[:, 0] == pytest.approx([-limit for limit in expected])


@pytest.mark.parametrize("rate", [None, 0.05])
def test_the_coverage_comes_back_when_errors_grow(rate):
    maker, _, after, rows = started(100, 800, scale=5.0, coverage=0.9, rate=rate)
    fixed = maker.predict(np.zeros(len(after)), rows)
    found = maker.walk(after, np.zeros(len(after)), rows)
    assert np.mean(np.abs(after) <= fixed.upper[:, 0]) < 0.5
    assert np.mean(np.abs(after[100:]) <= found.upper[100:, 0]) == pytest.approx(0.9, abs=0.04)


@pytest.mark.parametrize(("entities", "per_entity"), [(1, False), (4, False), (4, True)])
def test_no_label_is_used_before_it_is_known(entities, per_entity):
    horizon, cut = 4, 30
    maker, _, after, rows = started(60, 60, horizon=horizon, entities=entities, per_entity=per_entity, coverage=0.8)
    other = after.copy()
    other[cut * entities :] *= -100.0
    one = copy.deepcopy(maker).walk(after, np.zeros(len(after)), rows)
    two = copy.deepcopy(maker).walk(other, np.zeros(len(after)), rows)
    same = (one.upper == two.upper).all(axis=1)
    assert same[: (cut + horizon) * entities].all()
    assert not same.all()


def test_targets_that_are_not_known_yet_are_never_learned_from():
    maker, _, after, rows = started(60, 40, coverage=0.8)
    whole = copy.deepcopy(maker).walk(after, np.zeros(40), rows)
    unknown, times = after.copy(), rows.label_time.copy()
    unknown[30:], times[30:] = np.nan, np.datetime64("NaT")
    part = copy.deepcopy(maker)
    found = part.walk(unknown, np.zeros(40), replace(rows, label_time=times))
    assert np.array_equal(found.upper[:31], whole.upper[:31])
    assert np.isfinite(found.upper).all()
    assert part.known_until_ == times[29]


def test_walking_is_predicting_and_updating_in_turn():
    maker, _, after, rows = started(60, 50, entities=3, coverage=[0.8, 0.9])
    walked = copy.deepcopy(maker).walk(after, np.zeros(len(after)), rows)
    step = copy.deepcopy(maker)
    for day in range(50):
        now = slice(3 * day, 3 * day + 3)
        issued = step.predict(np.zeros(3), rows[now])
        assert np.array_equal(issued.upper, walked.upper[now])
        step.update(after[now], np.zeros(3), rows[now], issued=issued)


def test_wider_coverages_contain_narrower_ones():
    maker, _, after, rows = started(100, 200, scale=3.0, coverage=[0.5, 0.8, 0.95])
    found = maker.walk(after, np.zeros(200), rows)
    assert (np.diff(found.upper, axis=1) >= 0).all()


def test_each_entity_follows_its_own_misses():
    maker, _, after, rows = started(150, 400, entities=2, per_entity=True, coverage=0.9)
    after = np.where(rows.entity == 1, 6.0 * after, after)
    found = maker.walk(after, np.zeros(len(after)), rows)
    late = rows.step > rows.step[0] + 150
    for k, wide in ((0, False), (1, True)):
        own = late & (rows.entity == k)
        assert np.mean(np.abs(after[own]) <= found.upper[own, 0]) == pytest.approx(0.9, abs=0.05)
        assert (found.upper[own, 0].mean() > 4) == wide


def test_too_few_errors_and_rows_of_before_are_refused():
    with pytest.raises(EvaluationError, match="5 errors are too few"):
        AdaptiveConformal(spec()).fit(np.zeros(5), np.ones(5), panel(5))
    maker, *_ = started(30, 5)
    with pytest.raises(EvaluationError, match="when the last target of the calibration was known"):
        maker.walk(np.zeros(30), np.zeros(30), panel(30))


def test_perfect_forecasts_have_intervals_without_width():
    rows = panel(80)
    maker = AdaptiveConformal(spec()).fit(np.ones(40), np.ones(40), rows[:40])
    found = maker.walk(np.ones(39), np.ones(39), rows[41:])
    assert found.lower == pytest.approx(1.0)
    assert found.upper == pytest.approx(1.0)
