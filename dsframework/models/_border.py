"""The border to the libraries: what they raise becomes an error that a person can read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import numpy as np

from dsframework.errors import MissingDependencyError, ModelError, TsmlError, one_line
from dsframework.models._base import Floats

__all__ = ["as_chances", "as_quantiles", "as_values", "foreign", "need", "no_quantiles", "refuse_one_class"]

_PLACE = re.compile(r"^(\[[\d:]+\]\s*)?\S+\.(cc|cpp|cu|h|hpp):\d+:\s*")
"""Where in its C++ code a library noticed something: of no use to who reads the line."""


@contextmanager
def foreign(model: str) -> Iterator[None]:
    """Turn what a library raises into a `ModelError` that names the model."""
    try:
        yield
    except TsmlError:
        raise
    except (Exception, SystemExit) as error:  # foreign code may raise anything, and the other experiments go on
        text = one_line(_PLACE.sub("", str(error).split("Stack trace:")[0]), 300)
        raise ModelError(f"{type(error).__name__}: {text}" if text else type(error).__name__, field=f"models.{model}") from error


def need(library: str, extra: str) -> Any:
    """Import an optional library; raises `MissingDependencyError` with the install command when it is not there."""
    try:
        return import_module(library)
    except ModuleNotFoundError as error:
        if error.name == library:
            raise MissingDependencyError(library, extra) from error
        raise


def no_quantiles(model: str) -> ModelError:
    """Return the error of a model that can't learn quantiles; conformal intervals need none."""
    return ModelError(f"{model} learns no quantiles", field=f"models.{model}", mend="use intervals.method: conformal")


def refuse_one_class(y: Floats, model: str, n_classes: int = 2) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the classes among the rows, rising; raises `ModelError` when there is only one, or a value that is no class."""
    classes = np.unique(y)
    field = f"models.{model}"
    if classes.size == 1:
        raise ModelError(
            f"all {y.size} training rows are of class {classes[0]:g}", field=field, mend="use longer or fewer folds, or another target"
        )
    if not np.isin(classes, np.arange(n_classes)).all():
        listed = "0 and 1" if n_classes == 2 else f"0 to {n_classes - 1}"
        raise ModelError(
            f"a classification needs a target of {listed}, this one has {classes.size} values",
            field=field,
            mend="use as: direction, or task: regression",
        )
    return classes.astype(np.int64)


def as_chances(predicted: Any, n_rows: int, n_classes: int, model: str) -> Floats:
    """Return probabilities: of 1, shape (rows,), for two classes; of every class, shape (rows, classes), rows summing to 1, for more."""
    values = np.asarray(predicted, dtype=np.float64)
    if values.shape != (n_rows, n_classes):
        raise ModelError(
            f"it gave probabilities of shape {values.shape} for {n_rows} rows and {n_classes} classes",
            field=f"models.{model}",
            mend="return one probability a row and class",
        )
    if n_classes == 2:
        return as_values(values[:, 1], n_rows, model)
    if not np.isfinite(values).all():
        raise ModelError("a probability is not finite", field=f"models.{model}", mend="scale the features")
    values = np.clip(values, 0.0, 1.0)
    return np.ascontiguousarray(values / values.sum(axis=1, keepdims=True))


def as_values(predicted: Any, n_rows: int, model: str) -> Floats:
    """Return predictions as floats of shape (rows,); raises `ModelError` when they are not one finite number a row."""
    values = np.asarray(predicted, dtype=np.float64)
    if values.shape == (n_rows, 1):
        values = values[:, 0]
    if values.shape != (n_rows,):
        raise ModelError(
            f"it predicted an array of shape {values.shape} for {n_rows} rows", field=f"models.{model}", mend="return one number a row"
        )
    wrong = int((~np.isfinite(values)).sum())
    if wrong:
        raise ModelError(
            f"{wrong} of {n_rows} predictions are not finite", field=f"models.{model}", mend="scale the features and the target"
        )
    return np.ascontiguousarray(values)


def as_quantiles(predicted: Any, n_rows: int, n_quantiles: int, model: str) -> Floats:
    """Return quantiles, shape (rows, quantiles), rising in every row; raises `ModelError` when they are not finite numbers."""
    values = np.asarray(predicted, dtype=np.float64)
    if values.shape != (n_rows, n_quantiles):
        raise ModelError(
            f"it gave quantiles of shape {values.shape} for {n_rows} rows and {n_quantiles} quantiles",
            field=f"models.{model}",
            mend="return one number a row and quantile",
        )
    if not np.isfinite(values).all():
        raise ModelError("a quantile is not finite", field=f"models.{model}", mend="scale the features and the target")
    return np.sort(values, axis=1)
