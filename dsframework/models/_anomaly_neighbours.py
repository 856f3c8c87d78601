"""Anomalies by scikit-learn: rows that are easily cut off, and rows in thin places."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._anomaly import AnomalyModel
from dsframework.models._base import Floats

__all__ = ["IsolationForestModel", "LocalOutlierFactorModel"]


class IsolationForestModel(AnomalyModel):
    """Random trees cut unusual rows off with few cuts (Liu, Ting & Zhou 2008, "Isolation forest"); scores lie between 0 and 1."""

    name = "isolation_forest"
    defaults = {"contamination": 0.01, "n_estimators": 100, "max_samples": 256, "max_features": 1.0}
    takes_null = True

    def _learn(self, x: Floats) -> Floats:
        from sklearn.ensemble import IsolationForest

        self.estimator_: Any = IsolationForest(
            n_estimators=self._setting("n_estimators"),
            max_samples=min(self._setting("max_samples"), len(x)),
            max_features=self._setting("max_features"),
            random_state=self.seed,
            n_jobs=self.threads,
        ).fit(x)
        self.estimator_.n_jobs = 1  # threads add up the trees' depths in the order in which they finish, which changes the last bits
        return self._scores(x)

    def _scores(self, x: Floats) -> Floats:
        scores: Floats = -self.estimator_.score_samples(x)
        return scores


class LocalOutlierFactorModel(AnomalyModel):
    """How much thinner a row's neighbourhood is than those of its neighbours (Breunig et al. 2000, "LOF"); usual rows score about 1.

    A missing value makes no row unusual: the median of the training rows stands for it.
    """

    name = "local_outlier_factor"
    defaults = {"contamination": 0.01, "n_neighbors": 20}
    takes_null = True

    def _learn(self, x: Floats) -> Floats:
        from sklearn.neighbors import LocalOutlierFactor

        neighbours = self._setting("n_neighbors")
        if neighbours >= len(x):
            raise ModelError(
                f"{len(x)} training rows have no {neighbours} neighbours each",
                field=f"{self._field}.n_neighbors",
                value=neighbours,
                mend=f"use at most {len(x) - 1}, or more rows",
            )
        known = ~np.isnan(x)
        self.middle_ = np.array([np.median(column[there]) if there.any() else 0.0 for column, there in zip(x.T, known.T, strict=True)])
        self.estimator_: Any = LocalOutlierFactor(n_neighbors=neighbours, novelty=True, n_jobs=self.threads).fit(self._filled(x))
        scores: Floats = -self.estimator_.negative_outlier_factor_
        return scores

    def _scores(self, x: Floats) -> Floats:
        scores: Floats = -self.estimator_.score_samples(self._filled(x))
        return scores

    def _filled(self, x: Floats) -> Floats:
        return np.where(np.isnan(x), self.middle_, x)
