"""How good predictions are: one number each, in numpy, and the reason where the rows can't tell one."""

from dsframework.metrics._anomaly import reference_rows
from dsframework.metrics._base import Interval, Sample, Undefined
from dsframework.metrics._folds import FoldScores, over_folds
from dsframework.metrics._kernel import Groups, row_mean, row_ratio
from dsframework.metrics._ranking import CrossSections, cross_sections, leg_spreads
from dsframework.metrics._ranks import Standing, standing
from dsframework.metrics._registry import Metric, Score, Scores, get_metric, metric_names, metrics, row_means, score

__all__ = [
    "CrossSections",
    "FoldScores",
    "Groups",
    "Interval",
    "Metric",
    "Sample",
    "Score",
    "Scores",
    "Standing",
    "Undefined",
    "cross_sections",
    "get_metric",
    "leg_spreads",
    "metric_names",
    "metrics",
    "over_folds",
    "reference_rows",
    "row_mean",
    "row_means",
    "row_ratio",
    "score",
    "standing",
]
