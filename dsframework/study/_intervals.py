"""Prediction intervals of an experiment: calibrated on the errors of its best trial's folds, told of the final test."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from dsframework.evaluation import IntervalMaker, interval_from_quantiles, interval_scores, intervals_over_folds, make_interval
from dsframework.experiment import Dataset, FinalOutcome, FitJob, sample_of
from dsframework.metrics import Interval, Scores, get_metric, over_folds, score
from dsframework.records import IntervalScore, IntervalsResult, MetricSummary
from dsframework.spec import IntervalSpec
from dsframework.splitting import Fold
from dsframework.study._forecasts import fold_positions, positions_of, recorded_forecast
from dsframework.study._prepare import Prepared

__all__ = ["Intervals", "make_intervals"]

Positions = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Intervals:
    """What an experiment's intervals are.

    Attributes
    ----------
    maker
        As it was calibrated before the test; it is stored with the model.
    test, folds
        Of the test's rows, and of the out-of-fold rows (None where folds do not follow one another).
    result
        How they did on the test.
    scores
        The spec's metrics of intervals on the test.
    cv
        The same over the folds.
    """

    maker: IntervalMaker
    test: Interval
    folds: Interval | None
    result: IntervalsResult
    scores: Scores
    cv: dict[str, MetricSummary]


def make_intervals(prepared: Prepared, job: FitJob, out_of_fold: pl.DataFrame, final: FinalOutcome) -> Intervals:
    """Calibrate on out-of-fold forecasts whose targets were known when the test began, and tell the test's intervals.

    Parameters
    ----------
    prepared, job
        Plan, rows and folds, and the best trial's fit.
    out_of_fold
        The recorded predictions of its folds.
    final
        Its final fit.

    Raises
    ------
    EvaluationError
        When there are too few errors for the coverage.
    """
    spec, dataset = prepared.plan.intervals, prepared.dataset
    assert spec is not None
    levels = prepared.plan.quantiles
    positions = fold_positions(dataset, prepared.folds)
    forecast = recorded_forecast(out_of_fold, (), levels)
    base = None if forecast.quantiles is None else interval_from_quantiles(forecast.quantiles, np.asarray(levels), spec.coverages)
    test = positions_of(dataset.test_rows(prepared.final))
    chosen = _calibration_rows(dataset, positions, dataset.time[test].min())
    maker = make_interval(spec).fit(
        dataset.y[positions[chosen]], forecast.point[chosen], dataset.where[positions[chosen]], base=_take(base, chosen)
    )
    made = final.forecast.quantiles
    own = None if made is None else interval_from_quantiles(made, np.asarray(levels), spec.coverages)
    where, y, point = dataset.where[test], dataset.y[test], final.forecast.point
    interval = copy.deepcopy(maker).walk(y, point, where, base=own)
    folds = _of_folds(spec, prepared, positions, out_of_fold, base) if _in_order(prepared.folds) else None
    names = [name for name in job.metrics if get_metric(name).info.needs == "interval"]
    sample = sample_of(dataset, job, dataset.train_rows(prepared.final), dataset.test_rows(prepared.final), final.forecast, interval)
    table = interval_scores(y, point, interval)
    result = IntervalsResult(
        method=spec.method, calibrated_on=len(chosen), scores=[IntervalScore(**row) for row in table.iter_rows(named=True)]
    )
    return Intervals(maker, interval, folds, result, score(names, sample), _cv(prepared, job, names, out_of_fold, folds))


def _calibration_rows(dataset: Dataset, positions: Positions, begin: np.datetime64) -> Positions:
    """Of the out-of-fold rows those whose target was known when the test began; a row that several folds predict counts once."""
    known = np.flatnonzero(dataset.label_time[positions] <= begin)
    _, first = np.unique(positions[known], return_index=True)
    chosen: Positions = known[np.sort(first)]
    return chosen


def _in_order(folds: Sequence[Fold]) -> bool:
    """Whether each fold follows what it learned from, and the fold before."""
    return all(fold.train[-1].stop <= fold.test[0].start for fold in folds) and all(
        one.test[-1].stop <= other.test[0].start for one, other in itertools.pairwise(folds)
    )


def _of_folds(spec: IntervalSpec, prepared: Prepared, positions: Positions, frame: pl.DataFrame, base: Interval | None) -> Interval:
    dataset = prepared.dataset
    point, number = frame["predicted"].to_numpy(), frame["fold"].to_numpy()
    return intervals_over_folds(spec, dataset.y[positions], point, number, dataset.where[positions], base=base)


def _cv(prepared: Prepared, job: FitJob, names: Sequence[str], frame: pl.DataFrame, folds: Interval | None) -> dict[str, MetricSummary]:
    """The metrics of intervals of each fold, whose intervals are calibrated on the folds before."""
    if not names:
        return {}
    dataset, number = prepared.dataset, frame["fold"].to_numpy()
    scores = []
    for fold in prepared.folds:
        mine = number == fold.number
        forecast = recorded_forecast(frame.filter(pl.Series(mine)), (), prepared.plan.quantiles)
        interval = None if folds is None else folds.take(mine)
        scores.append(score(names, sample_of(dataset, job, dataset.train_rows(fold), dataset.test_rows(fold), forecast, interval)))
    found = over_folds(scores)
    return {name: MetricSummary(mean=one.mean, std=one.std, folds=list(one.folds), note=one.note) for name, one in found.items()}


def _take(base: Interval | None, chosen: Positions) -> Interval | None:
    return None if base is None else base.take(chosen)
