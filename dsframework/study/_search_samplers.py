"""Searches that learn from scores, by Optuna's samplers: a tree-structured Parzen estimator, a Gaussian process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import Any

from dsframework.errors import MissingDependencyError
from dsframework.spec import is_choice, is_distribution
from dsframework.study._space import Point, axes, options, place_of, walk

__all__ = ["STARTUP", "SamplerSearch", "gp_sampler", "tpe_sampler"]

STARTUP = 10
"""How many points are random before a sampler has learnt enough."""


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
    and the sampler hears them in the order of their numbers.

    Parameters
    ----------
    space
        The search space.
    sampler
        One of Optuna's.
    trials, startup, batch
        How many points there are, how many of them are random, and how many are chosen together.
    greater_is_better
        Direction of the score.
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
        greater_is_better: bool,
        known: Iterable[tuple[Point, float]] = (),
    ) -> None:
        import optuna

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self.total = trials
        self._space, self._batch = space, batch
        self._study = optuna.create_study(sampler=sampler, direction="maximize" if greater_is_better else "minimize")
        self._startup = max(0, startup - self._hear(known))
        self._asked: list[Any] = []
        self._scores: dict[int, tuple[float | None, int | None]] = {}
        self._told = 0

    def ask(self) -> list[tuple[int, Point]]:
        """Return the next generation when all scores before it are there."""
        if self._told < len(self._asked):
            return []
        size = self._batch if self._asked else max(self._startup, self._batch)
        return [self._next() for _ in range(min(size, self.total - len(self._asked)))]

    def tell(self, number: int, score: float | None, *, pruned: int | None = None) -> None:
        """Note a score, or None for a point that failed; of one that was pruned the score over its first folds."""
        self._scores[number] = (score, pruned)
        while self._told in self._scores:
            self._pass_on(self._asked[self._told], *self._scores[self._told])
            self._told += 1

    def _pass_on(self, trial: Any, score: float | None, pruned: int | None) -> None:
        from optuna.trial import TrialState

        if score is None:
            self._study.tell(trial, state=TrialState.FAIL)
        elif pruned is None:
            self._study.tell(trial, score)
        else:
            trial.report(score, pruned)
            self._study.tell(trial, state=TrialState.PRUNED)

    def _next(self) -> tuple[int, Point]:
        trial = self._study.ask()
        self._asked.append(trial)
        return len(self._asked) - 1, walk(self._space, lambda path, _name, value: _suggested(trial, path, value))

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
