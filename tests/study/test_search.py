"""Which points are tried."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest

from dsframework.errors import SpecError
from dsframework.spec import Tuning
from dsframework.study._search import Search, make_search

SPACE = {"a": [1, 2, 3], "b": {"int": [4, 6]}, "c": "fixed"}
SURFACE = {"x": {"uniform": [0.0, 1.0]}, "y": {"log_uniform": [0.001, 100.0]}, "k": {"int": [1, 20]}}
PLANE = {name: SURFACE[name] for name in "xy"}
KERNELS = {
    "kernel": {
        "choose": [["rbf", {"gamma": {"log_uniform": [0.01, 1.0]}, "deep": {"choose": [[1, {}], [2, {"z": [5, 6]}]]}}], ["linear", {}]]
    },
    "C": [1.0, 10.0],
}
LEARNING = ("tpe", "gp", "cmaes")


def search(method: str, space: dict[str, Any], trials: int | None = None, seed: int = 0, **more: Any) -> Search:
    known = more.pop("known", ())
    return make_search(space, Tuning(method=method, trials=trials, seed=seed, **more), field="m", greater_is_better=False, known=known)


def bowl(point: dict[str, Any]) -> float:
    """A smooth surface with its least value 0 at x 0.3, y 0.3, k 7."""
    return (point["x"] - 0.3) ** 2 + (math.log10(point["y"]) + 0.5) ** 2 + 0.02 * abs(point.get("k", 7) - 7)


def walked(found: Search, score: Callable[[dict[str, Any]], float | None], order: int = 1) -> list[dict[str, Any]]:
    """Walk a search to its end; `order` reverses in which order the scores of points given out together come back."""
    points: dict[int, dict[str, Any]] = {}
    while asked := found.ask():
        points |= dict(asked)
        for number, point in asked[::order]:
            found.tell(number, score(point))
    assert sorted(points) == list(range(found.total))
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


@pytest.mark.parametrize("method", ["grid", "random", "sobol", "tpe", "gp", "cmaes"])
def test_a_single_point_is_one_trial_whatever_the_method(method: str) -> None:
    assert search(method, {"a": 1}, trials=10).total == 1
    assert search(method, {"a": [[20, 10]]}, trials=10).ask() == [(0, {"a": [20, 10]})]


def test_sobol_points_fill_every_stretch_of_every_axis_equally() -> None:
    points = [point for _, point in search("sobol", SURFACE, trials=16, seed=5).ask()]
    assert sorted(int(point["x"] * 16) for point in points) == list(range(16))
    assert sorted(int((math.log10(point["y"]) + 3) / 5 * 16) for point in points) == list(range(16))
    assert points == [point for _, point in search("sobol", SURFACE, trials=16, seed=5).ask()]
    assert points != [point for _, point in search("sobol", SURFACE, trials=16, seed=6).ask()]


def test_sobol_points_of_a_small_space_are_distinct() -> None:
    points = [str(point) for _, point in search("sobol", {"a": list(range(40))}, trials=30).ask()]
    assert len(set(points)) == 30
    assert search("sobol", SPACE, trials=50).total == 9


def test_a_grid_has_what_each_value_of_a_choice_brings() -> None:
    space = {"kernel": {"choose": [["rbf", {"gamma": [0.1, 1.0]}], ["linear", {}]]}, "C": [1, 2]}
    assert [point for _, point in search("grid", space).ask()] == [
        {"kernel": "rbf", "gamma": 0.1, "C": 1},
        {"kernel": "rbf", "gamma": 0.1, "C": 2},
        {"kernel": "rbf", "gamma": 1.0, "C": 1},
        {"kernel": "rbf", "gamma": 1.0, "C": 2},
        {"kernel": "linear", "C": 1},
        {"kernel": "linear", "C": 2},
    ]
    with pytest.raises(SpecError, match="6 points, more than 5"):
        search("grid", space, trials=5)
    assert search("random", space, trials=50).total == 6


@pytest.mark.parametrize("method", ["grid", "random", "sobol", "tpe"])
def test_an_argument_is_there_only_where_the_chosen_value_brings_it(method: str) -> None:
    points = walked(search(method, KERNELS, trials=None if method == "grid" else 40), lambda point: point["C"])
    kinds = set()
    for point in points:
        expected = (
            {"kernel", "C"} | ({"gamma", "deep"} if point["kernel"] == "rbf" else set()) | ({"z"} if point.get("deep") == 2 else set())
        )
        assert set(point) == expected
        kinds.add((point["kernel"], point.get("deep")))
        assert 0.01 <= point.get("gamma", 0.5) <= 1.0
    assert kinds == {("rbf", 1), ("rbf", 2), ("linear", None)}


def test_the_same_name_in_two_cases_is_two_arguments() -> None:
    space = {
        "kind": {"choose": [["small", {"size": {"int": [1, 3]}}], ["large", {"size": {"int": [100, 300]}}], ["none", {"size": [7, 8]}]]}
    }
    points = walked(search("tpe", space, trials=40), lambda point: abs(point["size"] - 150))
    assert any(100 <= point["size"] <= 300 and point["kind"] == "large" for point in points[-10:])
    assert all(point["size"] in (7, 8) for point in points if point["kind"] == "none")


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("method", LEARNING)
def test_points_do_not_depend_on_the_order_in_which_scores_come_back(method: str, batch: int) -> None:
    trials = 10 + batch if method == "gp" else 24
    points = walked(search(method, SURFACE, trials, batch=batch), bowl)
    assert points == walked(search(method, SURFACE, trials, batch=batch), bowl, order=-1)
    if method != "gp":
        assert points != walked(search(method, SURFACE, trials, batch=batch, seed=5), bowl)


@pytest.mark.parametrize(("method", "space", "trials", "seeds"), [("tpe", SURFACE, 60, 4), ("gp", PLANE, 14, 1), ("cmaes", SURFACE, 60, 4)])
def test_a_search_that_learns_comes_closer_than_a_random_one(method: str, space: dict[str, Any], trials: int, seeds: int) -> None:
    def best(name: str) -> float:
        return sum(min(map(bowl, walked(search(name, space, trials, seed=seed), bowl))) for seed in range(seeds))

    assert best(method) < 0.5 * best("random")


@pytest.mark.parametrize("method", ["tpe", "cmaes"])
def test_points_are_chosen_a_batch_at_a_time(method: str) -> None:
    found = search(method, SURFACE, trials=30, batch=8)
    sizes = []
    while asked := found.ask():
        assert found.ask() == []
        for number, point in asked[1:]:
            found.tell(number, bowl(point))
        assert found.ask() == []
        found.tell(asked[0][0], bowl(asked[0][1]))
        sizes.append(len(asked))
    assert sizes == ([10, 8, 8, 4] if method == "tpe" else [8, 8, 8, 6])


@pytest.mark.parametrize("method", LEARNING)
def test_a_search_goes_on_after_failed_points(method: str) -> None:
    trials = 12 if method == "gp" else 30
    scores = itertools.cycle([None, 1.0, 0.5])
    assert len(walked(search(method, SURFACE, trials), lambda _: next(scores))) == trials
    assert len(walked(search(method, SURFACE, trials), lambda _: None)) == trials


def test_the_estimator_keeps_away_from_where_points_were_pruned() -> None:
    def low(*, told: bool) -> int:
        found = search("tpe", {"x": {"uniform": [0.0, 1.0]}}, trials=40)
        points = []
        while asked := found.ask():
            for number, point in asked:
                bad = point["x"] < 0.5
                found.tell(number, (9.0 if told else None) if bad else 1.0 + number % 3, pruned=1 if bad and told else None)
                points.append(bad)
        return sum(points[10:])

    assert low(told=True) < 0.7 * low(told=False)


@pytest.mark.parametrize("method", LEARNING)
def test_earlier_scores_are_heard_before_the_first_point(method: str) -> None:
    known = [(point, bowl(point)) for _, point in search("sobol", SURFACE, 32).ask()]
    outside = [({"x": 7.0, "y": 0.3, "k": 7}, -50.0), ({"x": 0.3, "y": 0.3}, -50.0)]
    trials = 3 if method == "gp" else 10
    cold = walked(search(method, SURFACE, trials), bowl)
    warm = walked(search(method, SURFACE, trials, known=known), bowl)
    assert sum(map(bowl, warm)) < 0.8 * sum(map(bowl, cold))
    assert walked(search(method, SURFACE, trials, known=outside), bowl) == cold


def test_earlier_scores_of_a_choice_are_heard_where_its_arguments_are() -> None:
    known = [({"kernel": "rbf", "gamma": 0.5 + step / 100, "deep": 1, "C": 1.0}, float(step)) for step in range(8)]
    known += [({"kernel": "linear", "C": 10.0}, 90.0 + step) for step in range(8)]
    points = walked(search("tpe", KERNELS, 12, known=known), lambda point: abs(point.get("gamma", 9.0) - 0.5))
    assert sum(point["kernel"] == "rbf" for point in points) > 8


def test_whole_numbers_of_cmaes_do_not_get_stuck() -> None:
    space = {name: {"int": [0, 9]} for name in "abc"}
    points = walked(search("cmaes", space, 160, seed=2), lambda point: sum((value - 7) ** 2 for value in point.values()))
    assert {"a": 7, "b": 7, "c": 7} in points
    assert all(isinstance(value, int) for point in points for value in point.values())


@pytest.mark.parametrize(("method", "package"), [("gp", "torch"), ("cmaes", "cmaes")])
def test_a_package_that_is_not_installed_is_named_with_what_to_do(method: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from importlib import util

    there = util.find_spec
    for module in ("_search_samplers", "_search_cmaes"):
        monkeypatch.setattr(f"dsframework.study.{module}.find_spec", lambda name: None if name == package else there(name))
    with pytest.raises(
        SpecError, match=rf'tuning.method: {method} can\'t be used: {package} is not installed; pip install "jupyterlab-tsml\['
    ):
        search(method, SURFACE)


FEW = {"a": [1, 2, 3], "k": {"log_int": [4, 9]}}


@pytest.mark.parametrize(("method", "batch"), [("random", 1), ("sobol", 1), ("tpe", 1), ("tpe", 4), ("nsga2", 5)])
def test_no_point_is_given_out_twice_and_a_small_space_is_gone_through(method: str, batch: int) -> None:
    space = FEW if method != "sobol" else {"a": [1, 2, 3], "k": {"int": [4, 9]}}
    more: dict[str, Any] = {} if method in ("random", "sobol") else {"batch": batch}
    more |= {"pareto": ["mae", "r2"]} if method == "nsga2" else {}
    points = ranked(search(method, space, 40, **more), lambda point: [point["a"] + point["k"], -point["k"]])
    assert len({str(point) for point in points}) == len(points) == 18
    assert points == ranked(search(method, space, 40, **more), lambda point: [point["a"] + point["k"], -point["k"]])


def test_a_generation_of_cmaes_hears_the_score_of_a_point_that_comes_up_again() -> None:
    space = {name: {"int": [0, 3]} for name in "ab"}
    found = search("cmaes", space, 60, seed=1)
    points = walked(found, lambda point: (point["a"] - 2) ** 2 + (point["b"] - 1) ** 2)
    assert len({str(point) for point in points}) == len(points) == found.total <= 16
    assert {"a": 2, "b": 1} in points


def test_a_repeated_point_leaves_the_estimator_what_it_knew() -> None:
    """The points are those that would be tried with repetitions, each at its first time, as long as there are new ones soon."""
    import optuna

    space = {"a": {"int": [0, 9]}, "b": {"int": [0, 9]}}
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=5, n_startup_trials=10))
    first: dict[tuple[int, int], None] = {}
    for _ in range(60):
        trial = study.ask()
        a, b = trial.suggest_int("a", 0, 9), trial.suggest_int("b", 0, 9)
        first[a, b] = None
        study.tell(trial, (a - 6) ** 2 + (b - 3) ** 2)
    assert len(first) < 60
    points = walked(search("tpe", space, 25, seed=5), lambda point: (point["a"] - 6) ** 2 + (point["b"] - 3) ** 2)
    told = [(point["a"], point["b"]) for point in points]
    assert told[:18] == list(first)[:18]
    assert len(set(told)) == 25


def ranked(found: Search, scores: Callable[[dict[str, Any]], list[float]], order: int = 1) -> list[dict[str, Any]]:
    """Walk a search that hears several scores."""
    points: dict[int, dict[str, Any]] = {}
    while asked := found.ask():
        points |= dict(asked)
        for number, point in asked[::order]:
            found.tell(number, scores(point)[0], scores=scores(point))
    assert sorted(points) == list(range(found.total))
    return [points[number] for number in sorted(points)]


def two_ends(point: dict[str, Any]) -> list[float]:
    """What can't both be small, and a distance of both from what could be had."""
    far = sum((point[name] - 0.5) ** 2 for name in "yz")
    return [point["x"] + far, 1 - point["x"] ** 0.5 + far]


def volume(points: list[dict[str, Any]]) -> float:
    """The area below (2, 2) that some point is better than."""
    front = sorted(tuple(two_ends(point)) for point in points)
    area, least = 0.0, 2.0
    for first, second in front:
        if second < least and first < 2.0:
            area += (2.0 - first) * (least - second)
            least = second
    return area


BOX = {name: {"uniform": [0.0, 1.0]} for name in "xyz"}
FRONT: dict[str, Any] = {"pareto": ["mae", "rmse"]}


def test_a_search_for_a_front_covers_more_of_it_than_random_points() -> None:
    areas = []
    for seed in range(3):
        found = ranked(search("nsga2", BOX, 120, seed=seed, **FRONT), two_ends)
        areas.append(volume(found) - volume(walked(search("random", BOX, 120, seed=seed), lambda _: 0.0)))
    assert min(areas) > 0.01, areas


@pytest.mark.parametrize("batch", [1, 7])
def test_a_search_for_a_front_does_not_depend_on_the_order_of_the_scores(batch: int) -> None:
    ways = [ranked(search("nsga2", BOX, 40, batch=batch, **FRONT), two_ends, order) for order in (1, -1)]
    assert ways[0] == ways[1]
    assert len(search("nsga2", BOX, 40, batch=batch, **FRONT).ask()) == (8 if batch == 1 else 7)


def test_a_search_for_a_front_crosses_what_choices_bring() -> None:
    points = ranked(search("nsga2", KERNELS, 30, **FRONT), lambda point: [point.get("gamma", 2.0), point["C"]])
    assert {point["kernel"] for point in points} == {"rbf", "linear"}
    assert all(("gamma" in point) == (point["kernel"] == "rbf") for point in points)


def test_a_search_for_a_front_goes_on_after_points_that_lack_a_score() -> None:
    found = search("nsga2", BOX, 40, **FRONT)
    count = 0
    while asked := found.ask():
        for number, point in asked:
            count += 1
            found.tell(
                number, None if number % 3 == 0 else 1.0, scores=[] if number % 3 == 0 else [point["x"], None if number % 5 == 0 else 1.0]
            )
    assert count == 40
