"""The preprocessing of one fold: steps, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from dsframework.errors import DataError
from dsframework.preprocessing._base import Floats, ModelMaker, Step
from dsframework.preprocessing._registry import steps
from dsframework.rows import Rows
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
    names_out_
        The columns that `transform` gives.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps: tuple[Any, ...] = tuple(steps)

    @property
    def fills_nulls(self) -> bool:
        """Whether no NaN is left after `transform`."""
        filled = False
        for step in self.steps:
            filled = step.fills_nulls or (filled and not getattr(step, "makes_nulls", False))
        return filled

    @property
    def history(self) -> int:
        """How many earlier rows of its entity a row depends on; who asks for some rows hands them over as well."""
        return sum(getattr(step, "history", 0) for step in self.steps)

    def fit(
        self, x: Floats, names: Sequence[str], *, y: Floats | None = None, rows: Rows | None = None, models: ModelMaker | None = None
    ) -> Self:
        """Fit every step on training rows.

        Parameters
        ----------
        x
            Shape (rows, features); NaN is missing.
        names
            The columns' names, for errors.
        y
            The target on the model's scale, shape (rows,), for steps that need it.
        rows
            Whose and when the rows are, for steps that need it.
        models
            How a step gets a model of the spec, for steps that learn from one.

        Raises
        ------
        DataError
            When a column is infinite somewhere or can't be filled; the message names it. When a step learns from the target and there is
            none.
        """
        self.names_ = tuple(names)
        if self.steps:
            _refuse_infinite(x, self.names_)
        names = self.names_
        for position, step in enumerate(self.steps):
            step.fit(x, names, **_wanted(step, y=y, rows=rows, models=models))
            if position < len(self.steps) - 1:
                x = step.transform(x, **_wanted(step, rows=rows))
            names = tuple(step.names_out_) if getattr(step, "changes_columns", False) else names
        self.names_out_ = names
        return self

    def transform(self, x: Floats, *, rows: Rows | None = None) -> Floats:
        """Return the rows after every step, C-contiguous, shape (rows, columns out); the rows themselves where there is no step."""
        for step in self.steps:
            x = step.transform(x, **_wanted(step, rows=rows))
        return np.ascontiguousarray(x, dtype=np.float64)


_NEEDS = {"y": "needs_target", "rows": "needs_rows", "models": "needs_models"}


def _wanted(step: Any, **offered: Any) -> dict[str, Any]:
    """Return those of the offered keywords that a step asks for."""
    wanted = {name: value for name, value in offered.items() if getattr(step, _NEEDS[name], False)}
    if offered.get("y") is not None and getattr(step, "takes_target", False):
        wanted["y"] = offered["y"]
    if "y" in wanted and wanted["y"] is None:
        name = getattr(step, "name", type(step).__name__)
        raise DataError(f"{name} learns from the target, and this task has none", field="preprocessing", mend="remove the step")
    return wanted


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
