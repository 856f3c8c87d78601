"""Stopping a study: it is asked, and ended from outside only when it was detached and does not answer."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from dsframework.errors import ConflictError, TsmlError
from dsframework.records import StudyStatus
from dsframework.study._job_of import jobs_with
from dsframework.study._status import find_study, status_of, study_status
from dsframework.tracking import client, guard, owner_is_alive, owner_is_here, signal_owner

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

__all__ = ["stop_study"]

_GRACE_SECONDS = 30.0
_LAST_SECONDS = 8.0
_POLL_SECONDS = 0.5


def stop_study(study: str, *, grace: float = _GRACE_SECONDS, wait: bool = False) -> StudyStatus:
    """Ask a study to stop; it does within a second or two, and keeps every finished trial.

    A detached study that has not ended after a grace is ended: a job by Ray, a process of this machine by a signal, and only where it is
    provably still the process that runs the study. A study that a cell or a terminal runs is asked, and nothing else.

    Parameters
    ----------
    study
        Its id, or the first six signs or more.
    grace
        Seconds until a detached study is ended.
    wait
        Return when it has ended. Otherwise a thread of this process sees to it, and what is returned is the status at the time of asking.

    Raises
    ------
    ConflictError
        When it has ended already.
    """
    run = find_study(study)
    status = status_of(run)
    if status.status not in ("queued", "running"):
        raise ConflictError(f"the study has ended ({status.status})", field="study", value=run.info.run_id[:8])
    store = client()
    with guard():
        store.set_tag(run.info.run_id, "tsml.stop", f"{time.time():.0f}")
    if status.status == "queued":
        with suppress(TsmlError):  # its driver will see that it was stopped before it began
            _end_job(run)
        return _mark_stopped(store, run.info.run_id, status)
    if run.data.tags.get("tsml.detached"):
        if wait:
            _see_to_it(store, run.info.run_id, grace)
            return study_status(run.info.run_id)
        given = (store, run.info.run_id, grace)
        threading.Thread(target=_see_to_it, args=given, name=f"tsml-stop-{run.info.run_id[:8]}", daemon=True).start()
    return status


def _see_to_it(store: MlflowClient, study: str, grace: float) -> None:
    """Wait until a study has ended, and end it when it has not after the grace."""

    def run() -> Any:
        with guard():
            return store.get_run(study)

    def over() -> bool:
        return status_of(run()).status not in ("queued", "running")

    with suppress(TsmlError):  # MLflow or Ray is away: whoever asks again sees to it again
        if _until(over, grace):
            return
        now = run()
        last = status_of(now)
        if _end_job(now) or signal_owner(now.data.tags, signal.SIGTERM):
            _until(over, _LAST_SECONDS)
            signal_owner(now.data.tags, signal.SIGKILL)
            _until(lambda: not (owner_is_here(now.data.tags) and owner_is_alive(now.data.tags)), _LAST_SECONDS)
        if _says_nothing(run()):
            _mark_stopped(store, study, last)


def _says_nothing(run: Any) -> bool:
    """Whether a study is recorded as one that runs though nobody runs it."""
    recorded = StudyStatus.model_validate_json(run.data.tags["tsml.status"]).status
    return recorded in ("queued", "running") and status_of(run).status == "failed"


def _end_job(run: Any) -> bool:
    """End a study's job; returns whether it has one that this process may end."""
    found = jobs_with(run.data.tags)
    if found is None:
        return False
    jobs, name = found
    if jobs.find(name) is not None:
        jobs.stop(name)
    return True


def _mark_stopped(store: MlflowClient, study: str, status: StudyStatus) -> StudyStatus:
    lines = [line.model_copy(update={"status": "stopped"}) if line.status in ("queued", "running") else line for line in status.experiments]
    stopped = status.model_copy(
        update={"status": "stopped", "trials_running": 0, "seconds_left": None, "workers": [], "experiments": lines}
    )
    with guard():
        store.set_tag(study, "tsml.status", stopped.model_dump_json(exclude_defaults=True))
        store.set_terminated(study, "KILLED")
    return stopped


def _until(reached: Callable[[], bool], seconds: float) -> bool:
    """Wait for something; returns whether it came."""
    deadline = time.monotonic() + seconds
    while not (there := reached()) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return there
