"""One combination of stages, end to end: the one place where the stages meet."""

from dsframework.experiment._audit import AuditOutcome, audit_fit, audit_labels
from dsframework.experiment._dataset import Dataset, build_dataset
from dsframework.experiment._fit import FinalOutcome, FoldOutcome, fit_final, fit_fold, fit_folds, sample_of
from dsframework.experiment._job import FitJob
from dsframework.experiment._learned import Forecast, Learned
from dsframework.experiment._pipeline import FittedPipeline
from dsframework.experiment._plan import Plan, digest, expand, searched
from dsframework.experiment._resolve import resolve_target
from dsframework.experiment._weights import with_weight_column

__all__ = [
    "AuditOutcome",
    "Dataset",
    "FinalOutcome",
    "FitJob",
    "FittedPipeline",
    "FoldOutcome",
    "Forecast",
    "Learned",
    "Plan",
    "audit_fit",
    "audit_labels",
    "build_dataset",
    "digest",
    "expand",
    "fit_final",
    "fit_fold",
    "fit_folds",
    "resolve_target",
    "sample_of",
    "searched",
    "with_weight_column",
]
