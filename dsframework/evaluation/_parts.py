"""The evaluator ``breakdown``: scores of parts of the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import EvaluationError
from dsframework.evaluation._base import Evaluation, Predictions
from dsframework.evaluation._breakdown import breakdown, breakdown_keys
from dsframework.evaluation._regimes import volatility_regime
from dsframework.metrics import Sample, get_metric
from dsframework.spec import BreakdownArguments

__all__ = ["breakdown_of_parts"]

_FIELD = "evaluation.breakdown"
_USUAL = ("entity", "session", "month", "regime")
_MOST_KINDS = 50


def breakdown_of_parts(arguments: BreakdownArguments, predictions: Predictions) -> Evaluation:
    """Score the parts of the test; ``fold`` scores the validation folds, each by itself.

    Returns
    -------
    Evaluation
        A table a key, as `breakdown` makes it. Figures ``<metric>_worst_<key>``: the least good score of a part of that key.

    Raises
    ------
    EvaluationError
        When a key is asked for that these predictions do not have.
    """
    sample = _with_regime(arguments, predictions)
    asked: Sequence[str | list[str]] = arguments.by or [name for name in breakdown_keys(sample) if name in _USUAL]
    names = arguments.metrics or list(predictions.metrics)
    tables: dict[str, pl.DataFrame] = {}
    figures: dict[str, float | None] = {}
    for item in asked:
        keys = [item] if isinstance(item, str) else list(item)
        title = " x ".join(keys)
        tables[title] = breakdown(_of_folds(sample, predictions) if "fold" in keys else sample, names, [keys])
        figures |= _worst(tables[title], names, title)
    notes = () if tables else ("the test can't be divided by entity, session, month or regime",)
    return Evaluation(figures, tables, notes)


def _worst(table: pl.DataFrame, names: Sequence[str], title: str) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for name in names:
        metric = get_metric(name)
        if metric.info.decides:
            values = table[name].drop_nulls()
            worst: Any = values.min() if metric.greater_is_better else values.max()
            found[f"{name}_worst_{title}"] = None if worst is None else float(worst)
    return found


def _of_folds(sample: Sample, predictions: Predictions) -> Sample:
    if predictions.validation is None:
        raise EvaluationError("the validation folds are not at hand", field=_FIELD, mend="leave out fold")
    return predictions.validation


def _with_regime(arguments: BreakdownArguments, predictions: Predictions) -> Sample:
    """The sample with the regime of each row, where there is one."""
    if arguments.regime is not None:
        return replace(predictions.sample, regime=_of_column(arguments.regime, predictions))
    whole = predictions.whole
    if whole is None or whole.rows.now is None:
        return predictions.sample
    codes = volatility_regime(whole.rows.now, whole.rows, whole.train, window=arguments.window)[whole.test]
    return replace(predictions.sample, regime=codes.astype(np.int64))


def _of_column(name: str, predictions: Predictions) -> np.ndarray[Any, Any]:
    """The value of a column of the data at each row, as text."""
    field = f"{_FIELD}.regime"
    values = predictions.column(name, field, numeric=False).with_columns(pl.col("value").cast(pl.String))
    kinds = values["value"].n_unique()
    if kinds > _MOST_KINDS:
        raise EvaluationError(f"{name!r} has {kinds} different values", field=field, mend="name a column of a few kinds")
    rows = predictions.rows
    names = np.asarray(rows.entities, dtype=object)[rows.entity].tolist()
    keys = pl.DataFrame({"time": rows.time, "entity": pl.Series(names, dtype=pl.String)})
    there = values.with_columns(pl.col("time").cast(keys.schema["time"]))
    found = keys.join(there.unique(["time", "entity"], keep="last"), on=["time", "entity"], how="left", maintain_order="left")
    regimes: np.ndarray[Any, Any] = np.asarray(found["value"].fill_null("not known").to_list(), dtype=str)
    return regimes
