"""Residuals, calibration and ranking against scipy, statsmodels and plain loops."""

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.diagnostic import acorr_ljungbox
from statsmodels.tsa.stattools import acf

from dsframework.errors import EvaluationError
from dsframework.evaluation import Predictions, evaluators
from dsframework.evaluation._calibration import reliability
from dsframework.evaluation._rank_table import quantile_of
from dsframework.metrics import Interval, Sample, score
from dsframework.spec import CalibrationArguments, RankingArguments, ResidualsArguments
from tests.evaluation.rows_of import panel


def run(name, arguments, sample, rows, **more):
    return evaluators.get(name)(arguments, Predictions(sample=sample, rows=rows, **more))


def test_residuals_equal_scipy_and_statsmodels():
    random = np.random.default_rng(0)
    errors = np.convolve(random.standard_t(5, 121), [1.0, 0.6])[:120] + 0.2
    rows = panel(120)
    found = run("residuals", ResidualsArguments(lags=8), Sample.of_rows(errors, np.zeros(120), rows), rows)
    box = acorr_ljungbox(errors, lags=[8])
    assert found.figures["ljung_box"] == pytest.approx(float(box["lb_stat"].iloc[0]))
    assert found.figures["ljung_box_p"] == pytest.approx(float(box["lb_pvalue"].iloc[0]))
    assert found.tables["autocorrelation"]["autocorrelation"].to_numpy() == pytest.approx(acf(errors, nlags=8)[1:])
    assert found.figures["bias_t"] == pytest.approx(stats.ttest_1samp(errors, 0.0).statistic)
    assert found.figures["skewness"] == pytest.approx(stats.skew(errors))
    assert found.figures["kurtosis"] == pytest.approx(stats.kurtosis(errors, fisher=False))
    assert found.figures["too_high"] == np.mean(errors < 0)
    table = found.tables["quantiles"]
    assert table["error"].to_numpy() == pytest.approx([np.quantile(errors, share) for share in table["share"]])


def test_the_overlap_of_forecasts_several_steps_ahead_is_no_dependence():
    random = np.random.default_rng(1)
    errors, rows = random.normal(size=80), panel(80)
    found = run("residuals", ResidualsArguments(lags=6), Sample.of_rows(errors, np.zeros(80), rows), rows, horizon=3)
    r = acf(errors, nlags=6)
    expected = 80 * 82 * sum(r[lag] ** 2 / (80 - lag) for lag in range(3, 7))
    assert found.figures["ljung_box"] == pytest.approx(expected)
    assert found.figures["ljung_box_p"] == pytest.approx(stats.chi2.sf(expected, 4))


def test_a_panel_hangs_together_by_its_mean_error_at_a_time():
    random = np.random.default_rng(2)
    errors, rows = random.normal(size=150), panel(50, 3)
    found = run("residuals", ResidualsArguments(lags=4), Sample.of_rows(errors, np.zeros(150), rows), rows)
    expected = acf(errors.reshape(50, 3).mean(axis=1), nlags=4)[1:]
    assert found.tables["autocorrelation"]["autocorrelation"].to_numpy() == pytest.approx(expected)


@pytest.mark.parametrize("n", [1, 2, 20])
def test_errors_that_do_not_vary_have_a_defined_answer(n):
    rows = panel(n)
    found = run("residuals", ResidualsArguments(), Sample.of_rows(np.full(n, 2.0), np.full(n, 1.5), rows), rows)
    assert found.figures["bias"] == 0.5
    assert found.figures["skewness"] is None
    assert found.figures["ljung_box_p"] is None
    assert found.tables["autocorrelation"].height == 0
    assert found.notes
    with pytest.raises(EvaluationError, match="a classification has no errors of a size; use calibration"):
        run("residuals", ResidualsArguments(), Sample.of_rows(np.ones(n), np.ones(n), rows), rows, task="classification")


def test_bins_hold_as_many_rows_each_and_tell_their_share():
    random = np.random.default_rng(3)
    said = random.random(200)
    true = (random.random(200) < said).astype(float)
    table = reliability(said, true, 8)
    order = np.argsort(said)
    for row, part in zip(table.iter_rows(named=True), np.split(order, 8), strict=True):
        assert row == pytest.approx({"rows": 25, "said": said[part].mean(), "came_true": true[part].mean()})
    assert reliability(np.full(10, 0.3), np.ones(10), 4).rows() == [(10, pytest.approx(0.3), 1.0)]
    assert reliability(np.array([0.2]), np.zeros(1), 10).height == 1


def test_the_brier_score_is_its_parts_where_a_bin_says_one_thing():
    random = np.random.default_rng(4)
    said = random.choice([0.1, 0.4, 0.8], 300)
    true = (random.random(300) < said**2).astype(float)
    rows = panel(300)
    found = run("calibration", CalibrationArguments(bins=50), Sample.of_rows(true, said, rows), rows, task="classification").figures
    assert found["brier"] == pytest.approx(np.mean((said - true) ** 2))
    assert found["brier"] == pytest.approx(found["reliability"] - found["resolution"] + found["uncertainty"])
    by_value = {value: true[said == value].mean() for value in (0.1, 0.4, 0.8)}
    assert found["calibration_error"] == pytest.approx(np.mean([abs(value - by_value[value]) for value in said]))


def test_of_several_classes_the_most_probable_one_is_looked_at():
    p = np.array([[0.6, 0.3, 0.1], [0.2, 0.7, 0.1], [0.1, 0.1, 0.8]])
    rows = panel(3)
    sample = Sample.of_rows(np.array([0.0, 2.0, 2.0]), np.array([0.0, 1.0, 2.0]), rows, probabilities=p)
    table = run("calibration", CalibrationArguments(bins=3), sample, rows, task="classification").tables["probabilities"]
    assert table.rows() == [(1, 0.6, 1.0), (1, 0.7, 0.0), (1, 0.8, 1.0)]


def test_intervals_and_quantiles_are_counted():
    random = np.random.default_rng(5)
    actual, rows = random.normal(size=100), panel(100)
    interval = Interval(np.full((100, 2), [-1.0, -2.0]), np.full((100, 2), [0.5, 2.0]), (0.6, 0.95))
    interval.lower[:10], interval.upper[:10] = np.nan, np.nan
    quantiles = np.tile([-1.0, 0.0, 1.0], (100, 1))
    sample = Sample.of_rows(actual, np.zeros(100), rows, interval=interval, quantiles=quantiles, levels=np.array([0.2, 0.5, 0.8]))
    found = run("calibration", CalibrationArguments(), sample, rows)
    table = found.tables["intervals"]
    known = actual[10:]
    assert table["share"].to_list() == pytest.approx([np.mean((known >= -1) & (known <= 0.5)), np.mean(np.abs(known) <= 2)])
    assert table["below"].to_list() == pytest.approx([np.mean(known < -1), np.mean(known < -2)])
    assert table["above"].to_list() == pytest.approx([np.mean(known > 0.5), np.mean(known > 2)])
    assert table["width"].to_list() == [1.5, 4.0]
    assert found.figures["interval_error"] == pytest.approx(np.mean(np.abs(table["share"].to_numpy() - [0.6, 0.95])))
    assert found.tables["quantiles"]["share"].to_list() == [np.mean(actual <= level) for level in (-1.0, 0.0, 1.0)]
    with pytest.raises(EvaluationError, match="nothing is predicted with a probability, a quantile or an interval; add intervals"):
        run("calibration", CalibrationArguments(), Sample.of_rows(actual, actual, rows), rows)


def test_intervals_that_no_row_has_are_none():
    rows = panel(4)
    nothing = np.full((4, 1), np.nan)
    sample = Sample.of_rows(np.ones(4), np.ones(4), rows, interval=Interval(nothing, nothing, (0.9,)))
    found = run("calibration", CalibrationArguments(), sample, rows)
    assert found.figures == {"interval_error": None}
    assert found.tables["intervals"].row(0) == (0.9, None, None, None, None)


def test_ranking_equals_scipy_at_each_time():
    random = np.random.default_rng(6)
    rows = panel(30, 10)
    actual = random.normal(size=300)
    predicted = (actual + random.normal(size=300)).round(1)
    sample = Sample.of_rows(actual, predicted, rows)
    found = run("ranking", RankingArguments(quantiles=5), sample, rows)
    pairs = list(zip(actual.reshape(30, 10), predicted.reshape(30, 10), strict=True))
    assert found.tables["times"]["ic"].to_numpy() == pytest.approx([stats.pearsonr(a, p).statistic for a, p in pairs])
    by_rank = [stats.spearmanr(a, p).statistic for a, p in pairs]
    assert found.tables["times"]["rank_ic"].to_numpy() == pytest.approx(by_rank)
    assert {name: found.figures[name] for name in ("ic", "rank_ic", "icir", "rank_icir")} == score(
        ("ic", "rank_ic", "icir", "rank_icir"), sample
    )
    assert found.figures["share_right"] == np.mean(np.array(by_rank) > 0)
    means: dict[int, list[float]] = {}
    for a, p in pairs:
        place = np.floor((stats.rankdata(p) - 0.5) / 10 * 5).astype(int) + 1
        for quantile in set(place.tolist()):
            means.setdefault(quantile, []).append(a[place == quantile].mean())
    table = found.tables["quantiles"]
    assert table["mean_actual"].to_list() == pytest.approx([np.mean(means[q]) for q in sorted(means)])
    assert table["times"].to_list() == [len(means[q]) for q in sorted(means)]
    assert table["rows"].sum() == 300


def test_equal_predictions_share_the_middle_quantile():
    rows = panel(2, 5)
    sample = Sample.of_rows(np.arange(10.0), np.ones(10), rows)
    assert set(quantile_of(sample, 5).tolist()) == {3}
    found = run("ranking", RankingArguments(), sample, rows)
    assert found.figures["rank_ic"] == 0.0
    assert found.tables["quantiles"]["quantile"].to_list() == [3]


def test_one_series_and_constant_actual_values_have_nothing_to_rank():
    rows = panel(5)
    with pytest.raises(EvaluationError, match="nothing to rank at a time; leave out ranking"):
        run("ranking", RankingArguments(), Sample.of_rows(np.ones(5), np.ones(5), rows), rows)
    rows = panel(3, 2)
    with pytest.raises(EvaluationError, match="two entities with different actual values"):
        run("ranking", RankingArguments(), Sample.of_rows(np.ones(6), np.arange(6.0), rows), rows)
