"""The document that describes an experiment: pydantic models, parsing, JSON Schema. Imports nothing numeric."""

from dsframework.spec._arguments import Arguments, Searchable, Strict, is_distribution
from dsframework.spec._catalogue import BrokenPackageError, Catalogue, catalogue
from dsframework.spec._component import Component, ComponentOf
from dsframework.spec._data import (
    CsvData,
    DataSpec,
    DuckdbData,
    FrameData,
    JoinSpec,
    OneTickData,
    ParquetData,
    SampleData,
    SqlData,
)
from dsframework.spec._data_parts import Aggregation, Available, Checks, ResampleSpec, parse_duration
from dsframework.spec._experiment import STAGES, ExperimentSpec, Variants
from dsframework.spec._features import (
    CalendarArguments,
    LagArguments,
    RangeArguments,
    RankArguments,
    ReturnsArguments,
    RollingArguments,
)
from dsframework.spec._issues import SpecIssue, near_miss, not_available
from dsframework.spec._length import Length
from dsframework.spec._metrics import (
    CLASSIFICATION_METRICS,
    METRICS,
    REGRESSION_METRICS,
    MetricInfo,
    default_metrics,
    metric_info,
    metric_names_of,
    metric_problem,
)
from dsframework.spec._models import (
    CatboostArguments,
    LightgbmArguments,
    LogisticRegressionArguments,
    ModelArguments,
    PythonArguments,
    RandomForestArguments,
    RidgeArguments,
    XgboostArguments,
)
from dsframework.spec._models_deep import (
    KerasMlpArguments,
    NetworkArguments,
    TorchLstmArguments,
    TorchMlpArguments,
    TorchTcnArguments,
)
from dsframework.spec._parse import (
    load_spec,
    located,
    parse_spec,
    spec_from_dict,
    to_dict,
    to_yaml,
    validate_text,
)
from dsframework.spec._preprocessing import ClipOutliersArguments, ImputeArguments, StandardScaleArguments
from dsframework.spec._schema import json_schema
from dsframework.spec._settings import apply_settings
from dsframework.spec._split import (
    CombinatorialPurgedCv,
    CvSpec,
    GroupsSpec,
    HoldOutCv,
    PurgedKFoldCv,
    SplitSpec,
    WalkForwardCv,
)
from dsframework.spec._target import TargetSpec
from dsframework.spec._tuning import EarlyStopping, Resources, Tracking, Tuning
from dsframework.spec._words import plain_words

__all__ = [
    "CLASSIFICATION_METRICS",
    "METRICS",
    "REGRESSION_METRICS",
    "STAGES",
    "Aggregation",
    "Arguments",
    "Available",
    "BrokenPackageError",
    "CalendarArguments",
    "Catalogue",
    "CatboostArguments",
    "Checks",
    "ClipOutliersArguments",
    "CombinatorialPurgedCv",
    "Component",
    "ComponentOf",
    "CsvData",
    "CvSpec",
    "DataSpec",
    "DuckdbData",
    "EarlyStopping",
    "ExperimentSpec",
    "FrameData",
    "GroupsSpec",
    "HoldOutCv",
    "ImputeArguments",
    "JoinSpec",
    "KerasMlpArguments",
    "LagArguments",
    "Length",
    "LightgbmArguments",
    "LogisticRegressionArguments",
    "MetricInfo",
    "ModelArguments",
    "NetworkArguments",
    "OneTickData",
    "ParquetData",
    "PurgedKFoldCv",
    "PythonArguments",
    "RandomForestArguments",
    "RangeArguments",
    "RankArguments",
    "ResampleSpec",
    "Resources",
    "ReturnsArguments",
    "RidgeArguments",
    "RollingArguments",
    "SampleData",
    "Searchable",
    "SpecIssue",
    "SplitSpec",
    "SqlData",
    "StandardScaleArguments",
    "Strict",
    "TargetSpec",
    "TorchLstmArguments",
    "TorchMlpArguments",
    "TorchTcnArguments",
    "Tracking",
    "Tuning",
    "Variants",
    "WalkForwardCv",
    "XgboostArguments",
    "apply_settings",
    "catalogue",
    "default_metrics",
    "is_distribution",
    "json_schema",
    "load_spec",
    "located",
    "metric_info",
    "metric_names_of",
    "metric_problem",
    "near_miss",
    "not_available",
    "parse_duration",
    "parse_spec",
    "plain_words",
    "spec_from_dict",
    "to_dict",
    "to_yaml",
    "validate_text",
]
