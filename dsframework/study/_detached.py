"""Studies that outlive who started them: as a job of a Ray cluster, or in a process of its own. Submitting twice is one study."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from dsframework.errors import DataError, ExecutorError, NotFoundError
from dsframework.execution import Jobs, jobs_of_cluster, runtime_env, user_name
from dsframework.experiment import expand
from dsframework.records import Begun, DetachedStudy, StudyStatus
from dsframework.spec import ExperimentSpec, own_classes
from dsframework.study._elsewhere import refuse_unseen, seen_by_all
from dsframework.study._handover import drop_variables, hand_over, variables_for_elsewhere
from dsframework.study._job_of import ATTEMPT, JOB, job_tag
from dsframework.study._log_place import LOG, log_tag
from dsframework.study._run import check_study, record_study
from dsframework.study._status import find_study, study_status
from dsframework.study._submission import SUBMISSION, is_settled, submission_key
from dsframework.tracking import StudyStore, home, one_at_a_time

__all__ = ["start_detached"]

_ATTEMPTS = 1000


def start_detached(spec: ExperimentSpec, *, base: str | Path | None = None, executor: str = "local", fresh: bool = False) -> DetachedStudy:
    """Record a study and have it run apart from this process; returns at once.

    With ``ray`` and a cluster that takes jobs the study is a job of Ray, otherwise a process of its own on this machine. Either outlives
    this one. The same document in the same folder, with the same data files and own code, is the same study: while it is queued or runs,
    it is returned as it is; after it failed, was stopped or died, it goes on where it ended; after it has finished, it is returned as well,
    unless its data come from a database.

    Parameters
    ----------
    spec
        The document.
    base
        The folder that relative paths are relative to; the current one by default.
    executor
        ``local`` or ``ray``.
    fresh
        Make a new study and repeat every trial, also those that are recorded.

    Raises
    ------
    SpecError
        When the document asks for something impossible, or for a pool that is not there.
    ExecutorError
        When there is not enough for one fit, when Ray does not answer, or when its nodes could not see MLflow or the data.
    DataError
        When a data file is not there, or the data are a data frame of this process.
    TrackingUnavailableError
        When MLflow does not answer.
    """
    folder = Path(base or ".").resolve()
    jobs = jobs_of_cluster() if executor == "ray" else None
    check_study(spec, folder, executor)
    user = user_name()
    key = submission_key(spec, folder, user)
    if key is None:
        raise DataError("a data frame lives in this process", field="data.frame", mend="write it to a file, or run the study here")
    if jobs is None:
        launcher: _Process | _Job = _Process(folder, executor)
    else:
        here = jobs.is_here()
        if not here:
            refuse_unseen(spec, folder)
        launcher = _Job(jobs, folder, spec, user, here=here)
    store = StudyStore(spec.tracking.experiment or spec.name)
    with one_at_a_time():
        known = store.find_studies(key, tag=SUBMISSION)
        attempt = max((int(store.tags(study).get(ATTEMPT) or 0) for study in known), default=0) + 1
        found = None if fresh or not known else study_status(known[0])
        begun = _what_now(found, settled=is_settled(spec, folder)) if found is not None else "started"
        if found is not None and begun in ("running", "finished"):
            return _told(found, begun)
        if found is not None and begun == "resumed":
            study = found.study
            _queue_again(store, found)
        else:
            study = record_study(store, spec, folder, executor, tags={SUBMISSION: key})
        other = launcher.launch(store, study, f"tsml-{key}", attempt, fresh=fresh)
        if other is None:
            return _told(study_status(study), begun)
        if other != study and begun == "started":
            store.forget(study)
        theirs = study_status(other)
        return _told(theirs, "finished" if theirs.status == "finished" else "running")


def _what_now(found: StudyStatus, *, settled: bool) -> Begun:
    """What submitting a study again comes to."""
    if found.status in ("queued", "running"):
        return "running" if found.status == "running" or _is_in_hand(found.study) else "resumed"
    if found.status == "finished":
        return "finished" if settled else "started"
    return "resumed"


def _is_in_hand(study: str) -> bool:
    """Whether a queued study was given to somebody: a process that died between recording and starting it gave it to nobody."""
    tags = find_study(study).data.tags
    return bool(tags.get("tsml.owner") or tags.get(JOB))


def _told(status: StudyStatus, begun: Begun) -> DetachedStudy:
    return DetachedStudy(**dict(status), begun=begun)


def _queue_again(store: StudyStore, found: StudyStatus) -> None:
    """Make an ended study one that has not begun, for its next attempt; what is recorded stays."""
    store.set_tags(found.study, {"tsml.stop": "", "tsml.owner": "", "tsml.heartbeat": "", JOB: "", LOG: ""})
    lines = [
        line if line.status == "finished" else line.model_copy(update={"status": "queued", "error": None}) for line in found.experiments
    ]
    store.save_status(found.model_copy(update={"status": "queued", "error": None, "ended": None, "experiments": lines}))
    store.reopen(found.study)


class _Process:
    """A process of its own on this machine. What it prints goes to ``logs/<study>.log`` in `home`."""

    def __init__(self, folder: Path, executor: str) -> None:
        self._folder, self._executor = folder, executor

    def launch(self, store: StudyStore, study: str, name: str, attempt: int, *, fresh: bool) -> str | None:
        """Start it; returns None, because nobody else can have."""
        place = home() / "logs" / f"{study}.log"
        place.parent.mkdir(parents=True, exist_ok=True)
        store.set_tags(study, {ATTEMPT: str(attempt), "tsml.detached": "process", LOG: log_tag(place)})
        command = [sys.executable, *_arguments(study, self._executor, fresh=fresh)]
        with place.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self._folder,
                env={**os.environ, "TSML_HOME": str(home())},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        threading.Thread(target=process.wait, name=f"tsml-study-{study[:8]}", daemon=True).start()  # leaves no zombie behind
        store.set_owner(study, process.pid)
        return None


class _Job:
    """A job of a Ray cluster, with an id of its own for every attempt: Ray takes each once."""

    def __init__(self, jobs: Jobs, folder: Path, spec: ExperimentSpec, user: str, *, here: bool) -> None:
        self._jobs, self._folder, self._spec, self._user, self._here = jobs, folder, spec, user, here

    def launch(self, store: StudyStore, study: str, name: str, attempt: int, *, fresh: bool) -> str | None:
        """Submit it; returns the study that somebody else has submitted meanwhile, if there is one, and None otherwise."""
        given = self._on_this_machine(study) if self._here else self._elsewhere()
        python = sys.executable if self._here else "python"
        base = [] if given["folder"] else ["--base", "."]
        command = [python, *_arguments(study, "ray", fresh=fresh), *base]
        try:
            for number in range(attempt, attempt + _ATTEMPTS):
                job = f"{name}-{number}"
                taken = self._jobs.submit(job, command, metadata={"study": study}, **given)
                found = None if taken else self._jobs.find(job)
                other = found.metadata.get("study") if found is not None else None
                if taken or (found is not None and other == study and found.state != "ended"):
                    if not taken:
                        drop_variables(study)  # the driver has those of whose job was taken
                    store.set_tags(study, {ATTEMPT: str(number), "tsml.detached": "job", JOB: job_tag(self._jobs, job)})
                    return None if taken else study
                if other not in (None, study) and not fresh and _lives_or_is_done(other):
                    drop_variables(study)
                    return other
        except BaseException:
            drop_variables(study)
            raise
        raise ExecutorError("Ray takes no job of this study", field="executor", value=name)

    def _on_this_machine(self, study: str) -> dict[str, Any]:
        hand_over(study)
        path = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}  # is read before any file could be
        return {"folder": str(self._folder), "variables": {"TSML_HOME": str(home()), **path}, "runtime_env": {}}

    def _elsewhere(self) -> dict[str, Any]:
        modules = {path.rpartition(".")[0] for plan in expand(self._spec) for path in own_classes(plan.model)}
        return {
            "folder": str(self._folder) if seen_by_all(self._folder) else None,
            "variables": variables_for_elsewhere(self._user),
            "runtime_env": runtime_env(self._folder, home=home(), modules=modules),
        }


def _lives_or_is_done(study: str | None) -> bool:
    try:
        return study is not None and study_status(study).status in ("queued", "running", "finished")
    except NotFoundError:  # of another MLflow, or deleted
        return False


def _arguments(study: str, executor: str, *, fresh: bool) -> list[str]:
    return ["-P", "-m", "dsframework.cli", "run", "--study", study, "--executor", executor, *(["--fresh"] if fresh else [])]
