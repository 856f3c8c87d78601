"""What is reported of a finished experiment."""

from __future__ import annotations

import json
from typing import Any

from dsframework.evaluation import Front
from dsframework.experiment import FinalOutcome, searched
from dsframework.records import ExperimentResult, LearningCurve, TrialsAccount
from dsframework.study._experiment_run import ExperimentRun
from dsframework.study._intervals import Intervals
from dsframework.study._nested_result import nested_folds
from dsframework.study._nested_run import NestedRun
from dsframework.study._trials import account_for_trials

__all__ = ["make_result", "trial_table"]


def make_result(run: ExperimentRun, final: FinalOutcome, intervals: Intervals | None = None) -> ExperimentResult:
    """Return the best trial's folds, its one test, and the baselines beside it."""
    prepared, tuning = run.prepared, run.tuning
    plan, metric = prepared.plan, prepared.plan.metric
    scores = final.scores.updated(intervals.scores) if intervals else final.scores
    rivals = [found[metric] for found in final.baselines.values() if metric not in found.reasons]
    front = Front(plan.tuning.pareto, tuning.to_account()) if plan.tuning.pareto else None
    mine = None if metric in final.scores.reasons else final.scores[metric]
    return ExperimentResult(
        name=run.name,
        model=plan.model.name,
        variant=plan.variant,
        status="finished",
        params=tuning.chosen().params,
        run_id=run.run_id,
        cv=(tuning.cv() or {}) | (intervals.cv if intervals else {}),
        test=scores.plain(),
        baselines={name: found.plain() for name, found in final.baselines.items()},
        notes=[
            *(f"data: {note}" for note in prepared.panel.notes),
            *tuning.budget_notes,
            *(f"test {name}: {why}" for name, why in scores.reasons.items()),
        ],
        beats_baselines=_beats(mine, rivals, greater_is_better=run.greater_is_better),
        intervals=intervals.result if intervals else None,
        trials=_account(run),
        nested=nested_folds(tuning, scores.plain().get(metric)) if isinstance(tuning, NestedRun) else [],
        curve=_curve(final),
        pareto=front.points if front else [],
        beaten=front.beaten if front else [],
        n_trials=len(run.trials),
        n_pruned=sum(trial.status == "pruned" for trial in run.trials.values()),
        n_train=final.n_train,
        n_test=final.n_test,
        n_dropped=prepared.dataset.n_dropped,
        seconds=round(run.seconds, 3),
    )


def _curve(final: FinalOutcome) -> LearningCurve | None:
    """How the loss went that the final fit watched, where it stopped early."""
    curve = final.curve
    return LearningCurve(of=curve.of, steps=curve.step, values=[float(f"{value:.6g}") for value in curve.values]) if curve else None


def _account(run: ExperimentRun) -> TrialsAccount | None:
    """The account of the trials that the tested point was the best of; of a nested search those before the final test."""
    found = account_for_trials(
        run.tuning.to_account(), run.prepared.plan.metric, greater_is_better=run.greater_is_better, earlier=run.prepared.earlier
    )
    if found is None or not isinstance(run.tuning, NestedRun):
        return found
    return found.model_copy(update={"sentence": f"In the tuning before the final test: {found.sentence}"})


def trial_table(run: ExperimentRun) -> dict[str, list[Any]]:
    """Return the trials as columns, for MLflow's table view."""
    rows = [run.trials[number] for number in sorted(run.trials)]
    names = run.prepared.plan.metrics
    table: dict[str, list[Any]] = {"number": [row.number for row in rows], "status": [row.status for row in rows]}
    for key in {**run.prepared.plan.search_space, **searched(run.prepared.plan.search_space)}:
        table[key] = [json.dumps(row.params.get(key)) for row in rows]
    if isinstance(run.tuning, NestedRun):
        table["inside"] = [row.inside for row in rows]
    for name in names:
        table[f"cv_{name}"] = [row.cv[name].mean if name in row.cv else None for row in rows]
        table[f"cv_{name}_std"] = [row.cv[name].std if name in row.cv else None for row in rows]
    table["seconds"] = [round(row.seconds, 4) for row in rows]
    table["error"] = [row.error or "" for row in rows]
    table["log"] = [row.log or "" for row in rows]
    return table


def _beats(mine: float | None, rivals: list[float], *, greater_is_better: bool) -> bool | None:
    if mine is None or not rivals:
        return None
    return all(mine > rival if greater_is_better else mine < rival for rival in rivals)
