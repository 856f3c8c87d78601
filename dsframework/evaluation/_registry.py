"""The evaluators by name: those of this package, and those that other packages add by an entry point."""

from __future__ import annotations

from dsframework.errors import EvaluationError
from dsframework.evaluation._base import Evaluator
from dsframework.registry import Registry

__all__ = ["evaluators"]

evaluators: Registry[Evaluator] = Registry(
    "jupyterlab_tsml.evaluators",
    {
        "backtest": "dsframework.evaluation._backtest:backtest",
        "breakdown": "dsframework.evaluation._parts:breakdown_of_parts",
        "calibration": "dsframework.evaluation._calibration:calibration",
        "ranking": "dsframework.evaluation._rank_table:ranking",
        "residuals": "dsframework.evaluation._residuals:residuals",
    },
    error=EvaluationError,
    field="evaluation",
)
