"""The result of a study by its id, from MLflow alone."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from dsframework.errors import TrackingUnavailableError, TsmlError
from dsframework.experiment import expand
from dsframework.metrics import get_metric
from dsframework.records import ExperimentProgress, ExperimentResult, StudyResult, StudyStatus, standing
from dsframework.spec import parse_spec
from dsframework.study._outcome import StudyOutcome
from dsframework.study._status import find_study, status_of
from dsframework.tracking import client, guard, load_result, read_text

__all__ = ["RESULT", "study_outcome"]

RESULT = "result.json"


def study_outcome(study: str) -> StudyOutcome:
    """Return what `run_study` gave back, or what there is of a study that has not ended so: its finished experiments.

    Parameters
    ----------
    study
        Its id, or the first six signs or more.

    Raises
    ------
    NotFoundError
        When there is no such study.
    """
    run = find_study(study)
    status = status_of(run)
    if status.status not in ("queued", "running"):
        try:
            stored = StudyResult.model_validate_json(read_text(client(), run.info.run_id, RESULT))
        except TrackingUnavailableError:
            raise
        except (TsmlError, ValidationError):  # it died, or ended under another version
            pass
        else:
            if stored.status == status.status:
                return StudyOutcome(stored)
    return StudyOutcome(_put_together(run, status))


def _put_together(run: Any, status: StudyStatus) -> StudyResult:
    """The experiments' own results in the order of the document; those without one as the status has them."""
    store = client()
    with guard():
        found = store.search_runs([run.info.experiment_id], f"tags.`tsml.study` = '{run.info.run_id}'", max_results=1000)
    by_name = {one.data.tags.get("tsml.name", ""): one for one in reversed(found)}  # the newest of a name
    lines = {line.name: line for line in status.experiments}
    spec = parse_spec(read_text(store, run.info.run_id, "spec.yaml"))
    results = []
    for plan in expand(spec):
        line = lines.get(plan.name) or ExperimentProgress(name=plan.name, model=plan.model.name, variant=plan.variant, status=status.status)
        results.append(_result_of(by_name.get(plan.name), line))
    greater = get_metric(status.metric).greater_is_better
    finished = [one for one in results if one.status == "finished" and one.cv.get(status.metric) is not None]
    best = min(
        finished,
        key=lambda one: standing(one.cv[status.metric].mean, one.audit.verdict if one.audit else None, greater_is_better=greater),
        default=None,
    )
    return StudyResult(
        study=run.info.run_id,
        name=status.name,
        status=status.status,
        metric=status.metric,
        experiments=results,
        best=best.run_id if best else None,
    )


def _result_of(run: Any, line: ExperimentProgress) -> ExperimentResult:
    if run is not None and run.info.status == "FINISHED":
        try:
            return load_result(run.info.run_id)
        except TsmlError:  # by another version
            pass
    tags = run.data.tags if run is not None else {}
    return ExperimentResult(
        name=line.name,
        model=line.model,
        variant=line.variant or json.loads(tags.get("tsml.variant", "{}")),
        status=line.status,
        error=line.error or tags.get("tsml.error"),
        run_id=run.info.run_id if run is not None else "",
        n_trials=line.trials_done + line.trials_pruned,
        n_pruned=line.trials_pruned,
    )
