"""The reading side: runs as they are listed."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import Any, get_args

from pydantic import ValidationError

from dsframework.errors import NotFoundError, TrackingError
from dsframework.metrics import metric_names
from dsframework.records import AuditVerdict, ExperimentResult, RunPage, RunSummary, Status
from dsframework.spec import ExperimentSpec, parse_spec
from dsframework.tracking._artifacts import read_text
from dsframework.tracking._client import client, guard
from dsframework.tracking._owner import owner_is_alive
from dsframework.tracking._store import KIND

__all__ = ["find_runs", "load_result", "load_spec_of", "run_summary", "search_runs", "summarise"]

_STATUS: dict[str, Status] = {"RUNNING": "running", "SCHEDULED": "queued", "FINISHED": "finished", "FAILED": "failed", "KILLED": "stopped"}
_METRIC = re.compile(r"(?<![\w.])metrics\.(`?)(\w+)\1(?=\W|$)")
_COMPARISON = re.compile(r"(metrics|params|tags|attributes|attribute|run)\s*\.", re.IGNORECASE)


def search_runs(
    filter: str | None = None,  # noqa: A002 (MLflow's own word)
    limit: int = 50,
    page_token: str | None = None,
    tracking_experiment: str | None = None,
    order_by: str | None = None,
) -> RunPage:
    """Return a page of experiment runs, newest first.

    Parameters
    ----------
    filter
        An MLflow filter such as ``metrics.mae < 1e6 and params.model = 'ridge'``, or a plain text that the run's name has.
        ``metrics.mae`` is the mean over the folds, which MLflow has as ``cv_mae``; ``metrics.test_mae`` is the final test.
    limit
        Runs a page, 1 to 1000.
    page_token
        `next_token` of the page before.
    tracking_experiment
        Runs of this MLflow experiment only.
    order_by
        Such as ``metrics.cv_mae ASC``.

    Raises
    ------
    TrackingError
        When the filter is not understood.
    NotFoundError
        When there is no such MLflow experiment.
    """
    store = client()
    conditions = [f"tags.`{KIND}` = 'experiment'"]
    if filter and filter.strip():
        if _COMPARISON.search(filter):
            conditions.append(_METRIC.sub(_recorded_metric, filter.strip()))
        else:
            text = filter.strip().replace("'", "").replace("%", "")
            conditions.append(f"attributes.run_name ILIKE '%{text}%'")
    with guard():
        ids = _experiment_ids(store, tracking_experiment)
        if not ids:
            return RunPage(runs=[])
        page = store.search_runs(
            ids,
            " and ".join(conditions),
            max_results=max(1, min(limit, 1000)),
            order_by=[order_by or "attributes.start_time DESC"],
            page_token=page_token or None,
        )
        names = _experiment_names(store, {run.info.experiment_id for run in page})
        return RunPage(runs=[summarise(run, names) for run in page], next_token=page.token or None)


def _recorded_metric(found: re.Match[str]) -> str:
    return f"metrics.cv_{found[2]}" if found[2] in metric_names() else found[0]


def _experiment_ids(store: Any, name: str | None) -> list[str]:
    if name is None:
        return [experiment.experiment_id for experiment in store.search_experiments(max_results=1000)]
    found = store.get_experiment_by_name(name)
    if found is None:
        raise NotFoundError("no such MLflow experiment", field="experiment", value=name)
    return [found.experiment_id]


def _experiment_names(store: Any, ids: set[str]) -> dict[str, str]:
    return {identity: store.get_experiment(identity).name for identity in ids}


def run_summary(run_id: str) -> RunSummary:
    """Return one run; raises `NotFoundError` when it is not one of ours."""
    return find_runs([run_id])[0]


def find_runs(run_ids: list[str]) -> list[RunSummary]:
    """Return runs by their ids, or by a beginning of at least six signs, in the order given.

    Raises
    ------
    NotFoundError
        When there is none, or several begin so.
    """
    store = client()
    found = []
    for text in run_ids:
        with guard():
            run = _get(store, text)
            found.append(summarise(run, _experiment_names(store, {run.info.experiment_id})))
    return found


def _check_id(run_id: str) -> None:
    if not re.fullmatch(r"[0-9a-f]{6,32}", run_id):
        raise NotFoundError("not a run's id", field="run", value=run_id, mend="see the ids with: tsml runs")


def _get(store: Any, run_id: str) -> Any:
    _check_id(run_id)
    if len(run_id) == 32:
        from mlflow.exceptions import MlflowException

        try:
            run = store.get_run(run_id)
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            raise NotFoundError("no such run", field="run", value=run_id, mend="see the ids with: tsml runs") from error
        matches = [run]
    else:
        ids = _experiment_ids(store, None)
        matches = [
            run
            for run in store.search_runs(ids, f"tags.`{KIND}` = 'experiment'", max_results=5000, order_by=["attributes.start_time DESC"])
            if run.info.run_id.startswith(run_id)
        ]
    if len(matches) != 1:
        what = "no such run" if not matches else f"{len(matches)} runs begin so"
        raise NotFoundError(what, field="run", value=run_id, mend="see the ids with: tsml runs")
    if matches[0].data.tags.get(KIND) != "experiment":
        kind = "a study" if matches[0].data.tags.get(KIND) == "study" else "not one of tsml's runs"
        raise NotFoundError(f"this is {kind}", field="run", value=run_id, mend="choose one of its experiment runs (tsml runs)")
    return matches[0]


def summarise(run: Any, names: dict[str, str]) -> RunSummary:
    """Return one line of the Runs tab from an MLflow run."""
    tags, metrics = run.data.tags, run.data.metrics
    cv = {key[3:]: value for key, value in metrics.items() if key.startswith("cv_") and not key.endswith("_std")}
    flag = tags.get("tsml.beats_baselines")
    status = _STATUS.get(run.info.status, "failed")
    if status == "running" and not owner_is_alive(tags):
        status = "stopped"
    ended = run.info.end_time
    return RunSummary(
        run_id=run.info.run_id,
        study=tags.get("tsml.study"),
        tracking_experiment=names.get(run.info.experiment_id, ""),
        study_name=tags.get("tsml.study_name", ""),
        name=tags.get("tsml.name", run.info.run_name or ""),
        model=tags.get("tsml.model", run.data.params.get("model", "")),
        variant=_variant(tags.get("tsml.variant")),
        task=tags.get("tsml.task", "regression"),
        status=status,
        started=iso(run.info.start_time),
        seconds=metrics.get("seconds") or ((ended - run.info.start_time) / 1000 if ended else None),
        user=tags.get("mlflow.user"),
        metric=tags.get("tsml.metric", ""),
        greater_is_better=tags.get("tsml.greater_is_better") == "true",
        cv=cv,
        cv_std={key[3:-4]: value for key, value in metrics.items() if key.startswith("cv_") and key.endswith("_std")},
        test={key[5:]: value for key, value in metrics.items() if key.startswith("test_")},
        params={key: value for key, value in run.data.params.items() if key != "model"},
        beats_baselines=None if flag not in ("true", "false") else flag == "true",
        audit=_verdict(tags.get("tsml.audit")),
        n_trials=int(metrics["n_trials"]) if "n_trials" in metrics else None,
        error=tags.get("tsml.error"),
    )


def _verdict(text: str | None) -> AuditVerdict | None:
    known: dict[str, AuditVerdict] = {verdict: verdict for verdict in get_args(AuditVerdict)}
    return known.get(text or "")


def iso(milliseconds: int | None) -> str | None:
    """Return a moment of MLflow as ISO 8601 in UTC."""
    if milliseconds is None:
        return None
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC).isoformat(timespec="seconds")


def _variant(text: str | None) -> dict[str, str]:
    try:
        return dict(json.loads(text)) if text else {}
    except ValueError:
        return {}


def load_spec_of(run_id: str) -> ExperimentSpec:
    """Return the document that a run (an experiment or a study) was made from; raises `NotFoundError`."""
    _check_id(run_id)
    store = client()
    with guard():
        tags = store.get_run(run_id).data.tags
    return parse_spec(read_text(store, tags.get("tsml.study", run_id), "spec.yaml"), source=f"run {run_id[:8]}")


def load_result(run_id: str) -> ExperimentResult:
    """Return the full result of a finished experiment run, folds and baselines included."""
    text = read_text(client(), run_id, "result.json")
    try:
        return ExperimentResult.model_validate_json(text)
    except ValidationError as error:
        raise TrackingError(f"run {run_id} was recorded by another version", mend="run the experiment again") from error
