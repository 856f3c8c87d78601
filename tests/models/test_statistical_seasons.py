"""Seasonal theta and multiplicative smoothing, against statsmodels, one window at a time."""

import pickle
import warnings
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from dsframework.errors import ModelError, SpecError
from dsframework.models import make_model
from dsframework.models._multiplicative import Multiplicative
from dsframework.models._seasonality import fewest_rows, indices, is_seasonal, trend_of
from dsframework.rows import Rows, asked_of, with_history
from dsframework.spec import parse_spec


@pytest.fixture(autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


def series(n_steps=200, horizon=1, season=5, seed=0, level=20.0, growth=0.02, noise=0.05):
    """One positive series whose season multiplies a line, and the target of every row."""
    random = np.random.default_rng(seed)
    steps = np.arange(n_steps + horizon)
    shape = 1.0 + 0.3 * np.sin(2 * np.pi * steps / season)
    value = (level + growth * steps) * shape * np.exp(random.normal(scale=noise, size=len(steps)))
    time = np.datetime64("2024-01-01", "ns") + steps[:n_steps].astype("timedelta64[D]")
    zero = np.zeros(n_steps, dtype=np.int32)
    rows = Rows(zero, ("",), time, zero, zero, steps[:n_steps], now=value[:n_steps], label_time=time + np.timedelta64(horizon, "D"))
    return np.zeros((n_steps, 1)), value[horizon:], rows


def ask(model, x, rows, first):
    asked = np.arange(len(rows)) >= first
    seen = with_history(rows, asked, model.history)
    return model.predict(x[seen], rows=asked_of(rows, asked, seen))


def windows(rows, first, lookback):
    return [rows.now[max(0, place - lookback + 1) : place + 1] for place in range(first, len(rows))]


@pytest.mark.parametrize("period", [2, 3, 4, 7, 12])
@pytest.mark.parametrize("multiplicative", [False, True])
def test_a_decomposition_is_that_of_statsmodels(period, multiplicative):
    from statsmodels.tsa.seasonal import seasonal_decompose

    values = np.exp(np.random.default_rng(3).normal(size=(3, 40)))
    found = indices(values, period, multiplicative=multiplicative)
    for own, seasonal, trend in zip(values, found, trend_of(values, period), strict=True):
        theirs = seasonal_decompose(own, model="multiplicative" if multiplicative else "additive", period=period)
        np.testing.assert_allclose(seasonal, theirs.seasonal[:period], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(trend, theirs.trend, rtol=1e-9)


def test_a_season_is_found_where_there_is_one_and_seldom_where_there_is_none():
    random = np.random.default_rng(0)
    noise = [is_seasonal(random.normal(size=200), 5) for _ in range(300)]
    assert 0.04 < np.mean(noise) < 0.16, "nine of ten series without a season have none"
    assert is_seasonal(series()[2].now, 5)
    assert not is_seasonal(np.ones(50), 5)


def test_the_test_of_a_season_is_that_of_the_books():
    values = np.random.default_rng(5).normal(size=60).cumsum()
    for period in (2, 3, 7):
        mean, total = np.mean(values), sum((value - np.mean(values)) ** 2 for value in values)
        found = [sum((a - mean) * (b - mean) for a, b in zip(values, values[lag:], strict=False)) / total for lag in range(1, period + 1)]
        limit = 1.645 * np.sqrt((1 + 2 * sum(one**2 for one in found[:-1])) / 60)
        assert is_seasonal(values, period) == (abs(found[-1]) > limit)


@pytest.mark.parametrize("seasonality", ["auto", "additive", "multiplicative"])
@pytest.mark.parametrize(("horizon", "season"), [(1, 5), (3, 4), (7, 5)])
def test_theta_takes_the_season_out_of_every_window_and_puts_it_back(seasonality, horizon, season):
    from statsmodels.tsa.seasonal import seasonal_decompose

    x, y, rows = series(horizon=horizon, season=season)
    first, lookback = 150, 43
    params = {"lookback": lookback, "season": season, "seasonality": seasonality}
    model = make_model("theta", params, task="regression").fit(x[:first], y[:first], rows=rows[:first])
    learned = model.series_[""]
    alpha, slope = learned.parameters.alpha, learned.parameters.slope * learned.scale
    expected = []
    for window in windows(rows, first, lookback):
        kind = "additive" if seasonality == "additive" else "multiplicative"
        seasonal = seasonal_decompose(window, model=kind, period=season).seasonal
        plain = window - seasonal if kind == "additive" else window / seasonal
        level = plain[0]
        for value in plain[1:]:
            level = alpha * value + (1 - alpha) * level
        ahead = level + slope / 2 * (horizon - 1 + (1 - (1 - alpha) ** lookback) / alpha)
        back = seasonal[(lookback + horizon - 1) % season]
        expected.append(ahead + back if kind == "additive" else ahead * back)
    np.testing.assert_allclose(ask(model, x, rows, first), expected, rtol=1e-9)


@pytest.mark.parametrize("horizon", [1, 6])
@pytest.mark.parametrize(("seasonality", "method"), [("auto", "mul"), ("additive", "add"), ("multiplicative", "mul")])
def test_seasonal_theta_is_statsmodels_theta_at_the_end_of_the_training_rows(horizon, seasonality, method):
    from statsmodels.tsa.forecasting.theta import ThetaModel

    x, y, rows = series(n_steps=121, horizon=horizon)
    params = {"lookback": 200, "season": 5, "seasonality": seasonality}
    model = make_model("theta", params, task="regression").fit(x, y, rows=rows)
    theirs = ThetaModel(rows.now, period=5, deseasonalize=True, use_test=False, method=method).fit().forecast(horizon).iloc[-1]
    assert model.predict(x, rows=rows)[-1] == pytest.approx(theirs, rel=1e-3)


def test_auto_leaves_a_series_without_a_season_as_it_is():
    _, _, rows = series()
    x, now = np.zeros((200, 1)), np.random.default_rng(0).normal(size=200)
    assert not is_seasonal(now, 5)
    other = replace(rows, now=now)
    plain, auto = (
        make_model("theta", {"lookback": 50, **more}, task="regression").fit(x, now, rows=other).predict(x, rows=other)[20:]
        for more in ({}, {"season": 5})
    )
    np.testing.assert_allclose(auto, plain, rtol=1e-6)


def test_auto_adds_the_season_of_values_that_are_not_all_positive():
    x, y, rows = series()
    shifted = replace(rows, now=rows.now - 21.0)
    added, auto = (
        make_model("theta", {"lookback": 50, "season": 5, "seasonality": form}, task="regression").fit(x, y, rows=shifted)
        for form in ("additive", "auto")
    )
    np.testing.assert_array_equal(auto.predict(x, rows=shifted), added.predict(x, rows=shifted))


def test_a_window_of_fewer_than_two_seasons_is_predicted_by_its_last_value():
    x, y, rows = series()
    for name, params in (("theta", {"season": 8}), ("ets", {"season": 8, "form": "multiplicative"})):
        model = make_model(name, {**params, "lookback": 60}, task="regression").fit(x, y, rows=rows)
        found = model.predict(x, rows=rows)
        fewest = fewest_rows(8)
        assert fewest == 18
        np.testing.assert_array_equal(found[: fewest - 1], rows.now[: fewest - 1])
        assert (found[fewest - 1 : 60] != rows.now[fewest - 1 : 60]).all()


@pytest.mark.parametrize(("trend", "season"), [("none", None), ("additive", None), ("damped", None), ("none", 5), ("damped", 4)])
@pytest.mark.parametrize("horizon", [1, 6])
def test_multiplicative_smoothing_forecasts_as_statsmodels_does_from_every_window(trend, season, horizon):
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    x, y, rows = series(horizon=horizon, season=season or 5)
    first, lookback = 170, 37
    params = {"form": "multiplicative", "trend": trend, "season": season, "lookback": lookback}
    model = make_model("ets", params, task="regression").fit(x[:first], y[:first], rows=rows[:first])
    given = {
        "error": "mul",
        "trend": None if trend == "none" else "add",
        "damped_trend": trend == "damped",
        "seasonal": "mul" if season else None,
        "seasonal_periods": season,
        "initialization_method": "heuristic",
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = ETSModel(rows.now[:first] / rows.now[:first].mean(), **given).fit(disp=False)
        expected = []
        for window in windows(rows, first, lookback):
            other = ETSModel(window, **given)
            smoothing = [value for name, value in zip(fitted.model.param_names, fitted.params, strict=True) if "initial" not in name]
            own = dict(zip(other.param_names, other.start_params, strict=True))
            start = [value for name, value in own.items() if "initial" in name]
            expected.append(np.asarray(other.smooth(np.array([*smoothing, *start])).forecast(horizon))[-1])
    np.testing.assert_allclose(ask(model, x, rows, first), expected, rtol=1e-3 if season else 1e-6)  # their index: see the model's module


@pytest.mark.parametrize("trend", [False, True])
def test_multiplicative_smoothing_is_the_recursion_of_the_books_from_the_start_of_statsmodels(trend):
    from statsmodels.tsa.exponential_smoothing.initialization import _initialization_heuristic

    _, _, rows = series(season=4)
    model = Multiplicative(alpha=0.3, beta=0.1 * trend, gamma=0.2, damping=0.9 * trend, season=4)
    for length in (14, 17, 22, 60):
        window = rows.now[:length]
        level, slope, index = _initialization_heuristic(window, trend="add", seasonal="mul", seasonal_periods=4)
        index, slope = list(index), slope if trend else 0.0
        for place, value in enumerate(window):
            before = level + 0.9 * slope * trend
            error = value / (before * index[place % 4]) - 1
            level, slope = before * (1 + 0.3 * error), (0.9 * slope + 0.1 * before * error) * trend
            index[place % 4] *= 1 + 0.2 * error
        found = model.forecast(np.append(window, 99.0)[None], np.array([length]), 3)[0]
        damped = (0.9 + 0.9**2 + 0.9**3) * trend
        assert found[0] == pytest.approx((level + damped * slope) * index[(length + 2) % 4], rel=1e-12)


@pytest.mark.parametrize(("name", "params"), [("ets", {"form": "multiplicative"}), ("theta", {"seasonality": "multiplicative"})])
def test_a_model_that_multiplies_says_the_same_pickled_alone_and_with_more_history(name, params):
    x, y, rows = series(horizon=2)
    model = make_model(name, {**params, "season": 5, "lookback": 40}, task="regression", quantiles=(0.1, 0.9))
    model.fit(x[:150], y[:150], rows=rows[:150])
    found = ask(model, x, rows, 150)
    np.testing.assert_array_equal(ask(pickle.loads(pickle.dumps(model)), x, rows, 150), found)
    np.testing.assert_array_equal(ask(model, x[:151], rows[:151], 150), found[:1])
    np.testing.assert_allclose(model.predict(x, rows=rows)[150:], found, rtol=1e-12)
    later = rows.now.copy()
    later[180:] *= 3.0
    changed = ask(model, x, replace(rows, now=later), 150)
    np.testing.assert_array_equal(changed[:30], found[:30])
    assert (changed[30:] != found[30:]).all()
    both = model.predict_quantiles(x, rows=rows)
    assert (both[39:150, 0] < model.predict(x, rows=rows)[39:150]).all()
    assert 0.6 < ((both[:, 0] <= y) & (y <= both[:, 1]))[39:].mean() < 0.95


def test_the_relative_errors_are_those_of_statsmodels():
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    x, y, rows = series()
    model = make_model("ets", {"form": "multiplicative", "season": 5}, task="regression").fit(x, y, rows=rows)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scaled = rows.now / rows.now.mean()
        theirs = ETSModel(scaled, error="mul", seasonal="mul", seasonal_periods=5, initialization_method="heuristic").fit(disp=False)
    errors = scaled / np.asarray(theirs.fittedvalues) - 1
    assert model.series_[""].parameters.variance == pytest.approx(np.mean(errors**2), rel=2e-3)


@pytest.mark.parametrize(
    ("name", "params"), [("ets", {"form": "multiplicative"}), ("theta", {"season": 5, "seasonality": "multiplicative"})]
)
def test_a_value_that_is_not_positive_is_refused_where_the_model_multiplies(name, params):
    x, y, rows = series()
    now = rows.now.copy()
    now[190] = -1.5
    bad = replace(rows, now=now)
    says = rf"models\.{name}: a value is not positive but -1.5, and something multiplies it; use additive"
    with pytest.raises(ModelError, match=says):
        make_model(name, params, task="regression").fit(x, y, rows=bad)
    model = make_model(name, params, task="regression").fit(x[:180], y[:180], rows=rows[:180])
    with pytest.raises(ModelError, match=says):
        ask(model, x, bad, 185)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        ("theta: {seasonality: additive}", "name the season's rows, such as season: 5"),
        ("theta: {season: 200}", "write lookback: 400 or more"),
        ("ets: {season: 200, form: multiplicative}", "write lookback: 400 or more"),
        ("ets: {form: mult}", "multiplicative"),
    ],
)
def test_what_would_do_nothing_is_refused_when_the_document_is_read(model, says):
    text = f"version: 1\nname: a\ntask: regression\ndata: {{loader: sample}}\ntarget: {{column: volume}}\nmodels: [{model}]\n"
    with pytest.raises(SpecError, match=says):
        parse_spec(text.replace("models: [", "models:\n  - ").replace("]\n", "\n"))
