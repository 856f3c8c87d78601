"""What a study leaves behind, as it is printed, stored and sent over the wire."""

from __future__ import annotations

from typing import Any, Literal

from dsframework.records._audit import AuditReport
from dsframework.records._base import Record, Status

__all__ = ["ExperimentResult", "MetricSummary", "StudyResult", "TrialRecord"]


class MetricSummary(Record):
    """A metric over the validation folds; `std` is the population deviation over the folds."""

    mean: float
    std: float
    folds: list[float]


class TrialRecord(Record):
    """One point of the search space, fitted on every fold."""

    number: int
    key: str
    params: dict[str, Any]
    status: Literal["finished", "failed"]
    cv: dict[str, MetricSummary] = {}
    error: str | None = None
    seconds: float = 0.0
    rounds: list[int] | None = None


class ExperimentResult(Record):
    """One variant x one model: its best trial by cross-validation, refitted and tested once."""

    name: str
    model: str
    variant: dict[str, str] = {}
    status: Status = "finished"
    error: str | None = None
    params: dict[str, Any] = {}
    run_id: str
    cv: dict[str, MetricSummary] = {}
    test: dict[str, float] = {}
    baselines: dict[str, dict[str, float]] = {}
    beats_baselines: bool | None = None
    n_trials: int = 0
    n_train: int = 0
    n_test: int = 0
    n_dropped: int = 0
    audit: AuditReport | None = None
    seconds: float = 0.0


class StudyResult(Record):
    """Every experiment of a study, in the order of the spec, and the best finished one by its cross-validated score."""

    study: str
    name: str = ""
    status: Status = "finished"
    metric: str = ""
    experiments: list[ExperimentResult]
    best: str | None
