"""Runs in Airflow's own environment, started by the tests: does one thing and prints one line `ANSWER <json>`."""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.machinery
import importlib.util
import io
import json
import os
import signal
import sys
import time
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any


def folder() -> Path:
    return Path(os.environ["AIRFLOW_HOME"]) / "dags"


def bag() -> Any:
    from airflow.dag_processing.dagbag import DagBag

    return DagBag(dag_folder=str(folder()))


def load(file: str) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("schedule_under_test", file)
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def describe() -> Any:
    """What Airflow makes of the files."""
    found = bag()
    return {
        "errors": found.import_errors,
        "dags": {
            identity: {
                "tasks": [task.task_id for task in dag.topological_sort()],
                "cron": dag.timetable.summary,
                "catchup": dag.catchup,
                "owner": dag.owner,
                "doc": dag.doc_md,
                "max_active_runs": dag.max_active_runs,
                "sensor": dag.get_task("data_ready").mode,
                "docs": [bool(task.doc_md) for task in dag.tasks],
            }
            for identity, dag in found.dags.items()
        },
    }


def run(dag_id: str, *asked: str) -> Any:
    """Run the DAG once for each moment, or for each `as_of=DAY`; return the tasks' states."""
    answers = []
    for text in asked:
        dag = bag().dags[dag_id]  # anew: a run in this process leaves its params in the DAG
        chosen = {"as_of": text.removeprefix("as_of=")} if text.startswith("as_of=") else None
        moment = dt.datetime.now(dt.UTC) if chosen else dt.datetime.fromisoformat(text)
        finished = dag.test(logical_date=moment, run_conf=chosen)
        answers.append({"run": str(finished.state), **{task.task_id: str(task.state) for task in finished.get_task_instances()}})
    return answers


def session_days(file: str, cases: str) -> Any:
    """Return the day that the file makes of each [run type, moment, key, as_of]."""
    module = load(file)
    days = []
    for run_type, moment, key, as_of in json.loads(cases):
        moments = {"logical_date": None, "run_after": None} | {key: dt.datetime.fromisoformat(moment)}
        context = {"params": {"as_of": as_of}, "dag_run": SimpleNamespace(run_type=run_type, **moments)}
        days.append(module.session_day(context).isoformat())
    return days


def environment(file: str, bundle: str, environments: str) -> Any:
    """Make the environment of another, smaller bundle."""
    module = load(file)
    module.BUNDLE = Path(bundle)
    module.SCHEDULE["environments"] = environments
    module.environment.function()
    return str(module.environment_folder())


def ended(file: str, bundle: str) -> Any:
    """End a task while its program runs, as Airflow does when a time limit is over; return the seconds and the program's last state."""
    module = load(file)
    module.BUNDLE = Path(bundle)

    def end(*_: Any) -> None:
        raise TimeoutError

    signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, 2.0)
    before = time.monotonic()
    script = "import os, time; print(os.getpid(), os.getcwd(), flush=True); os.close(1); os.close(2); time.sleep(600)"
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed):
            module.run([sys.executable, "-c", script], dict(os.environ))
    except TimeoutError:
        pid, folder = printed.getvalue().splitlines()[-1].split()
        return {"seconds": time.monotonic() - before, "alive": Path("/proc", pid).exists(), "folder": folder}
    return None


def answers(file: str, programs: str) -> Any:
    """Return what each step makes of a model's program that exits with each code."""
    module = load(file)
    module.environment_folder = lambda: Path(programs)
    found = {}
    for step in ("ready", "predict"):
        for code in (0, 1, 3, 4):
            os.environ["CODE"] = str(code)
            try:
                found[f"{step} {code}"] = module.ask_model(step, dt.date(2015, 6, 24))
            except Exception as error:
                found[f"{step} {code}"] = f"{type(error).__name__}: {error}"
    return found


if __name__ == "__main__":
    actions = {
        "describe": describe,
        "run": run,
        "session_days": session_days,
        "environment": environment,
        "ended": ended,
        "answers": answers,
    }
    print("ANSWER", json.dumps(actions[sys.argv[1]](*sys.argv[2:])), flush=True)
