"""Models of the benchmarks of the engine: one that only takes its time, and a linear one that pauses."""

from __future__ import annotations

import time
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin


class Spin(RegressorMixin, BaseEstimator):
    """Keeps a processor busy for so many seconds, and predicts something that depends on its number."""

    def __init__(self, seconds: float = 0.001, number: int = 0) -> None:
        self.seconds, self.number = seconds, number

    def fit(self, _x: Any, _y: Any) -> Self:
        """Let the time pass."""
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            pass
        return self

    def predict(self, x: Any) -> Any:
        """Return the same value for every row."""
        return np.full(len(x), float(self.number * 7919 % 10007))


class Line(RegressorMixin, BaseEstimator):
    """A ridge regression without an intercept, which sleeps before it begins."""

    def __init__(self, alpha: float = 1.0, pause: float = 0.0) -> None:
        self.alpha, self.pause = alpha, pause

    def fit(self, x: Any, y: Any) -> Self:
        """Solve the normal equations."""
        time.sleep(self.pause)
        self.weights_ = np.linalg.solve(x.T @ x + self.alpha * np.eye(x.shape[1]), x.T @ y)
        return self

    def predict(self, x: Any) -> Any:
        """Return the values of the line."""
        return x @ self.weights_
