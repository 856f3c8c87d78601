"""Which points of a model's search space are tried, and in which order.

A search gives out numbered points with `ask` and hears their scores with `tell`. What it gives out depends on its seed and on the scores
alone, never on how many workers there are or in which order they finish: that is what makes a study repeatable and resumable.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from dsframework.errors import MissingDependencyError, SpecError
from dsframework.metrics import get_metric
from dsframework.spec import LEARNING, SpecIssue, Tuning
from dsframework.study._search_cmaes import CmaEsSearch
from dsframework.study._search_lists import ListSearch, random_points, sobol_points
from dsframework.study._search_samplers import STARTUP, FrontSearch, SamplerSearch, gp_sampler, tpe_sampler
from dsframework.study._space import MOST_POINTS, Point, count, finite, grid

__all__ = ["Scored", "Search", "SearchOf", "make_search", "searches_of"]

Scored = Sequence[tuple[Point, float]]
"""Points with the scores that they had."""
_DEFAULT_TRIALS = 20
_SEEDS = 2**31


class Search(Protocol):
    """See the module's text."""

    @property
    def total(self) -> int:
        """How many points it gives out; less as it goes where it comes upon points that were tried."""
        ...

    def ask(self) -> list[tuple[int, Point]]:
        """Return the points that can be tried now, each once."""
        ...

    def tell(self, number: int, score: float | None, *, pruned: int | None = None, scores: Sequence[float | None] = ()) -> None:
        """Report a point's score, or None when it failed; of one that was pruned the score over so many folds.

        `scores` are those of the metrics of a front, where the document names one.
        """
        ...


SearchOf = Callable[[int], Search]
"""From a fold of a nested split (0 for the final test, and where the split is not nested) to the search inside it."""


def searches_of(
    space: dict[str, Any], tuning: Tuning, *, field: str, greater_is_better: bool, known: Mapping[int, Scored] | None = None
) -> SearchOf:
    """Return what makes a search for each fold: lists of the same points, searches that learn with a seed of the fold's own.

    `known` has the points that were scored inside each fold by earlier studies.

    Raises
    ------
    SpecError
        As `make_search`.
    """

    def new_search(fold: int) -> Search:
        own = tuning.model_copy(update={"seed": (tuning.seed + fold) % _SEEDS}) if tuning.method in LEARNING else tuning
        return make_search(space, own, field=field, greater_is_better=greater_is_better, known=(known or {}).get(fold, ()))

    new_search(0)
    return new_search


def make_search(space: dict[str, Any], tuning: Tuning, *, field: str, greater_is_better: bool, known: Scored = ()) -> Search:
    """Return the search that a spec asks for.

    Raises
    ------
    SpecError
        When a grid has more points than `tuning.trials` allows, or a package is not installed.
    """
    if finite(space) and count(space) == 1:
        return ListSearch(list(grid(space)))
    if tuning.method == "grid":
        return ListSearch(_whole_grid(space, tuning, field))
    trials = tuning.trials or _DEFAULT_TRIALS
    if tuning.method == "random":
        return ListSearch(random_points(space, trials, tuning.seed))
    if tuning.method == "sobol":
        return ListSearch(sobol_points(space, trials, tuning.seed))
    if tuning.method == "nsga2":
        ways = [get_metric(name).greater_is_better for name in tuning.pareto]
        return FrontSearch(space, trials=trials, seed=tuning.seed, batch=tuning.batch, greater_is_better=ways)
    learning: dict[str, Any] = {"trials": trials, "batch": tuning.batch, "greater_is_better": greater_is_better, "known": known}
    try:
        if tuning.method == "cmaes":
            return CmaEsSearch(space, seed=tuning.seed, **learning)
        startup = min(STARTUP, trials)
        sampler = (gp_sampler if tuning.method == "gp" else tpe_sampler)(tuning.seed, startup)
    except MissingDependencyError as error:
        raise SpecError([SpecIssue("tuning.method", f"{tuning.method} can't be used: {error}, or use method: tpe")]) from error
    return SamplerSearch(space, sampler, startup=startup, seed=tuning.seed, **learning)


def _whole_grid(space: dict[str, Any], tuning: Tuning, field: str) -> list[Point]:
    size, most = count(space), tuning.trials or MOST_POINTS
    if size > most:
        text = f"the grid of {field} has {size} points, more than {most}; raise tuning.trials, or use method: random"
        raise SpecError([SpecIssue("tuning.trials", text)])
    return list(grid(space))
