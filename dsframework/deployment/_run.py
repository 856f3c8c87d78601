"""What a schedule needs to know of a recorded run; read from MLflow, without loading the model."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dsframework.errors import ScheduleError

if TYPE_CHECKING:
    from dsframework.records import RunSummary
    from dsframework.spec import DataSpec, ExperimentSpec, TargetSpec

__all__ = ["RunFacts", "base_folder", "default_name", "describe_run"]

_NAME_LIMIT = 100


@dataclass(frozen=True)
class RunFacts:
    """A finished experiment run. `metrics` are its finite test scores; `data_path` is absolute, None for data without a file."""

    run_id: str
    study: str
    name: str
    model: str
    target: str
    horizon: int | str
    metrics: dict[str, float]
    calendar: str
    data_path: str | None


def describe_run(run_id: str, *, data: str | None = None) -> RunFacts:
    """Return the facts of a run; `data` stands in for the file of its spec.

    Raises
    ------
    NotFoundError
        When there is no such experiment run.
    ScheduleError
        When it did not finish, or the data's file can't be told.
    """
    from dsframework.tracking import load_spec_of, run_summary

    summary = run_summary(run_id)
    if summary.status != "finished":
        mend = "choose a finished experiment in the Runs tab or with `tsml runs`"
        raise ScheduleError(f"this run is {summary.status} and has no model to schedule", field="run_id", value=run_id, mend=mend)
    spec = load_spec_of(summary.run_id)
    source, target = _data_of(spec, summary), _target_of(spec, summary)
    return RunFacts(
        run_id=summary.run_id,
        study=summary.study_name,
        name=summary.name,
        model=summary.model,
        target=target.column if target.as_ == "value" else f"{target.as_} of {target.column}",
        horizon=target.horizon,
        metrics={name: value for name, value in summary.test.items() if math.isfinite(value)},
        calendar=source.calendar or "XNYS",
        data_path=_data_path(source, summary, data),
    )


def default_name(facts: RunFacts) -> str:
    """Return a safe name made of the study's and the model's."""
    parts = [facts.study] if facts.model in facts.study else [facts.study, facts.model]
    slug = re.sub(r"[^A-Za-z0-9_.-]+", "-", "-".join(parts)).strip("-._")[:_NAME_LIMIT].rstrip("-._")
    return slug or f"run-{facts.run_id[:8]}"


def _data_of(spec: ExperimentSpec, summary: RunSummary) -> DataSpec:
    forms = (spec.variants and spec.variants.data) or {}
    return spec.data or forms[summary.variant["data"]]


def _target_of(spec: ExperimentSpec, summary: RunSummary) -> TargetSpec:
    forms = (spec.variants and spec.variants.target) or {}
    return spec.target or forms[summary.variant["target"]]


def _data_path(source: DataSpec, summary: RunSummary, data: str | None) -> str | None:
    path = data or getattr(source, "path", None)
    if path is None:
        if source.loader == "frame":
            mend = "name the CSV or Parquet file that holds each day's rows"
            raise ScheduleError("the model was trained from a notebook's frame, which Airflow has not", field="data", mend=mend)
        return None
    file = Path(path).expanduser()
    if data is None and not file.is_absolute():
        file = Path(base_folder(summary.study)) / file
    return str(file.resolve())


def base_folder(study: str | None) -> str:
    """Return the folder that relative paths of a study's spec are seen from: the one it was run with, or the present one."""
    from dsframework.tracking import client, guard

    tags: dict[str, str] = {}
    if study:
        store = client()
        with guard():
            tags = store.get_run(study).data.tags
    return str(Path(tags.get("tsml.base", ".")).absolute())
