"""The arguments of the models without a target: anomalies and clusters."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from dsframework.spec._arguments import Searchable
from dsframework.spec._catalogue import catalogue
from dsframework.spec._models import ModelArguments
from dsframework.spec._models_deep import Layers

__all__ = [
    "AgglomerativeArguments",
    "AnomalyArguments",
    "AutoencoderArguments",
    "ClusteringArguments",
    "DbscanArguments",
    "EcodArguments",
    "GaussianMixtureArguments",
    "HdbscanArguments",
    "IsolationForestArguments",
    "KmeansArguments",
    "LocalOutlierFactorArguments",
    "MahalanobisArguments",
]

Whole = Annotated[Any, Searchable(int, ge=1)]
Several = Annotated[Any, Searchable(int, ge=2)]
Positive = Annotated[Any, Searchable(float, gt=0)]


class AnomalyArguments(ModelArguments):
    """What all models of anomalies have in common."""

    tasks = ("anomaly",)

    contamination: Annotated[Any, Searchable(float, gt=0, le=0.5)] = Field(
        default=0.01, title="Share of unusual rows", description="This share of the training rows scores above the threshold."
    )


class IsolationForestArguments(AnomalyArguments):
    """Random trees that cut unusual rows off with few cuts (scikit-learn)."""

    n_estimators: Whole = Field(default=100, title="Trees")
    max_samples: Several = Field(default=256, title="Rows of a tree", description="How many rows each tree sees, at most.")
    max_features: Annotated[Any, Searchable(float, gt=0, le=1)] = Field(default=1.0, title="Share of features", description="Of each tree.")


class LocalOutlierFactorArguments(AnomalyArguments):
    """How much thinner a row's neighbourhood is than its neighbours' (scikit-learn)."""

    n_neighbors: Whole = Field(default=20, title="Neighbours")


class EcodArguments(AnomalyArguments):
    """How far out a row lies in the tails of all features; nothing to set, and it says which feature it was."""


class MahalanobisArguments(AnomalyArguments):
    """The distance from the mean, freed of the features' correlation; it says which feature it was."""

    robust: Annotated[Any, Searchable(bool)] = Field(
        default=True, title="Robust", description="Leave the most unusual rows out of mean and covariance."
    )


class AutoencoderArguments(AnomalyArguments):
    """A network that squeezes rows through a few neurons; what it can't draw again is unusual (PyTorch)."""

    hidden: Annotated[Any, Layers()] = Field(
        default=[16, 4],
        validate_default=True,
        title="Layers",
        description="Neurons down to the narrowest layer; the way back mirrors them.",
    )
    activation: Annotated[Any, Searchable(str, choices=("relu", "gelu", "silu", "tanh"))] = Field(default="tanh", title="Activation")
    epochs: Whole = Field(default=50, title="Epochs")
    batch_size: Whole = Field(default=128, title="Rows in a batch")
    learning_rate: Positive = Field(default=0.003, title="Learning rate")
    weight_decay: Annotated[Any, Searchable(float, ge=0)] = Field(default=0.0, title="Weight decay")


class ClusteringArguments(ModelArguments):
    """The base of the models of clusters."""

    tasks = ("clustering",)


class KmeansArguments(ClusteringArguments):
    """Clusters around means; a row belongs to the nearest one (scikit-learn)."""

    n_clusters: Several = Field(default=8, title="Clusters")
    n_init: Whole = Field(default=10, title="Starts", description="The best of so many starts is kept.")
    max_iter: Whole = Field(default=300, title="Iterations")


class AgglomerativeArguments(ClusteringArguments):
    """Clusters joined two by two, nearest first; a new row belongs to the nearest mean (scikit-learn)."""

    n_clusters: Several = Field(default=2, title="Clusters")
    linkage: Annotated[Any, Searchable(str, choices=("ward", "complete", "average", "single"))] = Field(
        default="ward", title="Linkage", description="How the distance of two clusters is measured."
    )


class DbscanArguments(ClusteringArguments):
    """Dense places; rows outside belong to no cluster (scikit-learn)."""

    eps: Positive = Field(default=0.5, title="Reach", description="How near neighbours are.")
    min_samples: Whole = Field(default=5, title="Rows of a dense place")


class HdbscanArguments(ClusteringArguments):
    """Dense places of any density; rows outside belong to no cluster (scikit-learn)."""

    min_cluster_size: Several = Field(default=5, title="Smallest cluster")
    min_samples: Annotated[Any, Searchable(int, ge=1, nullable=True)] = Field(
        default=None, title="Rows of a dense place", description="The smallest cluster by default."
    )


class GaussianMixtureArguments(ClusteringArguments):
    """A mixture of normal distributions; a row belongs to the likeliest (scikit-learn)."""

    n_components: Whole = Field(default=2, title="Distributions")
    covariance_type: Annotated[Any, Searchable(str, choices=("full", "tied", "diag", "spherical"))] = Field(
        default="full", title="Covariance"
    )
    n_init: Whole = Field(default=3, title="Starts")
    max_iter: Whole = Field(default=500, title="Iterations")
    reg_covar: Annotated[Any, Searchable(float, ge=0)] = Field(default=1e-6, title="Added to the variances")


catalogue.register("models", "isolation_forest", IsolationForestArguments)
catalogue.register("models", "local_outlier_factor", LocalOutlierFactorArguments, aliases=("lof",))
catalogue.register("models", "ecod", EcodArguments)
catalogue.register("models", "mahalanobis", MahalanobisArguments)
catalogue.register("models", "autoencoder", AutoencoderArguments)
catalogue.register("models", "kmeans", KmeansArguments, aliases=("k_means",))
catalogue.register("models", "agglomerative", AgglomerativeArguments)
catalogue.register("models", "dbscan", DbscanArguments)
catalogue.register("models", "hdbscan", HdbscanArguments)
catalogue.register("models", "gaussian_mixture", GaussianMixtureArguments)
