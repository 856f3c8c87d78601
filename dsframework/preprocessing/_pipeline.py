"""The preprocessing of one fold: steps, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from dsframework.errors import DataError
from dsframework.preprocessing._base import Floats, Step
from dsframework.preprocessing._registry import steps
from dsframework.spec import Component

__all__ = ["Pipeline", "make_step", "make_steps"]


class Pipeline:
    """Steps in the order of the spec; each is fitted on what the ones before it give.

    Parameters
    ----------
    steps
        The steps; none is allowed, then rows pass through unchanged.

    Attributes
    ----------
    names_
        The columns that it was fitted on.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps = tuple(steps)

    @property
    def fills_nulls(self) -> bool:
        """Whether no NaN is left after `transform`."""
        return any(step.fills_nulls for step in self.steps)

    def fit(self, x: Floats, names: Sequence[str]) -> Self:
        """Fit every step on training rows.

        Parameters
        ----------
        x
            Shape (rows, features); NaN is missing.
        names
            The columns' names, for errors.

        Raises
        ------
        DataError
            When a column is infinite somewhere or can't be filled; the message names it.
        """
        self.names_ = tuple(names)
        if self.steps:
            _refuse_infinite(x, self.names_)
        for position, step in enumerate(self.steps):
            step.fit(x, self.names_)
            if position < len(self.steps) - 1:
                x = step.transform(x)
        return self

    def transform(self, x: Floats) -> Floats:
        """Return the rows after every step: a new C-contiguous array of shape (rows, features)."""
        if not self.steps:
            return np.array(x, dtype=np.float64, order="C")
        for step in self.steps:
            x = step.transform(x)
        return np.ascontiguousarray(x)


def _refuse_infinite(x: Floats, names: tuple[str, ...]) -> None:
    infinite = np.isinf(x).sum(axis=0)
    if infinite.any():
        column = int(np.flatnonzero(infinite)[0])
        raise DataError(
            f"{int(infinite[column])} training rows of {names[column]!r} are infinite", field="features", mend="look for a division by zero"
        )


def make_step(component: Component) -> Step:
    """Build one step, not fitted yet; raises `DataError` when there is none of that name."""
    return steps.get(component.name)(**dict(component.arguments))


def make_steps(components: Sequence[Component]) -> Pipeline:
    """Build the preprocessing of a spec, not fitted yet.

    >>> from dsframework.spec import StandardScaleArguments
    >>> pipeline = make_steps([Component(name="standard_scale", arguments=StandardScaleArguments())])
    >>> pipeline.fit(np.array([[1.0], [3.0]]), ["volume"]).transform(np.array([[5.0]]))
    array([[3.]])
    """
    return Pipeline([make_step(component) for component in components])
