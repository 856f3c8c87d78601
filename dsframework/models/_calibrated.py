"""A classifier whose probabilities are brought to what came of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats
from dsframework.models._border import as_chances
from dsframework.models._members import Fit, MemberModel, last_part
from dsframework.models._sigmoid import Calibrator, Isotonic, Sigmoid, logit
from dsframework.rows import Rows

__all__ = ["CalibratedModel"]

_VALIDATION = 0.2


class CalibratedModel(MemberModel):
    """A classifier behind a curve that is learned from rows which it has not seen.

    The classifier is fitted on the training rows whose label is known when the last `validation` of the training time begins, and the curve
    is learned from its probabilities of the rows from there on: ``sigmoid`` is a logistic curve of the log odds, ``isotonic`` rising steps.
    Then the classifier is fitted again on all training rows, and its probabilities go through the curve. Of more than two classes each has
    its own curve, and a row's probabilities are brought to the sum 1.

    Attributes
    ----------
    curves_
        One a class, or one for two classes.
    """

    name = "calibrated"
    tasks = ("classification",)
    inside = ("model",)

    def _items(self) -> list[Any]:
        return [self.params["model"]]

    def _learn(self, given: Fit) -> None:
        share = float(self.params.get("validation", _VALIDATION))
        fold = last_part(given.rows, share, given.y, self.name, classes=True)
        chances, actual = self._table(self._unseen(given, fold)[:, 0]), given.y[fold.test]
        weight = None if given.weight is None else given.weight[fold.test]
        if np.unique(actual).size < 2:
            raise ModelError(
                f"the last {share:.0%} of the training time is of one class, so there is nothing to compare",
                field=f"{self._field}.validation",
                mend="use a larger share",
            )
        curve: Any = Isotonic if self.params.get("method", "sigmoid") == "isotonic" else Sigmoid
        labels = range(chances.shape[1]) if chances.shape[1] > 2 else [1]
        self.curves_: list[Calibrator] = [
            curve.fit(logit(chances[:, label]), (actual == label).astype(np.float64), weight) for label in labels
        ]

    def _combined(self, predicted: Floats, x: Floats, rows: Rows | None) -> Floats:
        score = logit(self._table(predicted[0]))
        if len(self.curves_) == 1:
            yes = self.curves_[0].chance(score[:, 1])
            found = np.column_stack([1.0 - yes, yes])
        else:
            found = np.column_stack([curve.chance(score[:, label]) for label, curve in enumerate(self.curves_)])
            found[found.sum(axis=1) == 0.0] = 1.0  # steps may say that no class is possible
        return as_chances(found, len(found), self.n_classes, self.name)

    def _table(self, chance: Floats) -> Floats:
        """Probabilities of every class, shape (rows, classes)."""
        return np.column_stack([1.0 - chance, chance]) if chance.ndim == 1 else chance
