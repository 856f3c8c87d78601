"""Models of a series by its own past, against statsmodels called in a loop, one window at a time."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from dsframework.errors import MissingDependencyError, ModelError
from dsframework.models import make_model, model_requirements
from dsframework.rows import Rows, asked_of, with_history
from dsframework.testing import check_model

CASES = [
    ("arima", {"lookback": 40}),
    ("arima", {"d": 1, "drift": True, "lookback": 30}),
    ("ets", {"trend": "damped", "lookback": 30}),
    ("theta", {"lookback": 25}),
    ("theta", {"lookback": 25, "season": 4, "seasonality": "additive"}),
]


@pytest.fixture(autouse=True)
def one_thread():
    """As every executor does; the optimiser's tiny matrices are slow with more."""
    with threadpool_limits(1):
        yield


def series(n_steps=160, horizon=1, n_entities=1, seed=0, season=None):
    """A panel of series that revert to their mean, and the target of every row."""
    random = np.random.default_rng(seed)
    value = np.zeros((n_steps + horizon, n_entities))
    for step in range(1, len(value)):
        value[step] = 5.0 + 0.7 * (value[step - 1] - 5.0) + random.normal(size=n_entities)
    if season:
        value += 3.0 * np.sin(2 * np.pi * np.arange(len(value)) / season)[:, None]
    step = np.repeat(np.arange(n_steps), n_entities)
    time = np.datetime64("2024-01-01", "ns") + step.astype("timedelta64[D]")
    zero = np.zeros(len(step), dtype=np.int32)
    rows = Rows(
        entity=np.tile(np.arange(n_entities, dtype=np.int32), n_steps),
        entities=tuple("ABCDEFG"[:n_entities]),
        time=time,
        day=zero,
        slot=zero,
        step=step,
        now=value[:n_steps].ravel(),
        label_time=time + np.timedelta64(horizon, "D"),
    )
    return np.zeros((len(step), 1)), value[horizon:].ravel(), rows


def ask(model, x, rows, first):
    """Predict the rows from `first` on, with the history that the model says."""
    asked = np.arange(len(rows)) >= first
    seen = with_history(rows, asked, model.history)
    return model.predict(x[seen], rows=asked_of(rows, asked, seen))


def windows(rows, entity, first, lookback):
    """The values of an entity up to each of its rows from `first` on, the last `lookback` of them."""
    own = np.flatnonzero(rows.entity == entity)
    return [rows.now[own[max(0, place - lookback + 1) : place + 1]] for place in range(len(own)) if own[place] >= first]


@pytest.mark.parametrize(("name", "params"), CASES)
def test_every_statistical_model_keeps_the_contract(name, params):
    check_model(name, params, "regression")


@pytest.mark.parametrize(
    ("params", "order", "seasonal", "trend"),
    [
        ({}, (1, 0, 0), (0, 0, 0, 0), "c"),
        ({"p": 2, "q": 1}, (2, 0, 1), (0, 0, 0, 0), "c"),
        ({"p": 1, "d": 1, "q": 1}, (1, 1, 1), (0, 0, 0, 0), "n"),
        ({"p": 0, "d": 1, "q": 1, "drift": True}, (0, 1, 1), (0, 0, 0, 0), "c"),
        ({"p": 1, "season": 5, "seasonal_p": 1}, (1, 0, 0), (1, 0, 0, 5), "c"),
    ],
)
@pytest.mark.parametrize("horizon", [1, 4])
def test_arima_forecasts_as_statsmodels_does_from_every_window(params, order, seasonal, trend, horizon):
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    x, y, rows = series(horizon=horizon)
    first, lookback = 120, 35
    model = make_model("arima", {**params, "lookback": lookback}, task="regression").fit(x[:first], y[:first], rows=rows[:first])
    learned = rows.now[:first]
    centre, scale = learned.mean(), learned.std()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fitted = SARIMAX((learned - centre) / scale, order=order, seasonal_order=seasonal, trend=trend).fit(disp=False)
    expected = [
        SARIMAX((window - centre) / scale, order=order, seasonal_order=seasonal, trend=trend).filter(fitted.params).forecast(horizon)[-1]
        for window in windows(rows, 0, first, lookback)
    ]
    np.testing.assert_allclose(ask(model, x, rows, first), np.array(expected) * scale + centre, rtol=1e-5)


@pytest.mark.parametrize(("trend", "season"), [("none", None), ("additive", None), ("damped", None), ("none", 4)])
@pytest.mark.parametrize("horizon", [1, 3])
def test_exponential_smoothing_forecasts_as_statsmodels_does_from_a_window_of_which_nothing_is_known(trend, season, horizon):
    from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

    x, y, rows = series(horizon=horizon, season=season)
    first, lookback = 120, 35
    params = {"trend": trend, "season": season, "lookback": lookback}
    model = make_model("ets", params, task="regression").fit(x[:first], y[:first], rows=rows[:first])
    centre, scale = rows.now[:first].mean(), rows.now[:first].std()
    given = {"trend": trend != "none", "damped_trend": trend == "damped", "seasonal": season, "initialization_method": "heuristic"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        learned = ExponentialSmoothing((rows.now[:first] - centre) / scale, **given).fit(disp=False)
    expected = []
    for window in windows(rows, 0, first, lookback):
        other = ExponentialSmoothing((window - centre) / scale, **given)
        other.update(learned.params)
        other.ssm.initialize_approximate_diffuse(1e6)
        expected.append(forecast_of(other.ssm, horizon))
    np.testing.assert_allclose(ask(model, x, rows, first), np.array(expected) * scale + centre, rtol=1e-6)


def forecast_of(space, horizon):
    """The value `horizon` steps after a filtered series, by its last predicted state."""
    state = space.filter().predicted_state[:, -1]
    for _ in range(horizon - 1):
        state = space["transition"] @ state
    return float((space["design"] @ state).item())


def test_smoothing_is_the_recursion_of_the_books_once_the_start_is_forgotten():
    from statsmodels.tsa.statespace.exponential_smoothing import ExponentialSmoothing

    x, y, rows = series(n_steps=400)
    model = make_model("ets", {"lookback": 200}, task="regression").fit(x[:300], y[:300], rows=rows[:300])
    known = (rows.now[:300] - rows.now[:300].mean()) / rows.now[:300].std()
    alpha = ExponentialSmoothing(known, initialization_method="heuristic").fit(disp=False).params[0]
    for found, window in zip(ask(model, x, rows, 300), windows(rows, 0, 300, 200), strict=True):
        level = window[0]
        for value in window[1:]:
            level += alpha * (value - level)
        assert found == pytest.approx(level, abs=1e-6)


@pytest.mark.parametrize("horizon", [1, 5])
def test_theta_is_statsmodels_theta_at_the_end_of_the_training_rows(horizon):
    from statsmodels.tsa.forecasting.theta import ThetaModel

    x, y, rows = series(n_steps=120, horizon=horizon)
    model = make_model("theta", {"lookback": 200}, task="regression").fit(x, y, rows=rows)
    theirs = ThetaModel(rows.now, period=1, deseasonalize=False).fit().forecast(horizon).iloc[-1]
    assert model.predict(x, rows=rows)[-1] == pytest.approx(theirs, rel=1e-3)


def test_theta_smooths_a_window_from_its_first_value():
    x, y, rows = series(horizon=3)
    model = make_model("theta", {"lookback": 12}, task="regression").fit(x[:120], y[:120], rows=rows[:120])
    alpha, slope = model.series_["A"].parameters.alpha, model.series_["A"].parameters.slope
    slope *= model.series_["A"].scale
    for found, window in zip(ask(model, x, rows, 120), windows(rows, 0, 120, 12), strict=True):
        level = window[0]
        for value in window[1:]:
            level = alpha * value + (1 - alpha) * level
        assert found == pytest.approx(level + slope / 2 * (2 + (1 - (1 - alpha) ** 12) / alpha))


@pytest.mark.parametrize(("name", "params"), CASES)
@pytest.mark.parametrize("horizon", [1, 3])
def test_a_forecast_knows_nothing_of_later_values(name, params, horizon):
    x, y, rows = series(horizon=horizon, n_entities=2)
    model = make_model(name, params, task="regression").fit(x[:240], y[:240], rows=rows[:240])
    before = ask(model, x, rows, 240)
    later = rows.now.copy()
    later[280:] += 100.0
    after = ask(model, x, replace(rows, now=later), 240)
    np.testing.assert_array_equal(after[:40], before[:40])
    assert (np.abs(after[40:] - before[40:]) > 1).all()


def test_the_horizon_is_read_from_the_labels_even_where_rows_are_left_out():
    x, y, rows = series(horizon=4)
    keep = np.ones(160, dtype=bool)
    keep[50:70] = False
    model = make_model("theta", {}, task="regression").fit(x[keep], y[keep], rows=rows[keep])
    assert model.horizon_ == 4


def test_a_hole_of_the_time_axis_is_missing_values_and_no_jump():
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    x, y, rows = series()
    keep = np.ones(160, dtype=bool)
    keep[60:80] = False
    model = make_model("arima", {}, task="regression").fit(x[keep], y[keep], rows=rows[keep])
    gap = np.where(keep, (rows.now - rows.now[keep].mean()) / rows.now[keep].std(), np.nan)
    fitted = SARIMAX(gap, order=(1, 0, 0), trend="c").fit(disp=False)
    np.testing.assert_allclose(model.series_["A"].parameters.transition, fitted.model.ssm["transition"], rtol=1e-6)


def test_an_entity_that_is_not_known_is_predicted_by_its_last_value():
    x, y, rows = series(n_entities=2)
    young = (rows.entity == 1) & (rows.step < 100)
    keep = ~young & (rows.step < 120)
    model = make_model("arima", {}, task="regression").fit(x[keep], y[keep], rows=rows[keep])
    assert list(model.series_) == ["A"]
    found = ask(model, x, rows, 240)
    np.testing.assert_array_equal(found[1::2], rows.now[241::2])


def test_a_gap_of_known_values_begins_the_window_anew():
    x, y, rows = series()
    model = make_model("arima", {"d": 1, "lookback": 30}, task="regression").fit(x[:100], y[:100], rows=rows[:100])
    now = rows.now.copy()
    now[130] = np.nan
    found = ask(model, x, replace(rows, now=now), 100)
    assert found[30] == now[129], "the last known value stands for the one that is missing"
    short = Rows(**{**vars(rows[131:]), "now": rows.now[131:]})
    np.testing.assert_allclose(found[31:40], model.predict(x[131:140], rows=short[:9]), rtol=1e-9)


def test_a_constant_series_is_forecast_by_its_value():
    x, _, rows = series()
    flat = replace(rows, now=np.full(160, 7.0))
    for name, params in CASES[:1] + CASES[3:]:
        found = make_model(name, params, task="regression").fit(x, np.full(160, 7.0), rows=flat).predict(x, rows=flat)
        np.testing.assert_allclose(found, 7.0, atol=1e-4)


def test_a_target_without_a_value_of_its_own_is_refused_with_the_mend():
    x, y, rows = series()
    with pytest.raises(ModelError, match=r"the target's own last value is not known .* leave out target.transform: difference"):
        make_model("arima", {}, task="regression").fit(x, y, rows=replace(rows, now=np.full(160, np.nan)))


def test_too_few_rows_are_refused():
    x, y, rows = series(n_steps=20)
    with pytest.raises(ModelError, match="no entity has 30 training rows"):
        make_model("ets", {}, task="regression").fit(x, y, rows=rows)


def test_without_statsmodels_the_install_command_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "statsmodels", None)
    x, y, rows = series()
    with pytest.raises(MissingDependencyError, match="statistics"):
        make_model("theta", {}, task="regression").fit(x, y, rows=rows)
    assert model_requirements("theta", {}) == ["statsmodels"]


@pytest.mark.parametrize("name", ["arima", "ets", "theta"])
def test_the_defaults_of_the_document_are_what_is_used(name):
    from dsframework.spec import catalogue

    x, y, rows = series()
    written = catalogue.arguments("models", name)().model_dump()
    short, long = (make_model(name, params, task="regression").fit(x, y, rows=rows).predict(x, rows=rows) for params in ({}, written))
    np.testing.assert_array_equal(short, long)
