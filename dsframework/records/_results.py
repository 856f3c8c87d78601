"""What a study leaves behind, as it is printed, stored and sent over the wire."""

from __future__ import annotations

from typing import Any, Literal

from dsframework.records._audit import AuditReport
from dsframework.records._base import Record, Status

__all__ = ["ExperimentResult", "MetricSummary", "StudyResult", "TrialRecord"]


class MetricSummary(Record):
    """A metric over the validation folds; `std` is the population deviation over the folds.

    A fold whose rows can't tell (all targets equal, one class only) has no value and is left out of the mean; `note` says why.
    """

    mean: float | None
    std: float | None
    folds: list[float | None]
    note: str | None = None


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
    test: dict[str, float | None] = {}
    baselines: dict[str, dict[str, float | None]] = {}
    notes: list[str] = []
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
