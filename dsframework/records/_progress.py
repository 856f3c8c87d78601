"""How far a study is: the status that every face shows, and the events that it is made from."""

from __future__ import annotations

from typing import Any, Literal

from dsframework.records._audit import AuditVerdict
from dsframework.records._base import Record, Status
from dsframework.records._results import ExperimentResult, ParetoFront, StudyResult, TrialRecord

__all__ = [
    "ExperimentFinished",
    "ExperimentProgress",
    "ExperimentStarted",
    "StudyEvent",
    "StudyFinished",
    "StudyProgressed",
    "StudyStarted",
    "StudyStatus",
    "StudyWaits",
    "TrialFinished",
    "WorkerLine",
]


class ExperimentProgress(Record):
    """One line of the leaderboard while the study runs; a trial is done, pruned or failed when it has ended."""

    name: str
    model: str
    variant: dict[str, str] = {}
    run_id: str | None = None
    status: Status = "queued"
    error: str | None = None
    trials_done: int = 0
    trials_failed: int = 0
    trials_pruned: int = 0
    trials_total: int | None = None
    score: float | None = None
    score_std: float | None = None
    history: list[float] = []
    test_score: float | None = None
    beats_baselines: bool | None = None
    audit: AuditVerdict | None = None
    params: dict[str, Any] = {}
    front: ParetoFront | None = None
    seconds: float = 0.0


class WorkerLine(Record):
    """What one worker is at; one that waits for work has no `what`.

    `seconds` is how long it has been at it, `done` how many fits it has done so far. `fold` 0 is the final test; of a nested split `inside`
    is the fold whose training part the trial is tried in. A model that learns in rounds or epochs is at `step` of at most `steps`. `curve`
    is how the loss that it watches has gone: at most 20 values in equal distances over the steps until now, the last of them at `step`;
    `curve_of` says of which loss and of which rows.
    """

    name: str
    node: str | None = None
    experiment: str | None = None
    trial: int | None = None
    fold: int | None = None
    inside: int | None = None
    what: Literal["fit", "final fit", "audit", "another study"] | None = None
    seconds: float = 0.0
    done: int = 0
    step: int | None = None
    steps: int | None = None
    curve: list[float] = []
    curve_of: str | None = None


class StudyStatus(Record):
    """A study as the live panel and the sidebar's Runs tab show it. Times are ISO 8601 in UTC.

    `best` is the run of the finished experiment that leads by its score; one whose audit failed does so only where there is no other.
    `throughput` is how many fits a second were done over the last minute. `workers` are those that this study may use, the busy ones first,
    at most 16 of all `workers_total`; a study that does not run has none.
    `waiting_since` is since when fits wait for a worker and none is being done, `waiting_for` says why.
    `queue_position` is the study's place in the queue for workers, 1 for the next to get one; None while it has as many as it may have.
    """

    study: str
    name: str
    status: Status
    metric: str
    greater_is_better: bool = False
    executor: str = "local"
    started: str | None = None
    ended: str | None = None
    seconds: float = 0.0
    seconds_left: float | None = None
    trials_done: int = 0
    trials_failed: int = 0
    trials_pruned: int = 0
    trials_running: int = 0
    trials_resumed: int = 0
    trials_total: int | None = None
    best: str | None = None
    best_score: float | None = None
    waiting_since: str | None = None
    waiting_for: str | None = None
    queue_position: int | None = None
    throughput: float | None = None
    workers: list[WorkerLine] = []
    workers_total: int = 0
    error: str | None = None
    experiments: list[ExperimentProgress] = []


class StudyStarted(Record):
    """The study has an id and its experiments are known."""

    kind: Literal["study_started"] = "study_started"
    status: StudyStatus


class ExperimentStarted(Record):
    """An experiment has a run."""

    kind: Literal["experiment_started"] = "experiment_started"
    status: StudyStatus
    experiment: str


class TrialFinished(Record):
    """A trial was fitted on every fold and recorded, or pruned, or failed."""

    kind: Literal["trial_finished"] = "trial_finished"
    status: StudyStatus
    experiment: str
    trial: TrialRecord


class ExperimentFinished(Record):
    """An experiment was refitted, tested and recorded, or failed."""

    kind: Literal["experiment_finished"] = "experiment_finished"
    status: StudyStatus
    result: ExperimentResult


class StudyWaits(Record):
    """Fits wait for workers, or no longer do; the status says since when, and why."""

    kind: Literal["study_waits"] = "study_waits"
    status: StudyStatus


class StudyProgressed(Record):
    """The workers got on; told at most once a second, so that fits that take long are seen as they learn."""

    kind: Literal["study_progressed"] = "study_progressed"
    status: StudyStatus


class StudyFinished(Record):
    """Nothing more will come."""

    kind: Literal["study_finished"] = "study_finished"
    status: StudyStatus
    result: StudyResult


StudyEvent = StudyStarted | ExperimentStarted | TrialFinished | ExperimentFinished | StudyWaits | StudyProgressed | StudyFinished
