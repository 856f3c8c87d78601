"""Metrics of anomalies and clusters against scikit-learn and direct loops, and what noise, one cluster and one label give."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as oracle

from dsframework.errors import MetricError
from dsframework.metrics import Sample, get_metric, reference_rows, score

INNER = {
    "silhouette": oracle.silhouette_score,
    "davies_bouldin": oracle.davies_bouldin_score,
    "calinski_harabasz": oracle.calinski_harabasz_score,
}


def blobs(seed, n=60, k=3):
    random = np.random.default_rng(seed)
    labels = np.append(np.arange(k), random.integers(0, k, n - k)).astype(float)
    return labels[:, None] * 3.0 + random.normal(size=(n, 2)), labels


def loop_silhouette(x, labels):
    found = []
    for i in range(len(x)):
        near = {k: [float(np.linalg.norm(x[i] - x[j])) for j in range(len(x)) if labels[j] == k and j != i] for k in set(labels)}
        own = near[labels[i]]
        if not own:
            found.append(0.0)
            continue
        a, b = np.mean(own), min(np.mean(values) for k, values in near.items() if k != labels[i])
        found.append((b - a) / max(a, b))
    return np.mean(found)


@pytest.mark.parametrize("name", INNER)
@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 2**32 - 1), k=st.integers(2, 5))
def test_a_clusters_shape_is_measured_as_scikit_learn_does(name, seed, k):
    x, labels = blobs(seed, k=k)
    assert get_metric(name)(Sample(None, labels, features=x)) == pytest.approx(INNER[name](x, labels))


def test_the_silhouette_equals_a_loop():
    x, labels = blobs(4, n=25)
    assert get_metric("silhouette")(Sample(None, labels, features=x)) == pytest.approx(loop_silhouette(x, labels))


def test_a_row_in_no_cluster_counts_zero_so_that_calling_rows_noise_does_not_help():
    x, labels = blobs(5)
    noisy = np.where(np.arange(60) < 20, -1.0, labels)
    kept = get_metric("silhouette")(Sample(None, noisy[20:], features=x[20:]))
    found = score(["silhouette", "share_noise"], Sample(None, noisy, features=x))
    assert found["silhouette"] == pytest.approx(kept * 40 / 60) and found["share_noise"] == pytest.approx(1 / 3)


@pytest.mark.parametrize("labels", [np.zeros(5), np.full(5, -1.0), np.arange(5.0)])
def test_one_cluster_or_as_many_as_rows_are_worth_nothing(labels):
    x, _ = blobs(6, n=5)
    found = score(list(INNER), Sample(None, labels, features=x))
    assert found["silhouette"] == found["calinski_harabasz"] == 0.0
    assert "cluster" in found.reasons["davies_bouldin"]


def test_of_many_rows_the_silhouette_is_that_of_a_seeded_sample(monkeypatch):
    monkeypatch.setattr("dsframework.metrics._clustering._MOST_ROWS", 400)
    x, labels = blobs(7, n=1500)
    sample = Sample(None, labels, features=x)
    found = get_metric("silhouette")(sample)
    assert found == get_metric("silhouette")(sample) == pytest.approx(oracle.silhouette_score(x, labels), abs=0.03)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(3, 80))
def test_agreement_with_labels_is_measured_as_scikit_learn_does(seed, n):
    random = np.random.default_rng(seed)
    labels, clusters = np.append([0.0, 1.0], random.integers(0, 4, n)), random.integers(-1, 3, n + 2).astype(float)
    found = score(["adjusted_rand", "nmi"], Sample(labels, clusters))
    assert found["adjusted_rand"] == pytest.approx(oracle.adjusted_rand_score(labels, clusters))
    assert found["nmi"] == pytest.approx(oracle.normalized_mutual_info_score(labels, clusters))


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32 - 1), n=st.integers(2, 200), digits=st.sampled_from([0, 1, 8]))
def test_anomaly_scores_are_measured_against_labels(seed, n, digits):
    random = np.random.default_rng(seed)
    actual = np.append([0.0, 1.0], (random.random(n) < 0.2).astype(float))
    scores = np.round(actual + random.normal(size=n + 2), digits)
    found = score(["average_precision", "roc_auc", "precision_at_k"], Sample(actual, scores))
    assert found["average_precision"] == pytest.approx(oracle.average_precision_score(actual, scores))
    assert found["roc_auc"] == pytest.approx(oracle.roc_auc_score(actual, scores))
    k, border = int(actual.sum()), np.sort(scores)[::-1][int(actual.sum()) - 1]
    above, tied = scores > border, scores == border
    hits = actual[above].sum() + (k - above.sum()) * actual[tied].mean()
    assert found["precision_at_k"] == pytest.approx(hits / k)


def test_without_labels_what_needs_them_says_so():
    names = ["average_precision", "roc_auc", "precision_at_k", "adjusted_rand", "nmi"]
    assert set(score(names, Sample(None, np.zeros(3))).reasons.values()) == {"no column says what is true"}
    assert get_metric("nmi").score(Sample(np.ones(3), np.zeros(3))).reason == "all 3 labels are equal"
    assert get_metric("precision_at_k").score(Sample(np.zeros(3), np.zeros(3))).reason == "no row is an anomaly"
    assert get_metric("average_precision").score(Sample(np.ones(3), np.zeros(3))).reason == "every row is an anomaly"
    with pytest.raises(MetricError, match="must be 0 or 1"):
        score(["average_precision"], Sample(np.array([0.0, 2.0]), np.zeros(2)))


def test_the_share_of_flagged_rows_needs_a_threshold():
    assert get_metric("share_flagged")(Sample(None, np.zeros(4), flagged=np.array([True, False, False, False]))) == 0.25
    assert math.isnan(get_metric("share_flagged")(Sample(None, np.zeros(4))))


@pytest.mark.parametrize("method", ["uniform", "permuted"])
def test_the_mass_volume_curve_prefers_the_score_that_knows_where_the_rows_lie(method):
    random = np.random.default_rng(0)
    one = random.normal(size=(800, 1))
    x = np.hstack([one, one + 0.1 * random.normal(size=(800, 1))])
    made_up = reference_rows(x, n=4000, seed=1, method=method)

    def found(scorer):
        return get_metric("mass_volume")(Sample(None, scorer(x), reference=scorer(made_up)))

    def mahalanobis(rows):
        inverse = np.linalg.inv(np.cov(x.T))
        left = rows - x.mean(axis=0)
        return np.einsum("ij,jk,ik->i", left, inverse, left)

    known, blind, backwards = found(mahalanobis), found(lambda rows: rows[:, 0] * 0.0), found(lambda rows: -mahalanobis(rows))
    assert known < 0.4 < 0.9 < blind <= 1.0 and backwards > 0.95
    assert "made-up" in get_metric("mass_volume").score(Sample(None, np.zeros(3))).reason


def test_the_mass_volume_curve_is_the_area_that_a_loop_gives():
    scores, made_up = np.arange(1.0, 11.0), np.array([0.5, 3.0, 9.5, 9.7, 9.9, 10.0, 11.0, 12.0])
    # 90 % of the mass ends at 9, above it at 10: volumes 2/8 and 6/8
    masses = np.linspace(0.9, 1.0, 201)
    volumes = [np.mean(made_up <= (9.0 if mass <= 0.9 + 1e-9 else 10.0)) for mass in masses]
    area = sum((left + right) / 2 for left, right in itertools.pairwise(volumes)) / 200
    assert get_metric("mass_volume")(Sample(None, scores, reference=made_up)) == pytest.approx(area)


def test_made_up_rows_keep_each_features_values_or_range_and_are_seeded():
    x = np.random.default_rng(2).normal(size=(50, 3))
    permuted, uniform = reference_rows(x, n=500), reference_rows(x, n=500, method="uniform")
    assert all(np.isin(permuted[:, k], x[:, k]).all() for k in range(3))
    assert (uniform >= x.min(axis=0)).all() and (uniform <= x.max(axis=0)).all()
    assert np.array_equal(permuted, reference_rows(x, n=500)) and not np.array_equal(permuted, reference_rows(x, n=500, seed=1))
    with pytest.raises(MetricError, match="without missing values"):
        reference_rows(np.array([[np.nan]]))
