"""The audit of one experiment: what needs its folds, its model and its rows."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dsframework.audit import Stretch, audit_shuffle, check_labels
from dsframework.errors import TsmlError
from dsframework.experiment._dataset import Dataset, Floats
from dsframework.experiment._fit import fit_rows, forecast_rows, score_rows
from dsframework.experiment._job import FitJob
from dsframework.experiment._learned import Forecast
from dsframework.records import AuditCheck
from dsframework.splitting import Fold

__all__ = ["AuditOutcome", "audit_fit", "audit_labels"]


@dataclass(frozen=True)
class AuditOutcome:
    """What the fits of the audit found, and how long they took."""

    checks: tuple[AuditCheck, ...]
    seconds: float


def audit_labels(dataset: Dataset, folds: Sequence[Fold], final: Fold) -> AuditCheck:
    """Check that no training label overlaps what is predicted, in any fold; see `dsframework.audit.check_labels`."""
    step = dataset.where.step
    oldest = dataset.axis[np.maximum(step - dataset.lookback, 0)]
    stretches = {}
    for fold in [*folds, final]:
        train, test = dataset.train_rows(fold), dataset.test_rows(fold)
        begins = oldest if fold.reach == "features" else dataset.time
        blocks = []
        for position, span in enumerate(fold.blocks):
            lies = (step[test] >= span.start) & (step[test] < span.stop)
            begin = span.start if position else min(span.start, fold.known_by)
            if lies.any():  # the rows of an inner fold may all be among those that the outer one leaves out
                blocks.append((dataset.axis[begin], dataset.label_time[test][lies].max()))
        stretches[_name(fold)] = Stretch(dataset.time[train], dataset.label_time[train], begins[train], tuple(blocks))
    return check_labels(stretches)


def _name(fold: Fold) -> str:
    name = f"fold {fold.number}" if fold.number else "the final fit"
    return name if fold.within is None else f"{name} inside {_name(fold.within)}"


def audit_fit(dataset: Dataset, job: FitJob, fold: Fold, recorded: Forecast, metric: str, greater_is_better: bool) -> AuditOutcome:
    """Fit one fold again, once with other values outside it and once on shuffled rows.

    Parameters
    ----------
    dataset, job, fold
        As for `fit_fold`; the smallest fold costs least.
    recorded
        What the recorded fit of this fold said.
    metric, greater_is_better
        The score that the two splits are compared by.
    """
    started = time.perf_counter()
    ordered = recorded
    try:
        outside, ordered = _check_outside(dataset, job, fold, recorded)
    except TsmlError as error:
        outside = AuditCheck(name="fold", verdict="not verified", detail=str(error))
    try:
        shuffle = _check_shuffle(dataset, job, fold, ordered, metric, greater_is_better)
    except TsmlError as error:
        shuffle = AuditCheck(name="shuffle", verdict="not verified", detail=str(error))
    return AuditOutcome((outside, shuffle), time.perf_counter() - started)


def _check_outside(dataset: Dataset, job: FitJob, fold: Fold, recorded: Forecast) -> tuple[AuditCheck, Forecast]:
    """Nothing that is fitted in the fold may depend on a value outside its training rows; returns the new fit's forecast as well."""
    train = dataset.train_rows(fold)
    outside = np.ones(dataset.n_rows, dtype=bool)
    outside[train] = False
    again = fit_rows(_elsewhere(dataset, outside, job.seed), job, train)
    forecast = forecast_rows(dataset, again, dataset.test_rows(fold))
    same = forecast.same_as(recorded)
    if not same.all():
        row = int(np.flatnonzero(~same)[0])
        text = f"{int((~same).sum())} of {len(same)} predictions of fold {fold.number} change when values outside its training rows do"
        return AuditCheck(name="fold", verdict="failed", detail=text, date=_iso(dataset.time[dataset.test_rows(fold)][row])), forecast
    text = f"the {len(same)} predictions of fold {fold.number} do not depend on values outside its training rows"
    return AuditCheck(name="fold", verdict="clean", detail=text), forecast


def _elsewhere(dataset: Dataset, outside: np.ndarray[Any, np.dtype[np.bool_]], seed: int) -> Dataset:
    """The same rows with other values outside the fold, in arrays of their own: none is a view of the real ones."""
    random = np.random.default_rng(seed)
    factor = np.where(outside, np.exp(random.uniform(-1.0, 1.0, dataset.n_rows)), 1.0)

    def other(values: Floats | None) -> Floats | None:
        return None if values is None else values * factor

    y = np.where(outside, dataset.y[random.permutation(dataset.n_rows)], dataset.y)
    parts = {"x": dataset.x * factor[:, None], "y": y, "naive": {name: values * factor for name, values in dataset.naive.items()}}
    where = replace(dataset.where, now=other(dataset.where.now), season=other(dataset.where.season))
    return Dataset(**{**dataset.__dict__, **parts, "where": where})


def _check_shuffle(dataset: Dataset, job: FitJob, fold: Fold, in_order: Forecast, metric: str, greater_is_better: bool) -> AuditCheck:
    """As many training rows as the fold has, drawn from its training and test rows; the others are predicted."""
    if job.new_model().history:
        return AuditCheck(
            name="shuffle", verdict="not verified", detail=f"{job.model} reads rows in their order, which a shuffled split has not"
        )
    everything = np.arange(dataset.n_rows)
    train, test = everything[dataset.train_rows(fold)], everything[dataset.test_rows(fold)]
    drawn = np.random.default_rng(job.seed).permutation(np.concatenate([train, test]))
    some, others = np.sort(drawn[: len(train)]), np.sort(drawn[len(train) :])
    learned = fit_rows(dataset, job, some)
    shuffled = score_rows(dataset, job, some, others, forecast_rows(dataset, learned, others))
    ordered = score_rows(dataset, job, train, test, in_order)
    return audit_shuffle(metric, ordered[metric], shuffled[metric], greater_is_better=greater_is_better)


def _iso(moment: np.datetime64) -> str:
    return str(np.datetime_as_string(moment, unit="s")).removesuffix("T00:00:00")
