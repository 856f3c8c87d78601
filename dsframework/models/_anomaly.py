"""What models of anomalies have in common: scores, the threshold, and what a score is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, Self

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats, Task
from dsframework.models._border import as_values, foreign
from dsframework.models._unsupervised import UnsupervisedModel
from dsframework.rows import Rows

__all__ = ["AnomalyModel"]


class AnomalyModel(UnsupervisedModel, ABC):
    """A model whose `predict` says how unusual a row is: the higher, the more unusual.

    Attributes
    ----------
    threshold_
        The share `contamination` of the training rows scores above it.
    usual_
        The median of every feature over the training rows, shape (features,).
    """

    tasks: ClassVar[tuple[Task, ...]] = ("anomaly",)

    def fit(
        self, x: Floats, y: Floats | None = None, *, rounds: int | None = None, weight: Floats | None = None, rows: Rows | None = None
    ) -> Self:
        """Learn what is usual; see `Model.fit`. A target is not looked at."""
        share = self._setting("contamination")
        if not 0 < share <= 0.5:
            raise ModelError("the share of unusual rows lies above 0 and up to 0.5", field=f"{self._field}.contamination", value=share)
        self._checked(x, rounds, fitting=True)
        with foreign(self.name):
            scores = as_values(self._learn(x), len(x), self.name)
            self.threshold_ = float(np.quantile(scores, 1.0 - share))
            known = [column[~np.isnan(column)] for column in x.T]
            self.usual_ = np.array([np.median(values) if len(values) else 0.0 for values in known])
        return self

    def predict(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return how unusual every row is, shape (rows,)."""
        self._checked(x)
        with foreign(self.name):
            return as_values(self._scores(x), len(x), self.name)

    def explain(self, x: Floats) -> Floats:
        """Return what every feature adds to a row's score, shape (rows, features).

        Where the score is a sum over the features, these are its terms. Otherwise a feature adds the difference that it makes to the
        score when its value is replaced by the median of the training rows; these differences need not sum to the score.
        """
        self._checked(x)
        with foreign(self.name):
            return np.asarray(self._contributions(x), dtype=np.float64)

    @abstractmethod
    def _learn(self, x: Floats) -> Floats:
        """Learn from the training rows and return their scores."""

    @abstractmethod
    def _scores(self, x: Floats) -> Any:
        """Return the scores of rows."""

    def _contributions(self, x: Floats) -> Floats:
        scores = np.asarray(self._scores(x), dtype=np.float64)
        found = np.empty(x.shape)
        for column in range(x.shape[1]):
            usual = np.array(x)
            usual[:, column] = self.usual_[column]
            found[:, column] = scores - self._scores(usual)
        return found
