"""What a study leaves behind, as it is printed, stored and sent over the wire."""

from __future__ import annotations

from typing import Any, Literal

from dsframework.records._audit import AuditReport
from dsframework.records._base import Record, Status

__all__ = [
    "EvaluationTable",
    "EvaluatorResult",
    "ExperimentResult",
    "IntervalScore",
    "IntervalsResult",
    "LearningCurve",
    "MetricSummary",
    "NestedFold",
    "ParetoFront",
    "ParetoPoint",
    "StudyResult",
    "TrialRecord",
    "TrialsAccount",
]


class MetricSummary(Record):
    """A metric over the validation folds; `std` is the population deviation over the folds.

    A fold whose rows can't tell (all targets equal, one class only) has no value and is left out of the mean; `note` says why.
    """

    mean: float | None
    std: float | None
    folds: list[float | None]
    note: str | None = None


class TrialRecord(Record):
    """One point of the search space, fitted on every fold; one that was pruned, on the first ones only, whose scores `cv` holds.

    Of a nested split `inside` is the fold whose training part it was tried in, 0 for the part before the final test; `part` tells a trial
    from the score of a fold's chosen point on the fold itself. `log` is the last lines that a failed fit printed, and where it raised.
    """

    number: int
    key: str
    params: dict[str, Any]
    status: Literal["finished", "failed", "pruned"]
    cv: dict[str, MetricSummary] = {}
    error: str | None = None
    log: str | None = None
    seconds: float = 0.0
    rounds: list[int] | None = None
    inside: int | None = None
    part: Literal["trial", "outer"] = "trial"

    @property
    def n_folds(self) -> int:
        """On how many folds it was scored."""
        return max((len(summary.folds) for summary in self.cv.values()), default=0)


class LearningCurve(Record):
    """How the loss went that a fit watched: at most 20 values in equal distances over its `steps`, the last of them at the last step."""

    of: str
    steps: int
    values: list[float]


class NestedFold(Record):
    """What tuning inside one fold of a nested split chose, and what came of it; fold 0 is the final test.

    `inner` is the mean score of `params` over the folds inside, by which they were chosen among `n_trials` points; `outer` is their score
    on the fold.
    """

    fold: int
    params: dict[str, Any]
    inner: float | None
    outer: float | None
    n_trials: int


class ParetoPoint(Record):
    """A trial that no other beats in all metrics of `tuning.pareto`; `scores` are its means over the folds."""

    number: int
    params: dict[str, Any]
    scores: dict[str, float]


class ParetoFront(Record):
    """The front of a search by several metrics, as it is drawn.

    `points` are in the order of the first metric, the best one first; `beaten` are the means of other trials, in the order of `metrics`, of
    many a part. `tested` is the number of the trial that is the best by the metric that decides.
    """

    metrics: list[str]
    greater_is_better: list[bool]
    points: list[ParetoPoint]
    beaten: list[list[float]] = []
    tested: int | None = None


class IntervalScore(Record):
    """The intervals of one nominal coverage on the test: share of actual values inside, mean width and Winkler's interval score."""

    nominal: float
    coverage: float | None
    mean_width: float | None
    winkler: float | None


class IntervalsResult(Record):
    """Prediction intervals on the test; `calibrated_on` is how many out-of-fold errors they were made from."""

    method: Literal["conformal", "quantile", "adaptive_conformal"]
    calibrated_on: int
    scores: list[IntervalScore]


class EvaluationTable(Record):
    """A table of an evaluator: columns, and its first rows; `artifact` holds all `n_rows` of them in Parquet."""

    columns: list[str]
    rows: list[list[Any]]
    n_rows: int
    artifact: str


class EvaluatorResult(Record):
    """What one evaluator said of the test's predictions, or why it could not."""

    name: str
    figures: dict[str, float | None] = {}
    tables: dict[str, EvaluationTable] = {}
    notes: list[str] = []
    error: str | None = None


class TrialsAccount(Record):
    """How much of the best trial's score its being the best of many explains; `sentence` says it in words.

    Of `n_trials` that were tried `n_pruned` were not fitted on every fold; `n_earlier` more were tried in the studies that the search began
    with. `n_effective` is how many independent trials all of them amount to. `deflated` is the best mean score over the folds without what
    the best of as many equal trials gains by luck (`by_luck`), `p_value` how likely such a best one is when all are equally good.
    `overfitting_probability` is how often the best trial of one half of the folds is below the median on the other half, over `n_splits`
    ways to halve them, of the trials that were fitted on every fold; None where there are too few folds or trials.
    """

    n_trials: int
    n_pruned: int = 0
    n_earlier: int = 0
    n_effective: float
    n_folds: int
    score: float
    by_luck: float | None = None
    deflated: float | None = None
    p_value: float | None = None
    overfitting_probability: float | None = None
    n_splits: int = 0
    sentence: str = ""
    note: str | None = None


class ExperimentResult(Record):
    """One variant x one model: its best trial by cross-validation, refitted and tested once.

    Of a nested split `cv` is of the points that each fold chose for itself, which `nested` holds. `pareto` is the front of the trials that
    the tested one was chosen among, where the document asks for one; `beaten` are the means of others, of many a part. `curve` is of the
    final fit, where that stopped early.
    """

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
    intervals: IntervalsResult | None = None
    evaluation: list[EvaluatorResult] = []
    trials: TrialsAccount | None = None
    nested: list[NestedFold] = []
    curve: LearningCurve | None = None
    pareto: list[ParetoPoint] = []
    beaten: list[list[float]] = []
    n_trials: int = 0
    n_pruned: int = 0
    n_train: int = 0
    n_test: int = 0
    n_dropped: int = 0
    audit: AuditReport | None = None
    seconds: float = 0.0


class StudyResult(Record):
    """Every experiment of a study, in the order of the spec, and the best finished one by its cross-validated score.

    `trials` accounts for the trials of all experiments together, where they can be compared: same data, target and split.
    """

    study: str
    name: str = ""
    status: Status = "finished"
    metric: str = ""
    experiments: list[ExperimentResult]
    best: str | None
    trials: TrialsAccount | None = None
