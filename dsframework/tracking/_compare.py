"""Several runs side by side: scores, what differs, and their forecasts over the actual values."""

from __future__ import annotations

from typing import Any, Literal

import polars as pl

from dsframework.errors import NotFoundError, TsmlError
from dsframework.evaluation import front_of
from dsframework.records import Comparison, ComparisonRow, ExperimentResult, Forecast, ForecastPanel, RunSummary, Significance, standing
from dsframework.tracking._artifacts import read_frame
from dsframework.tracking._client import client, guard
from dsframework.tracking._runs import find_runs, load_result, load_spec_of
from dsframework.tracking._significance import significance

__all__ = ["compare_runs", "load_golden", "load_predictions"]

_MOST_RUNS = 50
_MOST_POINTS = 3000


def compare_runs(run_ids: list[str], entity: str | None = None, part: Literal["test", "cv"] = "test") -> Comparison:
    """Compare experiment runs: scores, what differs, forecasts, and whether the others are worse than the best one by more than luck.

    Parameters
    ----------
    run_ids
        Runs, by id or by the first six signs of one.
    entity
        The entity whose forecasts are shown; the first by default.
    part
        Forecasts of the final test, or of the validation folds.

    Raises
    ------
    NotFoundError
        When a run does not exist, or the entity is in none of them.
    """
    if not run_ids:
        raise NotFoundError("no run to compare", field="run", mend="name at least one (tsml runs)")
    if len(set(run_ids)) > _MOST_RUNS:
        raise NotFoundError(f"at most {_MOST_RUNS} runs can be compared at once", field="run", value=len(set(run_ids)))
    runs = find_runs(list(dict.fromkeys(run_ids)))
    labels = _labels(runs)
    first = runs[0]
    frames = {run.run_id: load_predictions(run.run_id, part) for run in runs}
    present = {run_id: frame for run_id, frame in frames.items() if frame is not None}
    trusted = {run.run_id for run in runs if run.audit != "failed"}
    testable = {run_id: frame for run_id, frame in present.items() if run_id in trusted} or present
    tested = significance(testable, metric=first.metric, task=first.task)
    rows = [_row(run, label, tested.by_run.get(run.run_id)) for run, label in zip(runs, labels, strict=True)]
    notes = [f"{label} is {run.status} and has no scores" for run, label in zip(runs, labels, strict=True) if not run.cv]
    if len({run.metric for run in runs}) > 1:
        notes.append("the runs were tuned by different metrics")
    fingerprints = {tags.get("tsml.data") for tags in _tags(runs)}
    if len(fingerprints) > 1:
        notes.append("the runs did not see the same data; their scores can't be compared directly")
    if len(testable) < len(present):
        notes += [
            f"{label} is not tested against the others: its audit failed"
            for run, label in zip(runs, labels, strict=True)
            if run.run_id in present and run.run_id not in testable
        ]
    notes += tested.notes
    metrics = list(dict.fromkeys(name for row in rows for name in (*row.cv, *row.test)))
    return Comparison(
        metric=first.metric,
        greater_is_better=first.greater_is_better,
        metrics=metrics,
        rows=rows,
        best=_best(rows, first.metric, greater_is_better=first.greater_is_better),
        differing=_differing(rows),
        spec_diff=_spec_diff(runs),
        forecast=_forecast(runs, labels, present, entity, part),
        same_data=len(fingerprints) == 1,
        loss=tested.loss,
        compared_rows=tested.n_rows,
        compared_times=tested.n_times,
        notes=notes,
    )


def load_predictions(run_id: str, part: Literal["test", "cv"]) -> pl.DataFrame | None:
    """Return the recorded predictions of a run: time, entity, label_time, fold, actual, predicted and the baselines."""
    return read_frame(client(), run_id, f"predictions/{part}.parquet")


def load_golden(run_id: str) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """Return the raw rows and the features that the audit of a run keeps; None where it keeps none."""
    store = client()
    rows, features = (read_frame(store, run_id, f"audit/{name}.parquet") for name in ("rows", "features"))
    return None if rows is None or features is None else (rows, features)


def _tags(runs: list[RunSummary]) -> list[dict[str, str]]:
    store = client()
    with guard():
        return [dict(store.get_run(run.run_id).data.tags) for run in runs]


def _labels(runs: list[RunSummary]) -> list[str]:
    """Short names that tell the runs apart."""
    names = [run.name for run in runs]
    return [name if names.count(name) == 1 else f"{name} {run.run_id[:6]}" for run, name in zip(runs, names, strict=True)]


def _row(run: RunSummary, label: str, tested: Significance | None) -> ComparisonRow:
    try:
        result: ExperimentResult | None = load_result(run.run_id)
    except TsmlError:
        result = None  # a run that failed or still runs has none; its line shows that
    if result is None:
        return ComparisonRow(run=run, label=label)
    return ComparisonRow(
        run=run,
        label=label,
        cv=result.cv,
        test=result.test,
        baselines=result.baselines,
        audit=result.audit,
        params=result.params,
        intervals=result.intervals,
        evaluation=result.evaluation,
        trials=result.trials,
        front=front_of(result),
        significance=tested,
    )


def _best(rows: list[ComparisonRow], metric: str, *, greater_is_better: bool) -> str | None:
    """The finished run that leads by its mean over the folds."""

    def rank(row: ComparisonRow) -> tuple[bool, bool, float]:
        return standing(row.cv[metric].mean, row.run.audit, greater_is_better=greater_is_better)

    finished = [row for row in rows if row.run.status == "finished" and metric in row.cv and row.cv[metric].mean is not None]
    return min(finished, key=rank).run.run_id if finished else None


def _differing(rows: list[ComparisonRow]) -> list[str]:
    keys = dict.fromkeys(key for row in rows for key in row.params)
    found = [key for key in keys if len({str(row.params.get(key)) for row in rows}) > 1]
    if len({row.run.model for row in rows}) > 1:
        found.insert(0, "model")
    stages = dict.fromkeys(stage for row in rows for stage in row.run.variant)
    return found + [stage for stage in stages if len({row.run.variant.get(stage) for row in rows}) > 1]


def _spec_diff(runs: list[RunSummary]) -> dict[str, list[Any]]:
    """The fields of the documents that are not the same everywhere: field -> its value in each run."""
    from dsframework.spec import to_dict

    flat = []
    for run in runs:
        try:
            flat.append(_flatten(to_dict(load_spec_of(run.run_id))))
        except TsmlError:
            flat.append({})
    keys = dict.fromkeys(key for spec in flat for key in spec)
    values = {key: [spec.get(key) for spec in flat] for key in keys}
    return {key: found for key, found in values.items() if any(value != found[0] for value in found)}


def _flatten(value: Any, prefix: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        merged: dict[str, Any] = {}
        for key, inner in value.items():
            merged |= _flatten(inner, f"{prefix}.{key}" if prefix else str(key))
        return merged
    if isinstance(value, list) and any(isinstance(item, dict | list) for item in value):
        merged = {}
        for position, inner in enumerate(value):
            merged |= _flatten(inner, f"{prefix}[{position}]")
        return merged
    return {prefix: value}


def _forecast(
    runs: list[RunSummary], labels: list[str], present: dict[str, pl.DataFrame], entity: str | None, part: Literal["test", "cv"]
) -> ForecastPanel | None:
    if not present:
        return None
    entities = sorted({str(name) for frame in present.values() if "entity" in frame.columns for name in frame["entity"].unique()})
    if entity is not None and entity not in entities:
        raise NotFoundError(
            "no such entity in these runs", field="entity", value=entity, mend=f"one of {', '.join(entities[:10]) or 'none'}"
        )
    chosen = entity or (entities[0] if entities else None)
    merged: pl.DataFrame | None = None
    for run_id, frame in present.items():
        one = frame.filter(pl.col("entity") == chosen) if chosen is not None and "entity" in frame.columns else frame
        one = one.select(pl.col("label_time").cast(pl.Datetime("ns")).alias("time"), "actual", pl.col("predicted").alias(run_id))
        one = one.unique("time", keep="last").sort("time")
        merged = one if merged is None else merged.join(one, on="time", how="full", coalesce=True, suffix="_other").sort("time")
        if "actual_other" in merged.columns:
            merged = merged.with_columns(pl.coalesce("actual", "actual_other").alias("actual")).drop("actual_other")
    assert merged is not None
    merged = merged.tail(_MOST_POINTS)
    return ForecastPanel(
        part=part,
        entity=chosen,
        entities=entities,
        unit=_unit(runs[0]),
        times=merged["time"].dt.strftime("%Y-%m-%dT%H:%M:%S").to_list(),
        actual=merged["actual"].to_list(),
        forecasts=[
            Forecast(run_id=run.run_id, label=label, values=merged[run.run_id].to_list())
            for run, label in zip(runs, labels, strict=True)
            if run.run_id in present
        ],
    )


def _unit(run: RunSummary) -> str:
    """What the values are: the target's column and form."""
    try:
        spec = load_spec_of(run.run_id)
    except TsmlError:
        return ""
    name = run.variant.get("target")
    target = spec.target or ((spec.variants and spec.variants.target) or {}).get(name or "")
    if target is None:
        return ""
    return target.column if target.as_ == "value" else f"{target.as_} of {target.column}"
