"""Scores of several folds as one: the mean and the deviation over the folds that have a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dsframework.metrics._registry import Scores

__all__ = ["FoldScores", "over_folds"]


@dataclass(frozen=True)
class FoldScores:
    """A metric over folds.

    Attributes
    ----------
    mean
        Over the folds that have a value; None when none has.
    std
        The population deviation over the same folds; None when none has a value.
    folds
        The value of each fold, None where there is none.
    reasons
        Fold position -> why there is no value.
    """

    mean: float | None
    std: float | None
    folds: tuple[float | None, ...]
    reasons: dict[int, str]

    @property
    def n_defined(self) -> int:
        """How many folds have a value."""
        return len(self.folds) - len(self.reasons)

    @property
    def note(self) -> str | None:
        """What to say beside the mean when folds have no value, or None.

        >>> FoldScores(0.5, 0.0, (0.5, None), {1: "all 5 actual values are equal"}).note
        'the mean of 1 of 2 folds; fold 2: all 5 actual values are equal'
        """
        if not self.reasons:
            return None
        first, why = next(iter(self.reasons.items()))
        return f"the mean of {self.n_defined} of {len(self.folds)} folds; fold {first + 1}: {why}"


def over_folds(folds: Sequence[Scores]) -> dict[str, FoldScores]:
    """Put the scores of the folds of one trial together.

    A fold without a value says nothing of the model, and is the same for every model: its rows can't tell. So it is left out of the mean.

    Parameters
    ----------
    folds
        What `score` gave for each fold, of the same metrics.
    """
    names = list(dict.fromkeys(name for fold in folds for name in fold))
    return {name: _one(name, folds) for name in names}


def _one(name: str, folds: Sequence[Scores]) -> FoldScores:
    values = tuple(None if name in fold.reasons else float(fold[name]) for fold in folds)
    reasons = {position: fold.reasons[name] for position, fold in enumerate(folds) if name in fold.reasons}
    known = [value for value in values if value is not None]
    mean = float(np.mean(known)) if known else None
    return FoldScores(mean, float(np.std(known)) if known else None, values, reasons)
