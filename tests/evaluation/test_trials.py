"""Sharpe ratios and trials tried: published numbers, scipy, simulations and plain loops."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from dsframework.errors import EvaluationError
from dsframework.evaluation import deflated_score, effective_trials, overfitting_probability
from dsframework.evaluation._sharpe import (
    Moments,
    deflated_sharpe,
    expected_maximum,
    minimum_track_record,
    moments,
    probabilistic_sharpe,
    sharpe_ratio,
)
from dsframework.evaluation._trials import _mean_of_largest


def test_the_moments_are_those_of_scipy():
    returns = np.random.default_rng(0).standard_t(5, 300)
    found = moments(returns)
    assert found.sharpe == pytest.approx(returns.mean() / returns.std(ddof=1))
    assert (found.skewness, found.kurtosis) == (pytest.approx(stats.skew(returns)), pytest.approx(stats.kurtosis(returns, fisher=False)))


def test_the_example_of_bailey_and_lopez_de_prado():
    """The Deflated Sharpe Ratio (2014), the numerical example: 100 trials, 1250 days, Sharpe 2.5 a year, skewness -3, kurtosis 10."""
    chosen = Moments(1250, 2.5 / math.sqrt(250), -3.0, 10.0)
    benchmark = expected_maximum(100, math.sqrt(0.5 / 250))
    assert benchmark == pytest.approx(0.1132, abs=1e-4)
    assert probabilistic_sharpe(chosen, benchmark) == pytest.approx(0.9004, abs=1e-3)


def test_the_probabilistic_sharpe_ratio_of_normal_returns_is_nearly_students():
    returns = np.random.default_rng(1).normal(0.1, 1.0, 2000)
    p = stats.ttest_1samp(returns, 0.0, alternative="less").pvalue
    assert probabilistic_sharpe(moments(returns)) == pytest.approx(p, abs=5e-3)


def test_with_the_minimum_track_record_the_confidence_is_reached_exactly():
    of = Moments(0, 0.08, -0.4, 5.0)
    n = minimum_track_record(of, 0.02, level=0.95)
    assert probabilistic_sharpe(Moments(n, of.sharpe, of.skewness, of.kurtosis), 0.02) == pytest.approx(0.95)
    assert minimum_track_record(of, 0.08) == math.inf


@pytest.mark.parametrize("n", [5, 50, 500])
def test_the_largest_of_many_normal_numbers_is_as_large_as_simulated(n):
    drawn = np.random.default_rng(2).normal(size=(4000, n)).max(axis=1).mean()
    assert expected_maximum(n) == pytest.approx(drawn, rel=0.05)
    assert expected_maximum(n, 3.0) == pytest.approx(3 * expected_maximum(n))
    assert expected_maximum(1) == 0.0


def test_the_more_was_tried_the_less_the_best_is_worth():
    of, trials = Moments(500, 0.12), np.random.default_rng(3).normal(0, 0.05, 40)
    worth = [deflated_sharpe(of, trials, n_effective=n) for n in (1, 5, 40)]
    assert worth == sorted(worth, reverse=True)
    assert worth[0] == pytest.approx(probabilistic_sharpe(of))
    assert deflated_sharpe(of, trials) == worth[2]
    assert deflated_sharpe(of, trials[:1]) == worth[0]


def test_returns_that_say_nothing_have_a_defined_answer():
    assert sharpe_ratio(np.zeros(5)) == 0.0
    assert moments(np.zeros(5)) == Moments(5, 0.0)
    with pytest.raises(EvaluationError, match="all equal"):
        sharpe_ratio(np.full(5, 0.1))
    with pytest.raises(EvaluationError, match="at least 2 returns"):
        sharpe_ratio(np.ones(1))
    with pytest.raises(EvaluationError, match="no variance"):
        probabilistic_sharpe(Moments(100, 2.0, 3.0, 1.0))


def test_effective_trials_of_equally_correlated_ones_follow_the_formula():
    assert effective_trials(np.zeros((5, 3))) == 1.0
    assert effective_trials(np.tile(np.arange(6.0)[:, None], (1, 4))) == pytest.approx(1.0)
    random = np.random.default_rng(4)
    scores = random.normal(size=(40, 5)) + 1.5 * random.normal(size=(40, 1))
    r = np.corrcoef(scores.T)
    assert effective_trials(scores) == pytest.approx(25 / sum(r[i, j] ** 2 for i in range(5) for j in range(5)))
    constant = np.column_stack([scores, np.ones(40)])
    assert effective_trials(constant) == pytest.approx(effective_trials(scores))


def test_the_luck_of_the_best_of_equal_trials_is_what_a_simulation_gives():
    random = np.random.default_rng(5)
    n_times, n_trials = 200, 20
    scores = random.normal(size=(n_times, n_trials))
    found = deflated_score(scores, greater_is_better=True, block=1)
    drawn = [random.normal(size=(n_times, n_trials)) for _ in range(300)]
    luck = np.mean([means.max() - means.mean() for means in (one.mean(axis=0) for one in drawn)])
    assert found.by_luck == pytest.approx(luck, rel=0.15)
    assert found.score == pytest.approx(scores.mean(axis=0).max())
    assert found.deflated == pytest.approx(max(found.score - found.by_luck, scores.mean()))


def test_equal_trials_are_told_apart_as_rarely_as_the_p_value_says():
    random = np.random.default_rng(6)
    p = [deflated_score(random.normal(size=(60, 8)), greater_is_better=True, n=200, block=1, seed=k).p_value for k in range(150)]
    assert np.mean(np.array(p) <= 0.1) == pytest.approx(0.1, abs=0.07)


def test_a_really_better_trial_keeps_its_lead():
    random = np.random.default_rng(7)
    losses = random.normal(5.0, 0.3, size=(40, 6)) + random.normal(0, 3.0, size=(40, 1))
    losses[:, 2] -= 2.0
    found = deflated_score(losses, greater_is_better=False)
    assert found.p_value < 0.01
    assert found.score == pytest.approx(losses[:, 2].mean())
    assert found.score < found.deflated < losses.mean()
    other = deflated_score(-losses, greater_is_better=True)
    assert (other.deflated, other.p_value) == (pytest.approx(-found.deflated), found.p_value)


@pytest.mark.parametrize("times", [2, 3])
def test_the_mean_of_the_largest_of_several_draws_is_that_of_all_choices(times):
    drawn = np.random.default_rng(4).normal(size=7)
    expected = np.mean([max(choice) for choice in itertools.product(drawn, repeat=times)])
    assert _mean_of_largest(drawn, times) == pytest.approx(expected, rel=1e-12)


def test_trials_that_were_given_up_are_worth_as_much_luck_as_as_many_equal_ones():
    lot = np.random.default_rng(11)
    scores = lot.normal(size=(400, 40))
    all_of_them = deflated_score(scores, greater_is_better=True)
    half = deflated_score(scores[:, :20], greater_is_better=True)
    with_the_rest = deflated_score(scores[:, :20], greater_is_better=True, n_more=20)
    assert (with_the_rest.n_trials, with_the_rest.score) == (40, half.score)
    assert half.by_luck < with_the_rest.by_luck == pytest.approx(all_of_them.by_luck, rel=0.05)
    assert with_the_rest.n_effective == pytest.approx(all_of_them.n_effective, rel=0.1)
    assert half.p_value < with_the_rest.p_value < 1


def test_one_trial_and_equal_trials_have_no_luck():
    one = deflated_score(np.arange(6.0)[:, None], greater_is_better=True)
    assert (one.by_luck, one.deflated, one.p_value, one.n_effective) == (0.0, 2.5, 1.0, 1.0)
    same = deflated_score(np.tile(np.arange(6.0)[:, None], (1, 3)), greater_is_better=True)
    assert (same.by_luck, same.deflated, same.p_value) == (0.0, 2.5, 1.0)


@pytest.mark.parametrize("greater", [True, False])
@pytest.mark.parametrize("n_times", [12, 13])
def test_the_probability_of_overfitting_equals_the_loops(greater, n_times):
    scores = np.random.default_rng(8).normal(size=(n_times, 5)) * 4
    scores = scores.round() / 4  # with ties, and sums that are exact
    parts = np.array_split(np.arange(n_times), 6)
    below, logits, lost = 0, [], 0
    for half in itertools.combinations(range(6), 3):
        inside = np.concatenate([parts[k] for k in half])
        outside = np.concatenate([parts[k] for k in range(6) if k not in half])
        sign = 1 if greater else -1
        seen, kept = sign * scores[inside].mean(axis=0), sign * scores[outside].mean(axis=0)
        chosen = int(np.argmax(seen))
        rank = stats.rankdata(kept)[chosen] / 6
        logits.append(math.log(rank / (1 - rank)))
        below += logits[-1] <= 0
        lost += kept[chosen] < 0
    found = overfitting_probability(scores, greater_is_better=greater, n_parts=6)
    assert found.n_splits == 20
    assert found.probability == pytest.approx(below / 20)
    assert found.logits == pytest.approx(np.array(logits))
    assert found.loss_probability == pytest.approx(lost / 20)


def test_a_summary_of_one_s_own_gives_what_the_mean_gives():
    scores = np.random.default_rng(9).normal(size=(16, 4))
    mean = overfitting_probability(scores, n_parts=8)
    own = overfitting_probability(scores, n_parts=8, summary=lambda part: part.mean(axis=0))
    assert own.logits == pytest.approx(mean.logits)
    assert own.slope == pytest.approx(mean.slope)


def test_noise_is_overfitted_half_of_the_time_and_skill_never():
    random = np.random.default_rng(10)
    noise = [overfitting_probability(random.normal(size=(32, 10)), n_parts=8).probability for _ in range(40)]
    assert np.mean(noise) == pytest.approx(0.5, abs=0.12)
    skill = random.normal(size=(32, 10))
    skill[:, 3] += 5.0
    assert overfitting_probability(skill, n_parts=8).probability == 0.0


def test_many_ways_to_halve_are_drawn_by_a_seed():
    scores = np.random.default_rng(11).normal(size=(40, 3))
    one, same = (overfitting_probability(scores, n_parts=20, seed=1) for _ in range(2))
    assert one.n_splits == 20_000
    assert np.array_equal(one.logits, same.logits)


def test_what_can_not_be_told_is_an_error():
    good = np.random.default_rng(12).normal(size=(8, 3))
    for n_parts in (3, 0):
        with pytest.raises(EvaluationError, match="even and at least 2"):
            overfitting_probability(good, n_parts=n_parts)
    with pytest.raises(EvaluationError, match="at least 16 times"):
        overfitting_probability(good)
    with pytest.raises(EvaluationError, match="one trial only"):
        overfitting_probability(good[:, :1], n_parts=4)
    with pytest.raises(EvaluationError, match="not finite"):
        deflated_score(np.where(good > 0, np.nan, good), greater_is_better=True)
    with pytest.raises(EvaluationError, match="at least 2 times"):
        deflated_score(good[:1], greater_is_better=True)
