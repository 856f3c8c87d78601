"""How far the trials of a search may go: where each stops for a decision, and whether another one may begin."""

from __future__ import annotations

from dsframework.spec import Tuning
from dsframework.study._budget import Budget
from dsframework.study._pruning import Decision, Folds, Pruner

__all__ = ["Course"]


class Course:
    """The course of trials whose numbers are 0, 1, 2 and so on.

    Parameters
    ----------
    tuning
        Pruning and budgets.
    n_fits
        How many fits a trial is.
    n_trials
        How many trials the search has; a single one is compared with none.
    greater_is_better
        Direction of the metric that decides.
    """

    def __init__(self, tuning: Tuning, n_fits: int, n_trials: int, *, greater_is_better: bool) -> None:
        pruning = tuning.pruning if n_trials > 1 else None
        rungs = pruning.rungs(n_fits) if pruning else ()
        self._stops = (*rungs, n_fits)
        self._pruner = Pruner(pruning, len(rungs), n_trials, greater_is_better=greater_is_better) if pruning else None
        self._rung: dict[int, int] = {}
        self.budget = Budget(tuning, n_fits)

    def begin(self, number: int) -> None:
        """Let a trial begin."""
        self._rung[number] = 0
        self.budget.begin(self._stops[0])

    def stop(self, number: int) -> int:
        """Return after how many of its fits a trial stops next: for a decision, or at its end."""
        return self._stops[self._rung[number]]

    def is_last(self, number: int) -> bool:
        """Whether the next stop is the end."""
        return self._rung[number] == len(self._stops) - 1

    def report(self, number: int, folds: Folds) -> None:
        """Take in the scores of a trial on all folds up to its next stop."""
        assert self._pruner is not None
        self._pruner.report(number, self._rung[number], folds)

    def decide(self) -> list[Decision]:
        """Return which trials go on to the next stop, and which end where they are."""
        decisions = self._pruner.decide() if self._pruner else []
        for decision in decisions:
            stop = self._stops[decision.rung]
            if decision.goes_on:
                self._rung[decision.number] += 1
                self.budget.go_on(self._stops[decision.rung + 1] - stop)
            else:
                self.budget.end(stop)
        return decisions

    def fail(self, number: int) -> None:
        """End a trial before its next stop."""
        self.budget.end(self.stop(number))
        self.skip(number)

    def skip(self, number: int) -> None:
        """Have nobody wait for a trial."""
        if self._pruner:
            self._pruner.end(number)
