"""The trials that no other beats in every one of several metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dsframework.metrics import get_metric
from dsframework.records import ExperimentResult, ParetoFront, ParetoPoint, TrialRecord

__all__ = ["Front", "front_of"]

_MOST_BEATEN = 256


class Front:
    """The front of a search as its trials end; those that trials seen later beat leave it.

    One trial beats another when its mean over the folds is at least as good in every metric and better in one; of equal trials all stay.
    Trials that did not finish, or lack one of the means, are left out.

    Parameters
    ----------
    metrics
        Their names; the first one gives the order of the front.
    trials
        Trials to begin with.
    """

    def __init__(self, metrics: Sequence[str], trials: Iterable[TrialRecord] = ()) -> None:
        self.metrics = list(metrics)
        self._signs = _signs(metrics)
        self._front: list[tuple[list[float], TrialRecord]] = []
        self._beaten: list[list[float]] = []
        for trial in trials:
            self.add(trial)

    def add(self, trial: TrialRecord) -> None:
        """Take in a trial that has ended."""
        means = [mean for name in self.metrics if name in trial.cv and (mean := trial.cv[name].mean) is not None]
        if trial.status != "finished" or len(means) < len(self.metrics):
            return
        cost = [sign * mean for sign, mean in zip(self._signs, means, strict=True)]
        if any(_beats(other, cost) for other, _ in self._front):
            self._beaten.append(means)
            return
        self._beaten += [self._means(other) for other, _ in self._front if _beats(cost, other)]
        self._front = [(other, one) for other, one in self._front if not _beats(cost, other)]
        self._front.append((cost, trial))

    @property
    def points(self) -> list[ParetoPoint]:
        """The front in the order of the first metric, the best one first."""
        return [
            ParetoPoint(number=trial.number, params=trial.params, scores=dict(zip(self.metrics, self._means(cost), strict=True)))
            for cost, trial in sorted(self._front, key=lambda item: (item[0], item[1].number))
        ]

    @property
    def beaten(self) -> list[list[float]]:
        """The means of the trials that others beat, to six digits; of many every second, fourth or so, at most 256."""
        step = 1
        while len(self._beaten) > step * _MOST_BEATEN:
            step *= 2
        return [[float(f"{mean:.6g}") for mean in means] for means in self._beaten[::step]]

    def picture(self, tested: int | None) -> ParetoFront:
        """Return what a face draws; `tested` is the number of the best trial by the metric that decides."""
        return ParetoFront(
            metrics=self.metrics,
            greater_is_better=[sign < 0 for sign in self._signs],
            points=self.points,
            beaten=self.beaten,
            tested=tested,
        )

    def _means(self, cost: list[float]) -> list[float]:
        return [sign * value for sign, value in zip(self._signs, cost, strict=True)]


def front_of(result: ExperimentResult) -> ParetoFront | None:
    """Return what a face draws of a finished experiment's front; None where its document asked for none."""
    if not result.pareto:
        return None
    metrics = list(result.pareto[0].scores)
    return ParetoFront(
        metrics=metrics,
        greater_is_better=[sign < 0 for sign in _signs(metrics)],
        points=result.pareto,
        beaten=result.beaten,
        tested=next((point.number for point in result.pareto if point.params == result.params), None),
    )


def _signs(metrics: Sequence[str]) -> list[float]:
    return [-1.0 if get_metric(name).greater_is_better else 1.0 for name in metrics]


def _beats(one: list[float], other: list[float]) -> bool:
    return one != other and all(a <= b for a, b in zip(one, other, strict=True))
