"""The feature ``python``: an own function of the rows of an entity."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import FeatureError, one_line
from dsframework.features._base import FeatureColumn, Floats
from dsframework.features._own import find_own
from dsframework.features._view import View
from dsframework.spec import PythonFeatureArguments

__all__ = ["python_columns"]


def python_columns(arguments: PythonFeatureArguments) -> list[FeatureColumn]:
    """Columns of ``function(frame, **arguments)``, or of ``transform(frame)`` of a class made with the arguments.

    ``frame`` is a polars frame with the rows of one entity in the order of time: the times, the entity and ``columns``, missing values
    null. What comes back has as many rows: a frame with the named columns, an array of shape (rows, names), or a series for one name. A
    row's value may depend on the ``lookback`` rows before it and on nothing later, which the audit checks. What learns belongs into
    preprocessing, where it is fitted inside each fold: ``transform`` is called without a ``fit``.
    """
    names = tuple(arguments.names or [arguments.function.rpartition(".")[2]])
    inputs = tuple(("columns", column) for column in arguments.columns)
    return [
        FeatureColumn(name, inputs, arguments.lookback, of_panel=partial(_column, place=place, names=names, arguments=arguments))
        for place, name in enumerate(names)
    ]


def _column(view: View, *arrays: Floats, place: int, names: tuple[str, ...], arguments: PythonFeatureArguments) -> Floats:
    key = ("python", arguments.function, names)
    if key not in view.made:
        view.made[key] = _called(view, arrays, names, arguments)
    values: Floats = view.order.restored(view.made[key][:, place])
    return np.where(view.order.number < arguments.lookback, np.nan, values)


def _called(view: View, arrays: Sequence[Floats], names: tuple[str, ...], arguments: PythonFeatureArguments) -> Floats:
    """Call the function for each entity; shape (rows, names), in the order of entity and time."""
    found = find_own(arguments.function)
    columns = [pl.Series(name, values, nan_to_null=True) for name, values in zip(arguments.columns, arrays, strict=True)]
    rows = view.keys.with_columns(columns)
    if view.order.rows is not None:
        rows = rows[view.order.rows]
    made = np.empty((rows.height, len(names)), dtype=np.float64)
    function = _function(found, arguments)
    for begin, end in pairwise(view.order.starts.tolist()):
        made[begin:end] = _numbers(_safely(function, rows[begin:end], arguments.function), end - begin, names, arguments.function)
    return made


def _function(found: Any, arguments: PythonFeatureArguments) -> Callable[[pl.DataFrame], Any]:
    if not inspect.isclass(found):
        return partial(found, **arguments.arguments)
    try:
        made: Any = found(**arguments.arguments)
    except Exception as error:  # foreign code, which may raise anything
        text = f"{arguments.function} raised {type(error).__name__}: {one_line(error, 200)}"
        raise FeatureError(text, field="arguments") from error
    transform: Callable[[pl.DataFrame], Any] = made.transform
    return transform


def _safely(function: Callable[[pl.DataFrame], Any], frame: pl.DataFrame, path: str) -> Any:
    try:
        return function(frame)
    except Exception as error:  # foreign code, which may raise anything
        raise FeatureError(f"{path} raised {type(error).__name__}: {one_line(error, 200)}", field="function") from error


def _numbers(given: Any, n: int, names: tuple[str, ...], path: str) -> Floats:
    """What a function gave as numbers, shape (n, names)."""
    if hasattr(given, "columns"):
        lacking = [name for name in names if name not in given.columns]
        if lacking:
            listed = ", ".join(map(str, given.columns))
            raise FeatureError(f"{path} gave no column {lacking[0]!r}", field="names", mend=f"name what it gives: {listed}")
        parts = [_one(given[name], path) for name in names]
        values = np.stack(parts, axis=1) if parts[0].ndim == 1 else parts[0]
    else:
        values = _one(given, path)
        values = values.reshape(-1, 1) if values.ndim == 1 else values
    if values.shape != (n, len(names)):
        text = f"{path} gave shape {values.shape} for {n} rows and {len(names)} names"
        raise FeatureError(text, field="function", mend="give one row a row, and one column a name")
    return values


def _one(given: Any, path: str) -> Floats:
    values = given.cast(pl.Float64, strict=False).to_numpy() if isinstance(given, pl.Series) else given
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise FeatureError(f"{path} gave what are no numbers: {one_line(error, 100)}", field="function") from error
