"""Which points of a model's search space are tried, and in which order.

A search gives out numbered points with `ask` and hears their scores with `tell`. What it gives out depends on its seed and on the scores
alone, never on how many workers there are or in which order they finish: that is what makes a study repeatable and resumable.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from dsframework.errors import SpecError
from dsframework.spec import SpecIssue, Tuning, is_distribution

__all__ = ["ListSearch", "Search", "SearchOf", "TpeSearch", "make_search", "searches_of"]

Point = dict[str, Any]
_DEFAULT_TRIALS = 20
_GRID_POINTS = 5
_MOST_POINTS = 20_000
_STARTUP = 10
_SEEDS = 2**31


class Search(Protocol):
    """See the module's text."""

    total: int

    def ask(self) -> list[tuple[int, Point]]:
        """Return the points that can be tried now, each once."""
        ...

    def tell(self, number: int, score: float | None) -> None:
        """Report a point's score, or None when it failed."""
        ...


SearchOf = Callable[[int], Search]
"""From a fold of a nested split (0 for the final test, and where the split is not nested) to the search inside it."""


class ListSearch:
    """Points that are known from the start: a grid, or a random sample."""

    def __init__(self, points: list[Point]) -> None:
        self.total = len(points)
        self._waiting = list(enumerate(points))

    def ask(self) -> list[tuple[int, Point]]:
        """Return all points the first time, none later."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def tell(self, number: int, score: float | None) -> None:
        """Nothing depends on the scores."""


class TpeSearch:
    """Tree-structured Parzen estimator (Bergstra et al. 2011, "Algorithms for hyper-parameter optimization"), by Optuna.

    The first ten points are random and are given out together; after that one at a time, each chosen from all scores so far.
    """

    def __init__(self, space: dict[str, Any], *, trials: int, seed: int, greater_is_better: bool) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.total = trials
        self._space = space
        self._distributions = {name: _distribution(value) for name, value in space.items() if _is_searched(value)}
        self._startup = min(_STARTUP, trials)
        sampler = optuna.samplers.TPESampler(seed=seed, n_startup_trials=self._startup)
        self._study = optuna.create_study(sampler=sampler, direction="maximize" if greater_is_better else "minimize")
        self._failed = optuna.trial.TrialState.FAIL
        self._asked: list[Any] = []
        self._scores: dict[int, float | None] = {}
        self._told = 0

    def ask(self) -> list[tuple[int, Point]]:
        """Return the next points whose choice is already determined."""
        if not self._asked:
            return [self._next() for _ in range(self._startup)]
        if self._told == len(self._asked) < self.total:
            return [self._next()]
        return []

    def _next(self) -> tuple[int, Point]:
        trial = self._study.ask(self._distributions)
        self._asked.append(trial)
        point = {
            name: _value(self._space[name], trial.params[name]) if name in trial.params else value for name, value in self._space.items()
        }
        return len(self._asked) - 1, point

    def tell(self, number: int, score: float | None) -> None:
        """Note a score; the sampler hears them in the order of their numbers."""
        self._scores[number] = score
        while self._told in self._scores and (self._told >= self._startup or len(self._scores) >= self._startup):
            value = self._scores[self._told]
            if value is None:
                self._study.tell(self._asked[self._told], state=self._failed)
            else:
                self._study.tell(self._asked[self._told], value)
            self._told += 1


def searches_of(space: dict[str, Any], tuning: Tuning, *, field: str, greater_is_better: bool) -> SearchOf:
    """Return what makes a search for each fold: a grid or a sample of the same points, TPE with a seed of the fold's own.

    Raises
    ------
    SpecError
        As `make_search`.
    """

    def new_search(fold: int) -> Search:
        own = tuning.model_copy(update={"seed": (tuning.seed + fold) % _SEEDS}) if tuning.method == "tpe" else tuning
        return make_search(space, own, field=field, greater_is_better=greater_is_better)

    new_search(0)
    return new_search


def make_search(space: dict[str, Any], tuning: Tuning, *, field: str, greater_is_better: bool) -> Search:
    """Return the search that a spec asks for.

    Raises
    ------
    SpecError
        When a grid has more points than `tuning.trials` allows.
    """
    if not any(_is_searched(value) for value in space.values()):
        return ListSearch([space])
    if tuning.method == "grid":
        axes = {name: _grid_axis(value) for name, value in space.items()}
        size = math.prod(len(axis) for axis in axes.values())
        most = tuning.trials or _MOST_POINTS
        if size > most:
            text = f"the grid of {field} has {size} points, more than {most}; raise tuning.trials, or use method: random"
            raise SpecError([SpecIssue("tuning.trials", text)])
        return ListSearch([dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())])
    trials = tuning.trials or _DEFAULT_TRIALS
    if tuning.method == "random":
        return ListSearch(_sample(space, trials, np.random.default_rng(tuning.seed)))
    return TpeSearch(space, trials=trials, seed=tuning.seed, greater_is_better=greater_is_better)


def _is_searched(value: Any) -> bool:
    return isinstance(value, list) or is_distribution(value)


def _grid_axis(value: Any) -> Sequence[Any]:
    """The values of one argument in a grid: a list's own, every whole number of a range, five points of a continuous one."""
    if isinstance(value, list):
        return value
    if not is_distribution(value):
        return [value]
    kind, (low, high) = next(iter(value.items()))
    if kind == "int":
        return range(low, high + 1)
    if kind == "uniform":
        return [float(point) for point in np.linspace(low, high, _GRID_POINTS)]
    points = [float(point) for point in np.geomspace(low, high, _GRID_POINTS)]
    points[0], points[-1] = low, high
    return sorted({round(point) for point in points}) if kind == "log_int" else points


def _sample(space: dict[str, Any], trials: int, random: np.random.Generator) -> list[Point]:
    finite = all(isinstance(value, list) or not is_distribution(value) or "int" in value for value in space.values())
    if finite:
        axes = {name: _grid_axis(value) for name, value in space.items()}
        size = math.prod(len(axis) for axis in axes.values())
        if size <= _MOST_POINTS:
            everything = [dict(zip(axes, values, strict=True)) for values in itertools.product(*axes.values())]
            return [everything[position] for position in random.permutation(size)[:trials]]
    return [{name: _draw(value, random) for name, value in space.items()} for _ in range(trials)]


def _draw(value: Any, random: np.random.Generator) -> Any:
    if isinstance(value, list):
        return value[int(random.integers(len(value)))]
    if not is_distribution(value):
        return value
    kind, (low, high) = next(iter(value.items()))
    if kind == "int":
        return int(random.integers(low, high + 1))
    if kind == "uniform":
        return float(random.uniform(low, high))
    drawn = float(np.exp(random.uniform(np.log(low), np.log(high))))
    return min(high, max(low, round(drawn))) if kind == "log_int" else drawn


def _distribution(value: Any) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(value, list):
        return CategoricalDistribution(list(range(len(value))))
    kind, (low, high) = next(iter(value.items()))
    if kind in ("int", "log_int"):
        return IntDistribution(low, high, log=kind == "log_int")
    return FloatDistribution(low, high, log=kind == "log_uniform")


def _value(given: Any, chosen: Any) -> Any:
    return given[chosen] if isinstance(given, list) else chosen
