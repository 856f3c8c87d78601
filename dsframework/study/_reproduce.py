"""Repeating a recorded run, and saying what came out."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import NotFoundError, TsmlError
from dsframework.execution import Owner, Placement, Work, make_executor, user_name
from dsframework.experiment import FinalOutcome, FoldOutcome, expand, fit_final, fit_folds
from dsframework.records import ExperimentResult, Reproduction
from dsframework.spec import own_classes
from dsframework.splitting import fit_groups
from dsframework.study._forecasts import prediction_frame
from dsframework.study._intervals import Intervals, make_intervals
from dsframework.study._place import placed
from dsframework.study._prepare import Prepared, Preparer
from dsframework.tracking import client, environment, guard, home, load_predictions, load_result, load_spec_of, read_text, run_summary

__all__ = ["reproduce"]


def reproduce(
    run_id: str,
    *,
    executor: str = "local",
    base: str | Path | None = None,
    frames: Mapping[str, Any] | None = None,
    tolerance: float = 1e-6,
) -> Reproduction:
    """Fit a recorded experiment's best trial again, on the same rows and folds, and compare every score and prediction.

    Parameters
    ----------
    run_id
        The experiment's run.
    executor
        ``local`` or ``ray``.
    base
        Where relative paths start; the folder that the run was started from by default.
    frames
        Data frames by name, for the loader ``frame``.
    tolerance
        Largest relative difference that is not called different.

    Raises
    ------
    NotFoundError
        When the run does not exist or has no result.
    """
    run = run_summary(run_id)
    recorded = load_result(run.run_id)
    spec, placement = placed(load_spec_of(run.run_id), executor)
    plan = next((plan for plan in expand(spec) if plan.name == recorded.name), None)
    if plan is None:
        raise NotFoundError(f"the recorded document has no experiment {recorded.name!r}", field="run", value=run_id)
    store = client()
    with guard():
        study_tags = dict(store.get_run(run.study or run.run_id).data.tags)
        tags = dict(store.get_run(run.run_id).data.tags)
    folder = Path(base or study_tags.get("tsml.base", ".")).resolve()
    prepared = Preparer(folder, frames or {}).prepare(plan).at(recorded.params)
    differences = []
    if prepared.fingerprint != tags.get("tsml.data"):
        differences.append(
            f"data: the rows are not those that were recorded ({tags.get('tsml.data', '')[:12]} then, {prepared.fingerprint[:12]} now)"
        )
    folds, final = _fit_again(prepared, recorded, executor, str(folder), placement)
    frames_now = _frames(prepared, folds, final)
    job = prepared.job(recorded.params)
    intervals = make_intervals(prepared, job, frames_now["cv"], final) if plan.intervals else None
    pairs = [*_score_pairs(recorded, folds, final, intervals), *_prediction_pairs(run.run_id, frames_now)]
    worst = max((gap for _, gap, _ in pairs), default=0.0)
    differences += [f"{name}: {text}" for name, gap, text in pairs if gap > 0]
    verdict = (
        "identical"
        if not differences
        else ("within tolerance" if worst <= tolerance and not differences[0].startswith("data:") else "different")
    )
    return Reproduction.model_validate(
        {
            "run_id": run.run_id,
            "verdict": verdict,
            "tolerance": tolerance,
            "differences": differences[:50],
            "environment": _environment_changes(store, run.study or run.run_id),
        }
    )


def _fit_again(
    prepared: Prepared, recorded: ExperimentResult, executor: str, folder: str, placement: Placement
) -> tuple[list[FoldOutcome], FinalOutcome]:
    backend = make_executor(executor, placement, home=home(), owner=Owner(user_name()))
    import_path = folder if own_classes(prepared.plan.model) else None
    job = prepared.job(recorded.params, import_path=import_path)
    chosen = {one.fold: prepared.job(one.params, import_path=import_path) for one in recorded.nested}
    outcomes: dict[str, Any] = {}
    try:
        rows = backend.put(prepared.dataset)
        groups = fit_groups(prepared.folds)
        for group in groups:
            own = chosen.get(group[0].number, job)
            backend.submit(Work(str(group[0].number), fit_folds, (rows, own, group), kind="folds"))
        backend.submit(Work("final", fit_final, (rows, job, prepared.final), kind="final"))
        while len(outcomes) < len(groups) + 1:
            outcomes |= dict(backend.wait(1.0))
    finally:
        backend.close()
    for outcome in outcomes.values():
        if isinstance(outcome, TsmlError):
            raise outcome
    return [one for group in groups for one in outcomes[str(group[0].number)]], outcomes["final"]


Pair = tuple[str, float, str]


def _score_pairs(recorded: ExperimentResult, folds: list[FoldOutcome], final: FinalOutcome, intervals: Intervals | None) -> Iterator[Pair]:
    of_intervals = intervals.cv if intervals else {}
    for name, summary in recorded.cv.items():
        for position, then in enumerate(summary.folds[: len(folds)]):
            own = of_intervals[name].folds[position] if name in of_intervals else folds[position].scores.get(name)
            yield _pair(f"fold {folds[position].fold} {name}", then, math.nan if own is None else own)
    scores = final.scores.updated(intervals.scores) if intervals else final.scores
    for name, then in recorded.test.items():
        yield _pair(f"test {name}", then, scores.get(name, math.nan))
    if intervals is not None and recorded.intervals is not None:
        for before, now in zip(recorded.intervals.scores, intervals.result.scores, strict=True):
            for name in ("coverage", "mean_width", "winkler"):
                again = getattr(now, name)
                yield _pair(f"interval {before.nominal:g} {name}", getattr(before, name), math.nan if again is None else again)


def _pair(name: str, then: float | None, now: float) -> Pair:
    then = math.nan if then is None else then
    gap = 0.0 if then == now or (math.isnan(then) and math.isnan(now)) else abs(then - now) / max(abs(then), abs(now), 1e-300)
    return name, math.inf if math.isnan(gap) else gap, f"{then!r} then, {now!r} now"


def _frames(prepared: Prepared, folds: list[FoldOutcome], final: FinalOutcome) -> dict[str, pl.DataFrame]:
    """The predictions by part, as they are recorded."""
    by_number = {fold.number: fold for fold in prepared.folds}
    dataset, levels = prepared.dataset, prepared.plan.quantiles
    return {
        "cv": pl.concat([prediction_frame(dataset, by_number[outcome.fold], outcome.forecast, levels) for outcome in folds]),
        "test": prediction_frame(dataset, prepared.final, final.forecast, levels),
    }


def _prediction_pairs(run_id: str, again: dict[str, pl.DataFrame]) -> Iterator[Pair]:
    for part, frame in again.items():
        recorded = load_predictions(run_id, part)  # type: ignore[arg-type]
        if recorded is None:
            continue
        then, now = recorded["predicted"].to_numpy(), frame["predicted"].to_numpy()
        if len(then) != len(now):
            yield f"{part} predictions", math.inf, f"{len(then)} then, {len(now)} now"
            continue
        gap = float(np.max(np.abs(then - now) / np.maximum(np.maximum(np.abs(then), np.abs(now)), 1e-300), initial=0.0))
        yield f"{part} predictions", gap, f"{int((then != now).sum())} of {len(then)} differ, by at most {gap:.3g} of their size"


def _environment_changes(store: Any, study: str) -> list[str]:
    try:
        then = json.loads(read_text(store, study, "environment.json"))
    except (TsmlError, ValueError):
        return ["the environment was not recorded"]
    now = environment()
    old, new = then.get("packages", {}), now["packages"]
    changes = [
        f"{name} {old.get(name, 'none')} then, {new.get(name, 'none')} now"
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]
    return [f"{key} {then.get(key)} then, {now[key]} now" for key in ("python", "platform") if then.get(key) != now[key]] + changes
