"""What executors tell of their workers, in the words of a study: experiments, trials and folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from dsframework.execution import AtWork
from dsframework.records import WorkerLine
from dsframework.study._experiment_run import ExperimentRun
from dsframework.study._task import AUDIT, FINAL, OUTER

__all__ = ["worker_lines"]

_DIGITS = 4
_WHAT: dict[str, Literal["final fit", "audit"]] = {FINAL: "final fit", AUDIT: "audit"}


def worker_lines(workers: Sequence[AtWork], runs: Sequence[ExperimentRun]) -> list[WorkerLine]:
    """Return a line for every worker; `runs` are the experiments by the number that keys of tasks begin with."""
    return [_line(one, runs) for one in workers]


def _line(one: AtWork, runs: Sequence[ExperimentRun]) -> WorkerLine:
    known: dict[str, Any] = {"name": one.name, "node": one.node, "done": one.done}
    if one.key is not None:
        known |= _task(one.key, runs)
    elif one.elsewhere:
        known["what"] = "another study"
    if one.key is not None or one.elsewhere:
        known["seconds"] = round(one.seconds, 1)
    if one.curve is not None:
        curve = one.curve
        known |= {"step": curve.step, "steps": curve.steps, "curve_of": curve.of or None}
        known["curve"] = [float(f"{value:.{_DIGITS}g}") for value in curve.values]
    return WorkerLine(**known)


def _task(key: str, runs: Sequence[ExperimentRun]) -> dict[str, Any]:
    position, what, fold = key.split("/")
    run = runs[int(position)]
    found: dict[str, Any] = {"experiment": run.name, "what": _WHAT.get(what, "fit"), "fold": int(fold)}
    if what.startswith(OUTER):  # what a fold chose for itself, on that fold
        return {**found, "fold": int(what.removeprefix(OUTER))}
    if what not in _WHAT:
        return {**found, "trial": int(what), "inside": run.tuning.inside_of(int(what))}
    return found if what == FINAL else {**found, "fold": None}
