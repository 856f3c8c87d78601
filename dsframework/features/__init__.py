"""Features: what is known at a row's time, as one matrix of floats."""

from dsframework.features._base import Feature, FeatureColumn, Moments
from dsframework.features._build import FeatureTable, build_features, warm_for_all
from dsframework.features._entities import check_entities, entities_read
from dsframework.features._own import own_features, own_features_code, own_paths, use_own
from dsframework.features._plan import feature_names, needed_columns
from dsframework.features._registry import known_features, register_feature
from dsframework.features._summary import SummaryTable, build_summary, is_summary, summary_needs

__all__ = [
    "Feature",
    "FeatureColumn",
    "FeatureTable",
    "Moments",
    "SummaryTable",
    "build_features",
    "build_summary",
    "check_entities",
    "entities_read",
    "feature_names",
    "is_summary",
    "known_features",
    "needed_columns",
    "own_features",
    "own_features_code",
    "own_paths",
    "register_feature",
    "summary_needs",
    "use_own",
    "warm_for_all",
]
