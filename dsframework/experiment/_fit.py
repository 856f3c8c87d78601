"""One fit: preprocessing and model learn inside the fold, and are scored on what follows it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from dsframework.errors import DataError, MetricError, SplitError
from dsframework.evaluation import drift, historic_mean, slot_mean
from dsframework.experiment._dataset import Dataset, Floats
from dsframework.experiment._job import FitJob
from dsframework.experiment._learned import Forecast, Learned, asked_of, learn, with_history
from dsframework.experiment._ready import Source, Table, frozen, own_bytes
from dsframework.experiment._shelves import shelves
from dsframework.experiment._weights import row_weights
from dsframework.metrics import Interval, Sample, Score, Scores, score
from dsframework.own_code import look_in
from dsframework.preprocessing import make_steps
from dsframework.progress import Progress, Snapshot
from dsframework.rows import Rows
from dsframework.shelf import Shelf
from dsframework.splitting import Fold

__all__ = [
    "Chosen",
    "FinalOutcome",
    "FitJob",
    "FoldOutcome",
    "fit_final",
    "fit_fold",
    "fit_folds",
    "fit_rows",
    "forecast_rows",
    "sample_of",
    "score_rows",
]

_VALUES_AT_ONCE = 1 << 19
Chosen = slice | np.ndarray[Any, Any]
"""Some rows of a dataset: a slice where they lie together, positions otherwise."""


@dataclass(frozen=True)
class FoldOutcome:
    """What one fold gave: forecasts of its test rows in the target's unit, scores, boosting rounds."""

    fold: int
    forecast: Forecast
    scores: Scores
    rounds: int | None
    seconds: float


@dataclass(frozen=True)
class FinalOutcome:
    """The refit on all of train: its test forecasts and scores, the baselines' scores, the fitted parts, and how the watched loss went."""

    forecast: Forecast
    scores: Scores
    baselines: dict[str, Scores]
    baseline_predictions: dict[str, Floats]
    learned: Learned
    rounds: int | None
    n_train: int
    n_test: int
    seconds: float
    curve: Snapshot | None = None


def fit_fold(dataset: Dataset, job: FitJob, fold: Fold) -> FoldOutcome:
    """Fit on the fold's training rows and score its test rows; see `fit_folds`."""
    return fit_folds(dataset, job, (fold,))[0]


def fit_folds(dataset: Dataset, job: FitJob, folds: Sequence[Fold]) -> list[FoldOutcome]:
    """Fit once and score the test rows of every fold that this fit serves, in their order.

    Parameters
    ----------
    folds
        Folds with the same training rows, which `splitting.fit_groups` puts together; the time of the fit counts for the first.

    Raises
    ------
    ModelError
        When the model can't be built, fitted or asked.
    DataError
        When a value is missing that nobody fills.
    MetricError
        When predictions can't be scored.
    """
    started = time.perf_counter()
    outcomes = []
    with shelves.lend(dataset, job, folds[0]) as shelf:
        learned = _fit(dataset, job, lambda: dataset.train_rows(folds[0]), f"fold {folds[0].number}", shelf)
        for fold in folds:
            asked = _asked_rows(dataset, job, learned, fold, shelf)
            forecast = learned.say(asked.x, asked.rows, scoring=True)
            scores = score(job.metrics, asked.truth.sample(forecast, job))
            now = time.perf_counter()
            outcomes.append(FoldOutcome(fold.number, forecast, scores, learned.rounds, now - started))
            started = now
    return outcomes


def fit_final(dataset: Dataset, job: FitJob, fold: Fold) -> FinalOutcome:
    """Fit on all of train and score the test rows, once, beside the baselines."""
    started = time.perf_counter()
    train, test = dataset.train_rows(fold), dataset.test_rows(fold)
    progress = Progress()
    with progress.listening():
        learned = fit_rows(dataset, job, train, "the final fit")
    forecast = forecast_rows(dataset, learned, test)
    naive = baseline_predictions(dataset, job, fold)
    return FinalOutcome(
        forecast=forecast,
        scores=score_rows(dataset, job, train, test, forecast),
        baselines={name: _score_baseline(dataset, job, train, test, values) for name, values in naive.items()},
        baseline_predictions={name: values.point for name, values in naive.items()},
        learned=learned,
        rounds=learned.rounds,
        n_train=len(dataset.y[train]),
        n_test=len(forecast.point),
        seconds=time.perf_counter() - started,
        curve=progress.watched.snapshot() if progress.watched else None,
    )


def baseline_predictions(dataset: Dataset, job: FitJob, fold: Fold) -> dict[str, Forecast]:
    """Return what the untrained forecasts say of the fold's test rows; the averages are those of its training rows."""
    if job.task not in ("regression", "classification"):
        return {}
    train, test = dataset.train_rows(fold), dataset.test_rows(fold)
    y = dataset.y[train]
    if job.task == "classification":
        shares = np.bincount(y.astype(np.int64), minlength=job.n_classes) / len(y)
        prior = np.tile(shares, (len(dataset.y[test]), 1))
        found = {"prior": Forecast.of_classes(prior if job.n_classes > 2 else prior[:, 1])}
        average = np.full(len(prior), shares[1] if job.n_classes == 2 else np.argmax(shares))
    else:
        average = historic_mean(y, dataset.where[train], dataset.where[test])
        found = {}
    many = job.task == "classification" and job.n_classes > 2
    for name, values in dataset.naive.items():
        known = np.where(np.isfinite(values[test]), values[test], average)
        found[name] = Forecast.of_classes(_sure(known, job.n_classes)) if many else Forecast(known)
    return found if job.task == "classification" else {**found, **_learned_baselines(dataset, job, train, test, average)}


def _learned_baselines(dataset: Dataset, job: FitJob, train: Chosen, test: Chosen, average: Floats) -> dict[str, Forecast]:
    """The averages of the training rows; of a level, which a season can repeat, also its line moved on."""
    found = {"historic_mean": average, "slot_mean": slot_mean(dataset.y[train], dataset.where[train], dataset.where[test])}
    if "seasonal_naive" in dataset.naive:
        moved = drift(dataset.where, job.horizon)[test]
        found["drift"] = np.where(np.isfinite(moved), moved, average)
    return {name: Forecast(values) for name, values in found.items()}


def _sure(classes: Floats, n_classes: int) -> Floats:
    """All probability on one class."""
    table: Floats = np.eye(n_classes)[classes.astype(np.int64)]
    return table


def fit_rows(dataset: Dataset, job: FitJob, train: Chosen, name: str = "the fit") -> Learned:
    """Fit preprocessing, target scale and model on some rows."""
    return _fit(dataset, job, lambda: train, name)


def _fit(dataset: Dataset, job: FitJob, train: Callable[[], Chosen], name: str, shelf: Shelf | None = None) -> Learned:
    """Fit on some rows, with what lies on their shelf."""
    if job.import_path:
        look_in(job.import_path)

    def read() -> Table:
        chosen = train()
        rows = dataset.where[chosen]
        if len(rows) == 0:
            raise SplitError(f"{name} has no training row", field="split", mend="fewer folds, or a smaller purge or embargo")
        y = dataset.y[chosen] if job.task in ("regression", "classification") else None
        weight = row_weights(job.weights, None if dataset.weight is None else dataset.weight[chosen], rows)
        return Table(dataset.x[chosen], y, rows, weight)

    source = Source(job, dataset.names, read, shelf, whole=dataset.x)
    if not (make_steps(job.preprocessing).fills_nulls or job.new_model().takes_null):
        missing = source.own.get("missing", lambda: _first_missing(dataset))
        if missing is not None:
            mend = "add 'impute' to preprocessing, or use a model that takes missing values (lightgbm, xgboost, catboost)"
            raise DataError(missing, field="features", mend=mend)
    return learn(source)


def forecast_rows(dataset: Dataset, learned: Learned, test: Chosen) -> Forecast:
    """Return the forecast of some rows, which may read the rows before them where the model does."""
    seen = with_history(dataset.where, test, learned.history)
    return learned.forecast(dataset.x[seen], asked_of(dataset.where, test, seen), scoring=True)


def score_rows(dataset: Dataset, job: FitJob, train: Chosen, test: Chosen, forecast: Forecast) -> Scores:
    """Score forecasts of the rows `test`, made from the rows `train`; raises `MetricError`."""
    return score(job.metrics, sample_of(dataset, job, train, test, forecast))


def _score_baseline(dataset: Dataset, job: FitJob, train: Chosen, test: Chosen, forecast: Forecast) -> Scores:
    """Score a naive forecast; a metric that is not defined for it, such as qlike below 0, has no value and takes nothing from the model."""
    sample, found = sample_of(dataset, job, train, test, forecast), Scores({})
    for name in job.metrics:
        try:
            one = score([name], sample)
        except MetricError as error:
            one = Scores({name: Score(float("nan"), str(error))})
        found = found.updated(one)
    return found


def sample_of(dataset: Dataset, job: FitJob, train: Chosen, test: Chosen, forecast: Forecast, interval: Interval | None = None) -> Sample:
    """Return forecasts of the rows `test`, made from the rows `train`, with all that metrics and evaluators ask for."""
    return _Truth.of(dataset, job, train, test).sample(forecast, job, interval)


@dataclass(frozen=True)
class _Truth:
    """What forecasts of some rows are compared with, whatever they say."""

    actual: Floats | None
    rows: Rows
    scale: Floats | None
    squared_scale: Floats | None
    origin: Floats | None

    @classmethod
    def of(cls, dataset: Dataset, job: FitJob, train: Chosen, test: Chosen) -> Self:
        rows = dataset.where[test]
        origin = None if rows.now is None or "zero" in dataset.naive else rows.now  # a return is a change already
        return cls(dataset.truth(test), rows, *_scales(dataset, job, train, test), origin)

    def sample(self, forecast: Forecast, job: FitJob, interval: Interval | None = None) -> Sample:
        return Sample.of_rows(
            self.actual,
            forecast.point,
            self.rows,
            scale=self.scale,
            squared_scale=self.squared_scale,
            origin=self.origin,
            probabilities=forecast.probabilities,
            quantiles=forecast.quantiles,
            levels=None if forecast.quantiles is None else np.asarray(job.quantiles),
            flagged=forecast.flagged,
            interval=interval,
            features=forecast.features,
            reference=forecast.reference,
        )


@dataclass(frozen=True)
class _Asked:
    """The test rows of a fold as a fitted model is asked about them, and what is compared with its answer."""

    x: Floats
    rows: Rows
    truth: _Truth


def _asked_rows(dataset: Dataset, job: FitJob, learned: Learned, fold: Fold, shelf: Shelf) -> _Asked:
    def read() -> _Asked:
        test = dataset.test_rows(fold)
        seen = with_history(dataset.where, test, learned.history)
        x, rows = learned.prepare(dataset.x[seen], asked_of(dataset.where, test, seen))
        return _Asked(frozen(x), rows, _Truth.of(dataset, job, dataset.train_rows(fold), test))

    return shelf.get(("asked", fold, learned.model.history), read, size=lambda asked: own_bytes(asked.x, dataset.x))


def _first_missing(dataset: Dataset) -> str | None:
    """Say what is missing of the first feature that misses a value; None where none does."""
    counts = np.zeros(dataset.x.shape[1], dtype=np.int64)
    at_once = max(1, _VALUES_AT_ONCE // len(counts))
    for start in range(0, dataset.n_rows, at_once):
        counts += np.isnan(dataset.x[start : start + at_once]).sum(axis=0)
    if not counts.any():
        return None
    worst = int(np.flatnonzero(counts)[0])
    row = int(np.flatnonzero(np.isnan(dataset.x[:, worst]))[0])
    where = np.datetime_as_string(dataset.time[row], unit="D")
    who = f" of {dataset.entities[dataset.entity[row]]}" if dataset.entities[0] else ""
    return f"{int(counts[worst])} values of {dataset.names[worst]!r} are missing (first{who} at {where})"


def _scales(dataset: Dataset, job: FitJob, train: Chosen, test: Chosen) -> tuple[Floats | None, Floats | None]:
    """The mean absolute and the mean squared error of the naive forecast on each entity's training rows, for every test row."""
    naive = dataset.naive.get("naive", dataset.naive.get("zero"))
    if naive is None or job.task != "regression":
        return None, None
    error, who = np.abs(dataset.y[train] - naive[train]), dataset.entity[train]
    usable = np.isfinite(error)
    error, who = error[usable], who[usable]
    counts = np.bincount(who, minlength=len(dataset.entities))
    found = []
    for values in (error, np.square(error)):
        sums = np.bincount(who, weights=values, minlength=len(dataset.entities))
        pooled = float(values.mean()) if len(values) else float("nan")
        found.append(np.where(counts > 0, sums / np.maximum(counts, 1), pooled)[dataset.entity[test]])
    return found[0], found[1]
