"""What the ways to search ask of a search space and of each other's settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from dsframework.spec._arguments import is_distribution
from dsframework.spec._choices import is_choice
from dsframework.spec._component import Component
from dsframework.spec._metrics import metric_problem
from dsframework.spec._models_nested import search_space
from dsframework.spec._tuning import LEARNING, Tuning

__all__ = ["search_problems"]

_PLACE = re.compile(r"\.(\d+)(?=\.|$)")


def search_problems(
    tuning: Tuning, models: dict[str, Component], stages: dict[str, Any], *, task: str, metrics: tuple[str, ...], tunes: bool
) -> Iterator[tuple[str, str]]:
    """Yield field and text of what the settings of a search can't do, or would not do.

    Parameters
    ----------
    tuning
        The settings.
    models
        Every model by its place in the document.
    stages
        What is searched of the stages.
    task, metrics
        The document's; `metrics` as they will be computed.
    tunes
        Whether any model has something to search.
    """
    if tuning.method not in LEARNING:
        for name in ("batch", "warm_start"):
            if getattr(tuning, name) != Tuning.model_fields[name].default:
                ways = ", ".join(LEARNING)
                yield f"tuning.{name}", f"would do nothing: {tuning.method} learns nothing from scores; use method: {ways}, or remove it"
    elif tuning.warm_start and tuning.method == "nsga2":
        yield "tuning.warm_start", "would do nothing: nsga2 begins with a population of its own; use method: tpe, gp or cmaes, or remove it"
    elif tuning.warm_start and not tunes:
        yield "tuning.warm_start", "would do nothing: no model has anything to tune; give an argument a list or a range, or remove it"
    yield from _pareto_problems(tuning, task, metrics)
    if tuning.method not in ("cmaes", "gp"):
        return
    yield from _space_problems(tuning.method, "search", stages)
    for field, model in models.items():
        space = search_space(model)
        yield from _space_problems(tuning.method, f"{field}.{model.name}", space)
        if tuning.method == "cmaes" and sum(map(is_distribution, [*stages.values(), *space.values()])) == 1:
            yield "tuning.method", f"cmaes needs two ranges to search or more, and {field}.{model.name} has one; use method: tpe, or gp"


def _pareto_problems(tuning: Tuning, task: str, metrics: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for position, name in enumerate(tuning.pareto):
        field = f"tuning.pareto[{position}]"
        problem = metric_problem(name, task, deciding=True)
        if problem:
            yield field, problem
        elif name not in metrics:
            yield field, f"{name!r} is not computed; add it to metrics, or choose among {', '.join(metrics)}"
        elif name in tuning.pareto[:position]:
            yield field, f"{name!r} stands twice; remove one of the two"
    if tuning.method == "nsga2" and not tuning.pareto:
        yield "tuning.method", "nsga2 searches a front of several metrics; name them in tuning.pareto, or use method: tpe"
    if len(tuning.pareto) == 1:
        yield "tuning.pareto", "one metric has a best trial and no front; name two or more, or remove it"


def _space_problems(method: str, field: str, space: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in space.items():
        place = f"{field}." + _PLACE.sub(r"[\1]", name)
        if is_choice(value):
            yield place, f"{method} has no choices that bring arguments of their own; use method: tpe"
        elif isinstance(value, list) and len(value) > 1 and method == "cmaes":
            yield place, "cmaes searches ranges of numbers only; give it a range or one value, or use method: tpe"
