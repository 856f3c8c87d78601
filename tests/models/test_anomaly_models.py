"""Models of anomalies: the contract, the libraries and plain loops as oracles, and what a score is made of."""

import numpy as np
import pytest

from dsframework.errors import ModelError
from dsframework.models import make_model
from dsframework.spec import catalogue
from dsframework.testing import check_model

SMALL = {
    "isolation_forest": {"n_estimators": 30},
    "local_outlier_factor": {"n_neighbors": 10},
    "ecod": {},
    "mahalanobis": {},
    "autoencoder": {"hidden": [8, 2], "epochs": 12, "batch_size": 32},
}


def make(name, **params):
    return make_model(name, {**SMALL[name], **params}, task="anomaly", seed=3)


def market(n=600, seed=0):
    """Usual days, of which the third and fourth column go together."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, 4)) * (1, 5, 1, 1)
    x[:, 3] = x[:, 2] + 0.1 * x[:, 3]
    return x


@pytest.mark.parametrize("name", SMALL)
def test_every_model_of_anomalies_keeps_the_contract(name):
    check_model(name, SMALL[name], "anomaly")


@pytest.mark.parametrize("name", SMALL)
def test_the_defaults_of_the_document_are_what_is_used(name):
    written = catalogue.arguments("models", name)().model_dump()
    written |= {"hidden": written["hidden"][0]} if "hidden" in written else {}  # the one choice
    x = market(80)
    few = {"epochs": 2} if name == "autoencoder" else {}
    short, long = (make_model(name, {**params, **few}, task="anomaly").fit(x) for params in ({}, written))
    np.testing.assert_array_equal(short.predict(x), long.predict(x))
    assert short.threshold_ == long.threshold_


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("share", [0.01, 0.1])
def test_the_share_of_contamination_is_above_the_threshold(name, share):
    x = market()
    model = make(name, contamination=share).fit(x)
    scores = -model.estimator_.negative_outlier_factor_ if name == "local_outlier_factor" else model.predict(x)
    assert (scores > model.threshold_).mean() == pytest.approx(share, abs=2 / len(x))


@pytest.mark.parametrize("name", SMALL)
def test_the_feature_that_makes_a_row_unusual_explains_most_of_it(name):
    x = market()
    model = make(name).fit(x)
    odd = np.zeros((2, 4))
    odd[0, 1], odd[1, 0] = 60.0, -9.0
    reasons = model.explain(odd)
    assert reasons.shape == odd.shape
    assert list(reasons.argmax(axis=1)) == [1, 0]
    assert (model.predict(odd) > np.quantile(model.predict(x), 0.75)).all()


@pytest.mark.parametrize("name", ["ecod", "mahalanobis", "autoencoder"])
def test_the_reasons_sum_to_the_score(name):
    x = market(200)
    model = make(name).fit(x)
    np.testing.assert_allclose(model.explain(x).sum(axis=1), model.predict(x), rtol=1e-9)
    assert (model.explain(x) >= 0).all()


@pytest.mark.parametrize("name", ["mahalanobis", "autoencoder"])
def test_a_row_that_breaks_a_correlation_is_unusual_though_each_value_is_not(name):
    x = market(800)
    model = make(name, **({"hidden": [8, 3], "epochs": 60} if name == "autoencoder" else {})).fit(x)
    together, apart = np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[0.0, 0.0, 2.0, -2.0]])
    assert model.predict(together)[0] < model.predict(apart)[0] / 3
    assert set(model.explain(apart)[0].argsort()[-2:]) == {2, 3}


def test_the_isolation_forest_is_scikit_learns():
    from sklearn.ensemble import IsolationForest

    x = market()
    theirs = IsolationForest(n_estimators=30, max_samples=256, random_state=3).fit(x)
    np.testing.assert_array_equal(make("isolation_forest").fit(x).predict(x), -theirs.score_samples(x))


def test_the_local_outlier_factor_is_scikit_learns():
    from sklearn.neighbors import LocalOutlierFactor

    x, other = market(), market(50, seed=1)
    theirs = LocalOutlierFactor(n_neighbors=10, novelty=True).fit(x)
    np.testing.assert_array_equal(make("local_outlier_factor").fit(x).predict(other), -theirs.score_samples(other))


def test_ecod_is_the_sum_of_the_tails_in_a_plain_loop():
    random = np.random.default_rng(5)
    x = np.round(np.column_stack([random.exponential(size=80), -random.exponential(size=80), random.normal(size=80)]), 1)
    new = np.round(random.normal(size=(40, 3)) * 2, 1)
    expected = []
    for row in new:
        sums = [0.0, 0.0, 0.0]
        for j, value in enumerate(row):
            left = -np.log((sum(v <= value for v in x[:, j]) + 1) / 81)
            right = -np.log((sum(v >= value for v in x[:, j]) + 1) / 81)
            skew = np.mean((x[:, j] - x[:, j].mean()) ** 3)
            sums = [sums[0] + left, sums[1] + right, sums[2] + (left if skew < 0 else right)]
        expected.append(max(sums))
    np.testing.assert_allclose(make("ecod").fit(x).predict(new), expected, rtol=1e-12)


def test_a_missing_value_adds_nothing_to_ecod():
    x = market(100)
    gaps = x.copy()
    gaps[::5, 1] = np.nan
    model = make("ecod").fit(gaps)
    assert (model.explain(gaps)[::5, 1] == 0).all()
    alone = make("ecod").fit(np.column_stack([gaps, np.full(100, np.nan)]))
    np.testing.assert_array_equal(alone.predict(np.column_stack([gaps, np.full(100, np.nan)])), model.predict(gaps))


def test_the_distance_is_mahalanobis():
    from scipy.spatial.distance import mahalanobis

    x = market(200)
    inverse = np.linalg.inv(np.cov(x, rowvar=False))
    expected = [mahalanobis(row, x.mean(axis=0), inverse) ** 2 for row in x]
    np.testing.assert_allclose(make("mahalanobis", robust=False).fit(x).predict(x), expected, rtol=1e-6)


def test_the_robust_distance_is_not_moved_by_the_unusual_rows_themselves():
    x = market(300)
    x[:40] += 30.0
    plain, robust = (make("mahalanobis", robust=robust).fit(x).predict(x) for robust in (False, True))
    assert robust[:40].min() > 10 * np.median(robust)
    assert plain[:40].max() < 10 * np.median(plain[40:])


@pytest.mark.parametrize("name", SMALL)
def test_constant_and_doubled_features_do_no_harm(name):
    x = market(200)
    odd = np.column_stack([x, np.full(200, 7.0), x[:, 0], 1e9 * x[:, 1]])
    model = make(name).fit(odd)
    assert np.isfinite(model.predict(odd)).all()
    assert np.isfinite(model.explain(odd[:5])).all()


@pytest.mark.parametrize(
    ("name", "params", "rows", "says"),
    [
        ("local_outlier_factor", {"n_neighbors": 50}, 40, "use at most 39"),
        ("ecod", {"contamination": 0.7}, 40, "up to 0.5"),
        ("ecod", {}, 1, "too few"),
        ("ecod", {"depth": 3}, 40, "takes no depth"),
    ],
)
def test_what_can_not_work_is_one_line(name, params, rows, says):
    with pytest.raises(ModelError, match=says):
        make(name, **params).fit(market(rows))


def test_other_features_than_those_of_the_fit_are_refused():
    with pytest.raises(ModelError, match="fitted on 4 features and gets 3"):
        make("ecod").fit(market(50)).predict(np.zeros((2, 3)))
