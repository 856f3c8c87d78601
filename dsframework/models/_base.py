"""The contract of a model.

A model is made from plain parameters and only stores them. `fit` learns from one fold's training rows and returns `self`; fitting again
forgets what was learned before. For a classification the target is 0 or 1 and `predict` gives the probability of 1. The same parameters,
seed and rows give the same bits on every machine of one kind, however many threads it may use. (Linear models leave their sums to BLAS,
whose own threads the executors hold to one.) Inputs are never changed. A fitted model can be pickled. What a library raises becomes a
`ModelError` with the library's own words.

A missing value is NaN. `takes_null` tells whether the model knows what to do with it.

`early_stops` tells whether a model is grown in rounds. Then `find_rounds` fits on some rows, watches others and returns the best number
of rounds, and ``fit(..., rounds=n)`` grows exactly `n`.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, Self

import numpy as np

__all__ = ["Floats", "Model", "Task"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Task = Literal["regression", "classification"]


class Model(Protocol):
    """See the module's text."""

    @property
    def takes_null(self) -> bool:
        """Whether features may be NaN."""
        ...

    @property
    def early_stops(self) -> bool:
        """Whether `find_rounds` is there."""
        ...

    def fit(self, x: Floats, y: Floats, *, rounds: int | None = None) -> Self:
        """Learn from rows.

        Parameters
        ----------
        x
            Shape (rows, features).
        y
            Shape (rows,).
        rounds
            How many boosting rounds; the parameter's number by default.

        Raises
        ------
        ModelError
            When the parameters are refused, a classification has one class only, or the library raises.
        MissingDependencyError
            When the library is not installed.
        """
        ...

    def find_rounds(self, x: Floats, y: Floats, x_val: Floats, y_val: Floats, *, patience: int) -> int:
        """Return the number of rounds, at least 1, that was best on the validation rows when none of the next `patience` was better."""
        ...

    def predict(self, x: Floats) -> Floats:
        """Return values, or probabilities of 1, shape (rows,); raises `ModelError` when one is not finite."""
        ...

    def feature_importance(self) -> Floats | None:
        """Return every feature's share of the importance, shape (features,), summing to 1; None when the model has no notion of it."""
        ...
