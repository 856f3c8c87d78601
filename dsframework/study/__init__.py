"""Studies: variants become experiments, experiments become trials, and nothing that was told finished is lost."""

from dsframework.study._audit import audit_run
from dsframework.study._detached import start_detached
from dsframework.study._folds import picture_folds
from dsframework.study._handover import take_over
from dsframework.study._logs import follow_log, study_log
from dsframework.study._outcome import StudyOutcome
from dsframework.study._recorded_result import study_outcome
from dsframework.study._reproduce import reproduce
from dsframework.study._run import create_study, run_recorded_study, run_study
from dsframework.study._status import list_studies, study_status
from dsframework.study._stop import stop_study

__all__ = [
    "StudyOutcome",
    "audit_run",
    "create_study",
    "follow_log",
    "list_studies",
    "picture_folds",
    "reproduce",
    "run_recorded_study",
    "run_study",
    "start_detached",
    "stop_study",
    "study_log",
    "study_outcome",
    "study_status",
    "take_over",
]
