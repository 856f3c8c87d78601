"""The metrics by name."""

from __future__ import annotations

from typing import Literal

__all__ = ["CLASSIFICATION_METRICS", "REGRESSION_METRICS", "MetricName"]

MetricName = Literal["mae", "rmse", "mape", "r2", "mase", "roc_auc", "accuracy", "log_loss", "brier"]
REGRESSION_METRICS = ("mae", "rmse", "mape", "r2", "mase")
CLASSIFICATION_METRICS = ("roc_auc", "accuracy", "log_loss", "brier")
