"""Predictions of training rows by models that have not seen what they are judged by, for what is learned on top of a model.

The training time is cut into blocks of equal length. Each block but the first is predicted by a model that was fitted on the rows whose
label was known when the block begins. Nothing is shuffled, and nothing outside the training rows is looked at.

    fold 1   train train | test  .    .
    fold 2   train train   train | test  .
    fold 3   train train   train   train | test
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsframework.errors import ModelError
from dsframework.models._base import Floats
from dsframework.rows import Rows

__all__ = ["InnerFold", "OutOfFold", "inner_folds", "out_of_fold"]

Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class InnerFold:
    """Which rows are learned from and which are predicted, shape (rows,) each."""

    train: Mask
    test: Mask


@dataclass(frozen=True)
class OutOfFold:
    """Predictions of the rows of all blocks but the first.

    Attributes
    ----------
    predicted
        Shape (rows that were predicted, ...).
    asked
        Which rows those are, shape (rows,).
    """

    predicted: Floats
    asked: Mask


def inner_folds(rows: Rows | None, n_folds: int, model: str) -> list[InnerFold]:
    """Cut the training rows as the module's text says.

    Raises
    ------
    ModelError
        When the rows' times are not known, or there are too few of them.
    """
    field = f"models.{model}"
    if rows is None or rows.label_time is None:
        raise ModelError("it needs the times of the rows and of their labels", field=field, mend="hand rows= over to fit")
    axis = np.unique(rows.time)
    length = len(axis) // (n_folds + 1)
    first = len(axis) - n_folds * length
    folds = []
    for number in range(n_folds if length else 0):
        begin = axis[first + number * length]
        last = axis[min(first + (number + 1) * length, len(axis)) - 1]
        fold = InnerFold(train=rows.label_time <= begin, test=(rows.time >= begin) & (rows.time <= last))
        if fold.train.any():
            folds.append(fold)
    if not folds:
        raise ModelError(
            f"{len(axis)} training steps are too few for {n_folds} inner folds", field=field, mend="use fewer inner folds, or more data"
        )
    return folds


def out_of_fold(
    rows: Rows | None, y: Floats, predict: Callable[[InnerFold], Floats], *, n_folds: int, model: str, classes: bool
) -> OutOfFold:
    """Ask for the predictions of every fold and put them together.

    Parameters
    ----------
    rows, y
        The training rows and their target.
    predict
        Fits on a fold's training rows and predicts its test rows.
    classes
        Whether `y` is a class: then a fold whose training rows are all of one class is left out.

    Raises
    ------
    ModelError
        When no fold is left.
    """
    folds = inner_folds(rows, n_folds, model)
    if classes:
        folds = [fold for fold in folds if np.unique(y[fold.train]).size > 1]
    if not folds:
        raise ModelError("the training rows of every inner fold are of one class", field=f"models.{model}", mend="use fewer inner folds")
    found = [predict(fold) for fold in folds]
    asked = np.zeros(len(y), dtype=bool)
    predicted = np.empty((len(y), *found[0].shape[1:]))
    for fold, values in zip(folds, found, strict=True):
        predicted[fold.test] = values
        asked |= fold.test
    return OutOfFold(predicted[asked], asked)
