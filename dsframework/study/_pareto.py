"""The trials that no other beats in every one of several metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dsframework.metrics import get_metric
from dsframework.records import ParetoPoint, TrialRecord

__all__ = ["pareto_front"]


def pareto_front(trials: Iterable[TrialRecord], metrics: Sequence[str]) -> list[ParetoPoint]:
    """Return the finished trials that no other beats, in the order of the first metric, the best one first.

    One trial beats another when its mean over the folds is at least as good in every metric and better in one; of equal trials all stay.
    A trial that lacks one of the means is left out.
    """
    signs = [-1.0 if get_metric(name).greater_is_better else 1.0 for name in metrics]
    costs = []
    for trial in trials:
        means = [trial.cv[name].mean if name in trial.cv else None for name in metrics]
        if trial.status == "finished":
            known = [sign * mean for sign, mean in zip(signs, means, strict=True) if mean is not None]
            costs += [(known, trial)] if len(known) == len(metrics) else []
    front: list[tuple[list[float], TrialRecord]] = []
    for cost, trial in sorted(costs, key=lambda item: (item[0], item[1].number)):  # nobody is beaten by one that comes later
        if not any(other != cost and all(a <= b for a, b in zip(other, cost, strict=True)) for other, _ in front):
            front.append((cost, trial))
    return [
        ParetoPoint(number=trial.number, params=trial.params, scores={name: trial.cv[name].mean or 0.0 for name in metrics})
        for _, trial in front
    ]
