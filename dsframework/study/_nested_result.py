"""What a nested search says: which points the folds chose, and by how much tuning flatters the score that it chooses by."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from dsframework.evaluation import Evaluation
from dsframework.experiment import searched
from dsframework.records import ExperimentResult, NestedFold
from dsframework.study._evaluate import Evaluated, recorded
from dsframework.study._nested_run import NestedRun
from dsframework.study._prepare import Prepared

__all__ = ["nested_folds", "told_of_nested"]


def nested_folds(run: NestedRun, test: float | None) -> list[NestedFold]:
    """Return what every fold chose, in their order, and last what was chosen for the final test, whose score is `test`."""
    metric = run.prepared.plan.metric
    found = []
    for fold in run.prepared.folds:
        chosen, n_trials = run.chosen_in(fold)
        outer = run.outer[fold.number].cv[metric].mean
        found.append(NestedFold(fold=fold.number, params=chosen.params, inner=chosen.cv[metric].mean, outer=outer, n_trials=n_trials))
    last = run.chosen()
    final = NestedFold(fold=0, params=last.params, inner=last.cv[metric].mean, outer=test, n_trials=len(run.to_account()))
    return [*found, final]


def told_of_nested(result: ExperimentResult, prepared: Prepared, *, greater_is_better: bool) -> list[Evaluated]:
    """Return the choices of the folds as a table, with the optimism of tuning; nothing where the search was not nested.

    The optimism is the mean over the folds of how much better the inner score of the chosen point is than its score on the fold.
    """
    if not result.nested:
        return []
    names, metric = list(searched(prepared.plan.search_space)), prepared.plan.metric
    rows = result.nested
    columns: dict[str, Any] = {"fold": [str(row.fold) if row.fold else "final" for row in rows]}
    columns |= {name: _column([row.params.get(name) for row in rows]) for name in names}
    columns |= {
        f"inner_{metric}": pl.Series([row.inner for row in rows], dtype=pl.Float64),
        f"outer_{metric}": pl.Series([row.outer for row in rows], dtype=pl.Float64),
        "trials": [row.n_trials for row in rows],
    }
    folds = [row for row in rows if row.fold]
    known = [(row.inner, row.outer) for row in folds if row.inner is not None and row.outer is not None]
    inner, outer = (float(np.mean([pair[at] for pair in known])) for at in (0, 1))
    points = len({json.dumps([row.params.get(name) for name in names], default=str) for row in folds})
    optimism = inner - outer if greater_is_better else outer - inner
    figures: dict[str, float | None] = {"inner": inner, "outer": outer, "optimism": optimism, "points": points}
    said = Evaluation(figures, {"folds": pl.DataFrame(columns)}, (_sentence(metric, len(folds), points, inner, outer, optimism),))
    return [recorded("nested", said)]


def _sentence(metric: str, n_folds: int, points: int, inner: float, outer: float, optimism: float) -> str:
    chose = f"{n_folds} folds chose {points} different point{'' if points == 1 else 's'}"
    flattered = (
        f"the score that tuning chose by is {optimism:.6g} too good" if optimism > 0 else "tuning chose by a score that is not too good"
    )
    return f"{chose}; {metric} is {inner:.6g} inside the folds and {outer:.6g} on them: {flattered}"


def _column(values: Sequence[Any]) -> Sequence[Any]:
    """Numbers as they are, anything else in words."""
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    return [float(value) for value in values] if numbers else [value if isinstance(value, str) else json.dumps(value) for value in values]
