"""Support vector machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats
from dsframework.models._border import foreign
from dsframework.models._inner_folds import InnerFold, out_of_fold
from dsframework.models._sigmoid import Sigmoid
from dsframework.models._target_scale import ScaledTargetModel
from dsframework.rows import Rows

__all__ = ["SvmModel"]

_FOLDS = 3


class SvmModel(ScaledTargetModel):
    """`SVR` and `SVC` with a Gaussian kernel, `LinearSVR` and `LinearSVC` with a linear one.

    A machine gives distances, not probabilities. They are learned from the distances of rows that the machine has not seen, in inner
    folds that respect the time; scikit-learn's own way shuffles the rows, and is going to be removed.
    """

    name = "svm"
    defaults = {"kernel": "rbf"}

    @property
    def needs_rows(self) -> bool:
        """A classification looks at the times of the rows."""
        return self.task == "classification"

    def fit(
        self, x: Floats, y: Floats | None, *, rounds: int | None = None, weight: Floats | None = None, rows: Rows | None = None
    ) -> Self:
        """Learn from rows; see `Model.fit`."""
        super().fit(x, y, rounds=rounds, weight=weight)
        if self.task == "classification":
            assert y is not None
            self.curves_ = self._curves(x, y, weight, rows)
        return self

    def _build(self, extra: Mapping[str, Any]) -> Any:
        from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR

        arguments = {key: value for key, value in self._arguments(extra).items() if value is not None}
        if self.task == "classification" and "epsilon" in arguments:
            raise ModelError("epsilon is of a regression", field="models.svm.epsilon", mend="leave it out")
        if arguments.pop("kernel") == "linear":
            arguments.pop("gamma", None)
            machine = LinearSVR if self.task == "regression" else LinearSVC
            return machine(**{"random_state": self.seed, "dual": "auto", "max_iter": 10_000, **arguments})
        machine = SVR if self.task == "regression" else SVC
        return machine(kernel="rbf", **arguments)

    def _curves(self, x: Floats, y: Floats, weight: Floats | None, rows: Rows | None) -> list[Sigmoid]:
        """One curve a class, or one for two classes."""
        codes = np.searchsorted(self.classes_, y)

        def distances(fold: InnerFold) -> Floats:
            given = None if weight is None else weight[fold.train]
            known, inner = np.unique(codes[fold.train], return_inverse=True)
            with foreign(self.name):
                machine = self._learned(self._build({}), x[fold.train], inner, given)
                found = np.asarray(machine.decision_function(x[fold.test]), dtype=np.float64).reshape(int(fold.test.sum()), -1)
            if len(known) == 2:
                found = np.hstack([-found, found])
            spread = np.full((len(found), len(self.classes_)), found.min(initial=0.0))
            spread[:, known] = found
            return spread

        held = out_of_fold(rows, y, distances, n_folds=_FOLDS, model=self.name, classes=True)
        actual, given = codes[held.asked], None if weight is None else weight[held.asked]
        labels = [1] if len(self.classes_) == 2 else range(len(self.classes_))
        return [Sigmoid.fit(held.predicted[:, label], (actual == label).astype(np.float64), given) for label in labels]

    def _chances(self, estimator: Any, x: Floats) -> Any:
        distance = np.asarray(estimator.decision_function(x), dtype=np.float64).reshape(len(x), -1)
        chance = np.stack([curve.chance(distance[:, column]) for column, curve in enumerate(self.curves_)], axis=1)
        if chance.shape[1] == 1:
            return np.hstack([1.0 - chance, chance])
        return chance / chance.sum(axis=1, keepdims=True)
