"""Starting, resuming and describing studies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from dsframework.data import data_files
from dsframework.errors import ConflictError, NotFoundError, TsmlError
from dsframework.execution import Owner, make_executor, user_name
from dsframework.experiment import Plan, digest, expand
from dsframework.metrics import get_metric
from dsframework.own_code import look_in, looks_by_itself
from dsframework.preprocessing import own_steps
from dsframework.records import ExperimentProgress, StudyStatus
from dsframework.spec import ExperimentSpec, Tuning, own_classes, parse_spec, to_yaml
from dsframework.study._experiment_run import ExperimentRun
from dsframework.study._log_place import LOG, own_log
from dsframework.study._needs import needs_of
from dsframework.study._outcome import StudyOutcome
from dsframework.study._place import placed
from dsframework.study._prepare import Prepared, Preparer
from dsframework.study._runner import Failure, Listener, Runner
from dsframework.study._search import SearchOf, make_search, searches_of
from dsframework.study._submission import submission_tags
from dsframework.study._warm_start import warm_searches
from dsframework.tracking import Journal, StudyStore, client, environment, git_commit, guard, home, one_at_a_time, read_text, send_leftovers

__all__ = ["check_study", "create_study", "record_study", "run_recorded_study", "run_study"]

_FIRST_SETTINGS = ("method", "metric", "trials", "seed", "early_stopping")
"""Those of the search that are always part of a study's key; later ones where they are set, so that older keys stay what they were."""
_ATTACHED = {"tsml.detached": "", "tsml.job": "", LOG: ""}
"""What a study no longer has that goes on here: nobody may end this process for it."""
_running_here: set[str] = set()  # the studies that threads of this process run


@looks_by_itself
def run_study(
    spec: ExperimentSpec,
    *,
    base: str | Path | None = None,
    executor: str = "local",
    frames: Mapping[str, Any] | None = None,
    listener: Listener | None = None,
    study: str | None = None,
    fresh: bool = False,
) -> StudyOutcome:
    """Run every experiment of a spec, or go on where an earlier run of the same spec and data ended.

    Parameters
    ----------
    spec
        The document.
    base
        The folder that relative paths are relative to; the current one by default.
    executor
        ``local`` or ``ray``.
    frames
        Data frames by name, for the loader ``frame``.
    listener
        Called with every `StudyEvent`, in this thread.
    study
        The id of a study made by `create_study`.
    fresh
        Make a new study and repeat every trial, also those that are recorded.

    Returns
    -------
    StudyOutcome
        Also when some experiments failed, or when somebody stopped the study (``result.status`` tells).

    Raises
    ------
    SpecError
        When the document asks for something impossible, or for a pool that is not there.
    ExecutorError
        When there is not enough for one fit, or no worker can be had.
    DataError, FeatureError, SplitError
        When not a single experiment can start.
    ConflictError
        When another process runs this very study.
    TrackingUnavailableError
        When MLflow does not answer.
    """
    folder = Path(base or ".").resolve()
    submission = {} if study is not None else submission_tags(spec, folder, user_name())
    try:
        text = to_yaml(spec)
        spec, placement = placed(spec, executor)
        prepared, failures, searches = _prepare(spec, folder, frames or {})
        backend = make_executor(
            executor,
            placement,
            home=home(),
            owner=Owner(user_name(), spec.resources.priority),
            needs=needs_of(prepared) if executor == "ray" else None,
        )
    except TsmlError as error:
        if study is not None:
            _mark_failed(spec, study, error)
        raise
    with closing(backend):  # also when the study is refused
        store = StudyStore(spec.tracking.experiment or spec.name)
        key = _key(spec, prepared)
        identity = _take(store, spec, {**submission, "tsml.key": key}, folder, study, text, fresh=fresh)
        journal = None
        try:
            send_leftovers(store)
            journal = Journal(store, identity, anew=fresh)
            greater = get_metric(spec.metric).greater_is_better
            runner = Runner(
                study=identity,
                name=spec.name,
                metric=spec.metric,
                greater_is_better=greater,
                items=_items(expand(spec), prepared, failures, searches, journal, greater, folder),
                journal=journal,
                executor=backend,
                placement=placement,
                listener=listener,
                tags=_tags(spec, folder),
                spec_yaml=text,
                reuse=not fresh,
            )
            return StudyOutcome(runner.run())
        finally:
            if journal is not None:
                journal.close()
            _running_here.discard(identity)


def _prepare(
    spec: ExperimentSpec, folder: Path, frames: Mapping[str, Any]
) -> tuple[list[Prepared], dict[str, TsmlError], dict[str, SearchOf]]:
    """Rows and folds of every experiment; raises only when none can start."""
    look_in(str(folder))  # a user's own class may stand beside the spec
    greater = get_metric(spec.metric).greater_is_better
    plans = expand(spec)
    searches = {plan.name: searches_of(plan.search_space, spec.tuning, field=plan.name, greater_is_better=greater) for plan in plans}
    client()  # MLflow that does not answer is told before the data is read
    preparer = Preparer(folder, frames)
    prepared, failures = [], {}
    for plan in plans:
        try:
            prepared.append(preparer.prepare(plan))
        except TsmlError as error:
            failures[plan.name] = error
    if not prepared:
        raise next(iter(failures.values()))
    warm, earlier = warm_searches(spec, prepared, searches)
    return [replace(item, earlier=earlier.get(item.plan.name, frozenset())) for item in prepared], failures, warm


def _key(spec: ExperimentSpec, prepared: list[Prepared]) -> str:
    """A hash of all that a study's results depend on."""
    tuning = {
        name: value
        for name, value in spec.tuning.model_dump(mode="json").items()
        if name in _FIRST_SETTINGS or value != Tuning.model_fields[name].default
    }
    parts: list[Any] = [spec.name, [item.trial_key(item.plan.search_space) for item in prepared], tuning]
    afterwards = prepared[0].plan.afterwards
    return digest([*parts, afterwards] if afterwards else parts)


def _items(
    plans: list[Plan],
    prepared: list[Prepared],
    failures: dict[str, TsmlError],
    searches: dict[str, SearchOf],
    journal: Journal,
    greater: bool,
    folder: Path,
) -> list[ExperimentRun | Failure]:
    ready = {item.plan.name: item for item in prepared}
    items: list[ExperimentRun | Failure] = []
    position = 0
    for plan in plans:
        if plan.name in failures:
            line = ExperimentProgress(
                name=plan.name, model=plan.model.name, variant=plan.variant, status="failed", error=str(failures[plan.name])
            )
            items.append(Failure(line))
            continue
        import_path = str(folder) if own_classes(plan.model) or own_steps(plan.components("preprocessing")) else None
        run = ExperimentRun(position, ready[plan.name], searches[plan.name], journal, greater_is_better=greater, import_path=import_path)
        items.append(run)
        position += 1
    return items


def _take(
    store: StudyStore, spec: ExperimentSpec, keys: Mapping[str, str], folder: Path, study: str | None, text: str, *, fresh: bool
) -> str:
    """Find the study or make one, and make it this process's own, in one step: two processes never run the same study."""
    with one_at_a_time():
        found = [study] if study else ([] if fresh else store.find_studies(keys["tsml.key"])[:1])
        for identity in found:
            if identity in _running_here or store.runs_now(identity):
                raise ConflictError(
                    f"this study is running already as {identity[:8]}",
                    field="study",
                    mend=f"follow it with: tsml status {identity[:8]}, or add --fresh",
                )
        identity = found[0] if found else store.create_study(spec.name, {**keys, "tsml.base": str(folder), **_tags(spec, folder)})
        store.set_tags(identity, {**keys, **({} if study else _ATTACHED)})
        store.claim(identity, clear_stop=study is None)
        _running_here.add(identity)
    try:
        _log_documents(store, identity, text)
    except TsmlError:
        _running_here.discard(identity)
        raise
    return identity


def _log_documents(store: StudyStore, identity: str, text: str) -> None:
    """Store the document and the environment where they are not there yet: a new study, or one that died before it had them."""
    try:
        json.loads(store.read_text(identity, "environment.json"))
    except (TsmlError, ValueError):
        store.log_text(identity, text, "spec.yaml")
        store.log_text(identity, json.dumps(environment(), indent=1), "environment.json")


def _tags(spec: ExperimentSpec, folder: Path) -> dict[str, str]:
    """The tags of a study and of its experiments: who, from what, by which score."""
    tags = {
        "tsml.study_name": spec.name,
        "tsml.task": spec.task,
        "tsml.metric": spec.metric,
        "tsml.greater_is_better": str(get_metric(spec.metric).greater_is_better).lower(),
        "tsml.seed": str(spec.tuning.seed),
        "mlflow.user": user_name(),
        "mlflow.source.name": "tsml",
        **{name: value for name, value in spec.tracking.tags.items() if not name.startswith(("tsml.", "mlflow."))},
    }
    commit = git_commit(folder)
    if commit:
        tags |= {"mlflow.source.git.commit": commit["commit"], "tsml.git_dirty": commit["dirty"]}
    return tags


def create_study(spec: ExperimentSpec, *, base: str | Path | None = None, executor: str = "local") -> str:
    """Record a study that another process will run; returns its id. Once it returns, the study is not lost.

    Raises
    ------
    SpecError
        When the document asks for something impossible, or for a pool that is not there.
    ExecutorError
        When this machine has not enough for one fit.
    DataError
        When a data file is not there.
    """
    folder = Path(base or ".").resolve()
    check_study(spec, folder, executor)
    return record_study(StudyStore(spec.tracking.experiment or spec.name), spec, folder, executor, tags={})


def check_study(spec: ExperimentSpec, folder: Path, executor: str) -> None:
    """Raise what `create_study` raises; a missing file is noticed before anything is acknowledged, loading it is the study's own work."""
    placed(spec, executor)
    for plan in expand(spec):
        make_search(plan.search_space, spec.tuning, field=plan.name, greater_is_better=False)
        for source in (plan.data, *(join.source for join in plan.data.joins.values())):
            data_files(source, folder)


def record_study(store: StudyStore, spec: ExperimentSpec, folder: Path, executor: str, *, tags: Mapping[str, str]) -> str:
    """Record a checked study as one that waits for its process; returns its id."""
    identity = store.create_study(spec.name, {"tsml.base": str(folder), **_tags(spec, folder), **tags})
    _log_documents(store, identity, to_yaml(spec))
    lines = [ExperimentProgress(name=plan.name, model=plan.model.name, variant=plan.variant) for plan in expand(spec)]
    store.save_status(
        StudyStatus(study=identity, name=spec.name, status="queued", metric=spec.metric, executor=executor, experiments=lines)
    )
    return identity


def run_recorded_study(
    identity: str, *, base: str | Path | None = None, executor: str = "local", listener: Listener | None = None, fresh: bool = False
) -> StudyOutcome:
    """Run a study made by `create_study`, from what MLflow knows of it. `fresh` repeats recorded trials.

    `base` is the folder that relative paths are relative to, where it is not the recorded one because this is another machine.

    Raises
    ------
    NotFoundError
        When there is no such study.
    ConflictError
        When it was stopped before it began, or has ended.
    """
    store = client()
    with guard():
        tags = dict(store.get_run(identity).data.tags)
    if tags.get("tsml.kind") != "study":
        raise NotFoundError("no such study", field="study", value=identity)
    spec = parse_spec(read_text(store, identity, "spec.yaml"), source=f"study {identity[:8]}")
    if tags.get("tsml.stop"):
        raise ConflictError("the study was stopped before it began", field="study", value=identity)
    place = own_log()
    if place is not None:
        with guard():
            store.set_tag(identity, LOG, place)
    return run_study(spec, base=base or tags.get("tsml.base"), executor=executor, listener=listener, study=identity, fresh=fresh)


def _mark_failed(spec: ExperimentSpec, study: str, error: TsmlError) -> None:
    store = StudyStore(spec.tracking.experiment or spec.name)
    lines = [
        ExperimentProgress(name=plan.name, model=plan.model.name, variant=plan.variant, status="failed", error=str(error))
        for plan in expand(spec)
    ]
    store.save_status(StudyStatus(study=study, name=spec.name, status="failed", metric=spec.metric, error=str(error), experiments=lines))
    store.finish(study, "FAILED")
