"""Preprocessing against scikit-learn's, and the contract over every registered step."""

import numpy as np
import pytest
from sklearn.impute import SimpleImputer
from sklearn.preprocessing import StandardScaler

from dsframework.errors import DataError
from dsframework.preprocessing import make_steps, step_names, steps
from dsframework.spec import Arguments, Component, catalogue
from dsframework.testing import check_step

NAMES = ["open", "close", "volume"]
LIGHTGBM = Component(name="lightgbm", arguments=catalogue.arguments("models", "lightgbm")(n_estimators=5))


def step(name, **arguments):
    return Component(name=name, arguments=catalogue.arguments("preprocessing", name)(**arguments))


def rows(n=50, seed=0, *, gaps=True):
    x = np.random.default_rng(seed).normal(size=(n, 3)) * (1.0, 1e6, 1e-3) + (0.0, 1e9, 5.0)
    if gaps:
        x[::5, 0] = np.nan
        x[3::9, 2] = np.nan
    return x


COMPONENTS = [
    step("impute", strategy="median"),
    step("impute", strategy="mean", by="entity"),
    step("impute", strategy="constant", value=-1.5, indicator=True),
    step("impute", strategy="forward_fill", limit=2),
    step("impute", strategy="last_known", columns=["column_[02]"]),
    step("clip_outliers", n_std=1.0),
    step("clip_outliers", quantiles=[0.1, 0.9], by="entity"),
    step("clip_outliers", n_mad=2.0),
    step("clip_outliers", n_iqr=0.5, columns=["column_0", "column_4"]),
    step("standard_scale"),
    step("standard_scale", by="entity"),
    step("robust_scale"),
    step("robust_scale", quantiles=[0.1, 0.9], by="entity"),
    step("min_max_scale"),
    step("min_max_scale", low=-1.0, clip=True, by="entity"),
    step("quantile_transform"),
    step("quantile_transform", to="uniform", points=12),
    step("power"),
    step("slot_profile"),
    step("slot_profile", how="subtract", days=3, columns=["column_4"]),
    step("pca", n_components=2),
    step("pca", n_components=0.8, whiten=True, columns=["column_[0-3]"]),
    step("drop_constant"),
    step("decorrelate"),
    step("decorrelate", threshold=0.05, method="spearman", prefer="target"),
    step("target_encode", columns=["entity", "slot", "day_of_week", "month", ["entity", "slot"]]),
    step("target_encode", columns=["entity"], smoothing=0.0, form="mean"),
    step("select", model=LIGHTGBM, keep=2),
    step("select", by="shap", model=LIGHTGBM),
    step("select", by="correlation", threshold=0.1),
    step("select", by="mutual_information", keep=3),
    step("python", class_="sklearn.preprocessing.MaxAbsScaler"),
    step("python", class_="sklearn.impute.SimpleImputer", arguments={"strategy": "mean"}),
    step(
        "python",
        class_="sklearn.preprocessing.SplineTransformer",
        arguments={"n_knots": 3, "handle_missing": "zeros"},
        columns=["column_4"],
    ),
]


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda c: str(c.to_plain()))
def test_every_step_keeps_the_contract(component):
    check_step(component)


def test_the_contract_is_checked_for_every_registered_step():
    assert step_names() == sorted({component.name for component in COMPONENTS}) == catalogue.names("preprocessing")


@pytest.mark.parametrize("strategy", ["median", "mean", "constant"])
def test_impute_equals_simple_imputer(strategy):
    train, test = rows(), rows(seed=1)
    ours = make_steps([step("impute", strategy=strategy, value=7.0)]).fit(train, NAMES).transform(test)
    theirs = SimpleImputer(strategy=strategy, fill_value=7.0).fit(train).transform(test)
    np.testing.assert_allclose(ours, theirs, rtol=1e-15)


def test_standard_scale_equals_standard_scaler_missing_and_constant_columns_included():
    train, test = rows(), rows(seed=1)
    constant = np.full((50, 1), 0.1)
    train, test = np.hstack([train, constant]), np.hstack([test, constant + 1.0])
    ours = make_steps([step("standard_scale")]).fit(train, [*NAMES, "constant"]).transform(test)
    np.testing.assert_allclose(ours, StandardScaler().fit(train).transform(test), rtol=1e-9, atol=1e-12)
    assert np.allclose(ours[:, 3], 1.0)


def test_clip_outliers_limits_to_the_training_rows_deviations():
    train = np.array([[0.0], [2.0], [4.0], [np.nan]])
    low, high = 2.0 - 1.5 * np.sqrt(8 / 3), 2.0 + 1.5 * np.sqrt(8 / 3)
    clipped = make_steps([step("clip_outliers", n_std=1.5)]).fit(train, ["a"]).transform(np.array([[-9.0], [2.5], [99.0], [np.inf]]))
    np.testing.assert_allclose(clipped[:, 0], [low, 2.5, high, high], rtol=1e-14)


def test_steps_are_fitted_on_what_the_ones_before_them_give():
    train = rows()
    both = make_steps([step("impute", strategy="mean"), step("standard_scale")]).fit(train, NAMES).transform(train)
    filled = SimpleImputer(strategy="mean").fit_transform(train)
    np.testing.assert_allclose(both, StandardScaler().fit_transform(filled), rtol=1e-9, atol=1e-12)


def test_test_rows_do_not_change_what_was_learned():
    train = rows()
    pipeline = make_steps([step("impute"), step("clip_outliers"), step("standard_scale")]).fit(train, NAMES)
    before = pipeline.transform(train)
    pipeline.transform(rows(seed=3) * 1e6)
    assert pipeline.transform(train).tobytes() == before.tobytes()


def test_without_steps_rows_pass_through_without_a_copy():
    x = rows()
    pipeline = make_steps([]).fit(x, NAMES)
    result = pipeline.transform(x)
    assert not pipeline.fills_nulls
    assert np.shares_memory(result, x)
    np.testing.assert_array_equal(result, x)


def test_nulls_are_filled_when_impute_is_among_the_steps():
    assert make_steps([step("standard_scale"), step("impute")]).fills_nulls
    assert not make_steps([step("standard_scale"), step("clip_outliers")]).fills_nulls


@pytest.mark.parametrize("strategy", ["median", "mean"])
def test_a_column_without_any_training_value_is_named(strategy):
    train = rows()
    train[:, 1] = np.nan
    with pytest.raises(DataError) as caught:
        make_steps([step("impute", strategy=strategy)]).fit(train, NAMES)
    assert str(caught.value) == (
        f"preprocessing.impute: all 50 training rows of 'close' are missing, so there is no {strategy} to fill in; "
        "remove the feature, or use strategy: constant"
    )


def test_a_constant_fills_a_column_without_any_value_and_the_other_steps_pass_it_through():
    train = rows()
    train[:, 1] = np.nan
    assert (make_steps([step("impute", strategy="constant", value=2.0)]).fit(train, NAMES).transform(train)[:, 1] == 2.0).all()
    passed = make_steps([step("clip_outliers"), step("standard_scale")]).fit(train, NAMES).transform(train)
    assert np.isnan(passed[:, 1]).all()


def test_an_infinite_training_value_is_named():
    train = rows()
    train[[3, 4], 2] = np.inf
    with pytest.raises(DataError, match="2 training rows of 'volume' are infinite"):
        make_steps([step("standard_scale")]).fit(train, NAMES)


def test_a_step_that_is_not_there_names_the_ones_that_are():
    with pytest.raises(DataError, match="'scale' is not available, try"):
        make_steps([Component(name="scale", arguments=Arguments())])


class InPlace:
    fills_nulls = False

    def fit(self, x, names):
        self.mean_ = np.nanmean(x, axis=0)
        return self

    def transform(self, x):
        x -= self.mean_
        return x


class PeeksAtTheTest:
    fills_nulls = False

    def fit(self, x, names):
        return self

    def transform(self, x):
        return x - np.nanmean(x, axis=0)


@pytest.mark.parametrize(("broken", "says"), [(InPlace, "it was given"), (PeeksAtTheTest, "depends on the other rows")])
def test_the_contract_suite_finds_a_broken_step(broken, says, monkeypatch):
    monkeypatch.setitem(steps._loaded, "broken", broken)
    with pytest.raises(AssertionError, match=says):
        check_step(Component(name="broken", arguments=Arguments()))
