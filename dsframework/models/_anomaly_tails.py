"""Anomalies in closed form: rows in the tails of the features, and rows far from the middle of all."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsframework.models._anomaly import AnomalyModel
from dsframework.models._base import Floats

__all__ = ["EcodModel", "MahalanobisModel"]

_FLATTEST = 1e-6
"""The smallest variance of a direction of correlated features, against 1 for a feature alone."""


class EcodModel(AnomalyModel):
    """Empirical cumulative distributions: how far out a row lies in the tails of all features together (Li et al. 2022, "ECOD").

    A feature's tail is the share of training rows that lie at least as far out as the value, the row itself counted among them; it adds
    minus its logarithm. A score is the largest of three sums: of the left tails, of the right tails, and of the tail to which each
    feature is skewed. There is nothing to set. A missing value adds nothing.
    """

    name = "ecod"
    requirements = ()
    defaults = {"contamination": 0.01}
    takes_null = True

    def _learn(self, x: Floats) -> Floats:
        self.columns_ = [np.sort(column[~np.isnan(column)]) for column in x.T]
        self.left_skewed_ = np.array([_skew(column) < 0 for column in self.columns_])
        return self._scores(x)

    def _scores(self, x: Floats) -> Floats:
        scores: Floats = self._contributions(x).sum(axis=1)
        return scores

    def _contributions(self, x: Floats) -> Floats:
        left, right = np.zeros(x.shape), np.zeros(x.shape)
        for number, known in enumerate(self.columns_):
            values, rows = x[:, number], len(known) + 1
            there = ~np.isnan(values)
            left[there, number] = -np.log((np.searchsorted(known, values[there], side="right") + 1) / rows)
            right[there, number] = -np.log((len(known) - np.searchsorted(known, values[there], side="left") + 1) / rows)
        sides = np.stack([left, right, np.where(self.left_skewed_, left, right)])
        largest = sides.sum(axis=2).argmax(axis=0)
        found: Floats = sides[largest, np.arange(len(x))]
        return found


class MahalanobisModel(AnomalyModel):
    """The squared distance from the mean, in units of the features' spread and freed of their correlation.

    `robust` leaves the most unusual rows out of mean and covariance (Rousseeuw & Van Driessen 1999, "FastMCD"). What a feature adds is
    the square of its own part of the distance (Garthwaite & Koch 2016, "Evaluating the contributions of individual variables to a
    quadratic form"): the features are brought to uncorrelated ones that stay as close to them as can be.
    """

    name = "mahalanobis"
    defaults = {"contamination": 0.01, "robust": True}

    def _learn(self, x: Floats) -> Floats:
        self.centre_, covariance = x.mean(axis=0), np.atleast_2d(np.cov(x, rowvar=False))
        if self._setting("robust"):
            self.centre_, covariance = _robust(x, self.centre_, covariance, self.seed)
        spread = np.sqrt(np.diag(covariance))
        self.spread_ = np.where(spread > 0, spread, 1.0)
        correlation = covariance / np.outer(self.spread_, self.spread_)
        np.fill_diagonal(correlation, 1.0)
        variances, directions = np.linalg.eigh(correlation)
        root = np.sqrt(np.maximum(variances, _FLATTEST))
        self.whitening_ = (directions / root) @ directions.T
        return self._scores(x)

    def _scores(self, x: Floats) -> Floats:
        scores: Floats = self._contributions(x).sum(axis=1)
        return scores

    def _contributions(self, x: Floats) -> Floats:
        found: Floats = np.square(((x - self.centre_) / self.spread_) @ self.whitening_)
        return found


def _robust(x: Floats, mean: Floats, covariance: Floats, seed: int) -> tuple[Floats, Floats]:
    """Return mean and covariance of the usual rows; those given where there are too few rows to tell.

    The search runs over uncorrelated directions, those without spread left out: it can't handle constant or doubled features.
    """
    from sklearn.covariance import MinCovDet

    spread = np.sqrt(np.diag(covariance))
    unit = np.where(spread > 0, spread, 1.0)
    variances, directions = np.linalg.eigh(covariance / np.outer(unit, unit))
    wide = variances > _FLATTEST
    if len(x) < 2 * wide.sum() + 2 or not wide.any():
        return mean, covariance
    onto, back = directions[:, wide] / np.sqrt(variances[wide]), directions[:, wide] * np.sqrt(variances[wide])
    found = MinCovDet(random_state=seed).fit((x - mean) / unit @ onto)
    back = back * unit[:, None]
    return mean + back @ found.location_, back @ found.covariance_ @ back.T


def _skew(values: Floats) -> float:
    """The third moment over the cube of the deviation; 0 for equal values."""
    if len(values) == 0 or values[0] == values[-1]:
        return 0.0
    scaled: Any = values / np.abs(values).max()
    distance = scaled - scaled.mean()
    deviation = np.sqrt(np.mean(distance**2))
    return float(np.mean(distance**3) / deviation**3) if deviation > 0 else 0.0
