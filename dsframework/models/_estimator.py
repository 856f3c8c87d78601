"""What models on an estimator with the scikit-learn interface have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats, Task
from dsframework.models._border import as_chances, as_quantiles, as_values, foreign, no_quantiles, refuse_one_class
from dsframework.rows import Rows

__all__ = ["EstimatorModel"]


class EstimatorModel(ABC):
    """A model on an estimator of a library.

    Parameters
    ----------
    params
        What the spec gives; only this, and `defaults`, is passed on, so that the library's own defaults hold.
    task
        ``regression`` or ``classification``.
    seed
        Of everything random in the estimator.
    threads
        How many it may use.
    device
        ``cpu`` or ``cuda``, for models that know both.
    n_classes
        How many classes a classification has.
    quantiles
        The quantiles that a regression learns as well, rising, each between 0 and 1.

    Attributes
    ----------
    name
        As in the spec.
    tasks
        What it can be used for.
    defaults
        Where the spec's defaults differ from the library's.
    requirements
        Distributions that a fitted model needs to be loaded.
    gives_quantiles
        Whether it can learn quantiles.
    estimator_
        The fitted estimator.
    classes_
        The classes among the training rows, rising, for a classification.
    n_features_
        How many features it was fitted on.
    """

    name: ClassVar[str]
    tasks: ClassVar[tuple[Task, ...]] = ("regression", "classification")
    defaults: ClassVar[dict[str, Any]] = {}
    requirements: ClassVar[tuple[str, ...]] = ("scikit-learn",)
    early_stops: bool = False
    takes_weight: bool = True
    gives_quantiles: ClassVar[bool] = False
    history: int = 0

    def __init__(
        self,
        params: Mapping[str, Any],
        *,
        task: Task,
        seed: int,
        threads: int,
        device: str = "cpu",
        n_classes: int = 2,
        quantiles: tuple[float, ...] = (),
    ) -> None:
        self.params = dict(params)
        self.task: Task = task
        self.seed = seed
        self.threads = threads
        self.device = device
        self.n_classes = n_classes
        self.quantiles = tuple(quantiles)
        if self.quantiles and not (self.gives_quantiles and task == "regression"):
            raise no_quantiles(self.name)

    @property
    def takes_null(self) -> bool:
        """Whether features may be NaN."""
        return False

    @abstractmethod
    def _build(self, extra: Mapping[str, Any]) -> Any:
        """Return a new estimator; `extra` goes over the parameters."""

    def fit(
        self, x: Floats, y: Floats | None, *, rounds: int | None = None, weight: Floats | None = None, rows: Rows | None = None
    ) -> Self:
        """Learn from rows; see `Model.fit`."""
        if rounds is not None:
            raise ModelError(
                f"{self.name} is not grown in rounds", field=f"models.{self.name}", value=rounds, mend="leave out early_stopping"
            )
        return self._fit(x, y, {}, weight)

    def find_rounds(
        self,
        x: Floats,
        y: Floats,
        x_val: Floats,
        y_val: Floats,
        *,
        patience: int,
        weight: Floats | None = None,
        rows: Rows | None = None,
        rows_val: Rows | None = None,
    ) -> int:
        """Raise `ModelError`: there are no rounds to find."""
        raise ModelError(f"{self.name} is not grown in rounds", field=f"models.{self.name}", mend="leave out early_stopping")

    def predict(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return values, or probabilities; see `Model.predict`."""
        estimator = self._fitted()
        with foreign(self.name):
            if self.task == "classification":
                return as_chances(self._all_chances(estimator, x), x.shape[0], self.n_classes, self.name)
            return as_values(self._values(estimator, x), x.shape[0], self.name)

    def predict_quantiles(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return the quantiles that it was made for, shape (rows, quantiles).

        They are learned one by one and may cross; sorted they are at least as close to the true ones (Chernozhukov, Fernández-Val and
        Galichon 2010, "Quantile and probability curves without crossing").
        """
        self._fitted()
        if not self.quantiles:
            raise no_quantiles(self.name)
        with foreign(self.name):
            return as_quantiles(self._raw_quantiles(x), x.shape[0], len(self.quantiles), self.name)

    def feature_importance(self) -> Floats | None:
        """Return every feature's share: of the gain for trees, of the absolute coefficients for linear models."""
        with foreign(self.name):
            raw = self._importance(self._fitted())
        if raw is None:
            return None
        values: Floats = np.abs(np.asarray(raw, dtype=np.float64))
        values = values.reshape(-1, values.shape[-1]).sum(axis=0)  # the coefficients of several classes
        total = values.sum()
        return values / total if total > 0 else values

    def _fit(self, x: Floats, y: Floats | None, extra: Mapping[str, Any], weight: Floats | None = None) -> Self:
        assert y is not None
        target = self._target(y)
        with foreign(self.name):
            self.estimator_ = self._learned(self._build(extra), x, target, weight)
            if self.quantiles:
                self._fit_quantiles(x, target, extra, weight)
        self.n_features_ = int(x.shape[1])
        return self

    def _learned(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> Any:
        """Fit an estimator and return it; a class of one's own may forget to return itself."""
        fitted = estimator.fit(x, target) if weight is None else estimator.fit(x, target, sample_weight=weight)
        return estimator if fitted is None else fitted

    def _target(self, y: Floats) -> Any:
        """Return the target as the library wants it: classes are numbered from 0 without a gap."""
        if self.task == "regression":
            return y
        self.classes_ = refuse_one_class(y, self.name, self.n_classes)
        return np.searchsorted(self.classes_, y)

    def _fitted(self) -> Any:
        if not hasattr(self, "estimator_"):
            raise ModelError(f"{self.name} is not fitted yet", field=f"models.{self.name}", mend="call fit first")
        return self.estimator_

    def _values(self, estimator: Any, x: Floats) -> Any:
        return estimator.predict(x)

    def _chances(self, estimator: Any, x: Floats) -> Any:
        """Return the probability of every class that was learned."""
        return estimator.predict_proba(x)

    def _all_chances(self, estimator: Any, x: Floats) -> Any:
        """Return the probability of every class: none of a class that no training row was of."""
        found = np.asarray(self._chances(estimator, x), dtype=np.float64)
        if len(self.classes_) == self.n_classes or found.shape != (x.shape[0], len(self.classes_)):
            return found
        chances = np.zeros((x.shape[0], self.n_classes))
        chances[:, self.classes_] = found
        return chances

    def _build_quantile(self, quantile: float, extra: Mapping[str, Any]) -> Any:
        """Return a new estimator of one quantile."""
        raise NotImplementedError

    def _fit_quantiles(self, x: Floats, target: Any, extra: Mapping[str, Any], weight: Floats | None) -> None:
        self.of_quantiles_: Any = [self._learned(self._build_quantile(quantile, extra), x, target, weight) for quantile in self.quantiles]

    def _raw_quantiles(self, x: Floats) -> Any:
        return np.stack([estimator.predict(x) for estimator in self.of_quantiles_], axis=1)

    def _importance(self, estimator: Any) -> Any:
        importance = getattr(estimator, "feature_importances_", None)
        return getattr(estimator, "coef_", None) if importance is None else importance

    def _arguments(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        return {**self.defaults, **self.params, **extra}
