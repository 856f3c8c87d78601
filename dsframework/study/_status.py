"""How far studies are, from MLflow: any face can ask, whoever runs them. Whether a job of Ray still lives, Ray is asked as well."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from dsframework.errors import NotFoundError
from dsframework.records import StudyStatus
from dsframework.study._job_of import job_of
from dsframework.tracking import KIND, client, guard, owner_is_alive, owner_is_here

__all__ = ["find_study", "list_studies", "status_of", "study_status"]

_UNBORN = "its process ended before the study began: see its log (tsml logs), and submit it again"
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
    return status_of(find_study(study))


def list_studies(limit: int = 20) -> list[StudyStatus]:
    """Return the newest studies, newest first."""
    store = client()
    with guard():
        ids = [experiment.experiment_id for experiment in store.search_experiments(max_results=1000)]
        runs = store.search_runs(
            ids, f"tags.`{KIND}` = 'study'", max_results=max(1, min(limit, 1000)), order_by=["attributes.start_time DESC"]
        )
    return [status_of(run) for run in runs]


def find_study(study: str) -> Any:
    """Return the run of a study, by its id or the first six signs or more; raises `NotFoundError`."""
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


def status_of(run: Any) -> StudyStatus:
    """Return the status that a study's run holds, or what became of a study whose driver is gone."""
    tags = run.data.tags
    try:
        status = StudyStatus.model_validate_json(tags["tsml.status"])
    except (KeyError, ValidationError):
        return StudyStatus(study=run.info.run_id, name=tags.get("tsml.name", ""), status="queued", metric=tags.get("tsml.metric", ""))
    if status.status not in ("queued", "running") or (gone := _gone(tags, begun=status.status == "running")) is None:
        return status
    lines = [line.model_copy(update={"status": "stopped"}) if line.status in ("queued", "running") else line for line in status.experiments]
    return status.model_copy(
        update={"status": "failed", "error": gone, "trials_running": 0, "seconds_left": None, "experiments": lines, "workers": []}
    )


def _gone(tags: Mapping[str, str], *, begun: bool) -> str | None:
    """Why nobody runs a study any more; None while somebody does, or is about to. Of a job elsewhere Ray knows best."""
    if tags.get("tsml.owner") and owner_is_here(tags):
        return None if owner_is_alive(tags) else _DIED if begun else _UNBORN
    job = job_of(tags)
    if job is not None:
        if job.state != "ended":
            return None
        return _DIED if begun else f"its job ended before the study began: {job.why or 'without a word'}; submit it again"
    return None if not (begun or tags.get("tsml.owner")) or owner_is_alive(tags) else _DIED
