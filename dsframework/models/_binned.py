"""What boosting libraries that cut features into bins have in common: the bins are made once for many fits on the same rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from dsframework.models._base import Floats
from dsframework.models._boosting import BoostingModel
from dsframework.models._columns import Columns
from dsframework.rows import Rows
from dsframework.shelf import Shelf

__all__ = ["BinnedModel", "Grown"]

T = TypeVar("T")
_SHARED = frozenset({"loss", "quantile", "huber_delta", "tweedie_power", "monotone", "categorical"})


@dataclass(frozen=True)
class Grown:
    """Trees that were grown from binned rows, asked like the library's estimator.

    Attributes
    ----------
    predict
        From features to values; for a classification to the probability of the last of two classes, or of every one of more.
    gains
        Every feature's gain, shape (features,).
    """

    predict: Callable[[Floats], Any]
    gains: Callable[[], Any]

    def predict_proba(self, x: Floats) -> Any:
        """Return the probability of every class, shape (rows, classes)."""
        chances = self.predict(x)
        return np.stack([1.0 - chances, chances], axis=1) if chances.ndim == 1 else chances

    @property
    def feature_importances_(self) -> Any:
        """Every feature's gain."""
        return self.gains()


class BinnedModel(BoostingModel):
    """A boosting model whose bins can lie on a shelf.

    With a shelf the trees are grown by the library's own training function from binned rows, without one by its estimator, which bins the
    rows itself. Both give the same trees. A model that is to be stored is fitted without a shelf: the estimator is what is stored.

    Attributes
    ----------
    free_of
        Parameters that the bins do not depend on. With any other parameter nothing is laid by.
    """

    reuses: ClassVar[bool] = True
    free_of: ClassVar[frozenset[str]]
    _shelf: Shelf | None = None

    def fit(
        self,
        x: Floats,
        y: Floats | None,
        *,
        rounds: int | None = None,
        weight: Floats | None = None,
        rows: Rows | None = None,
        names: Sequence[str] | None = None,
        shelf: Shelf | None = None,
    ) -> Self:
        """Learn from rows; see `Model.fit`."""
        with self._using(shelf):
            return super().fit(x, y, rounds=rounds, weight=weight, names=names)

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
        shelf: Shelf | None = None,
    ) -> int:
        """Return the best number of rounds on the validation rows; see `Model.find_rounds`."""
        with self._using(shelf):
            return super().find_rounds(x, y, x_val, y_val, patience=patience, weight=weight, names=names)

    @contextmanager
    def _using(self, shelf: Shelf | None) -> Iterator[None]:
        known = self.device == "cpu" and self.params.keys() <= self.free_of | _SHARED
        self._shelf = shelf.at(self.name) if shelf is not None and known else None
        try:
            yield
        finally:
            self._shelf = None

    def _encoded(self, x: Floats, names: Sequence[str] | None) -> Floats:
        if self._shelf is None:
            return super()._encoded(x, names)

        def encode() -> tuple[Columns, Floats]:
            coded = super(BinnedModel, self)._encoded(x, names)
            return self.columns_, coded

        key = ("columns", repr(self.params.get("categorical")), repr(self.params.get("monotone")))
        self.columns_, coded = self._shelf.get(key, encode, size=lambda found: 0 if found[1] is x else found[1].nbytes)
        return coded

    def _kept(self, key: Any, x: Floats, make: Callable[[], T]) -> T:
        """Return bins of rows from the shelf; a number of a bin takes a byte."""
        assert self._shelf is not None
        columns = repr((self.columns_.monotone, sorted(self.columns_.categories)))
        return self._shelf.get((key, columns), make, size=x.size)

    @abstractmethod
    def _grown(self, estimator: Any, x: Floats, target: Any, weight: Floats | None) -> Any:
        """Return what grows from the bins on the shelf by the estimator's parameters."""
