"""What the document's evaluators say of an experiment's test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from dsframework.errors import TsmlError, one_line
from dsframework.evaluation import Evaluation, Predictions, Whole, evaluators
from dsframework.experiment import FinalOutcome, FitJob, sample_of
from dsframework.metrics import Sample, Undefined
from dsframework.records import EvaluationTable, EvaluatorResult
from dsframework.spec import Component
from dsframework.study._forecasts import fold_positions, positions_of, recorded_forecast
from dsframework.study._intervals import Intervals
from dsframework.study._paths import score_paths
from dsframework.study._prepare import Prepared

__all__ = ["Evaluated", "evaluate", "recorded"]

_SHOWN_ROWS = 50


@dataclass(frozen=True)
class Evaluated:
    """What one evaluator said, and its whole tables by the artifact's path."""

    result: EvaluatorResult
    frames: Mapping[str, pl.DataFrame] = field(default_factory=dict)


def evaluate(
    prepared: Prepared, job: FitJob, final: FinalOutcome, out_of_fold: pl.DataFrame | None, intervals: Intervals | None
) -> list[Evaluated]:
    """Run the evaluators of an experiment; one that can't, or breaks, says so and leaves the others alone.

    Where the folds make several paths through the time before the test, the scores of each path come first.
    """
    found: list[Evaluated] = []
    if out_of_fold is not None and "path" in out_of_fold.columns:
        found.append(recorded("paths", score_paths(prepared.plan.metrics, _validation(prepared, job, out_of_fold, intervals), out_of_fold)))
    if not prepared.plan.evaluation:
        return found
    predictions = _predictions(prepared, job, final, out_of_fold, intervals)
    for component in prepared.plan.evaluation:
        same = sum(one.result.name.partition(" ")[0] == component.name for one in found)
        found.append(_run(component, f"{component.name} {same + 1}" if same else component.name, predictions))
    return found


def _run(component: Component, name: str, predictions: Predictions) -> Evaluated:
    try:
        said: Any = evaluators.get(component.name)(component.arguments, predictions)
        return recorded(name, said)
    except (TsmlError, Undefined) as error:
        return Evaluated(EvaluatorResult(name=name, error=str(error)))
    except Exception as error:  # noqa: BLE001  # another package's evaluator may raise anything; the experiment stands without it
        return Evaluated(EvaluatorResult(name=name, error=f"{type(error).__name__}: {one_line(error, 200)}"))


def recorded(name: str, said: Evaluation) -> Evaluated:
    """Return what was said as it is recorded: the first rows of its tables with the result, all of them as artifacts."""
    frames, tables = {}, {}
    for title, frame in said.tables.items():
        path = f"evaluation/{_slug(name)}/{_slug(title)}.parquet"
        frames[path] = frame
        rows = [[_plain(value) for value in row] for row in frame.head(_SHOWN_ROWS).iter_rows()]
        tables[title] = EvaluationTable(columns=frame.columns, rows=rows, n_rows=frame.height, artifact=path)
    figures = {key: _number(value) for key, value in said.figures.items()}
    return Evaluated(EvaluatorResult(name=name, figures=figures, tables=tables, notes=list(said.notes)), frames)


def _predictions(
    prepared: Prepared, job: FitJob, final: FinalOutcome, out_of_fold: pl.DataFrame | None, intervals: Intervals | None
) -> Predictions:
    plan, dataset = prepared.plan, prepared.dataset
    train, test = dataset.train_rows(prepared.final), dataset.test_rows(prepared.final)
    mask = np.zeros(dataset.n_rows, dtype=bool)
    mask[train] = True
    sample = sample_of(dataset, job, train, test, final.forecast, intervals.test if intervals else None)
    return Predictions(
        sample=sample,
        rows=dataset.where[test],
        task=plan.task,
        horizon=plan.horizon,
        metrics=plan.metrics,
        form=plan.target.as_ if plan.target else "value",
        market=_market(prepared),
        whole=Whole(dataset.where, mask, positions_of(test)),
        validation=None if out_of_fold is None else _validation(prepared, job, out_of_fold, intervals),
    )


def _validation(prepared: Prepared, job: FitJob, out_of_fold: pl.DataFrame, intervals: Intervals | None) -> Sample:
    """The out-of-fold predictions of all folds as one sample."""
    dataset = prepared.dataset
    forecast = recorded_forecast(out_of_fold, dataset.classes, prepared.plan.quantiles)
    number = out_of_fold["fold"].to_numpy()
    parts = []
    for fold in prepared.folds:
        part = recorded_forecast(out_of_fold.filter(pl.col("fold") == fold.number), dataset.classes, prepared.plan.quantiles)
        parts.append(sample_of(dataset, job, dataset.train_rows(fold), dataset.test_rows(fold), part))
    positions = fold_positions(dataset, prepared.folds)
    whole = sample_of(dataset, job, positions, positions, forecast, intervals.folds if intervals else None)
    return replace(
        whole,
        fold=number,
        scale=_joined([part.scale for part in parts]),
        squared_scale=_joined([part.squared_scale for part in parts]),
    )


def _joined(parts: list[Any]) -> Any:
    return None if any(part is None for part in parts) else np.concatenate(parts)


def _market(prepared: Prepared) -> pl.DataFrame:
    """The rows of the panel with the names that evaluators know the keys by."""
    panel = prepared.panel
    keys = {panel.time: "time"} | ({panel.entity: "entity"} if panel.entity else {})
    hidden = [name for name in panel.frame.columns if name in ("time", "entity") and name not in keys]
    return panel.frame.drop(hidden).rename(keys)


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-") or "table"


def _plain(value: Any) -> Any:
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, float):
        return _number(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _number(value: float | None) -> float | None:
    return None if value is None or not np.isfinite(value) else float(value)
