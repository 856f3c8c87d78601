"""Searches that learn from scores, by Optuna's samplers: a tree-structured Parzen estimator, a Gaussian process, a genetic algorithm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from dsframework.errors import MissingDependencyError
from dsframework.spec import is_choice, is_distribution
from dsframework.study._space import Point, another, axes, name_of, options, place_of, size, walk

__all__ = ["STARTUP", "FrontSearch", "SamplerSearch", "gp_sampler", "tpe_sampler"]

STARTUP = 10
"""How many points are random before a sampler has learnt enough."""
_ATTEMPTS = 8
"""How often a sampler is asked for a point that was not tried yet, before it is a random one."""
_LARGEST_POPULATION = 50


def tpe_sampler(seed: int, startup: int) -> Any:
    """Return a tree-structured Parzen estimator (Bergstra et al. 2011, "Algorithms for hyper-parameter optimization")."""
    import optuna

    return optuna.samplers.TPESampler(seed=seed, n_startup_trials=startup)


def gp_sampler(seed: int, startup: int) -> Any:
    """Return a Gaussian process (Ament et al. 2023, "Unexpected improvements to expected improvement for Bayesian optimization").

    Raises
    ------
    MissingDependencyError
        Without PyTorch.
    """
    if find_spec("torch") is None:
        raise MissingDependencyError("torch", "torch")
    import optuna

    return optuna.samplers.GPSampler(seed=seed, n_startup_trials=startup)


class SamplerSearch:
    """The points of a sampler, generation by generation.

    The first generation are the random points, later ones have `batch` points; each is chosen when the scores of all before it are there,
    and the sampler hears them in the order of their numbers. A point that was given out before is not given out again: the sampler hears
    at once what is known of it, and is asked for another one; where it keeps to those that were tried, a random one takes its place.

    Parameters
    ----------
    space
        The search space.
    sampler
        One of Optuna's.
    trials, startup, batch
        How many points there are (no more than the space has), how many of them are random, and how many are chosen together.
    greater_is_better
        Direction of the score, or of several.
    seed
        Of the random points that take the place of those that were tried.
    known
        Points that were scored before, which stand for random ones; those outside the space are left out.
    """

    def __init__(
        self,
        space: Mapping[str, Any],
        sampler: Any,
        *,
        trials: int,
        startup: int,
        batch: int,
        greater_is_better: bool | Sequence[bool],
        seed: int = 0,
        known: Iterable[tuple[Point, float]] = (),
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.total = int(min(trials, size(space)))
        self._space, self._batch, self._seed = space, batch, seed
        several = greater_is_better if isinstance(greater_is_better, Sequence) else [greater_is_better]
        self._study = optuna.create_study(sampler=sampler, directions=["maximize" if greater else "minimize" for greater in several])
        self._startup = max(0, startup - self._hear(known))
        self._asked: list[Any] = []
        self._numbers: dict[str, int] = {}
        self._scores: dict[int, tuple[Sequence[float] | None, int | None]] = {}
        self._told = 0

    def ask(self) -> list[tuple[int, Point]]:
        """Return the next generation when all scores before it are there."""
        if self._told < len(self._asked):
            return []
        many = self._batch if self._asked else max(self._startup, self._batch)
        return [self._next() for _ in range(min(many, self.total - len(self._asked)))]

    def tell(self, number: int, score: float | None, *, pruned: int | None = None, scores: Sequence[float | None] = ()) -> None:
        """Note a score, or None for a point that failed; of one that was pruned the score over its first folds."""
        self._note(number, None if score is None else [score], pruned)

    def _note(self, number: int, scores: Sequence[float] | None, pruned: int | None) -> None:
        self._scores[number] = (scores, pruned)
        while self._told in self._scores:
            self._pass_on(self._asked[self._told], *self._scores[self._told])
            self._told += 1

    def _pass_on(self, trial: Any, scores: Sequence[float] | None, pruned: int | None) -> None:
        from optuna.trial import TrialState

        if scores is None:
            self._study.tell(trial, state=TrialState.FAIL)
        elif pruned is None:
            self._study.tell(trial, list(scores))
        else:
            trial.report(scores[0], pruned)
            self._study.tell(trial, state=TrialState.PRUNED)

    def _next(self) -> tuple[int, Point]:
        for _ in range(_ATTEMPTS):
            trial = self._study.ask()
            point = self._point(trial)
            twin = self._numbers.get(name_of(point))
            if twin is None:
                return self._given(trial, point)
            self._pass_on(trial, *(self._scores[twin] if twin < self._told else (None, None)))
        point = another(self._space, self._numbers, np.random.default_rng([self._seed, len(self._asked)]))
        self._study.enqueue_trial(place_of(self._space, point) or {})
        trial = self._study.ask()
        return self._given(trial, self._point(trial))

    def _given(self, trial: Any, point: Point) -> tuple[int, Point]:
        number = len(self._asked)
        self._asked.append(trial)
        self._numbers[name_of(point)] = number
        return number, point

    def _point(self, trial: Any) -> Point:
        return walk(self._space, lambda path, _name, value: _suggested(trial, path, value))

    def _hear(self, known: Iterable[tuple[Point, float]]) -> int:
        """Tell the sampler of points that were scored before; returns how many."""
        from optuna.trial import create_trial

        every = axes(self._space)
        heard = 0
        for point, score in known:
            place = place_of(self._space, point)
            if place is not None:
                distributions = {path: _distribution(every[path]) for path in place}
                self._study.add_trial(create_trial(params=place, distributions=distributions, value=score))
                heard += 1
        return heard


class FrontSearch(SamplerSearch):
    """A search for the points that no other beats in all of several scores: NSGA-II, a population at a time.

    Every searched argument belongs to a point's genes, those of cases that are not chosen included, so that they are crossed as well.
    Source: Deb et al. 2002, "A fast and elitist multiobjective genetic algorithm: NSGA-II".

    Parameters
    ----------
    space, trials, seed
        As in `SamplerSearch`.
    batch
        The size of the population; a fifth of the trials, from 4 to 50, where it is 1.
    greater_is_better
        Direction of every score.
    """

    def __init__(self, space: Mapping[str, Any], *, trials: int, seed: int, batch: int, greater_is_better: Sequence[bool]) -> None:
        import optuna

        population = batch if batch > 1 else max(4, min(_LARGEST_POPULATION, trials // 5))
        sampler = optuna.samplers.NSGAIISampler(population_size=population, seed=seed)
        super().__init__(space, sampler, trials=trials, startup=0, batch=population, greater_is_better=list(greater_is_better), seed=seed)

    def tell(self, number: int, score: float | None, *, pruned: int | None = None, scores: Sequence[float | None] = ()) -> None:
        """Note the scores; a point that failed, or lacks one of them, has none."""
        known = [one for one in scores if one is not None]
        self._note(number, known if score is not None and len(known) == len(scores) else None, None)

    def _point(self, trial: Any) -> Point:
        genes = {path: _suggested(trial, path, value) for path, value in axes(self._space).items()}
        return walk(self._space, lambda path, _name, _value: genes[path])


def _suggested(trial: Any, path: str, value: Any) -> Any:
    if not is_distribution(value):
        among = options(value)
        return among[trial.suggest_categorical(path, list(range(len(among))))]
    kind, (low, high) = next(iter(value.items()))
    suggest = trial.suggest_int if kind in ("int", "log_int") else trial.suggest_float
    return suggest(path, low, high, log=kind.startswith("log"))


def _distribution(value: Any) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(value, list) or is_choice(value):
        return CategoricalDistribution(list(range(len(options(value)))))
    kind, (low, high) = next(iter(value.items()))
    made = IntDistribution if kind in ("int", "log_int") else FloatDistribution
    return made(low, high, log=kind.startswith("log"))
