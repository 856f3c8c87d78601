"""Predictions of every task to try metrics and evaluators on: good ones, ones that know nothing, and ones that are all the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dsframework.metrics import Interval, Sample
from dsframework.rows import Rows
from dsframework.testing._rows import Floats, frozen

__all__ = ["FORECASTS", "renamed_sample", "reordered", "sample_rows", "some_sample"]

FORECASTS = ("good", "noise", "constant")
_LEVELS = (0.1, 0.5, 0.9)
_TIMES, _ENTITIES = 40, 8


def sample_rows() -> Rows:
    """Return where the rows of a sample lie: eight entities, a row a day, whose target is known a day later."""
    step = np.repeat(np.arange(_TIMES, dtype=np.int64), _ENTITIES)
    time = np.datetime64("2024-01-01", "ns") + step.astype("timedelta64[D]")
    return Rows(
        entity=np.tile(np.arange(_ENTITIES, dtype=np.int32), _TIMES),
        entities=tuple("ABCDEFGH"[:_ENTITIES]),
        time=time,
        day=(19723 + step).astype(np.int32),
        slot=np.zeros(len(step), dtype=np.int32),
        step=step,
        label_time=time + np.timedelta64(1, "D"),
    )


def some_sample(task: str, forecast: str = "good", *, n_classes: int = 2, seed: int = 0) -> Sample:
    """Return predictions of 320 rows with all that a metric of the task may need.

    Parameters
    ----------
    task
        As in a spec.
    forecast
        ``good`` is near to what came true, ``noise`` knows nothing of it, and ``constant`` says the same of every row.
    n_classes
        Of a classification.
    """
    random = np.random.default_rng(seed)
    made: dict[str, Any] = {"regression": _regression, "anomaly": _anomaly, "clustering": _clustering}
    given = _classes(random, forecast, n_classes) if task == "classification" else made[task](random, forecast)
    rows = sample_rows()
    fold = np.repeat(np.arange(4), len(rows) // 4)
    more = {name: frozen(value) if value.dtype == np.float64 else value for name, value in given.items() if isinstance(value, np.ndarray)}
    return Sample.of_rows(rows=rows, fold=fold, **{**given, **more})


def _chosen(random: np.random.Generator, forecast: str, truth: Floats) -> Floats:
    """What is predicted of a number: nearly the truth, that of another row, or the same for all."""
    if forecast == "good":
        near: Floats = truth + 0.15 * truth.std() * random.normal(size=len(truth))
        return near
    return random.permutation(truth) if forecast == "noise" else np.full(len(truth), truth.mean())


def _regression(random: np.random.Generator, forecast: str) -> dict[str, Any]:
    n_rows = _TIMES * _ENTITIES
    actual = 5.0 + np.abs(random.normal(size=n_rows)) + 0.5 * random.normal(size=n_rows).clip(-2, 2)
    origin = actual + random.normal(size=n_rows)
    predicted = np.maximum(_chosen(random, forecast, actual), 0.5)
    width = 1.2816 * float(np.std(predicted - actual)) if forecast == "good" else 0.2
    error = float(np.abs(origin - actual).mean())
    return {
        "actual": actual,
        "predicted": predicted,
        "scale": np.full(n_rows, error),
        "squared_scale": np.full(n_rows, error**2),
        "origin": origin,
        "quantiles": predicted[:, None] + width * np.array([-1.0, 0.0, 1.0]),
        "levels": np.array(_LEVELS),
        "interval": Interval(predicted[:, None] - width, predicted[:, None] + width, (0.8,)),
    }


def _classes(random: np.random.Generator, forecast: str, n_classes: int) -> dict[str, Any]:
    n_rows = _TIMES * _ENTITIES
    actual = random.integers(0, n_classes, size=n_rows)
    told = random.permutation(actual)
    if forecast == "good":
        told = np.where(random.random(n_rows) < 0.9, actual, told)
    chance = 0.1 * random.random((n_rows, n_classes)) + 0.15
    chance[np.arange(n_rows), told] += 1.0
    if forecast == "constant":
        chance = np.tile(np.arange(n_classes, 0, -1.0), (n_rows, 1))
    chance /= chance.sum(axis=1, keepdims=True)
    if n_classes == 2:
        return {"actual": actual.astype(np.float64), "predicted": chance[:, 1]}
    return {"actual": actual.astype(np.float64), "predicted": chance.argmax(axis=1).astype(np.float64), "probabilities": chance}


def _anomaly(random: np.random.Generator, forecast: str) -> dict[str, Any]:
    n_rows = _TIMES * _ENTITIES
    odd = random.random(n_rows) < 0.1
    told = odd if forecast == "good" else random.permutation(odd)
    score = random.random(n_rows) + 2.0 * told if forecast != "constant" else np.ones(n_rows)
    reference = 1.5 + random.random(500) if forecast == "good" else random.random(500)
    return {"actual": odd.astype(np.float64), "predicted": score, "flagged": score > 1.5, "reference": reference}


def _clustering(random: np.random.Generator, forecast: str) -> dict[str, Any]:
    n_rows = _TIMES * _ENTITIES
    group = random.integers(0, 3, size=n_rows)
    told = {"good": group, "noise": random.permutation(group), "constant": np.zeros(n_rows)}[forecast]
    features = 6.0 * np.eye(3)[group] + random.normal(size=(n_rows, 3))
    return {"actual": group.astype(np.float64), "predicted": told.astype(np.float64), "features": features}


def reordered(sample: Sample, order: np.ndarray[Any, Any]) -> Sample:
    """Return the same rows in another order."""
    return sample.take(order)


def renamed_sample(sample: Sample) -> Sample:
    """Return the same rows with the entities numbered another way."""
    assert sample.entity is not None
    assert sample.entities is not None
    number = len(sample.entities) - 1 - sample.entity
    return replace(sample, entity=number, entities=sample.entities[::-1])
