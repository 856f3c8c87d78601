"""Which points are tried."""

from __future__ import annotations

import itertools

import pytest

from dsframework.errors import SpecError
from dsframework.spec import Tuning
from dsframework.study._search import make_search

SPACE = {"a": [1, 2, 3], "b": {"int": [4, 6]}, "c": "fixed"}


def search(method: str, space: dict[str, object], trials: int | None = None, seed: int = 0):
    return make_search(space, Tuning(method=method, trials=trials, seed=seed), field="m", greater_is_better=False)


def run(space: dict[str, object], trials: int, order: int, seed: int = 0) -> list[dict[str, object]]:
    """Walk a TPE search; `order` reverses in which order the scores of points given out together come back."""
    found = search("tpe", space, trials, seed)
    points: dict[int, dict[str, object]] = {}
    while len(points) < trials:
        asked = found.ask()
        points |= dict(asked)
        for number, point in asked[::order]:
            found.tell(number, (float(point["x"]) - 0.3) ** 2)
    return [points[number] for number in sorted(points)]


def test_a_grid_is_the_product_of_its_axes_in_order() -> None:
    points = [point for _, point in search("grid", SPACE).ask()]
    assert points == [{"a": a, "b": b, "c": "fixed"} for a, b in itertools.product([1, 2, 3], [4, 5, 6])]


def test_a_grid_takes_five_points_of_a_continuous_range_both_ends_included() -> None:
    points = [point["x"] for _, point in search("grid", {"x": {"log_uniform": [0.01, 100.0]}}).ask()]
    assert points == pytest.approx([0.01, 0.1, 1.0, 10.0, 100.0])
    assert (points[0], points[-1]) == (0.01, 100.0)


def test_a_grid_larger_than_trials_is_refused() -> None:
    with pytest.raises(SpecError, match="9 points, more than 8"):
        search("grid", SPACE, trials=8)


def test_random_points_are_distinct_and_depend_on_the_seed_alone() -> None:
    one, two, other = (search("random", SPACE, trials=5, seed=seed).ask() for seed in (1, 1, 2))
    assert one == two != other
    assert len({str(point) for _, point in one}) == 5
    assert search("random", SPACE, trials=50).total == 9


def test_a_single_point_is_one_trial_whatever_the_method() -> None:
    for method in ("grid", "random", "tpe"):
        assert search(method, {"a": 1}, trials=10).total == 1


def test_tpe_does_not_depend_on_the_order_in_which_scores_come_back() -> None:
    space = {"x": {"uniform": [0.0, 1.0]}, "k": [1, 2, 3]}
    assert run(space, 16, 1) == run(space, 16, -1)
    assert run(space, 16, 1) != run(space, 16, 1, seed=5)


def test_tpe_comes_closer_than_its_random_start() -> None:
    points = [abs(float(point["x"]) - 0.3) for point in run({"x": {"uniform": [0.0, 1.0]}}, 40, 1)]
    assert sorted(points[10:])[:5] < sorted(points[:10])[:5]


def test_tpe_goes_on_after_a_failed_point() -> None:
    found = search("tpe", {"x": {"uniform": [0.0, 1.0]}}, trials=12)
    count = 0
    while asked := found.ask():
        for number, _ in asked:
            found.tell(number, None if number % 3 == 0 else 1.0)
            count += 1
    assert count == 12
