"""From scores to probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from dsframework.models._base import Floats

__all__ = ["Calibrator", "Isotonic", "Sigmoid", "logit"]

_STEPS = 100


class Calibrator(Protocol):
    """Learned from scores and what came of them."""

    def chance(self, score: Floats) -> Floats:
        """Return the probability at each score, shape (rows,)."""
        ...


def logit(chance: Floats) -> Floats:
    """Return the log odds; a probability of 0 or 1 counts as very nearly that."""
    p = np.clip(chance, 1e-12, 1.0 - 1e-12)
    odds: Floats = np.log(p) - np.log1p(-p)
    return odds


@dataclass(frozen=True)
class Sigmoid:
    """A logistic curve: the probability is ``1 / (1 + exp(-(slope * score + shift)))``."""

    slope: float
    shift: float

    @classmethod
    def fit(cls, score: Floats, y: Floats, weight: Floats | None = None) -> Sigmoid:
        """Find the likeliest curve by Newton's method.

        Targets are drawn in a little, as there may be more rows to come (Platt 1999, "Probabilistic outputs for support vector machines";
        the iteration is that of Lin, Lin and Weng 2007, "A note on Platt's probabilistic outputs").
        """
        w = np.ones(len(y)) if weight is None else weight
        n_yes, n_no = float(w[y == 1].sum()), float(w[y == 0].sum())
        target = np.where(y == 1, (n_yes + 1.0) / (n_yes + 2.0), 1.0 / (n_no + 2.0))
        spread = float(score.std()) or 1.0
        z = (score - score.mean()) / spread
        design = np.column_stack([z, np.ones_like(z)])
        line = np.array([0.0, np.log((n_yes + 1.0) / (n_no + 1.0))])
        loss = _log_loss(design @ line, target, w)
        for _ in range(_STEPS):
            p = 1.0 / (1.0 + np.exp(-(design @ line)))
            gradient = design.T @ (w * (p - target))
            step = np.linalg.solve((design.T * (w * p * (1.0 - p))) @ design + 1e-12 * np.eye(2), gradient)
            share, aim = 1.0, 1e-4 * float(gradient @ step)
            while share > 1e-10 and _log_loss(design @ (line - share * step), target, w) > loss - share * aim:
                share /= 2.0
            line = line - share * step
            before, loss = loss, _log_loss(design @ line, target, w)
            if before - loss <= 1e-12 * max(1.0, loss):
                break
        slope = float(line[0]) / spread
        return cls(slope, float(line[1]) - slope * float(score.mean()))

    def chance(self, score: Floats) -> Floats:
        """Return the probability at each score, shape (rows,)."""
        found: Floats = 1.0 / (1.0 + np.exp(-np.clip(self.slope * score + self.shift, -700.0, 700.0)))
        return found


@dataclass(frozen=True)
class Isotonic:
    """The best rising steps, straight between their ends (Zadrozny and Elkan 2002, "Transforming classifier scores")."""

    curve: Any

    @classmethod
    def fit(cls, score: Floats, y: Floats, weight: Floats | None = None) -> Isotonic:
        """Pool neighbours that fall."""
        from sklearn.isotonic import IsotonicRegression

        return cls(IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(score, y, sample_weight=weight))

    def chance(self, score: Floats) -> Floats:
        """Return the probability at each score, shape (rows,)."""
        found: Floats = np.asarray(self.curve.predict(score), dtype=np.float64)
        return found


def _log_loss(score: Floats, target: Floats, weight: Floats) -> float:
    return float(np.sum(weight * (np.logaddexp(0.0, score) - target * score)))
