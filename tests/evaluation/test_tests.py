"""Diebold & Mariano, Holm, the block bootstrap and the model confidence set against scipy, statsmodels and plain loops."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.sandwich_covariance import S_hac_simple

from dsframework.errors import EvaluationError
from dsframework.evaluation import compare_forecasts
from dsframework.evaluation._bootstrap import block_length, bootstrap_means, confidence, resampled_times
from dsframework.evaluation._diebold_mariano import diebold_mariano, holm, long_run_variance
from dsframework.evaluation._model_confidence_set import model_confidence_set


def autoregressive(seed, n, share):
    random, values = np.random.default_rng(seed), [0.0]
    for step in random.normal(size=n + 50):
        values.append(share * values[-1] + step)
    return np.array(values[-n:])


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(3, 60))
def test_one_step_ahead_is_students_test(seed, n):
    difference = np.random.default_rng(seed).normal(0.3, 1.0, n)
    for side in ("two-sided", "less", "greater"):
        found, expected = diebold_mariano(difference, alternative=side), stats.ttest_1samp(difference, 0.0, alternative=side)
        assert found.statistic == pytest.approx(expected.statistic)
        assert found.p_value == pytest.approx(expected.pvalue)


@pytest.mark.parametrize("horizon", [2, 5])
def test_several_steps_ahead_equal_the_formula_of_harvey_leybourne_and_newbold(horizon):
    d = autoregressive(1, 80, 0.5) + 0.4
    n, mean = len(d), sum(d) / len(d)
    gamma = [sum((d[t] - mean) * (d[t - k] - mean) for t in range(k, n)) / n for k in range(horizon)]
    plain = mean / ((gamma[0] + 2 * sum(gamma[1:])) / n) ** 0.5
    expected = plain * ((n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n) ** 0.5
    found = diebold_mariano(d, horizon=horizon)
    assert found.statistic == pytest.approx(expected)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(expected), n - 1))
    assert (found.n_times, found.lags, found.note) == (n, horizon - 1, None)


def test_the_long_run_variance_is_that_of_statsmodels():
    values = autoregressive(2, 120, 0.6)
    left = (values - values.mean())[:, None]
    for lags in (0, 1, 7):
        assert long_run_variance(values, lags) == pytest.approx(float(S_hac_simple(left, nlags=lags)[0, 0]) / len(values))


def test_bartletts_window_is_taken_where_the_uniform_one_gives_no_variance():
    difference = np.array([1.0, -1.0] * 20) + 0.01
    found = diebold_mariano(difference, horizon=2)
    assert found.note == "the uniform window gives no positive variance; Bartlett's was taken"
    assert 0 < found.p_value < 1


def test_equal_constant_and_broken_losses_have_a_defined_answer():
    same = diebold_mariano(np.zeros(10))
    assert (same.statistic, same.p_value, same.note) == (0.0, 1.0, "the losses are the same")
    always = diebold_mariano(np.full(10, -0.5), alternative="less")
    assert (always.statistic, always.p_value) == (-np.inf, 0.0)
    with pytest.raises(EvaluationError, match="needs more than 3 times"):
        diebold_mariano(np.arange(3.0), horizon=3)
    with pytest.raises(EvaluationError, match="needs more than 1 times"):
        diebold_mariano(np.ones(1))
    with pytest.raises(EvaluationError, match="not finite"):
        diebold_mariano(np.array([1.0, np.nan, 2.0]))


def test_under_equal_skill_the_test_rejects_as_often_as_it_says():
    rejected = [diebold_mariano(autoregressive(seed, 120, 0.0)).p_value < 0.1 for seed in range(400)]
    assert np.mean(rejected) == pytest.approx(0.1, abs=0.04)


@settings(deadline=None, max_examples=40)
@given(p=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_is_that_of_statsmodels(p):
    assert list(holm(dict(enumerate(p))).values()) == pytest.approx(multipletests(p, method="holm")[1])


@pytest.mark.parametrize("kind", ["moving", "stationary"])
def test_resampled_times_come_in_stretches(kind):
    drawn = resampled_times(50, 300, block=7, seed=3, kind=kind)
    assert drawn.shape == (300, 50)
    assert drawn.min() == 0
    assert drawn.max() == 49
    goes_on = (np.diff(drawn, axis=1) == 1) | (np.diff(drawn, axis=1) == -49)
    if kind == "moving":
        inside = np.delete(goes_on, np.arange(6, 49, 7), axis=1)
        assert inside.all()
        assert (drawn[:, ::7] <= 43).all()
    else:
        assert goes_on.mean() == pytest.approx(1 - 1 / 7 + 1 / 7 / 50, abs=0.01)


def test_a_block_of_one_time_is_the_ordinary_bootstrap():
    values = np.random.default_rng(4).normal(size=(40, 2))
    means = bootstrap_means(values, 4000, block=1, seed=0)
    assert means.mean(axis=0) == pytest.approx(values.mean(axis=0), abs=0.02)
    assert means.std(axis=0) == pytest.approx(values.std(axis=0) / 40**0.5, rel=0.05)
    again = np.stack([values[row].mean(axis=0) for row in resampled_times(40, 4000, block=1, seed=0)])
    assert means == pytest.approx(again)


def test_blocks_are_longer_the_longer_the_memory():
    lengths = [np.mean([block_length(autoregressive(seed, 400, share)) for seed in range(10)]) for share in (0.0, 0.5, 0.9)]
    assert lengths[0] < 4 < lengths[1] < lengths[2]
    series = autoregressive(5, 300, 0.7)
    assert block_length(1000 * series - 7) == block_length(series)
    assert block_length(np.column_stack([np.zeros(300), series])) == block_length(series)
    assert block_length(np.ones(100)) == block_length(np.arange(4.0)) == 1


def test_the_length_of_blocks_equals_the_rule_written_as_loops():
    x = autoregressive(6, 200, 0.6)
    n, mean = len(x), x.mean()
    gamma = [sum((x[t] - mean) * (x[t - k] - mean) for t in range(k, n)) / n for k in range(60)]
    run = max(5, int(np.log10(n)))
    small = [abs(g / gamma[0]) < 2 * (np.log10(n) / n) ** 0.5 for g in gamma]
    noise = next(lag for lag in range(1, 50) if all(small[lag : lag + run]))  # the first lag of a quiet stretch
    window = 2 * noise
    flat = [1.0 if k <= window / 2 else 2 * (1 - k / window) for k in range(window + 1)]
    curvature = 2 * sum(flat[k] * k * gamma[k] for k in range(1, window + 1))
    spectrum = gamma[0] + 2 * sum(flat[k] * gamma[k] for k in range(1, window + 1))
    for kind, factor in (("moving", 4 / 3), ("stationary", 2.0)):
        expected = int(np.ceil((2 * curvature**2 / (factor * spectrum**2) * n) ** (1 / 3)))
        assert block_length(x, kind) == expected


def test_the_interval_of_a_mean_holds_it_as_often_as_it_says():
    held = []
    for seed in range(150):
        found = confidence(autoregressive(seed, 1000, 0.5), level=0.9, n=300)
        held.append(found.lower <= 0.0 <= found.upper)
    assert np.mean(held) == pytest.approx(0.9, abs=0.08)
    with pytest.raises(EvaluationError, match="at least 2 times"):
        confidence(np.ones(1))
    flat = confidence(np.full(10, 3.0))
    assert (flat.estimate, flat.lower, flat.upper) == (3.0, 3.0, 3.0)


def removed_by_hand(losses, means):
    """The first step of the range statistic, pair by pair."""
    names = list(losses)
    average = [losses[name].mean() for name in names]
    k, scaled, error = len(names), {}, {}
    for i in range(k):
        for j in range(k):
            if i != j:
                error[i, j] = np.sqrt(np.mean([(row[i] - row[j]) ** 2 for row in means]))
                scaled[i, j] = (average[i] - average[j]) / error[i, j]
    top = [max(abs((row[i] - row[j]) / error[i, j]) for i, j in scaled) for row in means]
    worst = max(scaled, key=lambda pair: scaled[pair])
    return names[worst[0]], np.mean([value >= max(abs(s) for s in scaled.values()) for value in top])


def test_the_first_removal_equals_the_pairs_by_hand():
    random = np.random.default_rng(7)
    losses = {name: random.normal(mean, 1.0, 60) for name, mean in (("a", 1.0), ("b", 1.2), ("c", 1.4))}
    table = np.column_stack(list(losses.values()))
    means = bootstrap_means(table, 200, block=3, seed=0, kind="moving") - table.mean(axis=0)
    name, p_value = removed_by_hand(losses, means)
    found = model_confidence_set(losses, n=200, block=3, kind="moving")
    assert next(iter(found.p_values)) == name
    assert found.p_values[name] == pytest.approx(p_value)


@pytest.mark.parametrize("statistic", ["max", "range"])
def test_a_bad_forecast_is_left_out_and_equal_ones_stay(statistic):
    random = np.random.default_rng(8)
    losses = {"good": random.normal(1.0, 0.2, 100), "twin": random.normal(1.0, 0.2, 100), "bad": random.normal(2.0, 0.2, 100)}
    found = model_confidence_set(losses, statistic=statistic, n=500)
    assert found.members == ("good", "twin")
    same = model_confidence_set({"a": losses["good"], "b": losses["good"]}, statistic=statistic, n=200)
    assert same.members == ("a", "b")
    assert model_confidence_set({"only": losses["good"]}).members == ("only",)
    for broken, text in (
        ({}, "no forecast"),
        ({"a": np.ones(2), "b": np.ones(2)}, "at least 3"),
        ({"a": np.full(5, np.nan)}, "not finite"),
    ):
        with pytest.raises(EvaluationError, match=text):
            model_confidence_set(broken)


def frame(predicted, actual, entities=2):
    times = np.repeat(np.arange(len(actual) // entities), entities).astype("datetime64[D]")
    names = [f"E{k}" for k in range(entities)] * (len(actual) // entities)
    return pl.DataFrame({"time": times, "entity": names, "actual": actual, "predicted": predicted})


def test_runs_are_compared_on_the_rows_that_all_have():
    random = np.random.default_rng(9)
    actual = random.normal(size=200)
    errors = {"near": random.normal(0, 0.5, 200), "far": random.normal(0, 2.0, 200), "like": random.normal(0, 0.5, 200)}
    frames = {name: frame(actual + error, actual) for name, error in errors.items()}
    frames["far"] = frames["far"].filter(pl.col("time") >= frames["far"]["time"][20])
    found = compare_forecasts(frames, loss="rmse", n=500)
    kept = slice(20, 200)
    by_time = {name: np.square(error[kept]).reshape(-1, 2).mean(axis=1) for name, error in errors.items()}
    assert found.means == pytest.approx({name: values.mean() for name, values in by_time.items()})
    assert found.best == min(found.means, key=found.means.get)
    assert (found.n_rows, found.n_times) == (180, 90)
    assert found.notes == ("20 rows that are not in all of them were left out",)
    other = "like" if found.best == "near" else "near"
    tests = {name: stats.ttest_1samp(by_time[name] - by_time[found.best], 0.0) for name in ("far", other)}
    corrected = multipletests([test.pvalue for test in tests.values()], method="holm")[1]
    for (name, test), p_value in zip(tests.items(), corrected, strict=True):
        assert found.against[name].test.statistic == pytest.approx(test.statistic)
        assert found.against[name].p_value == pytest.approx(p_value)
    assert found.against["far"].worse
    assert found.against["far"].difference.lower > 0
    assert not found.against[other].worse
    assert set(found.not_worse.members) == {"near", "like"}


def test_a_score_that_is_better_when_greater_is_turned_round():
    actual = np.tile([0.0, 1.0], 60)
    frames = {"right": frame(0.1 + 0.8 * actual, actual), "wrong": frame(np.full(120, 0.2), actual)}
    found = compare_forecasts(frames, loss="accuracy", n=200)
    assert (found.best, found.means) == ("right", {"right": 1.0, "wrong": 0.5})
    assert found.against["wrong"].difference.estimate == 0.5


def test_what_can_not_be_compared_is_told():
    actual = np.arange(40.0)
    one = frame(actual, actual)
    with pytest.raises(EvaluationError, match="not two forecasts"):
        compare_forecasts({"a": one})
    with pytest.raises(EvaluationError, match="no row in common"):
        compare_forecasts({"a": one.head(10), "b": one.tail(10)})
    with pytest.raises(EvaluationError, match=r"40 actual values differ \(first at 1970-01-01 E0\)"):
        compare_forecasts({"a": one, "b": frame(actual, actual + 1)})
    with pytest.raises(EvaluationError, match="r2 is not a mean over rows"):
        compare_forecasts({"a": one, "b": one}, loss="r2")
    with pytest.raises(EvaluationError, match="two rows for one time and entity"):
        compare_forecasts({"a": one, "b": pl.concat([one, one])})
    zero = frame(actual, np.zeros(40))
    with pytest.raises(EvaluationError, match="mape has no value in any common row"):
        compare_forecasts({"a": zero, "b": zero}, loss="mape")
    same = compare_forecasts({"a": one, "b": one}, n=100)
    assert same.against["b"].p_value == 1.0
    assert not same.against["b"].worse
