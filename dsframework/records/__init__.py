"""Wire models of results, progress, runs and data previews: pydantic only, shared by every face."""

from dsframework.records._audit import AuditCheck, AuditReport, AuditVerdict
from dsframework.records._base import Record, Status
from dsframework.records._data import ColumnSummary, DataPreview, FoldPicture, FoldSpan, Gap
from dsframework.records._progress import (
    ExperimentFinished,
    ExperimentProgress,
    ExperimentStarted,
    StudyEvent,
    StudyFinished,
    StudyStarted,
    StudyStatus,
    TrialFinished,
)
from dsframework.records._results import (
    EvaluationTable,
    EvaluatorResult,
    ExperimentResult,
    IntervalScore,
    IntervalsResult,
    MetricSummary,
    NestedFold,
    StudyResult,
    TrialRecord,
    TrialsAccount,
)
from dsframework.records._runs import (
    Comparison,
    ComparisonRow,
    Forecast,
    ForecastPanel,
    Reproduction,
    RunPage,
    RunSummary,
    Significance,
)
from dsframework.records._standing import standing

__all__ = [
    "AuditCheck",
    "AuditReport",
    "AuditVerdict",
    "ColumnSummary",
    "Comparison",
    "ComparisonRow",
    "DataPreview",
    "EvaluationTable",
    "EvaluatorResult",
    "ExperimentFinished",
    "ExperimentProgress",
    "ExperimentResult",
    "ExperimentStarted",
    "FoldPicture",
    "FoldSpan",
    "Forecast",
    "ForecastPanel",
    "Gap",
    "IntervalScore",
    "IntervalsResult",
    "MetricSummary",
    "NestedFold",
    "Record",
    "Reproduction",
    "RunPage",
    "RunSummary",
    "Significance",
    "Status",
    "StudyEvent",
    "StudyFinished",
    "StudyResult",
    "StudyStarted",
    "StudyStatus",
    "TrialFinished",
    "TrialRecord",
    "TrialsAccount",
    "standing",
]
