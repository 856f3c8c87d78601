"""The clusterings, by scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats
from dsframework.models._clustering import NOISE, ClusterModel, Labels, nearest

__all__ = ["AgglomerativeModel", "DbscanModel", "GaussianMixtureModel", "HdbscanModel", "KmeansModel"]

_MOST_PAIRED = 20_000


class KmeansModel(ClusterModel):
    """Clusters around means (Lloyd's algorithm, started by k-means++); a row belongs to the nearest mean."""

    name = "kmeans"
    defaults = {"n_clusters": 8, "n_init": 10, "max_iter": 300}

    def _learn(self, x: Floats) -> Any:
        from sklearn.cluster import KMeans

        found = KMeans(
            self._setting("n_clusters"), n_init=self._setting("n_init"), max_iter=self._setting("max_iter"), random_state=self.seed
        ).fit(x)
        self.inertia_ = float(found.inertia_)
        self.centres_: Floats = found.cluster_centers_.astype(np.float64)
        return nearest(x, self.centres_)[0]

    def _keep(self, x: Floats, labels: Labels, order: Labels) -> None:
        self.centres_ = self.centres_[order]

    def _assign(self, x: Floats) -> Labels:
        return nearest(x, self.centres_)[0]


class AgglomerativeModel(ClusterModel):
    """Clusters joined two by two, nearest first; a new row belongs to the cluster with the nearest mean."""

    name = "agglomerative"
    defaults = {"n_clusters": 2, "linkage": "ward"}

    def _learn(self, x: Floats) -> Any:
        from sklearn.cluster import AgglomerativeClustering

        if len(x) > _MOST_PAIRED:
            raise ModelError(
                f"it compares all pairs of rows, and {len(x)} are more than {_MOST_PAIRED}",
                field=self._field,
                mend="cluster entities or days (over), or use kmeans",
            )
        return AgglomerativeClustering(self._setting("n_clusters"), linkage=self._setting("linkage")).fit(x).labels_

    def _keep(self, x: Floats, labels: Labels, order: Labels) -> None:
        self.centres_ = np.stack([x[labels == number].mean(axis=0) for number in range(len(order))])

    def _assign(self, x: Floats) -> Labels:
        return nearest(x, self.centres_)[0]


class DbscanModel(ClusterModel):
    """Dense places (Ester et al. 1996, "DBSCAN"): a row belongs to the cluster of the nearest core row within `eps`, or to none."""

    name = "dbscan"
    defaults = {"eps": 0.5, "min_samples": 5}

    def _learn(self, x: Floats) -> Any:
        from sklearn.cluster import DBSCAN

        found = DBSCAN(eps=self._setting("eps"), min_samples=self._setting("min_samples")).fit(x)
        core = found.core_sample_indices_
        self.core_, self.core_labels_ = x[core].copy(), found.labels_[core].astype(np.int64)
        return self._assign(x)

    def _keep(self, x: Floats, labels: Labels, order: Labels) -> None:
        new = np.empty(len(order), dtype=np.int64)
        new[order] = np.arange(len(order))
        self.core_labels_ = new[self.core_labels_]

    def _assign(self, x: Floats) -> Labels:
        return _of_nearest(x, self.core_, self.core_labels_, np.full(len(self.core_), self._setting("eps")))


class HdbscanModel(ClusterModel):
    """Dense places of any density (Campello, Moulavi & Sander 2013, "HDBSCAN").

    A new row belongs to the cluster of the nearest training row, unless it is further from it than the row of that cluster with the
    thinnest neighbourhood is from its `min_samples`-th neighbour; then it belongs to none.
    """

    name = "hdbscan"
    defaults = {"min_cluster_size": 5, "min_samples": None}

    def _learn(self, x: Floats) -> Any:
        from sklearn.cluster import HDBSCAN

        size = self._setting("min_cluster_size")
        samples = self._setting("min_samples") or size
        if max(size, samples) > len(x):
            raise ModelError(f"{len(x)} training rows are fewer than a cluster", field=self._field, value=max(size, samples))
        return HDBSCAN(min_cluster_size=size, min_samples=samples, copy=True).fit(x).labels_

    def _keep(self, x: Floats, labels: Labels, order: Labels) -> None:
        from sklearn.neighbors import NearestNeighbors

        samples = self._setting("min_samples") or self._setting("min_cluster_size")
        reach = NearestNeighbors(n_neighbors=samples).fit(x).kneighbors(x)[0][:, -1]
        widest = np.array([reach[labels == number].max() for number in range(len(order))])
        self.rows_, self.row_labels_ = x.copy(), labels
        self.reach_ = np.where(labels == NOISE, 0.0, np.append(widest, 0.0)[labels])

    def _assign(self, x: Floats) -> Labels:
        return _of_nearest(x, self.rows_, self.row_labels_, self.reach_)


class GaussianMixtureModel(ClusterModel):
    """A mixture of normal distributions, by expectation and maximisation; a row belongs to the likeliest one."""

    name = "gaussian_mixture"
    defaults = {"n_components": 2, "covariance_type": "full", "n_init": 3, "max_iter": 500, "reg_covar": 1e-6}

    def _learn(self, x: Floats) -> Any:
        from sklearn.mixture import GaussianMixture

        given = {name: self._setting(name) for name in self.defaults}
        self.estimator_: Any = GaussianMixture(random_state=self.seed, **given).fit(x)
        return self.estimator_.predict(x)

    def _keep(self, x: Floats, labels: Labels, order: Labels) -> None:
        """Give the library's numbers ours; a component that no training row belongs to comes last."""
        empty = np.setdiff1d(np.arange(self._setting("n_components")), order)
        self.new_ = np.empty(self._setting("n_components"), dtype=np.int64)
        self.new_[np.concatenate([order, empty])] = np.arange(self._setting("n_components"))

    def _assign(self, x: Floats) -> Labels:
        found: Labels = self.new_[self.estimator_.predict(x)]
        return found


def _of_nearest(x: Floats, points: Floats, labels: Labels, reach: Floats) -> Labels:
    """Return the label of the nearest point, where it is within that point's reach, and noise elsewhere."""
    from sklearn.neighbors import KDTree

    if len(points) == 0:
        return np.full(len(x), NOISE, dtype=np.int64)
    distance, closest = KDTree(points).query(x, k=1)
    distance, closest = distance[:, 0], closest[:, 0]
    found: Labels = np.where(distance <= reach[closest], labels[closest], NOISE).astype(np.int64)
    return found
