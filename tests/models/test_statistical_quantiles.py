"""Quantiles of the models of a series by its own past, against statsmodels and against simulations in plain loops."""

import warnings
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm
from threadpoolctl import threadpool_limits

from dsframework.errors import ModelError
from dsframework.models import make_model
from dsframework.models._multiplicative import Multiplicative
from dsframework.rows import asked_of, with_history

_file = spec_from_file_location("series_of_tests", Path(__file__).with_name("test_statistical_models.py"))
_shared = module_from_spec(_file)
_file.loader.exec_module(_shared)
series, windows = _shared.series, _shared.windows
LEVELS = (0.1, 0.5, 0.9)


@pytest.fixture(autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


def quantiles(name, params, first=120, levels=LEVELS, **given):
    """A fitted model, its quantiles and its forecasts from the row `first` on, and all rows."""
    x, y, rows = series(**given)
    model = make_model(name, params, task="regression", quantiles=levels).fit(x[:first], y[:first], rows=rows[:first])
    asked = np.arange(len(rows)) >= first
    seen = with_history(rows, asked, model.history)
    part = asked_of(rows, asked, seen)
    return model, model.predict_quantiles(x[seen], rows=part), model.predict(x[seen], rows=part), rows


def deviations(found, point):
    """The deviation that normal quantiles tell; the median is the point."""
    np.testing.assert_allclose(found[:, 1], point, rtol=1e-12)
    both = (found[:, [0, 2]] - point[:, None]) / norm.ppf([0.1, 0.9])
    np.testing.assert_allclose(both[:, 0], both[:, 1], rtol=1e-9)
    return both[:, 0]


@pytest.mark.parametrize(
    ("params", "order", "trend"),
    [({}, (1, 0, 0), "c"), ({"p": 1, "d": 1, "q": 1}, (1, 1, 1), "n"), ({"p": 0, "d": 1, "q": 1, "drift": True}, (0, 1, 1), "c")],
)
@pytest.mark.parametrize("horizon", [1, 4])
def test_arima_has_the_quantiles_of_statsmodels_from_every_window(params, order, trend, horizon):
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    _, found, point, rows = quantiles("arima", {**params, "lookback": 35}, first=150, horizon=horizon)
    centre, scale = rows.now[:150].mean(), rows.now[:150].std()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = SARIMAX((rows.now[:150] - centre) / scale, order=order, trend=trend).fit(disp=False)
    expected = []
    for window in windows(rows, 0, 150, 35):
        filtered = SARIMAX((window - centre) / scale, order=order, trend=trend).filter(fitted.params)
        expected.append(filtered.get_forecast(horizon).se_mean[-1] * scale)
    np.testing.assert_allclose(deviations(found, point), expected, rtol=1e-5)


@pytest.mark.parametrize("trend", ["none", "additive", "damped"])
def test_exponential_smoothing_has_the_deviation_of_the_books_once_the_start_is_forgotten(trend):
    """The sum of squares of what an error adds to the value `horizon` steps later (Hyndman et al. 2008, table 6.1)."""
    from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

    horizon, first = 4, 300
    _, found, point, rows = quantiles("ets", {"trend": trend, "lookback": 280}, first=first, horizon=horizon, n_steps=330)
    known = (rows.now[:first] - rows.now[:first].mean()) / rows.now[:first].std()
    given = {"trend": trend != "none", "damped_trend": trend == "damped", "initialization_method": "heuristic"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = ExponentialSmoothing(known, **given).fit(disp=False)
    named = dict(zip(fitted.model.param_names, fitted.params, strict=True))
    alpha, beta = named["smoothing_level"], named.get("smoothing_trend", 0.0)
    damping = named.get("damping_trend", 1.0)
    total, grown = 1.0, 0.0
    for step in range(1, horizon):
        grown += damping**step
        total += (alpha + beta * grown) ** 2
    expected = np.sqrt(fitted.scale * total) * rows.now[:first].std()
    np.testing.assert_allclose(deviations(found, point)[5:], expected, rtol=2e-2)


def test_a_window_that_is_too_short_to_tell_the_trend_has_the_deviation_of_the_changes():
    x, y, rows = series(horizon=2)
    model = make_model("ets", {"trend": "additive", "lookback": 30}, task="regression", quantiles=LEVELS).fit(x, y, rows=rows)
    found, point = model.predict_quantiles(x, rows=rows), model.predict(x, rows=rows)
    changes = [(rows.now[place + 2] - rows.now[place]) ** 2 for place in range(158)]
    assert deviations(found, point)[0] == pytest.approx(np.sqrt(np.mean(changes)))
    assert np.ptp(found, axis=1).max() < 30 * np.std(rows.now)


@pytest.mark.parametrize("horizon", [1, 5])
def test_theta_has_the_deviation_of_the_moving_average_that_it_is(horizon):
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    model, found, point, rows = quantiles("theta", {"lookback": 30}, horizon=horizon)
    learned = model.series_["A"].parameters
    alpha, slope = learned.alpha, learned.slope * model.series_["A"].scale
    level, errors = rows.now[0], []
    for place in range(1, 120):
        errors.append(rows.now[place] - level - slope / 2 * (1 - (1 - alpha) ** place) / alpha)
        level += alpha * (rows.now[place] - level)
    average = SARIMAX(rows.now[:120], order=(0, 1, 1)).filter([alpha - 1, np.mean(np.square(errors))])
    np.testing.assert_allclose(deviations(found, point), average.get_forecast(horizon).se_mean[-1], rtol=1e-3)


@pytest.mark.parametrize(("damping", "season"), [(0.0, None), (1.0, None), (0.9, None), (0.9, 4)])
@pytest.mark.parametrize("steps", [1, 3, 9])
def test_multiplicative_smoothing_has_the_variance_of_simulated_futures(damping, season, steps):
    model = Multiplicative(alpha=0.3, beta=0.05 * (damping > 0), gamma=0.1 * bool(season), damping=damping, season=season, variance=0.0016)
    random = np.random.default_rng(1)
    past = (10.0 + 0.1 * np.arange(40)) * (np.tile([0.8, 1.1, 1.2, 0.9], 10) if season else 1.0)
    mean, variance = model.forecast(past[None], np.array([40]), steps)
    level, slope, index, _ = (part[0] for part in model._smoothed(past[None], np.array([40])))
    n_paths = 200_000
    level, slope = np.full(n_paths, level), np.full(n_paths, slope)
    index = [np.full(n_paths, one) for one in index]
    for step in range(steps):
        error, before, place = random.normal(0, 0.04, n_paths), level + damping * slope, (40 + step) % len(index)
        value = before * index[place] * (1 + error)
        level, slope = before * (1 + model.alpha * error), damping * slope + model.beta * before * error
        index[place] = index[place] * (1 + model.gamma * error)
    assert mean[0] == pytest.approx(value.mean(), rel=2e-3)
    assert variance[0] == pytest.approx(value.var(), rel=2e-2)


@pytest.mark.parametrize("name", ["arima", "ets", "theta"])
def test_as_many_values_lie_below_a_quantile_as_it_says(name):
    horizon = 2
    _, found, _, rows = quantiles(name, {"lookback": 60}, first=400, levels=(0.1, 0.25, 0.75, 0.9), n_steps=3000, horizon=horizon)
    actual = rows.now[400 + horizon :]
    below = (actual[:, None] <= found[:-horizon]).mean(axis=0)
    np.testing.assert_allclose(below, (0.1, 0.25, 0.75, 0.9), atol=0.04)


def test_an_entity_that_is_not_known_has_the_deviation_of_the_others_changes():
    x, y, rows = series(n_entities=3, horizon=2)
    keep = (rows.entity < 2) & (rows.step < 120)
    model = make_model("arima", {}, task="regression", quantiles=LEVELS).fit(x[keep], y[keep], rows=rows[keep])
    squares = []
    for entity in (0, 1):
        own = rows.now[(rows.entity == entity) & keep]
        squares.append(np.mean([(own[place + 2] - own[place]) ** 2 for place in range(118)]))
    found = model.predict_quantiles(x, rows=rows)[2::3]
    np.testing.assert_allclose(deviations(found, rows.now[2::3]), np.sqrt(np.mean(squares)), rtol=1e-9)


def test_a_constant_series_has_no_deviation():
    x, _, rows = series()
    flat = replace(rows, now=np.full(160, 7.0))
    model = make_model("arima", {}, task="regression", quantiles=LEVELS).fit(x, np.full(160, 7.0), rows=flat)
    np.testing.assert_array_equal(model.predict_quantiles(x, rows=flat), np.full((160, 3), 7.0))


def test_a_model_that_was_made_without_quantiles_has_none():
    x, y, rows = series()
    model = make_model("theta", {}, task="regression").fit(x, y, rows=rows)
    with pytest.raises(ModelError, match="theta learns no quantiles"):
        model.predict_quantiles(x, rows=rows)


def test_a_mean_of_arima_and_ridge_has_quantiles_only_where_both_have():
    models = ["arima", "bayesian_ridge"]
    x, y, rows = series()
    x = rows.now[:, None] + np.zeros((1, 1))
    mean = make_model("mean", {"models": models}, task="regression", quantiles=LEVELS).fit(x, y, rows=rows)
    parts = [make_model(name, {}, task="regression", quantiles=LEVELS) for name in models]
    arima, ridge = parts[0].fit(x, y, rows=rows), parts[1].fit(x, y)
    by_hand = (arima.predict_quantiles(x, rows=rows) + ridge.predict_quantiles(x)) / 2
    np.testing.assert_allclose(mean.predict_quantiles(x, rows=rows), by_hand, rtol=1e-9)
    with pytest.raises(ModelError, match="conformal"):
        make_model("stacking", {"models": models}, task="regression", quantiles=LEVELS)
