"""The contract of an evaluator.

An evaluator looks at the predictions of the final test, or of all validation folds, and says more of them than a score does. It is a
function of its arguments (a pydantic model, `dsframework.spec.EvaluatorArguments`) and `Predictions`, and returns an `Evaluation`: figures
by name and tables. It fits nothing, knows nothing that was not known at a row's time except what came true, and gives the same bits again.
What can't be said of these predictions is a note or a figure that is None; what can never be said of them is an `EvaluationError`.

A package adds one by an entry point of the group ``jupyterlab_tsml.evaluators``; its attribute `arguments` is the model of its arguments.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import polars as pl

from dsframework.errors import EvaluationError
from dsframework.metrics import Sample
from dsframework.rows import Rows

__all__ = ["Evaluation", "Evaluator", "Predictions", "Whole"]


@dataclass(frozen=True)
class Whole:
    """All rows of the experiment, of which the predictions are of some.

    Attributes
    ----------
    rows
        Where they lie.
    train
        Which the model was fitted on, shape (rows,).
    test
        Positions of the predictions' rows.
    """

    rows: Rows
    train: np.ndarray[Any, np.dtype[np.bool_]]
    test: np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Predictions:
    """What an evaluator looks at.

    Attributes
    ----------
    sample
        Predictions and what came true, with entity, time, day and slot; with probabilities, quantiles and intervals where there are any.
    rows
        Where the rows lie, the same ones.
    task
        As in the spec.
    horizon
        Rows ahead that the target lies.
    metrics
        The spec's metrics.
    form
        What the target is: ``value``, ``return``, ``log_return``, ``direction`` or ``volatility``.
    market
        The data's own columns beside ``time`` and ``entity`` (names; none for one series), from before the first prediction to after the
        last one's target; None when they are not at hand.
    whole
        The rows before and between, for what must be measured on them; None when they are not at hand.
    validation
        The out-of-fold predictions, with `fold`; None when they are not at hand.
    """

    sample: Sample
    rows: Rows
    task: str = "regression"
    horizon: int = 1
    metrics: tuple[str, ...] = ()
    form: str = "value"
    market: pl.DataFrame | None = None
    whole: Whole | None = None
    validation: Sample | None = None

    def column(self, name: str, field: str, *, numeric: bool = True) -> pl.DataFrame:
        """Return the rows of the market with ``time``, ``entity`` and a column as ``value``; raises `EvaluationError`."""
        if self.market is None:
            raise EvaluationError("the data's own columns are not at hand", field=field, value=name)
        if name not in self.market.columns:
            known = [column for column in self.market.columns if column not in ("time", "entity")]
            raise EvaluationError(f"the data has no column {name!r}", field=field, mend=f"one of {', '.join(known)}")
        entity = pl.col("entity") if "entity" in self.market.columns else pl.lit("").alias("entity")
        if numeric and not self.market.schema[name].is_numeric():
            raise EvaluationError(f"the column {name!r} does not hold numbers", field=field)
        value = pl.col(name).cast(pl.Float64) if numeric else pl.col(name)
        return self.market.select("time", entity.cast(pl.String), value.alias("value"))


@dataclass(frozen=True)
class Evaluation:
    """What an evaluator says.

    Attributes
    ----------
    figures
        Numbers by name; None where the predictions can't tell.
    tables
        By name.
    notes
        What a reader should know.
    """

    figures: dict[str, float | None] = field(default_factory=dict)
    tables: Mapping[str, pl.DataFrame] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


class Evaluator(Protocol):
    """See the module's text."""

    def __call__(self, arguments: Any, predictions: Predictions) -> Evaluation:
        """Evaluate; raises `EvaluationError` when these predictions can't be evaluated so."""
        ...
