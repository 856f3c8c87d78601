"""From the middle to the mean: what a bent scale does to the mean of a prediction."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Self

import numpy as np

from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._columns import rows_by_entity
from dsframework.rows import Rows

__all__ = ["HeldOut", "Smearing"]

_BINS = 200
_FEWEST = 200
_FEWEST_OF_ALL = 30


class HeldOut(NamedTuple):
    """Predictions of rows that the model has not learned from, on its own scale.

    Attributes
    ----------
    predicted, actual
        Shape (rows,).
    rows
        Whose and when they are.
    """

    predicted: Floats
    actual: Floats
    rows: Rows | None

    @property
    def enough(self) -> bool:
        """Whether there are enough to learn from."""
        return len(self.actual) >= _FEWEST_OF_ALL


class Smearing:
    """The mean of ``inverse(prediction + error)`` over the errors that a model makes (Duan, 1983).

    Nothing is assumed of the errors' distribution, unlike the factor ``exp(variance / 2)`` that is right for normal ones after a
    logarithm. They are centred: what is corrected is the bend of the scale and not the model. An entity with at least 200 errors has its
    own, as the errors of illiquid ones are larger. At most 200 averages of equally many sorted errors stand for them.

    Attributes
    ----------
    errors_, weights_
        Of all rows, shape (200,).
    own_
        Errors and weights by entity, shape (2, 200).
    """

    def fit(self, held_out: HeldOut) -> Self:
        """Learn the errors."""
        errors = held_out.actual - held_out.predicted
        self.errors_, self.weights_ = _summary(errors)
        self.own_: dict[str, Floats] = {}
        if held_out.rows is not None and len(held_out.rows.entities) > 1:
            own = ((name, errors[places]) for name, places in rows_by_entity(held_out.rows))
            self.own_ = {name: _summary(values) for name, values in own if len(values) >= _FEWEST}
        return self

    def mean(self, inverse: Callable[[Floats], Floats], z: Floats, rows: Rows | None) -> Floats:
        """Return the mean of what predictions on the scale may turn out to be, shape (rows,)."""
        errors, weights = self.errors_, self.weights_
        if self.own_ and rows is not None:
            errors, weights = np.moveaxis(rows.by_entity(self.own_, np.stack([errors, weights])), 0, -1)
        result = np.zeros(np.shape(z))
        for error, weight in zip(errors, weights, strict=True):
            result += weight * inverse(z + error)
        return result


def _summary(errors: Floats) -> Floats:
    ordered = np.sort(errors - errors.mean())
    parts = np.array_split(ordered, min(_BINS, len(ordered)))
    result = np.zeros((2, _BINS))
    result[0, : len(parts)] = [part.mean() for part in parts]
    result[1, : len(parts)] = [len(part) / len(ordered) for part in parts]
    return result
