"""Runs as they are listed and compared."""

from __future__ import annotations

from typing import Any, Literal

from dsframework.records._audit import AuditReport, AuditVerdict
from dsframework.records._base import Record, Status
from dsframework.records._results import MetricSummary

__all__ = ["Comparison", "ComparisonRow", "Forecast", "ForecastPanel", "Reproduction", "RunPage", "RunSummary"]


class RunSummary(Record):
    """One experiment run of MLflow, as a line of the Runs tab. `started` is ISO 8601 in UTC."""

    run_id: str
    study: str | None = None
    tracking_experiment: str
    study_name: str
    name: str
    model: str
    variant: dict[str, str] = {}
    task: str = "regression"
    status: Status
    started: str | None = None
    seconds: float | None = None
    user: str | None = None
    metric: str
    greater_is_better: bool = False
    cv: dict[str, float] = {}
    cv_std: dict[str, float] = {}
    test: dict[str, float] = {}
    params: dict[str, str] = {}
    beats_baselines: bool | None = None
    audit: AuditVerdict | None = None
    n_trials: int | None = None
    error: str | None = None


class RunPage(Record):
    """A page of runs, newest first unless asked otherwise."""

    runs: list[RunSummary]
    next_token: str | None = None


class ComparisonRow(Record):
    """One run of a comparison, with its folds."""

    run: RunSummary
    label: str
    cv: dict[str, MetricSummary] = {}
    test: dict[str, float | None] = {}
    baselines: dict[str, dict[str, float | None]] = {}
    audit: AuditReport | None = None
    params: dict[str, Any] = {}


class Forecast(Record):
    """The predictions of one run, aligned with the panel's times; None where the run has none."""

    run_id: str
    label: str
    values: list[float | None]


class ForecastPanel(Record):
    """Forecasts of several runs over the actual values of one entity; times are ISO 8601."""

    part: Literal["test", "cv"]
    entity: str | None = None
    entities: list[str] = []
    unit: str = ""
    times: list[str]
    actual: list[float | None]
    forecasts: list[Forecast]


class Comparison(Record):
    """Everything the comparison panel shows: one document for the sidebar's tab, the notebook and the command line."""

    metric: str
    greater_is_better: bool = False
    metrics: list[str]
    rows: list[ComparisonRow]
    differing: list[str] = []
    spec_diff: dict[str, list[Any]] = {}
    forecast: ForecastPanel | None = None
    same_data: bool = True
    notes: list[str] = []


class Reproduction(Record):
    """What came out when a run was repeated: per value the recorded and the new one, and the verdict."""

    run_id: str
    verdict: Literal["identical", "within tolerance", "different"]
    tolerance: float
    differences: list[str] = []
    environment: list[str] = []
