"""Runs as they are listed and compared."""

from __future__ import annotations

from typing import Any, Literal

from dsframework.records._audit import AuditReport, AuditVerdict
from dsframework.records._base import Record, Status
from dsframework.records._results import EvaluatorResult, IntervalsResult, MetricSummary, ParetoFront, TrialsAccount

__all__ = ["Comparison", "ComparisonRow", "Forecast", "ForecastPanel", "Reproduction", "RunPage", "RunSummary", "Significance"]


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


class Significance(Record):
    """Whether a run is worse than the best one of a comparison, or may be so by luck.

    `difference` is its mean loss on the shared rows minus that of the best one, `lower` and `upper` a 95 % interval by a moving-block
    bootstrap; `statistic` is that of Diebold and Mariano with the small-sample correction, `p_value` is corrected for the number of runs
    (Holm).
    """

    verdict: Literal["best", "not different", "worse"]
    loss: float
    difference: float = 0.0
    lower: float = 0.0
    upper: float = 0.0
    statistic: float | None = None
    p_value: float | None = None


class ComparisonRow(Record):
    """One run of a comparison, with its folds; `significance` is of its test predictions, None where they can't be compared."""

    run: RunSummary
    label: str
    cv: dict[str, MetricSummary] = {}
    test: dict[str, float | None] = {}
    baselines: dict[str, dict[str, float | None]] = {}
    audit: AuditReport | None = None
    params: dict[str, Any] = {}
    intervals: IntervalsResult | None = None
    evaluation: list[EvaluatorResult] = []
    trials: TrialsAccount | None = None
    front: ParetoFront | None = None
    significance: Significance | None = None


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
    """Everything the comparison panel shows: one document for the sidebar's tab, the notebook and the command line.

    `best` is the finished run that leads by its mean over the folds; one whose audit failed does so only where there is no other. `loss` is
    the metric whose mean over rows the significance is of, `compared_rows` and `compared_times` what all runs have in common.
    """

    metric: str
    greater_is_better: bool = False
    metrics: list[str]
    rows: list[ComparisonRow]
    best: str | None = None
    differing: list[str] = []
    spec_diff: dict[str, list[Any]] = {}
    forecast: ForecastPanel | None = None
    same_data: bool = True
    loss: str | None = None
    compared_rows: int = 0
    compared_times: int = 0
    notes: list[str] = []


class Reproduction(Record):
    """What came out when a run was repeated: per value the recorded and the new one, and the verdict."""

    run_id: str
    verdict: Literal["identical", "within tolerance", "different"]
    tolerance: float
    differences: list[str] = []
    environment: list[str] = []
