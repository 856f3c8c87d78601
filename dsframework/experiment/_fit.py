"""One fit: preprocessing and model learn inside the fold, and are scored on what follows it."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dsframework.errors import DataError, MetricError, ModelError, SplitError
from dsframework.experiment._dataset import Dataset, Floats
from dsframework.metrics import Sample, score
from dsframework.models import Model, make_model
from dsframework.preprocessing import Pipeline, TargetTransform, make_steps
from dsframework.spec import Component, EarlyStopping
from dsframework.splitting import Fold

__all__ = ["FinalOutcome", "FitJob", "FoldOutcome", "fit_final", "fit_fold"]


Task = Literal["regression", "classification"]


@dataclass(frozen=True)
class FitJob:
    """All that one fit depends on, beside the rows. Small, and the same on every worker."""

    task: Task
    model: str
    params: dict[str, Any]
    preprocessing: tuple[Component, ...]
    transform: str
    metrics: tuple[str, ...]
    seed: int
    threads: int
    early_stopping: EarlyStopping | None
    horizon: int
    import_path: str | None = None


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
    steps: Pipeline
    model: Model
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
    steps, model, rounds = _fit(dataset, job, fold)
    test = dataset.test_rows(fold)
    predicted = _predict(dataset.x[test], steps, model, job.transform)
    scores = _score(dataset, job, fold, predicted)
    return FoldOutcome(fold.number, predicted, scores, rounds, time.perf_counter() - started)


def fit_final(dataset: Dataset, job: FitJob, fold: Fold) -> FinalOutcome:
    """Fit on all of train and score the test rows, once, beside the baselines."""
    started = time.perf_counter()
    steps, model, rounds = _fit(dataset, job, fold)
    test = dataset.test_rows(fold)
    predicted = _predict(dataset.x[test], steps, model, job.transform)
    scores = _score(dataset, job, fold, predicted)
    naive = baseline_predictions(dataset, job.task, fold)
    train = dataset.train_rows(fold)
    return FinalOutcome(
        predicted=predicted,
        scores=scores,
        baselines={name: _score(dataset, job, fold, values) for name, values in naive.items()},
        baseline_predictions=naive,
        steps=steps,
        model=model,
        rounds=rounds,
        n_train=len(dataset.y[train]),
        n_test=test.stop - test.start,
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


def _fit(dataset: Dataset, job: FitJob, fold: Fold) -> tuple[Pipeline, Model, int | None]:
    if job.import_path and job.import_path not in sys.path:
        sys.path.insert(0, job.import_path)
    train = dataset.train_rows(fold)
    x, y = dataset.x[train], dataset.y[train]
    if len(y) == 0:
        raise SplitError(f"fold {fold.number} has no training row", field="split", mend="fewer folds, or a smaller purge or embargo")
    steps = make_steps(job.preprocessing)
    target = TargetTransform(job.transform)
    model = make_model(job.model, job.params, task=job.task, seed=job.seed, threads=job.threads)
    _refuse_missing(dataset, steps, model, x)
    z = target.forward(y)
    rounds = None
    if job.early_stopping is not None and model.early_stops:
        rounds = _find_rounds(dataset, job, train, z)
    steps.fit(x, dataset.names)
    model.fit(steps.transform(x), z, rounds=rounds)
    return steps, model, rounds


def _find_rounds(dataset: Dataset, job: FitJob, train: Any, z: Floats) -> int:
    """Fit on the first part of the training time, watch the last part, and return the best number of rounds."""
    assert job.early_stopping is not None
    times, labels = dataset.time[train], dataset.label_time[train]
    axis = np.unique(times)
    cut = len(axis) - max(1, int(np.ceil(job.early_stopping.validation * len(axis))))
    begin = axis[max(cut, 0)]
    inner, watched = labels <= begin, times >= begin
    if cut < 1 or not inner.any():
        raise SplitError(
            f"{len(axis)} training steps are too few to watch the last {job.early_stopping.validation:.0%} of them",
            field="tuning.early_stopping.validation",
            mend="leave out early_stopping or use fewer folds",
        )
    x = dataset.x[train]
    steps = make_steps(job.preprocessing).fit(x[inner], dataset.names)
    model = make_model(job.model, job.params, task=job.task, seed=job.seed, threads=job.threads)
    return model.find_rounds(
        steps.transform(x[inner]), z[inner], steps.transform(x[watched]), z[watched], patience=job.early_stopping.rounds
    )


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


def _predict(x: Floats, steps: Pipeline, model: Model, transform: str) -> Floats:
    predicted = TargetTransform(transform).inverse(model.predict(steps.transform(x)))
    if not np.isfinite(predicted).all():
        raise ModelError("a prediction is not a finite number", mend="scale the features or use target.transform: log")
    return predicted


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
