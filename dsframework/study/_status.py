"""How far studies are, from MLflow alone: any face can ask, whoever runs them."""

from __future__ import annotations

import time
from typing import Any

from pydantic import ValidationError

from dsframework.errors import ConflictError, NotFoundError
from dsframework.records import StudyStatus
from dsframework.tracking import KIND, client, guard, owner_is_alive

__all__ = ["list_studies", "stop_study", "study_status"]

_DIED = "the process ended without a word; run the same spec again, finished trials are kept"


def study_status(study: str) -> StudyStatus:
    """Return how far a study is.

    Parameters
    ----------
    study
        Its id, or the first six signs or more.

    Raises
    ------
    NotFoundError
        When there is no such study.
    """
    return _status(_find(study))


def list_studies(limit: int = 20) -> list[StudyStatus]:
    """Return the newest studies, newest first."""
    store = client()
    with guard():
        ids = [experiment.experiment_id for experiment in store.search_experiments(max_results=1000)]
        runs = store.search_runs(
            ids, f"tags.`{KIND}` = 'study'", max_results=max(1, min(limit, 1000)), order_by=["attributes.start_time DESC"]
        )
    return [_status(run) for run in runs]


def stop_study(study: str) -> StudyStatus:
    """Ask a study to stop; it does within a second or two, and keeps every finished trial.

    Raises
    ------
    ConflictError
        When it has ended already.
    """
    run = _find(study)
    status = _status(run)
    if status.status not in ("queued", "running"):
        raise ConflictError(f"the study has ended ({status.status})", field="study", value=run.info.run_id[:8])
    store = client()
    with guard():
        store.set_tag(run.info.run_id, "tsml.stop", f"{time.time():.0f}")
        if status.status == "queued":
            stopped = status.model_copy(update={"status": "stopped"})
            store.set_tag(run.info.run_id, "tsml.status", stopped.model_dump_json(exclude_defaults=True))
            store.set_terminated(run.info.run_id, "KILLED")
            return stopped
    return status


def _find(study: str) -> Any:
    from mlflow.exceptions import MlflowException

    store = client()
    missing = NotFoundError("no such study", field="study", value=study, mend="see them with: tsml status")
    if not study or any(sign not in "0123456789abcdef" for sign in study):
        raise missing
    with guard():
        if len(study) == 32:
            try:
                run = store.get_run(study)
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
                raise missing from error
            matches = [run]
        else:
            ids = [experiment.experiment_id for experiment in store.search_experiments(max_results=1000)]
            runs = store.search_runs(ids, f"tags.`{KIND}` = 'study'", max_results=5000) if len(study) >= 6 else []
            matches = [run for run in runs if run.info.run_id.startswith(study)]
    if len(matches) != 1 or matches[0].data.tags.get(KIND) != "study":
        raise missing
    return matches[0]


def _status(run: Any) -> StudyStatus:
    tags = run.data.tags
    try:
        status = StudyStatus.model_validate_json(tags["tsml.status"])
    except (KeyError, ValidationError):
        return StudyStatus(study=run.info.run_id, name=tags.get("tsml.name", ""), status="queued", metric=tags.get("tsml.metric", ""))
    if status.status == "queued" and "tsml.owner" not in tags:
        return status
    if status.status in ("queued", "running") and not owner_is_alive(tags):
        lines = [
            line.model_copy(update={"status": "stopped"}) if line.status in ("queued", "running") else line for line in status.experiments
        ]
        return status.model_copy(
            update={"status": "failed", "error": _DIED, "trials_running": 0, "seconds_left": None, "experiments": lines}
        )
    return status
