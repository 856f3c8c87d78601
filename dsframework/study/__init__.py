"""Studies: variants become experiments, experiments become trials, and nothing that was told finished is lost."""

from dsframework.study._audit import audit_run
from dsframework.study._folds import picture_folds
from dsframework.study._outcome import StudyOutcome
from dsframework.study._reproduce import reproduce
from dsframework.study._run import create_study, run_recorded_study, run_study, start_detached
from dsframework.study._status import list_studies, stop_study, study_status

__all__ = [
    "StudyOutcome",
    "audit_run",
    "create_study",
    "list_studies",
    "picture_folds",
    "reproduce",
    "run_recorded_study",
    "run_study",
    "start_detached",
    "stop_study",
    "study_status",
]
