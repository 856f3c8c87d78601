"""The points of a search space: plain values, lists to choose from, ranges, and choices whose values bring arguments of their own.

A searched argument is known by its path: its name, behind the choices that brought it, as in ``kernel=rbf/gamma``. So it is another
argument in every case, even where its name is the same.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from dsframework.spec import cases_of, is_choice, is_distribution, is_searched

__all__ = [
    "MOST_POINTS",
    "Pick",
    "Point",
    "another",
    "axes",
    "count",
    "draw",
    "finite",
    "from_unit",
    "grid",
    "name_of",
    "options",
    "place_of",
    "size",
    "to_unit",
    "walk",
]

MOST_POINTS = 20_000
"""The largest grid that is tried, or drawn from, where nobody says otherwise."""

Point = dict[str, Any]
Pick = Callable[[str, str, Any], Any]
"""From a path, the argument's name and what may be chosen to the value that is chosen."""
_GRID_POINTS = 5


def walk(space: Mapping[str, Any], pick: Pick, stem: str = "") -> Point:
    """Return the point that `pick` chooses; it is asked for the arguments of the chosen cases only."""
    point: Point = {}
    for name, value in space.items():
        if not is_searched(value):
            point[name] = value
            continue
        chosen = point[name] = pick(f"{stem}{name}", name, value)
        if is_choice(value):
            branch = next(branch for case, branch in cases_of(value) if case == chosen)
            point |= walk(branch, pick, f"{stem}{name}={chosen}/")
    return point


def axes(space: Mapping[str, Any], stem: str = "") -> dict[str, Any]:
    """Return every searched argument by its path, those of all cases included."""
    found: dict[str, Any] = {}
    for name, value in space.items():
        if is_searched(value):
            found[f"{stem}{name}"] = value
        if is_choice(value):
            for case, branch in cases_of(value):
                found |= axes(branch, f"{stem}{name}={case}/")
    return found


def options(value: Any) -> Sequence[Any]:
    """Return what is chosen from where it is a list or a choice."""
    return [case for case, _ in cases_of(value)] if is_choice(value) else value


def grid(space: Mapping[str, Any]) -> Iterator[Point]:
    """Yield the product of the axes; of a choice every value with the grid of what it brings."""
    yield from _product(space, _axis)


def _product(space: Mapping[str, Any], axis: Callable[[Any], Sequence[Any]]) -> Iterator[Point]:
    for parts in itertools.product(*(_parts(name, value, axis) for name, value in space.items())):
        yield {name: value for part in parts for name, value in part.items()}


def _parts(name: str, value: Any, axis: Callable[[Any], Sequence[Any]]) -> list[Point]:
    if is_choice(value):
        return [{name: case, **point} for case, branch in cases_of(value) for point in _product(branch, axis)]
    return [{name: one} for one in axis(value)]


def count(space: Mapping[str, Any]) -> int:
    """Return how many points the grid has."""
    return math.prod(
        sum(count(branch) for _, branch in cases_of(value)) if is_choice(value) else len(_axis(value)) for value in space.values()
    )


def finite(space: Mapping[str, Any]) -> bool:
    """Tell whether the grid is the whole space."""
    return all(
        all(finite(branch) for _, branch in cases_of(value)) if is_choice(value) else not is_distribution(value) or "int" in value
        for value in space.values()
    )


def size(space: Mapping[str, Any]) -> float:
    """Return how many points the space has, infinity where a range has no end of numbers."""
    return math.prod(sum(size(branch) for _, branch in cases_of(value)) if is_choice(value) else _length(value) for value in space.values())


def _length(value: Any) -> float:
    if not is_distribution(value):
        return len(value) if isinstance(value, list) else 1
    kind, (low, high) = next(iter(value.items()))
    return high - low + 1 if "int" in kind else math.inf


def _all_of(value: Any) -> Sequence[Any]:
    """The values of one argument that has an end of them."""
    if is_distribution(value):
        low, high = next(iter(value.values()))
        return range(low, high + 1)
    return value if isinstance(value, list) else [value]


def name_of(point: Mapping[str, Any]) -> str:
    """Return a text that is the same for the same point."""
    return json.dumps(point, sort_keys=True, default=str)


def another(space: Mapping[str, Any], tried: Container[str], random: np.random.Generator) -> Point:
    """Return a random point whose name (`name_of`) is not among those that were tried; there must be one."""
    if size(space) <= MOST_POINTS:
        left = [point for point in _product(space, _all_of) if name_of(point) not in tried]
        return left[int(random.integers(len(left)))]
    while True:
        point = walk(space, lambda _path, _name, value: draw(value, random))
        if name_of(point) not in tried:
            return point


def _axis(value: Any) -> Sequence[Any]:
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


def draw(value: Any, random: np.random.Generator) -> Any:
    """Return a random value of one argument."""
    if not is_distribution(value):
        among = options(value)
        return among[int(random.integers(len(among)))]
    kind, (low, high) = next(iter(value.items()))
    if kind == "int":
        return int(random.integers(low, high + 1))
    if kind == "uniform":
        return float(random.uniform(low, high))
    drawn = float(np.exp(random.uniform(np.log(low), np.log(high))))
    return min(high, max(low, round(drawn))) if kind == "log_int" else drawn


def from_unit(value: Any, share: float) -> Any:
    """Return the value of one argument at a share from 0 to 1 of its list or range.

    >>> from_unit({"int": [4, 6]}, 0.5), from_unit({"log_uniform": [0.01, 1.0]}, 0.5), from_unit(["a", "b"], 1.0)
    (5, 0.1, 'b')
    """
    if not is_distribution(value):
        among = options(value)
        return among[min(len(among) - 1, int(share * len(among)))]
    kind, (low, high) = next(iter(value.items()))
    if kind == "int":
        return int(min(high, low + int(share * (high - low + 1))))
    if kind == "uniform":
        return float(low + share * (high - low))
    shown = float(np.exp(np.log(low) + share * (np.log(high) - np.log(low))))
    return min(high, max(low, round(shown) if kind == "log_int" else shown))


def to_unit(value: Mapping[str, Any], number: float) -> float:
    """Return the share of a range at which a number stands."""
    kind, (low, high) = next(iter(value.items()))
    if kind in ("int", "uniform"):
        return float((number - low) / (high - low))
    return float((np.log(number) - np.log(low)) / (np.log(high) - np.log(low)))


class _OutsideError(Exception):
    """A point has a value that the space has not."""


def place_of(space: Mapping[str, Any], point: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return where a point stands: by path, the position in a list or among the cases, or the number in a range; None where outside."""
    found: dict[str, Any] = {}

    def pick(path: str, name: str, value: Any) -> Any:
        if name not in point:
            raise _OutsideError
        found[path] = _position(value, point[name])
        return point[name]

    try:
        return found if walk(space, pick) == dict(point) else None
    except _OutsideError:
        return None


def _position(value: Any, given: Any) -> Any:
    if not is_distribution(value):
        among = options(value)
        if given not in among:
            raise _OutsideError
        return among.index(given)
    kind, (low, high) = next(iter(value.items()))
    number = isinstance(given, int if "int" in kind else int | float) and not isinstance(given, bool)
    if not number or not low <= given <= high:
        raise _OutsideError
    return given
