"""The contract of an evaluator."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from polars.testing import assert_frame_equal

from dsframework.errors import EvaluationError
from dsframework.evaluation import Evaluation, Evaluator, Predictions, evaluators
from dsframework.metrics import Sample
from dsframework.rows import Rows
from dsframework.spec import catalogue
from dsframework.testing._samples import renamed_sample, sample_rows, some_sample

__all__ = ["check_evaluator"]

_METRICS = {"regression": ("mae", "rmse"), "classification": ("accuracy", "log_loss"), "anomaly": ("share_flagged",)}


def check_evaluator(name: str, arguments: Mapping[str, Any] | None = None, *, evaluator: Evaluator | None = None) -> None:
    """Check that an evaluator keeps the contract of `dsframework.evaluation.Evaluator`.

    Parameters
    ----------
    name, arguments
        As in a spec. The data's own columns are ``close`` and ``volume``.
    evaluator
        The function, where it is not in the registry.

    Raises
    ------
    AssertionError
        With what is broken.
    """
    given = catalogue.arguments("evaluation", name).model_validate(dict(arguments or {}))
    function = evaluators.get(name) if evaluator is None else evaluator
    said = 0
    for predictions, where in _cases():
        try:
            found = function(given, predictions)
        except EvaluationError as error:
            assert str(error), f"an error without a word, for {where}"  # noqa: PT017 (this is no pytest test)
            continue
        _check_shape(found, where)
        _alike(function(given, predictions), found, f"a second time, for {where}")
        if predictions.sample.entity is not None:
            _alike(function(given, _renumbered(predictions)), found, f"when the entities are numbered another way, for {where}", close=True)
        said += bool(any(value is not None for value in found.figures.values()) or any(len(table) for table in found.tables.values()))
    assert said, "it says nothing of any predictions"


def _cases() -> Iterator[tuple[Predictions, str]]:
    """Predictions of every task, good ones and such that know nothing, with the data's own columns and without."""
    rows = sample_rows()
    for task, metrics in _METRICS.items():
        for forecast in ("good", "constant"):
            sample = some_sample(task, forecast)
            for market in (_market(rows), None):
                beside = "" if market is None else ", with the data's own columns"
                found = Predictions(sample=sample, rows=rows, task=task, metrics=metrics, market=market)
                yield found, f"{forecast} predictions of a {task}{beside}"


def _market(rows: Rows) -> pl.DataFrame:
    """The rows' own prices and volumes, and those of a day more, on which the last target is known."""
    random = np.random.default_rng(2)
    names = np.array(rows.entities)[rows.entity]
    times = np.concatenate([rows.time, rows.time[-len(rows.entities) :] + np.timedelta64(1, "D")])
    entities = np.concatenate([names, names[-len(rows.entities) :]])
    frame = pl.DataFrame({"time": times, "entity": entities})
    return frame.with_columns(
        close=pl.Series(50.0 * np.exp(0.02 * random.normal(size=frame.height))), volume=pl.Series(random.integers(100, 1000, frame.height))
    )


def _renumbered(predictions: Predictions) -> Predictions:
    """The same predictions, their entities numbered another way."""
    rows, sample = predictions.rows, predictions.sample
    turned: Sample = renamed_sample(sample)
    assert turned.entity is not None
    return replace(predictions, sample=turned, rows=replace(rows, entity=turned.entity.astype(np.int32), entities=rows.entities[::-1]))


def _check_shape(found: Any, where: str) -> None:
    assert isinstance(found, Evaluation), f"it returns a {type(found).__name__}, not an Evaluation, for {where}"
    for name, value in found.figures.items():
        assert isinstance(name, str), f"a figure is called {name!r}, for {where}"
        assert value is None or np.isfinite(value), f"{name} is {value}; what can't be told is None, for {where}"
    for name, table in found.tables.items():
        assert isinstance(table, pl.DataFrame), f"the table {name!r} is a {type(table).__name__}, for {where}"
        infinite = [column for column in table.columns if table.schema[column].is_float() and table[column].is_infinite().any()]
        assert not infinite, f"the table {name!r} has infinite values in {infinite}, for {where}"
    assert all(isinstance(note, str) for note in found.notes), f"a note is no text, for {where}"


def _alike(left: Evaluation, right: Evaluation, what: str, *, close: bool = False) -> None:
    assert list(left.figures) == list(right.figures), f"it has other figures {what}"
    for name, value in right.figures.items():
        other = left.figures[name]
        same = other == value or (
            close and value is not None and other is not None and bool(np.isclose(other, value, rtol=1e-9, atol=1e-12))
        )
        assert same, f"{name} is {other!r} and not {value!r} {what}"
    assert list(left.tables) == list(right.tables), f"it has other tables {what}"
    for name, table in right.tables.items():
        try:
            assert_frame_equal(left.tables[name], table, check_row_order=not close, check_exact=not close, rel_tol=1e-9, abs_tol=1e-12)
        except AssertionError as error:
            raise AssertionError(f"the table {name!r} is another {what}: {error}") from error
