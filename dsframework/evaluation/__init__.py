"""What predictions are worth: intervals, breakdowns, backtests, tests between runs, and what the number of trials explains."""

from dsframework.evaluation._adaptive import AdaptiveConformal
from dsframework.evaluation._base import Evaluation, Evaluator, Predictions, Whole
from dsframework.evaluation._baselines import drift, historic_mean, slot_mean
from dsframework.evaluation._compare import RunComparison, compare_forecasts
from dsframework.evaluation._conformal import SplitConformal
from dsframework.evaluation._front import Front, front_of
from dsframework.evaluation._intervals import (
    IntervalMaker,
    interval_columns,
    interval_from_quantiles,
    interval_scores,
    intervals_over_folds,
    make_interval,
    quantile_levels,
)
from dsframework.evaluation._registry import evaluators
from dsframework.evaluation._trials import DeflatedScore, Overfitting, deflated_score, effective_trials, overfitting_probability

__all__ = [
    "AdaptiveConformal",
    "DeflatedScore",
    "Evaluation",
    "Evaluator",
    "Front",
    "IntervalMaker",
    "Overfitting",
    "Predictions",
    "RunComparison",
    "SplitConformal",
    "Whole",
    "compare_forecasts",
    "deflated_score",
    "drift",
    "effective_trials",
    "evaluators",
    "front_of",
    "historic_mean",
    "interval_columns",
    "interval_from_quantiles",
    "interval_scores",
    "intervals_over_folds",
    "make_interval",
    "overfitting_probability",
    "quantile_levels",
    "slot_mean",
]
