"""Clusterings: the contract, scikit-learn as oracle, and numbers that mean the same every time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsframework.errors import ModelError
from dsframework.models import make_model
from dsframework.models._clustering import nearest, renumber
from dsframework.spec import catalogue
from dsframework.testing import check_model

SMALL = {
    "kmeans": {"n_clusters": 3},
    "agglomerative": {"n_clusters": 3},
    "dbscan": {"eps": 3.5},
    "hdbscan": {},
    "gaussian_mixture": {"n_components": 3, "covariance_type": "diag"},
}


def make(name, threads=1, seed=3, **params):
    return make_model(name, {**SMALL[name], **params}, task="clustering", seed=seed, threads=threads)


def groups(sizes=(30, 80, 50), seed=0):
    """Groups that lie well apart, mixed."""
    random = np.random.default_rng(seed)
    group = random.permutation(np.repeat(np.arange(len(sizes)), sizes))
    return np.array([[0, 0], [20, 0], [0, 20], [20, 20]])[group] + random.normal(size=(len(group), 2)), group


def same_partition(left, right):
    return ((left[:, None] == left) == (right[:, None] == right)).all()


@pytest.mark.parametrize("name", SMALL)
def test_every_clustering_keeps_the_contract(name):
    check_model(name, SMALL[name], "clustering")


@pytest.mark.parametrize("name", SMALL)
def test_the_defaults_of_the_document_are_what_is_used(name):
    x, _ = groups()
    written = catalogue.arguments("models", name)().model_dump()
    short, long = (make_model(name, params, task="clustering").fit(x) for params in ({}, written))
    np.testing.assert_array_equal(short.labels_, long.labels_)


@pytest.mark.parametrize("name", SMALL)
def test_the_largest_cluster_is_number_nought_whatever_the_seed_and_the_threads(name):
    x, group = groups()
    for seed in range(3):
        model = make(name, threads=1 + seed % 2, seed=seed).fit(x)
        clear = model.labels_ >= 0
        assert clear.mean() > 0.9
        np.testing.assert_array_equal(model.labels_[clear], np.array([2, 0, 1])[group[clear]])
        assert list(model.sizes_) == sorted(model.sizes_, reverse=True)
        assert list(model.sizes_) == list(np.bincount(model.labels_[clear]))


@pytest.mark.parametrize("name", [name for name in SMALL if name != "agglomerative"])
def test_a_training_row_is_told_its_own_cluster(name):
    x = np.random.default_rng(1).normal(size=(200, 3))
    model = make(name, **({"eps": 0.6} if name == "dbscan" else {})).fit(x)
    np.testing.assert_array_equal(model.predict(x), model.labels_)


def test_kmeans_is_scikit_learns():
    from sklearn.cluster import KMeans

    x = np.random.default_rng(1).normal(size=(300, 3))
    theirs = KMeans(5, n_init=10, random_state=3).fit(x)
    ours = make("kmeans", n_clusters=5).fit(x)
    assert same_partition(ours.labels_, theirs.labels_)
    assert ours.inertia_ == pytest.approx(theirs.inertia_)


@pytest.mark.parametrize("linkage", ["ward", "complete", "average", "single"])
def test_agglomerative_is_scikit_learns_and_new_rows_go_to_the_nearest_mean(linkage):
    from sklearn.cluster import AgglomerativeClustering

    x = np.random.default_rng(1).normal(size=(120, 3))
    ours = make("agglomerative", n_clusters=4, linkage=linkage).fit(x)
    assert same_partition(ours.labels_, AgglomerativeClustering(4, linkage=linkage).fit(x).labels_)
    new = np.random.default_rng(2).normal(size=(30, 3))
    means = [x[ours.labels_ == number].mean(axis=0) for number in range(4)]
    expected = [int(np.argmin([np.sum((row - mean) ** 2) for mean in means])) for row in new]
    np.testing.assert_array_equal(ours.predict(new), expected)


def test_dbscan_is_scikit_learns_on_its_core_and_its_noise():
    from sklearn.cluster import DBSCAN

    x = np.random.default_rng(1).normal(size=(200, 2))
    ours, theirs = make("dbscan", eps=0.35).fit(x), DBSCAN(eps=0.35).fit(x)
    core = theirs.core_sample_indices_
    assert same_partition(ours.labels_[core], theirs.labels_[core])
    np.testing.assert_array_equal(ours.labels_ == -1, theirs.labels_ == -1)
    far = ours.predict(np.array([[50.0, 50.0]]))
    assert far == -1


def test_hdbscan_is_scikit_learns_and_a_far_row_belongs_to_none():
    from sklearn.cluster import HDBSCAN

    x, _ = groups()
    ours = make("hdbscan").fit(x)
    assert same_partition(ours.labels_, HDBSCAN(min_cluster_size=5, min_samples=5, copy=True).fit(x).labels_)
    assert list(ours.predict(np.array([[0.0, 0.0], [20.0, 0.0], [10.0, 10.0]]))) == [2, 0, -1]


def test_the_mixture_is_scikit_learns():
    from sklearn.mixture import GaussianMixture

    x, _ = groups()
    ours = make("gaussian_mixture").fit(x)
    theirs = GaussianMixture(3, covariance_type="diag", n_init=3, max_iter=500, random_state=3).fit(x)
    assert same_partition(ours.labels_, theirs.predict(x))


def test_dense_places_may_be_none_at_all():
    x = np.arange(40.0)[:, None] * 100
    model = make("dbscan", eps=1.0).fit(x)
    assert (model.labels_ == -1).all()
    assert (model.predict(x) == -1).all()
    assert len(model.sizes_) == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-1, 6), min_size=1, max_size=40))
def test_clusters_are_numbered_by_size_then_by_their_first_row(old):
    old = np.array(old)
    new, order = renumber(old)
    assert ((new == -1) == (old == -1)).all()
    key = [(-int((old == label).sum()), int(np.flatnonzero(old == label)[0])) for label in order]
    assert key == sorted(key)
    for number, label in enumerate(order):
        np.testing.assert_array_equal(new == number, old == label)


def test_the_nearest_point_is_found_in_blocks(monkeypatch):
    from dsframework.models import _clustering

    random = np.random.default_rng(0)
    x, points = random.normal(size=(57, 3)), random.normal(size=(8, 3))
    whole = nearest(x, points)
    monkeypatch.setattr(_clustering, "_DISTANCES_AT_ONCE", 100)
    for left, right in zip(whole, nearest(x, points), strict=True):
        np.testing.assert_array_equal(left, right)
    np.testing.assert_array_equal(whole[0], [int(np.argmin([np.sum((row - point) ** 2) for point in points])) for row in x])


@pytest.mark.parametrize(
    ("name", "params", "says"),
    [
        ("kmeans", {"n_clusters": 9}, "use at most 2"),
        ("agglomerative", {"n_clusters": 9}, "use at most 2"),
        ("gaussian_mixture", {"n_components": 9}, "use at most 2"),
        ("hdbscan", {"min_cluster_size": 90}, "fewer than a cluster"),
        ("kmeans", {"clusters": 3}, "takes no clusters"),
    ],
)
def test_what_can_not_work_is_one_line(name, params, says):
    with pytest.raises(ModelError, match=says):
        make(name, **params).fit(np.repeat([[0.0], [1.0]], 20, axis=0))


def test_all_pairs_of_very_many_rows_are_not_compared():
    with pytest.raises(ModelError, match="use kmeans"):
        make("agglomerative").fit(np.zeros((20_001, 1)) + np.arange(20_001)[:, None])
