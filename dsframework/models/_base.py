"""The contract of a model.

A model is made from plain parameters and only stores them. `fit` learns from one fold's training rows and returns `self`; fitting again
forgets what was learned before. The same parameters, seed and rows give the same bits on every machine of one kind, however many threads
it may use. (Linear models leave their sums to BLAS, whose own threads the executors hold to one.) Inputs are never changed. A fitted model
can be pickled. What a library raises becomes a `ModelError` with the library's own words.

What the target is and what `predict` gives depends on the task:

=================  =================================  ===========================================================
task               target `y`                         `predict`
=================  =================================  ===========================================================
regression         values, shape (rows,)              values, shape (rows,)
classification     0 or 1, shape (rows,)              the probability of 1, shape (rows,)
... of k classes   0 to k - 1, shape (rows,)          a probability a class, shape (rows, k), rows summing to 1
anomaly            None                               how unusual a row is, shape (rows,); `threshold_` parts the usual from the unusual
clustering         None                               the number of the row's cluster, shape (rows,); -1 for none
=================  =================================  ===========================================================

Factories take ``(params, *, task, seed, threads, device, n_classes, quantiles)``. With `quantiles`, a model of a regression also learns
those quantiles, and `predict_quantiles` gives them, shape (rows, quantiles), rising in every row; a model that can't says so with a
`ModelError` when it is made.

A missing value is NaN. `takes_null` tells whether the model knows what to do with it.

`early_stops` tells whether a model is grown in rounds (trees, epochs). Then `find_rounds` fits on some rows, watches others and returns the
best number of rounds, and ``fit(..., rounds=n)`` grows exactly `n`.

`takes_weight` tells whether rows may have weights: ``fit(..., weight=w)``, positive, with mean 1.

`history` says how many earlier rows of the same entity a prediction reads beside the row's own. Where it is 0, a row is predicted from its
own features alone, and `rows` is not handed over. Where it is more, `fit`, `find_rounds` and `predict` get ``rows=`` (see
`dsframework.rows.Rows`); `predict` gets the rows that are asked for together with their history, all in the order of the panel, and
returns predictions of ``rows.asked`` only. ``needs_rows = True`` asks for `rows` although `history` is 0, such as for the labels' times;
``needs_now = True`` for `rows.now`, and ``needs_names = True`` for ``names=``, the names of the columns, in `fit` and `find_rounds`.

``reuses = True`` says that the model makes something of the rows before it learns from them, such as bins, which depends on few of its
parameters. Then `fit` and `find_rounds` get ``shelf=`` (see `dsframework.shelf.Shelf`) where other fits on the same rows will follow: what
lies there is used again, and the predictions are the same to the last bit.
"""

from __future__ import annotations

from typing import Any, Literal, Protocol, Self

import numpy as np

from dsframework.rows import Rows

__all__ = ["Floats", "Model", "Task"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Task = Literal["regression", "classification", "anomaly", "clustering"]


class Model(Protocol):
    """See the module's text."""

    @property
    def takes_null(self) -> bool:
        """Whether features may be NaN."""
        ...

    @property
    def takes_weight(self) -> bool:
        """Whether rows may have weights."""
        ...

    @property
    def history(self) -> int:
        """How many earlier rows of the entity a prediction reads."""
        ...

    @property
    def early_stops(self) -> bool:
        """Whether `find_rounds` is there."""
        ...

    def fit(
        self, x: Floats, y: Floats | None, *, rounds: int | None = None, weight: Floats | None = None, rows: Rows | None = None
    ) -> Self:
        """Learn from rows.

        Parameters
        ----------
        x
            Shape (rows, features).
        y
            Shape (rows,); None for tasks without a target.
        rounds
            How many rounds; the parameter's number by default.
        weight
            How much a row counts, shape (rows,), positive, with mean 1; only where `takes_weight`.
        rows
            Whose and when the rows are; only where `history` is above 0, or `needs_rows`.

        Raises
        ------
        ModelError
            When the parameters are refused, a classification has one class only, or the library raises.
        MissingDependencyError
            When the library is not installed.
        """
        ...

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
        """Return the number of rounds, at least 1, that was best on the validation rows when none of the next `patience` was better.

        Where `history` is above 0, `x_val` and `rows_val` begin with the history of the watched rows, ``rows_val.asked`` tells them apart,
        and `y_val` is that of the watched rows.
        """
        ...

    def predict(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return what the module's table says; raises `ModelError` when a value is not finite."""
        ...

    def predict_quantiles(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return the quantiles that it was made for, shape (rows, quantiles), rising in every row."""
        ...

    def feature_importance(self) -> Floats | None:
        """Return every feature's share of the importance, shape (features,), summing to 1; None when the model has no notion of it."""
        ...
