"""What models that are grown in rounds have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats
from dsframework.models._border import foreign
from dsframework.models._columns import Columns
from dsframework.models._device import need_gpu
from dsframework.models._estimator import EstimatorModel
from dsframework.rows import Rows

__all__ = ["BoostingModel", "GrownModel"]

_OWN = ("loss", "quantile", "huber_delta", "tweedie_power", "monotone", "categorical")


class GrownModel(EstimatorModel):
    """A model that is grown in rounds, and can stop early.

    Attributes
    ----------
    rounds_parameter
        What the library calls the number of rounds.
    """

    rounds_parameter: ClassVar[str]
    early_stops = True

    def fit(
        self,
        x: Floats,
        y: Floats | None,
        *,
        rounds: int | None = None,
        weight: Floats | None = None,
        rows: Rows | None = None,
        names: Sequence[str] | None = None,
    ) -> Self:
        """Learn from rows; see `Model.fit`."""
        return self._fit(x, y, {} if rounds is None else {self.rounds_parameter: int(rounds)}, weight)

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
        names: Sequence[str] | None = None,
    ) -> int:
        """Return the best number of rounds on the validation rows; see `Model.find_rounds`.

        What is watched is the loss that is learned. Validation rows of a class that no training row is of are left out.
        """
        target = self._target(y)
        watched: Any = y_val
        if self.task == "classification":
            known = np.isin(y_val, self.classes_)
            if not known.any():
                raise ModelError(
                    "no watched row is of a class that was learned",
                    field=f"models.{self.name}",
                    mend="use longer or fewer folds, or leave out early_stopping",
                )
            x_val, watched = x_val[known], np.searchsorted(self.classes_, y_val[known])
        with foreign(self.name):
            return max(1, int(self._best_rounds(x, target, x_val, watched, patience, weight)))

    @abstractmethod
    def _best_rounds(self, x: Floats, y: Any, x_val: Floats, y_val: Any, patience: int, weight: Floats | None) -> int:
        """Fit while the validation rows are watched and return the best number of rounds."""


class BoostingModel(GrownModel):
    """Gradient boosted trees: they take missing values, categories, constraints and a choice of the loss.

    Attributes
    ----------
    losses
        What the library calls each loss of a regression.
    """

    losses: ClassVar[dict[str, str]]
    gives_quantiles = True

    def __init__(self, params: Mapping[str, Any], **more: Any) -> None:
        super().__init__(params, **more)
        if self.task == "classification":
            given = [name for name in ("loss", "quantile", "huber_delta", "tweedie_power") if name in self.params]
            if given:
                raise ModelError(f"{given[0]} is of a regression", field=f"models.{self.name}.{given[0]}", mend="leave it out")

    @property
    def takes_null(self) -> bool:
        """Missing values go to the side of a cut where they do less harm."""
        return True

    @property
    def needs_names(self) -> bool:
        """Whether arguments name columns."""
        return bool(self.params.get("categorical") or self.params.get("monotone"))

    def fit(
        self,
        x: Floats,
        y: Floats | None,
        *,
        rounds: int | None = None,
        weight: Floats | None = None,
        rows: Rows | None = None,
        names: Sequence[str] | None = None,
    ) -> Self:
        """Learn from rows; see `Model.fit`."""
        if self.device == "cuda":
            need_gpu(self.name)
        return super().fit(self._encoded(x, names), y, rounds=rounds, weight=weight)

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
        names: Sequence[str] | None = None,
    ) -> int:
        """Return the best number of rounds on the validation rows; see `Model.find_rounds`."""
        if self.device == "cuda":
            need_gpu(self.name)
        x = self._encoded(x, names)
        return super().find_rounds(x, y, self.columns_.encode(x_val), y_val, patience=patience, weight=weight)

    def _encoded(self, x: Floats, names: Sequence[str] | None) -> Floats:
        """Look at the columns of the training rows, and return the rows with numbered categories."""
        self.columns_ = Columns.of(self.params, x, names, self.name)
        return self.columns_.encode(x)

    def predict(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return values, or probabilities; see `Model.predict`."""
        self._fitted()
        return super().predict(self.columns_.encode(x))

    def predict_quantiles(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return the quantiles that it was made for; see `Model.predict_quantiles`."""
        self._fitted()
        return super().predict_quantiles(self.columns_.encode(x))

    def _arguments(self, extra: Mapping[str, Any]) -> dict[str, Any]:
        """What the library is given: its own arguments, and its words for the loss."""
        own = {key: value for key, value in super()._arguments(extra).items() if key in extra or key not in _OWN}
        if self.task == "regression" and "loss" in self.params:
            own = {**self._loss_arguments(str(self.params["loss"])), **own}
        return own

    @abstractmethod
    def _loss_arguments(self, loss: str) -> dict[str, Any]:
        """Return the library's arguments for what is to be small."""

    def _given(self, name: str, otherwise: float) -> float:
        return float(self.params.get(name, otherwise))
