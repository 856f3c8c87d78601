"""Studies, each apart from the server: a process of its own, or a job of Ray."""

from __future__ import annotations

from dsframework.records import DetachedStudy, StudyLog, StudyStatus
from jupyterlab_tsml.services._base import Service
from jupyterlab_tsml.wire import StudyList, StudyRequest

__all__ = ["StudyService"]


class StudyService(Service):
    """Starts, follows and stops studies; their state is in MLflow alone."""

    def list(self, limit: int) -> StudyList:
        """Return the newest studies."""
        from dsframework.study import list_studies

        return StudyList(studies=list_studies(limit=limit))

    def start(self, request: StudyRequest) -> DetachedStudy:
        """Record a study and have it run, or return the same one that was submitted before; `begun` tells which."""
        spec, base = self.admit(request)
        from dsframework.study import start_detached

        study = start_detached(spec, base=base, executor=request.executor, fresh=request.fresh)
        self.log.info("study %s (%s) was submitted: %s", study.study, spec.name, study.begun)
        return study

    def status(self, study: str) -> StudyStatus:
        """Return how far a study is; raises `NotFoundError`."""
        from dsframework.study import study_status

        return study_status(study)

    def log_of(self, study: str, lines: int) -> StudyLog:
        """Return the last lines that a study has printed; raises `NotFoundError`."""
        from dsframework.study import study_log

        return study_log(study, lines)

    def stop(self, study: str) -> StudyStatus:
        """Ask a study to stop, and return its status; raises `NotFoundError`."""
        from dsframework.study import stop_study, study_status

        stop_study(study)
        return study_status(study)
