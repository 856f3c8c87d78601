"""A search by CMA-ES, which moves and shapes a normal distribution towards the better half of every generation."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np

from dsframework.errors import MissingDependencyError
from dsframework.spec import is_distribution
from dsframework.study._space import Point, axes, from_unit, name_of, options, place_of, to_unit, walk

__all__ = ["CmaEsSearch"]

_SIGMA = 1 / 6
_BEST_SHARE = 0.1


class CmaEsSearch:
    """The points of CMA-ES, generation by generation, each argument's range as a stretch from 0 to 1.

    Whole numbers keep a probability to change however narrow the distribution becomes. A point that failed counts as the worst of its
    generation; one that comes up again has the score that it had, and is not given out. Earlier scores give the first distribution, that
    around their best tenth. Sources: Hansen and Ostermeier 2001, "Completely derandomized self-adaptation in evolution strategies";
    Hamano et al. 2022, "CMA-ES with margin"; Nomura et al. 2021, "Warm starting CMA-ES for hyperparameter optimization".

    Parameters
    ----------
    space
        The search space: ranges, two at least, and plain values.
    trials, seed
        How many points there are, and from which seed.
    batch
        The least size of a generation; the usual one is 4 + 3 log(number of ranges).
    greater_is_better
        Direction of the score.
    known
        Points that were scored before; those outside the space are left out.

    Raises
    ------
    MissingDependencyError
        Without the package ``cmaes``.
    """

    def __init__(
        self,
        space: Mapping[str, Any],
        *,
        trials: int,
        seed: int,
        batch: int,
        greater_is_better: bool,
        known: Iterable[tuple[Point, float]] = (),
    ) -> None:
        if find_spec("cmaes") is None:
            raise MissingDependencyError("cmaes", "search")
        self._space, self._sign = space, -1.0 if greater_is_better else 1.0
        self._ranges = {path: value for path, value in axes(space).items() if is_distribution(value)}
        self._optimizer = _optimizer(list(self._ranges.values()), seed, batch, self._heard(known))
        self._left = trials
        self._generation: list[tuple[Any, str]] = []
        self._names: dict[int, str] = {}
        self._scores: dict[str, float] = {}

    @property
    def total(self) -> int:
        """How many points are given out: less by one for each that comes up again."""
        return len(self._names) + self._left

    def ask(self) -> list[tuple[int, Point]]:
        """Return the points of the next generation that were not tried yet, when all scores of the one before are there."""
        points: list[tuple[int, Point]] = []
        while not self._generation and self._left:
            for _ in range(min(self._optimizer.population_size, self._left)):
                points += self._next()
            self._close()
        return points

    def tell(self, number: int, score: float | None, *, pruned: int | None = None, scores: Sequence[float | None] = ()) -> None:
        """Note a score, or None for a point that failed; one that was pruned counts as the worst as well."""
        self._scores[self._names[number]] = math.inf if score is None or pruned is not None else self._sign * score
        self._close()

    def _close(self) -> None:
        """Tell the optimizer of a generation whose scores are all there."""
        if not all(name in self._scores for _, name in self._generation):
            return
        told = [(place, self._scores[name]) for place, name in self._generation]
        if len(told) == self._optimizer.population_size and any(math.isfinite(value) for _, value in told):
            self._optimizer.tell(told)
        self._generation = []

    def _next(self) -> list[tuple[int, Point]]:
        asked = self._optimizer.ask()
        shown, told = asked if isinstance(asked, tuple) else (asked, asked)
        shares = dict(zip(self._ranges, shown, strict=True))
        point = walk(self._space, lambda path, _, value: _value(value, float(shares[path])) if path in shares else options(value)[0])
        name = name_of(point)
        self._generation.append((told, name))
        self._left -= 1
        if name in self._names.values():
            return []
        number = len(self._names)
        self._names[number] = name
        return [(number, point)]

    def _heard(self, known: Iterable[tuple[Point, float]]) -> list[tuple[Any, float]]:
        """The earlier points as the optimizer sees them, with scores of which less is better."""
        placed = [(place_of(self._space, point), score) for point, score in known]
        return [
            (np.array([to_unit(value, place[path]) for path, value in self._ranges.items()]), self._sign * score)
            for place, score in placed
            if place is not None
        ]


def _optimizer(ranges: list[Mapping[str, Any]], seed: int, batch: int, heard: list[tuple[Any, float]]) -> Any:
    import cmaes

    mean, sigma, covariance = np.full(len(ranges), 0.5), _SIGMA, None
    if heard:
        mean, sigma, covariance = cmaes.get_warm_start_mgd(heard, gamma=max(_BEST_SHARE, min(1.0, 1.5 / len(heard))))
    given = {
        "mean": mean,
        "sigma": sigma,
        "cov": covariance,
        "bounds": np.tile([0.0, 1.0], (len(ranges), 1)),
        "seed": seed,
        "n_max_resampling": 10 * len(ranges),
        "population_size": max(batch, 4 + int(3 * math.log(len(ranges)))),
    }
    steps = np.array([1 / (value["int"][1] - value["int"][0]) if "int" in value else 0.0 for value in ranges])
    return cmaes.CMAwM(steps=steps, **given) if steps.any() else cmaes.CMA(**given)


def _value(value: Mapping[str, Any], share: float) -> Any:
    if "int" in value:
        low, high = value["int"]
        return low + round(share * (high - low))
    return from_unit(value, share)
