"""Which trials are ended before their last fold.

A trial's fits are cut into rungs. At a rung its mean over the folds so far is compared with those of the trials with a lower number at the
same rung, those that ended there included, as if one worker had tried them one after the other. So what is pruned depends on scores and
numbers alone: never on how many workers there are, on which trial is faster, or on where a study was interrupted.

* ``asha`` keeps a trial that is among the best ``n / eta``, rounded up, of the n trials so far (the stopping rule of asynchronous
  successive halving: Li, Jamieson, Rostamizadeh, Gonina, Ben-tzur, Hardt, Recht & Talwalkar, 2020, "A system for massively parallel
  hyperparameter tuning").
* ``median`` keeps one that is no worse than the median of those before (Golovin, Solnik, Moitra, Kochanski, Karro & Sculley, 2017, "Google
  Vizier").
* ``wilcoxon`` ends one whose mean is worse than the best before, if a one-sided signed rank test of the differences fold by fold says so
  (Wilcoxon, 1945, "Individual comparisons by ranking methods").
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from dsframework.spec import Pruning

__all__ = ["Decision", "Folds", "Pruner", "signed_rank_p"]

Folds = Sequence[float | None]
"""The scores of a trial on its first folds, None for a fold that has none."""
_MOST_EXACT = 50


@dataclass(frozen=True)
class Decision:
    """Whether a trial goes on behind a rung."""

    number: int
    rung: int
    goes_on: bool


@dataclass
class _Rung:
    """What is known of the trials at one rung; `next` is the lowest number of which it is not decided whether it goes on."""

    next: int = 0
    waiting: dict[int, Folds] = field(default_factory=dict)
    losses: list[float] = field(default_factory=list)
    best: Folds = ()

    def note(self, loss: float, folds: Folds) -> None:
        """Let the trials that follow be compared with this one; the first of equals stays the best."""
        if not self.losses or loss < self.losses[0]:
            self.best = folds
        insort(self.losses, loss)


class Pruner:
    """Decides in the order of the trials' numbers, which are 0, 1, 2 and so on.

    Parameters
    ----------
    pruning
        The rule.
    rungs
        How many rungs there are before a trial's last fold.
    n_trials
        How many trials there are.
    greater_is_better
        Direction of the scores.
    """

    def __init__(self, pruning: Pruning, rungs: int, n_trials: int, *, greater_is_better: bool) -> None:
        self._pruning, self._startup, self._sign = pruning, pruning.first(n_trials), -1.0 if greater_is_better else 1.0
        self._rungs = [_Rung() for _ in range(rungs)]
        self._ended: set[int] = set()

    def report(self, number: int, rung: int, folds: Folds) -> None:
        """Take in the scores of a trial on all folds up to a rung."""
        self._rungs[rung].waiting[number] = [None if score is None else self._sign * score for score in folds]

    def end(self, number: int) -> None:
        """Note that a trial reports no more: it failed, or never begins."""
        self._ended.add(number)

    def decide(self) -> list[Decision]:
        """Return what can be decided now and could not before."""
        return [decision for rung in range(len(self._rungs)) for decision in self._decide(rung)]

    def _decide(self, position: int) -> list[Decision]:
        rung, found = self._rungs[position], []
        while rung.next in rung.waiting or rung.next in self._ended:
            number, folds = rung.next, rung.waiting.pop(rung.next, None)
            rung.next += 1
            if folds is None:
                continue
            loss = _mean(folds)
            goes_on = loss is None or number < self._startup or self._holds(rung, loss, folds)
            if loss is not None:
                rung.note(loss, folds)
            if not goes_on:
                self._ended.add(number)
            found.append(Decision(number, position, goes_on))
        return found

    def _holds(self, rung: _Rung, loss: float, folds: Folds) -> bool:
        before = rung.losses
        if not before or loss <= before[0]:
            return True
        if self._pruning.method == "asha":
            return bisect_left(before, loss) < -(-(len(before) + 1) // self._pruning.reduction)
        if self._pruning.method == "median":
            middle = len(before) // 2
            return loss <= (before[middle] if len(before) % 2 else (before[middle - 1] + before[middle]) / 2)
        worse_by = [mine - best for mine, best in zip(folds, rung.best, strict=True) if mine is not None and best is not None]
        return signed_rank_p(worse_by) >= self._pruning.level


def _mean(folds: Folds) -> float | None:
    known = [loss for loss in folds if loss is not None]
    return float(np.mean(known)) if known else None


def signed_rank_p(differences: Sequence[float]) -> float:
    """Return how likely so large a sum of ranks of positive differences is when each could as well be negative.

    Exact up to 50 differences, by the normal distribution beyond. Differences of 0 are left out; equal ones share their ranks.

    >>> signed_rank_p([1.0, 2.0, 3.0, 4.0]), signed_rank_p([1.0, 2.0, -3.0, 4.0])
    (0.0625, 0.3125)
    """
    sizes = sorted(abs(one) for one in differences if one)
    ranks = {size: bisect_left(sizes, size) + bisect_right(sizes, size) + 1 for size in sizes}  # doubled, so that shared ones are whole
    reached = sum(ranks[one] for one in differences if one > 0)
    if len(sizes) > _MOST_EXACT:
        spread = math.sqrt(sum(ranks[size] ** 2 for size in sizes)) / 2
        return math.erfc((reached - sum(ranks[size] for size in sizes) / 2) / spread / math.sqrt(2)) / 2
    ways = {0: 1}  # sum of ranks -> choices of signs that give it
    for size in sizes:
        positive = {total + ranks[size]: count for total, count in ways.items()}
        ways = {total: ways.get(total, 0) + positive.get(total, 0) for total in {**ways, **positive}}
    return sum(count for total, count in ways.items() if total >= reached) / 2.0 ** len(sizes)
