"""Schedules: planning, writing, listing and deleting DAG files. A schedule is its file; nothing else remembers it."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dsframework.deployment._atomic import locked_folder, remove_leftovers, replace_file
from dsframework.deployment._dag import literal_of, render_dag
from dsframework.deployment._models import Schedule, SchedulePlan, ScheduleRequest
from dsframework.deployment._places import (
    bundle_folder,
    dag_file,
    dags_folder,
    environments_folder,
    predictions_folder,
    staging_folder,
    tsml_home,
)
from dsframework.deployment._publish import check_target
from dsframework.deployment._run import RunFacts, default_name, describe_run
from dsframework.deployment._sessions import Cadence, make_cadence, next_runs
from dsframework.errors import ConflictError, NotFoundError, ScheduleError, TsmlError, one_line

__all__ = ["delete_schedule", "list_schedules", "place_dag", "plan_schedule", "read_schedule", "write_schedule"]

_PREFIX = "tsml_"
_MOST_BYTES = 1_000_000
_CHECK_SECONDS = 600
_CHOOSE_FOLDER = "choose a folder that you may read and write, with dags_folder or TSML_DAGS_FOLDER"


def plan_schedule(request: ScheduleRequest) -> SchedulePlan:
    """Return what `write_schedule` would write; nothing is changed.

    Raises
    ------
    NotFoundError
        When there is no such run.
    ScheduleError
        When the run can't be scheduled so: one line with the field, the value and the mend.
    """
    facts = describe_run(request.run_id, data=request.data)
    name = request.name or default_name(facts)
    cadence = make_cadence(request.calendar or facts.calendar, at=request.at, timezone=request.timezone)
    file = dag_file(name, dags_folder(request.dags_folder))
    literal = _literal(name, request, facts, cadence)
    if "parquet" in literal["publish"]:
        check_target(Path(literal["publish"]["parquet"]))
    return SchedulePlan(
        name=name,
        dag_id=literal["dag_id"],
        file=str(file),
        text=render_dag(literal),
        next_runs=next_runs(cadence),
        spec=literal,
        replaces=_text_of(file),
    )


def _literal(name: str, request: ScheduleRequest, facts: RunFacts, cadence: Cadence) -> dict[str, Any]:
    bundle = bundle_folder(name, facts.run_id)
    return {
        "name": name,
        "dag_id": f"{_PREFIX}{name}",
        "owner": request.owner or _user(),
        "created": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        "model": {
            "run_id": facts.run_id,
            "study": facts.study,
            "model": facts.model,
            "target": facts.target,
            "horizon": facts.horizon,
            "metrics": facts.metrics,
        },
        "cadence": {
            "calendar": cadence.calendar,
            "timezone": cadence.timezone,
            "at": cadence.at,
            "cron": cadence.cron,
            "days_back": cadence.days_back,
        },
        "data": facts.data_path,
        "wait": request.wait.model_dump(),
        "publish": _publish(name, request),
        "bundle": str(bundle),
        "staging": str(staging_folder(name, facts.run_id)),
        "environments": str(environments_folder()),
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's process may have the number of no user
        return "airflow"


def _publish(name: str, request: ScheduleRequest) -> dict[str, Any]:
    if request.publish.table is not None:
        return {"table": request.publish.table.model_dump()}
    asked = request.publish.parquet
    return {"parquet": str(Path(asked).expanduser().absolute() if asked else predictions_folder(name))}


def write_schedule(request: ScheduleRequest) -> Schedule:
    """Write one DAG file, whole or not at all, after its model was copied beside it and predicted once.

    The same request again writes the same schedule again. A crash leaves at most a copy of a model that no schedule uses.

    Raises
    ------
    ConflictError
        When a schedule of another run has the name and `replace` is not set.
    NotFoundError, ScheduleError
        As `plan_schedule`; a `ScheduleError` as well when the model does not load or predict.
    """
    from dsframework.deployment._bundle import materialise

    plan = plan_schedule(request)
    _check_place(plan, replace=request.replace)
    bundle = Path(plan.spec["bundle"])
    with _naming("TSML_HOME", tsml_home(), "can't be written", "set TSML_HOME to a folder that you may write"):
        materialise(plan.spec["model"]["run_id"], bundle)
    _check_prediction(bundle, plan.spec["data"])
    place_dag(plan, replace=request.replace)
    return _schedule_of(Path(plan.file), plan.text)


def place_dag(plan: SchedulePlan, *, replace: bool = False) -> None:
    """Put the text of a plan in its place; of two writers one comes first, and the other sees its file."""
    file = Path(plan.file)
    with _naming("dags_folder", file.parent, "can't be written", _CHOOSE_FOLDER), locked_folder(file.parent):
        _check_place(plan, replace=replace)
        remove_leftovers(file)
        replace_file(file, plan.text.encode())


@contextmanager
def _naming(field: str, folder: Path, trouble: str, mend: str) -> Iterator[None]:
    """Turn what the system refuses into a `ScheduleError` that names the folder."""
    try:
        yield
    except OSError as error:
        raise ScheduleError(f"{trouble}: {error.strerror}", field=field, value=str(folder), mend=mend) from error


def _check_place(plan: SchedulePlan, *, replace: bool) -> None:
    there = _text_of(Path(plan.file))
    if there is None or replace:
        return
    run_id = _run_of(there)
    if run_id != plan.spec["model"]["run_id"]:
        what = f"a schedule of run {run_id}" if run_id else "a file that is not a schedule"
        raise ConflictError(f"{what} has this name", field="name", value=plan.name, mend="choose another name, or set replace")


def _run_of(text: str) -> str | None:
    """The run of a schedule's text; None for what is no schedule."""
    try:
        return str(literal_of(text)["model"]["run_id"])
    except (TsmlError, KeyError, TypeError):
        return None


def _check_prediction(bundle: Path, data: str | None) -> None:
    """Let the model predict once from the data at hand, as its DAG will: in a process of its own, with its own code and folder."""
    command = [sys.executable, "-m", "dsframework.deployment.runtime", "check", "--folder", str(bundle)]
    command += ["--data", data] if data else []
    variables = {**os.environ, "PYTHONPATH": str(bundle / "code")}
    try:
        done = subprocess.run(
            command,
            cwd=bundle,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_CHECK_SECONDS,
            check=False,
        )
        code, lines = done.returncode, (done.stderr or done.stdout).strip().splitlines()
    except subprocess.TimeoutExpired:
        code, lines = 1, [f"no answer in {_CHECK_SECONDS} s"]
    if code != 0:
        last = one_line(lines[-1] if lines else f"exit code {code}", 300)
        mend = "mend that, or schedule another run"
        raise ScheduleError(f"the model does not predict from the data at hand: {last}", field="run_id", mend=mend)


def list_schedules(folder: str | None = None) -> list[Schedule]:
    """Return every schedule of the folder by name; a file that can't be read is listed with its error."""
    place = dags_folder(folder)
    with _naming("dags_folder", place, "can't be read", _CHOOSE_FOLDER):
        try:
            files = sorted(place.iterdir())
        except FileNotFoundError:
            return []
    return [_read(file) for file in files if file.name.startswith(_PREFIX) and file.suffix == ".py"]


def read_schedule(name: str, folder: str | None = None) -> Schedule:
    """Return one schedule.

    Raises
    ------
    NotFoundError
        When there is none of that name.
    """
    return _read(_existing(name, folder)[0])


def delete_schedule(name: str, folder: str | None = None) -> None:
    """Delete a schedule's DAG file and its copies of models; what it posted stays.

    Raises
    ------
    NotFoundError
        When there is none of that name.
    ConflictError
        When the file of that name is not a schedule.
    ScheduleError
        When the folder can't be written.
    """
    file, text = _existing(name, folder)
    if _run_of(text) is None:
        raise ConflictError("the file is not a schedule", field="name", value=name, mend=f"delete {file.name} by hand")
    with _naming("dags_folder", file.parent, "can't be written", _CHOOSE_FOLDER), locked_folder(file.parent):
        file.unlink(missing_ok=True)
    shutil.rmtree(tsml_home() / "deployments" / name, ignore_errors=True)


def _existing(name: str, folder: str | None) -> tuple[Path, str]:
    file = dag_file(name, dags_folder(folder))
    text = _text_of(file)
    if text is None:
        raise NotFoundError("no such schedule", field="name", value=name, mend="see the list in Deployments")
    return file, text


def _text_of(file: Path) -> str | None:
    """Return the text of a file; None where there is none.

    Raises
    ------
    ScheduleError
        When a folder or a pipe is in its place, or when it may not be read.
    """
    with _naming("dags_folder", file.parent, "can't be read", _CHOOSE_FOLDER):
        try:
            if not stat.S_ISREG(file.stat().st_mode):
                raise ScheduleError("is not a file", field="name", value=file.name, mend="choose another name, or move it away")
            with file.open("rb") as stream:
                return stream.read(_MOST_BYTES).decode(errors="replace")
        except FileNotFoundError:
            return None


def _read(file: Path) -> Schedule:
    name = file.stem.removeprefix(_PREFIX)
    try:
        text = _text_of(file)
        if text is None:
            raise NotFoundError("is gone", value=str(file))
        return _schedule_of(file, text)
    except TsmlError as error:
        return Schedule(name=name, dag_id=file.stem, file=str(file), error=str(error))


def _schedule_of(file: Path, text: str) -> Schedule:
    literal = literal_of(text)
    try:
        cadence, model = Cadence(**literal["cadence"]), literal["model"]
        if f"{_PREFIX}{literal['name']}" != file.stem or literal["dag_id"] != file.stem:
            raise ScheduleError(f"is the file of schedule {literal['name']}", value=file.name, mend="make the schedule again")
        return Schedule(
            name=literal["name"],
            dag_id=literal["dag_id"],
            file=str(file),
            run_id=model["run_id"],
            model=model["model"],
            metrics=model["metrics"],
            calendar=cadence.calendar,
            at=cadence.at,
            timezone=cadence.timezone,
            next_runs=next_runs(cadence),
            data=literal["data"],
            publish=literal["publish"],
            wait=literal["wait"],
            owner=literal["owner"],
            created=literal["created"],
        )
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        raise ScheduleError(f"the literal is not a schedule: {type(error).__name__} {error}", mend="make the schedule again") from error
