"""One fit: preprocessing and model learn inside the fold, and are scored on what follows it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np

from dsframework.errors import DataError, MetricError, SplitError
from dsframework.experiment._dataset import Dataset, Floats
from dsframework.experiment._learned import FitJob, Learned, Table, asked_of, learn, with_history
from dsframework.metrics import Sample, score
from dsframework.models import Model
from dsframework.preprocessing import Pipeline, make_steps
from dsframework.splitting import Fold

__all__ = ["FinalOutcome", "FitJob", "FoldOutcome", "fit_final", "fit_fold"]


@dataclass(frozen=True)
class FoldOutcome:
    """What one fold gave: predictions of its test rows in the target's unit, scores, boosting rounds."""

    fold: int
    predicted: Floats
    scores: dict[str, float]
    rounds: int | None
    seconds: float


@dataclass(frozen=True)
class FinalOutcome:
    """The refit on all of train: its test predictions and scores, the baselines' scores, and the fitted parts."""

    predicted: Floats
    scores: dict[str, float]
    baselines: dict[str, dict[str, float]]
    baseline_predictions: dict[str, Floats]
    learned: Learned
    rounds: int | None
    n_train: int
    n_test: int
    seconds: float


def fit_fold(dataset: Dataset, job: FitJob, fold: Fold) -> FoldOutcome:
    """Fit on the fold's training rows and score its test rows.

    Raises
    ------
    ModelError
        When the model can't be built, fitted or asked.
    DataError
        When a value is missing that nobody fills.
    MetricError
        When a score is not a number.
    """
    started = time.perf_counter()
    learned = _fit(dataset, job, fold)
    predicted = _predict(dataset, learned, fold)
    scores = _score(dataset, job, fold, predicted)
    return FoldOutcome(fold.number, predicted, scores, learned.rounds, time.perf_counter() - started)


def fit_final(dataset: Dataset, job: FitJob, fold: Fold) -> FinalOutcome:
    """Fit on all of train and score the test rows, once, beside the baselines."""
    started = time.perf_counter()
    learned = _fit(dataset, job, fold)
    predicted = _predict(dataset, learned, fold)
    scores = _score(dataset, job, fold, predicted)
    naive = baseline_predictions(dataset, job.task, fold)
    train = dataset.train_rows(fold)
    return FinalOutcome(
        predicted=predicted,
        scores=scores,
        baselines={name: _score(dataset, job, fold, values) for name, values in naive.items()},
        baseline_predictions=naive,
        learned=learned,
        rounds=learned.rounds,
        n_train=len(dataset.y[train]),
        n_test=len(predicted),
        seconds=time.perf_counter() - started,
    )


def baseline_predictions(dataset: Dataset, task: str, fold: Fold) -> dict[str, Floats]:
    """Return what the untrained forecasts say of the fold's test rows; the averages are those of its training rows."""
    train, test = dataset.train_rows(fold), dataset.test_rows(fold)
    y, who = dataset.y[train], dataset.entity[train]
    counts = np.bincount(who, minlength=len(dataset.entities))
    sums = np.bincount(who, weights=y, minlength=len(dataset.entities))
    average = np.where(counts > 0, sums / np.maximum(counts, 1), y.mean())[dataset.entity[test]]
    result = {name: np.where(np.isfinite(values[test]), values[test], average) for name, values in dataset.naive.items()}
    if task == "classification":
        return {"prior": np.full(len(average), float(y.mean())), **result}
    return {**result, "historic_mean": average}


def _fit(dataset: Dataset, job: FitJob, fold: Fold) -> Learned:
    if job.import_path and job.import_path not in sys.path:
        sys.path.insert(0, job.import_path)
    train = dataset.train_rows(fold)
    table = Table(dataset.x[train], dataset.y[train], dataset.where[train])
    if len(table.rows) == 0:
        raise SplitError(f"fold {fold.number} has no training row", field="split", mend="fewer folds, or a smaller purge or embargo")
    _refuse_missing(dataset, make_steps(job.preprocessing), job.new_model(), table.x)
    return learn(job, table, dataset.names)


def _refuse_missing(dataset: Dataset, steps: Pipeline, model: Model, x: Floats) -> None:
    if steps.fills_nulls or model.takes_null:
        return
    missing = np.isnan(dataset.x).sum(axis=0)
    if not missing.any():
        return
    worst = int(np.flatnonzero(missing)[0])
    row = int(np.flatnonzero(np.isnan(dataset.x[:, worst]))[0])
    where = np.datetime_as_string(dataset.time[row], unit="D")
    who = f" of {dataset.entities[dataset.entity[row]]}" if dataset.entities[0] else ""
    raise DataError(
        f"{int(missing[worst])} values of {dataset.names[worst]!r} are missing (first{who} at {where})",
        field="features",
        mend="add 'impute' to preprocessing, or use a model that takes missing values (lightgbm, xgboost, catboost)",
    )


def _predict(dataset: Dataset, learned: Learned, fold: Fold) -> Floats:
    test = dataset.test_rows(fold)
    seen = with_history(dataset.where, test, learned.model.history)
    return learned.predict(dataset.x[seen], asked_of(dataset.where, test, seen))


def _score(dataset: Dataset, job: FitJob, fold: Fold, predicted: Floats) -> dict[str, float]:
    test = dataset.test_rows(fold)
    sample = Sample(
        actual=dataset.y[test],
        predicted=predicted,
        scale=_scale(dataset, job, fold),
        entity=dataset.entity[test] if dataset.entities[0] else None,
    )
    scores = score(job.metrics, sample)
    for name, value in scores.items():
        if not np.isfinite(value):
            raise MetricError(
                f"{name} of fold {fold.number} is not a number", field="metrics", mend=f"leave out {name} or look at the target"
            )
    return scores


def _scale(dataset: Dataset, job: FitJob, fold: Fold) -> Floats | None:
    """The mean absolute error of the naive forecast on each entity's training rows, for every test row (MASE)."""
    if "mase" not in job.metrics:
        return None
    naive = dataset.naive.get("naive", dataset.naive.get("zero"))
    if naive is None:
        return None
    train, test = dataset.train_rows(fold), dataset.test_rows(fold)
    error, who = np.abs(dataset.y[train] - naive[train]), dataset.entity[train]
    usable = np.isfinite(error)
    error, who = error[usable], who[usable]
    counts = np.bincount(who, minlength=len(dataset.entities))
    sums = np.bincount(who, weights=error, minlength=len(dataset.entities))
    pooled = float(error.mean()) if len(error) else float("nan")
    scale: Floats = np.where(counts > 0, sums / np.maximum(counts, 1), pooled)
    return scale[dataset.entity[test]]
