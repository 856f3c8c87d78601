"""One combination of stages, end to end: the one place where the stages meet."""

from dsframework.experiment._dataset import Dataset, build_dataset
from dsframework.experiment._fit import FinalOutcome, FitJob, FoldOutcome, fit_final, fit_fold
from dsframework.experiment._learned import Learned
from dsframework.experiment._pipeline import FittedPipeline
from dsframework.experiment._plan import Plan, digest, expand, searched

__all__ = [
    "Dataset",
    "FinalOutcome",
    "FitJob",
    "FittedPipeline",
    "FoldOutcome",
    "Learned",
    "Plan",
    "build_dataset",
    "digest",
    "expand",
    "fit_final",
    "fit_fold",
    "searched",
]
