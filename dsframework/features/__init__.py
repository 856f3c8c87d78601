"""Features: what is known at a row's time, as one matrix of floats."""

from dsframework.features._base import Feature, FeatureColumn, Moments
from dsframework.features._build import FeatureTable, build_features
from dsframework.features._plan import feature_names, needed_columns
from dsframework.features._registry import known_features, register_feature

__all__ = [
    "Feature",
    "FeatureColumn",
    "FeatureTable",
    "Moments",
    "build_features",
    "feature_names",
    "known_features",
    "needed_columns",
    "register_feature",
]
