"""The contract of a preprocessing step.

The constructor takes the step's arguments by name and only stores them. `fit` learns from the training rows of one fold and returns
`self`; what it learned has names that end in ``_``. `transform` returns a new array and never changes the one it was given. A missing
value is NaN; a step that does not fill it passes it through and learns from the others. Steps are deterministic and can be pickled.
A row after `transform` depends on that row and on what was learned, and on no other row.

A step says what else it needs by attributes (of its class, or properties where its arguments decide), and gets that as keywords:

* ``needs_rows = True``: ``fit(x, names, rows=rows)`` and ``transform(x, rows=rows)``, where `rows` says whose and when the rows are
  (`dsframework.rows.Rows`). What is learned of an entity is kept under its name, and an entity that was not there in training gets what
  was learned of all.
* ``needs_target = True``: ``fit(x, names, y=y)``, the training rows' target on the scale that the model learns it on. `transform` never
  sees a target. ``takes_target = True`` instead: the same where the task has one, and nothing where it has none.
* ``needs_models = True``: ``fit(x, names, models=models)``, a `ModelMaker`, through which a step learns from a model of the spec. The
  stages are siblings, so the experiment hands it over.
* ``changes_columns = True``: the columns after the step differ from those before; `names_out_` lists them once the step is fitted.
* ``history = n`` above 0 (with `needs_rows`): a row depends on up to `n` earlier rows of its entity as well. Who asks for some rows hands
  over their history with them, in the order of the panel, and takes the asked rows out of what comes back.
* ``refuses_nulls = True``: a missing value is a `DataError` that names the column.
* ``makes_nulls = True``: there may be NaN after `transform` where there was none before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np

from dsframework.spec import Component

__all__ = ["Floats", "ModelMaker", "Step", "mean_and_std"]

Floats = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True)
class ModelMaker:
    """How a step gets a model of the spec, for the fold that it is fitted in.

    Attributes
    ----------
    task
        As in the spec: what the target is.
    make
        From a component of the stage ``models``, with plain values, to a model that is not fitted yet (`dsframework.models.Model`).
    """

    task: str
    make: Callable[[Component], Any]


class Step(Protocol):
    """See the module's text; what a step does not need may be left out."""

    @property
    def fills_nulls(self) -> bool:
        """Whether no NaN is left after `transform`."""
        ...

    def fit(self, x: Floats, names: Sequence[str]) -> Self:
        """Learn from training rows, shape (rows, features); `names` are the columns'."""
        ...

    def transform(self, x: Floats) -> Floats:
        """Return the rows after this step, shape (rows, features)."""
        ...


def mean_and_std(x: Floats) -> tuple[Floats, Floats]:
    """Return mean and population deviation of every column, NaN left out.

    A column without any value has mean 0 and deviation 0. A column whose deviation is within the rounding error of its sum is constant:
    its deviation is exactly 0 (the error bound is that of Chan, Golub and LeVeque, 1983, which scikit-learn's `StandardScaler` uses).

    Parameters
    ----------
    x
        Shape (rows, features).

    Returns
    -------
    mean, std
        Shape (features,).
    """
    known = ~np.isnan(x)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, x, 0.0).sum(axis=0) / count
    deviation = np.where(known, x - mean, 0.0)
    std = np.sqrt(np.square(deviation).sum(axis=0) / count)
    constant = std <= count * np.abs(mean) * np.finfo(np.float64).eps
    return mean, np.where(constant, 0.0, std)
