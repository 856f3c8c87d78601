"""Scales of the target: the contract of every one, oracles, several in a row, and the mean after a bent one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from dsframework.errors import DataError
from dsframework.preprocessing import HeldOut, TargetTransform, scales
from dsframework.rows import Rows
from dsframework.spec import Component, ComponentOf, TargetScale
from dsframework.testing import check_scale
from dsframework.testing._bars import some_bars

SETTINGS: dict[str, list[dict[str, Any]]] = {
    "power": [{}, {"method": "box_cox"}],
    "standard": [{}, {"by": "entity"}],
    "volatility_scale": [{}, {"rows": 20}],
    "slot_profile": [{}, {"how": "subtract"}, {"days": 3}],
}
POSITIVE = st.floats(1e-3, 1e6)


def component(name: str, **arguments: Any) -> Component:
    return ComponentOf("target").validate({name: arguments} if arguments else name)


def one_entity(n: int, now: np.ndarray | None = None) -> Rows:
    step = np.arange(n, dtype=np.int64)
    zeros = np.zeros(n, dtype=np.int32)
    time = np.datetime64("2024-01-01", "ns") + step.astype("timedelta64[D]")
    return Rows(zeros, ("",), time, (19723 + step).astype(np.int32), zeros, step, now=now)


@pytest.mark.parametrize(
    ("name", "arguments"), [(name, arguments) for name in scales.names() for arguments in SETTINGS.get(name, [{}])], ids=str
)
def test_every_registered_scale_keeps_the_contract(name: str, arguments: dict[str, Any]) -> None:
    check_scale(component(name, **arguments))


class _Forgetful:
    """Undoes itself but for the entity that it was not fitted on."""

    name = "forgetful"

    def fit(self, y: np.ndarray, rows: Rows | None) -> Any:
        self.mean_ = y.mean()
        return self

    def forward(self, y: np.ndarray, rows: Rows | None) -> np.ndarray:
        return y - y.mean()

    def inverse(self, z: np.ndarray, rows: Rows | None) -> np.ndarray:
        return z + self.mean_


def test_the_contract_finds_a_scale_that_breaks_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dsframework.preprocessing._target._scale", lambda part: _Forgetful())
    with pytest.raises(AssertionError, match=r"inverse does not undo forward for .* test rows"):
        check_scale(component("none"))


@pytest.mark.parametrize("by", [None, "entity"])
def test_standard_is_mean_and_population_deviation(by: str | None) -> None:
    trial = some_bars()
    assert trial.y is not None
    found = TargetTransform(component("standard", **({"by": by} if by else {}))).fit(trial.y, trial.rows).forward(trial.y, trial.rows)
    for code in range(3) if by else (slice(None),):
        chosen = trial.rows.entity == code if by else slice(None)
        own = trial.y[chosen]
        np.testing.assert_allclose(found[chosen], (own - own.mean()) / own.std(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("method", "oracle"), [("yeo_johnson", stats.yeojohnson), ("box_cox", stats.boxcox)])
def test_a_power_is_the_most_likely_one_of_scipy(method: str, oracle: Any) -> None:
    y = np.square(np.random.default_rng(0).normal(5.0, 1.0, size=4000))
    transform = TargetTransform(component("power", method=method)).fit(y)
    z, exponent = oracle(y)
    assert 0 < exponent < 2
    assert transform.scales[0].exponent_ == pytest.approx(exponent, abs=2e-3)
    assert np.corrcoef(transform.forward(y), z)[0, 1] == pytest.approx(1.0, abs=1e-6)


def test_measured_scales_are_differences_and_ratios_of_the_known_value() -> None:
    y, now, season = np.array([3.0, 8.0]), np.array([2.0, 4.0]), np.array([1.0, 10.0])
    rows = replace(one_entity(2, now), season=season)
    for name, expected in {
        "difference": y - now,
        "ratio": y / now,
        "log_ratio": np.log(y / now),
        "seasonal_difference": y - season,
    }.items():
        np.testing.assert_allclose(TargetTransform(name).fit(y, rows).forward(y, rows), expected, rtol=1e-12)


def test_a_known_value_goes_through_the_scales_before() -> None:
    y, now = np.array([3.0, 8.0]), np.array([2.0, 4.0])
    rows = one_entity(2, now)
    transform = TargetTransform([component("log"), component("difference")]).fit(y, rows)
    np.testing.assert_allclose(transform.forward(y, rows), np.log(y) - np.log(now), rtol=1e-12)
    np.testing.assert_allclose(transform.inverse(np.array([0.0, 0.0]), rows), now, rtol=1e-12)


def test_a_profile_divides_by_what_is_usual_at_the_targets_own_time_of_day() -> None:
    trial = some_bars()
    assert trial.y is not None
    assert trial.rows.label_slot is not None
    days = np.unique(trial.rows.day)
    full = [day for day in days if len(np.unique(trial.rows.slot[trial.rows.day == day])) == 8]
    found = TargetTransform(component("slot_profile", days=5)).fit(trial.y, trial.rows).forward(trial.y, trial.rows)
    recent = np.isin(trial.rows.day, full[-5:])
    for row in range(0, len(trial.y), 37):
        like = recent & (trial.rows.entity == trial.rows.entity[row]) & (trial.rows.label_slot == trial.rows.label_slot[row])
        assert found[row] == pytest.approx(trial.y[row] / trial.y[like].mean(), rel=1e-9)


@settings(deadline=None, max_examples=40)
@given(st.lists(POSITIVE, min_size=12, max_size=40), st.sampled_from(["log", "sqrt", "log1p"]), st.booleans())
def test_several_scales_are_undone_in_the_opposite_order(values: list[float], first: str, difference: bool) -> None:
    y = np.array(values)
    rows = one_entity(len(y), now=np.roll(y, 1))
    parts = [first, "standard", *(["difference"] if difference else [])]
    transform = TargetTransform([component(name) for name in parts]).fit(y, rows)
    np.testing.assert_allclose(transform.inverse(transform.forward(y, rows), rows), y, rtol=1e-7)


def test_a_value_that_is_not_known_is_refused_with_how_many() -> None:
    y = np.array([1.0, 2.0])
    with pytest.raises(DataError, match=r"difference measures from a known value of the target, which 1 of 2 rows lack"):
        TargetTransform("difference").fit(y, one_entity(2, np.array([np.nan, 1.0])))


@pytest.mark.parametrize("draw", ["normal", "laplace", "skewed"])
def test_the_mean_after_a_logarithm_is_that_of_a_simulation(draw: str) -> None:
    """log y = prediction + error: the mean of y is exp(prediction) times the mean of exp(error), whatever the error's distribution."""
    random = np.random.default_rng(0)
    errors = {
        "normal": lambda n: random.normal(0, 0.5, n),
        "laplace": lambda n: random.laplace(0, 0.3, n),
        "skewed": lambda n: (random.gamma(2.0, size=n) - 2.0) * 0.25,
    }[draw]
    predicted = random.normal(3.0, 1.0, 20_000)
    actual = predicted + errors(len(predicted))
    transform = TargetTransform(TargetScale((component("log"),), "mean")).fit(np.exp(actual))
    transform.correct(lambda: predicted, actual, held_out=lambda: HeldOut(predicted, actual, None))
    asked = np.array([0.0, 2.0, 5.0])
    simulated = np.exp(asked) * np.exp(errors(2_000_000)).mean()
    np.testing.assert_allclose(transform.inverse(asked), simulated, rtol=0.015)
    assert (transform.inverse(asked) > 1.05 * np.exp(asked)).all()
    np.testing.assert_allclose(transform.inverse(asked, quantile=True), np.exp(asked), rtol=1e-12)


def test_entities_with_larger_errors_are_corrected_by_more() -> None:
    random = np.random.default_rng(0)
    n = 6000
    rows = replace(one_entity(n), entity=(np.arange(n) % 2).astype(np.int32), entities=("calm", "wild"))
    deviation = np.where(rows.entity == 0, 0.1, 0.8)
    actual = random.normal(0, deviation)
    transform = TargetTransform(TargetScale((component("log"),), "mean")).fit(np.exp(actual), rows)
    transform.correct(lambda: np.zeros(n), actual, rows, held_out=lambda: HeldOut(np.zeros(n), actual, rows))
    calm, wild = transform.inverse(np.zeros(2), rows[:2])
    assert calm == pytest.approx(np.exp(0.1**2 / 2), rel=0.01)
    assert wild == pytest.approx(np.exp(0.8**2 / 2), rel=0.06)
