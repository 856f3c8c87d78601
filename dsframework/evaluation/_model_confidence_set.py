"""Which of several forecasts can't be told from the best one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dsframework.errors import EvaluationError
from dsframework.evaluation._bootstrap import BlockKind, block_length, bootstrap_means

__all__ = ["ConfidenceSet", "model_confidence_set"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
_TINY = 1e-300


@dataclass(frozen=True)
class ConfidenceSet:
    """The model confidence set.

    Attributes
    ----------
    p_values
        By name, from the first that was removed to the best; those below 1 - `level` are not in the set.
    members
        The names that are in it.
    level
        With this probability the best one is among the members.
    block
        Length of the bootstrap's blocks.
    """

    p_values: dict[str, float]
    members: tuple[str, ...]
    level: float
    block: int


def model_confidence_set(
    losses: Mapping[str, Floats],
    *,
    level: float = 0.9,
    statistic: Literal["max", "range"] = "range",
    n: int = 2000,
    seed: int = 0,
    block: int | None = None,
    kind: BlockKind = "stationary",
) -> ConfidenceSet:
    """Remove the worst forecast until those that are left can't be told apart (Hansen, Lunde & Nason, 2011).

    Parameters
    ----------
    losses
        The loss of each forecast at each time, in the order of time, shape (times,); for a panel the mean over the entities.
    level
        Probability with which the best one is in the set.
    statistic
        ``range``: the largest standardised difference of two; ``max``: the largest standardised distance from the mean.
    n, seed, block, kind
        Of the bootstrap; the block length is chosen from the losses' differences when None.

    Raises
    ------
    EvaluationError
        When there is no forecast, when the series differ in length, have fewer than 3 times or a value that is not finite.
    """
    names = list(losses)
    table = _table(losses)
    length = block or block_length(table - table.mean(axis=1, keepdims=True), kind)
    means = bootstrap_means(table, n, block=length, seed=seed, kind=kind) - table.mean(axis=0)
    average = table.mean(axis=0)
    left, p_values, highest = list(range(len(names))), {}, 0.0
    while len(left) > 1:
        step = _by_range if statistic == "range" else _by_max
        p_value, worst = step(average[left], means[:, left])
        highest = max(highest, p_value)
        p_values[names[left[worst]]] = highest
        left.pop(worst)
    p_values[names[left[0]]] = 1.0
    members = tuple(name for name in names if p_values[name] >= 1.0 - level)
    return ConfidenceSet(p_values, members, level, length)


def _table(losses: Mapping[str, Floats]) -> Floats:
    if not losses:
        raise EvaluationError("there is no forecast to compare", field="run")
    sizes = {len(values) for values in losses.values()}
    if len(sizes) > 1 or min(sizes) < 3:
        raise EvaluationError(f"the losses have {', '.join(map(str, sorted(sizes)))} times; at least 3, and the same for all, are needed")
    table = np.column_stack(list(losses.values())).astype(np.float64)
    if not np.isfinite(table).all():
        raise EvaluationError("a loss is not finite", field="metrics", mend="compare by mae")
    return table


def _by_max(average: Floats, means: Floats) -> tuple[float, int]:
    """The test of the distances from the mean, and which forecast is the worst."""
    distance = average - average.mean()
    drawn = means - means.mean(axis=1, keepdims=True)
    error = np.sqrt(np.mean(np.square(drawn), axis=0))
    scaled = _standardised(distance, error)
    worst = int(np.argmax(scaled))
    top = np.max(_standardised(drawn, error), axis=1)
    return float(np.mean(top >= scaled[worst])), worst


def _by_range(average: Floats, means: Floats) -> tuple[float, int]:
    """The test of all differences of two, and which forecast is the worst."""
    difference = average[:, None] - average[None, :]
    k = len(average)
    error, top = np.zeros((k, k)), np.zeros(len(means))
    for i in range(k):
        drawn = means[:, [i]] - means
        error[i] = np.sqrt(np.mean(np.square(drawn), axis=0))
        top = np.maximum(top, np.max(np.abs(_standardised(drawn, error[i])), axis=1))
    scaled = _standardised(difference, error)
    worst = int(np.argmax(np.max(scaled, axis=1)))
    return float(np.mean(top >= np.max(np.abs(scaled)))), worst


def _standardised(values: Floats, error: Floats) -> Floats:
    """Divide by the standard error; a difference of 0 without error is 0."""
    scaled: Floats = np.where(values == 0, 0.0, values / np.maximum(error, _TINY))
    return scaled
