"""How good predictions are: one number each, in numpy, and an error where that number would mean nothing."""

from dsframework.metrics._base import Metric, Sample
from dsframework.metrics._registry import get_metric, metric_names, score

__all__ = ["Metric", "Sample", "get_metric", "metric_names", "score"]
