"""Logistic regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsframework.models._estimator import EstimatorModel

__all__ = ["LogisticRegressionModel"]


class LogisticRegressionModel(EstimatorModel):
    """scikit-learn's `LogisticRegression`: lbfgs, and saga where there is an L1 share, which lbfgs can't do."""

    name = "logistic_regression"
    tasks = ("classification",)
    defaults = {"max_iter": 1000}

    def _build(self, extra: Mapping[str, Any]) -> Any:
        from sklearn.linear_model import LogisticRegression

        arguments = self._arguments(extra)
        solver = "saga" if arguments.get("l1_ratio") else "lbfgs"
        return LogisticRegression(solver=solver, random_state=self.seed, **arguments)
