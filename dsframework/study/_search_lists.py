"""Searches whose points are known from the start: a grid, a random sample, a Sobol sequence."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dsframework.study._space import MOST_POINTS, Pick, Point, another, axes, count, draw, finite, from_unit, grid, name_of, size, walk

__all__ = ["ListSearch", "random_points", "sobol_points"]

_MOST_DOUBLINGS = 6


class ListSearch:
    """Points that are known from the start."""

    def __init__(self, points: list[Point]) -> None:
        self.total = len(points)
        self._waiting = list(enumerate(points))

    def ask(self) -> list[tuple[int, Point]]:
        """Return all points the first time, none later."""
        waiting, self._waiting = self._waiting, []
        return waiting

    def tell(self, number: int, score: float | None, *, pruned: int | None = None, scores: Sequence[float | None] = ()) -> None:
        """Nothing depends on the scores."""


def random_points(space: Mapping[str, Any], trials: int, seed: int) -> list[Point]:
    """Return independent points, each at most once; of a space with fewer points than `trials` all of them."""
    random = np.random.default_rng(seed)
    if finite(space) and (size_ := count(space)) <= MOST_POINTS:
        everything = list(grid(space))
        return [everything[position] for position in random.permutation(size_)[:trials]]
    points: dict[str, Point] = {}
    for _ in range(int(min(trials, size(space)))):
        point = walk(space, lambda _path, _name, value: draw(value, random))
        if name_of(point) in points:
            point = another(space, points, random)
        points[name_of(point)] = point
    return list(points.values())


def sobol_points(space: Mapping[str, Any], trials: int, seed: int) -> list[Point]:
    """Return points that fill the space evenly, each once: a Sobol sequence whose digits are scrambled.

    Every searched argument is a coordinate, those of cases that are not chosen included. Of a space with at most `trials` points all are
    returned. Sources: Sobol 1967, "On the distribution of points in a cube and the approximate evaluation of integrals"; Owen 1998,
    "Scrambling Sobol' and Niederreiter-Xing points".
    """
    from scipy.stats import qmc

    if finite(space) and count(space) <= trials:
        return list(grid(space))
    paths = list(axes(space))
    points: dict[str, Point] = {}
    power = math.ceil(math.log2(trials))
    for doubled in range(_MOST_DOUBLINGS + 1):
        shares = qmc.Sobol(len(paths), scramble=True, rng=seed).random_base2(power + doubled)  # its balance needs a power of two
        for row in shares.tolist():
            point = walk(space, _at(dict(zip(paths, row, strict=True))))
            points.setdefault(name_of(point), point)
        if len(points) >= trials:
            break
    return list(points.values())[:trials]


def _at(shares: Mapping[str, float]) -> Pick:
    """What stands at these shares of every argument's list or range."""
    return lambda path, _name, value: from_unit(value, shares[path])
