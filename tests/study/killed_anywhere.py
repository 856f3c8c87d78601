"""Not a test: runs a small study that kills itself at a chosen write to MLflow, then again, and prints what came out as JSON.

A program of its own, for it forks: what is slow to import is imported once, before anything has started a thread.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import traceback
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")  # an ordinary program, not under pytest's rule

import mlflow.pyfunc  # noqa: E402, F401
import sklearn.linear_model  # noqa: E402, F401
from mlflow.tracking import MlflowClient  # noqa: E402

from dsframework.spec import parse_spec  # noqa: E402
from dsframework.study import run_study  # noqa: E402
from dsframework.tracking import client  # noqa: E402

SPEC = """
version: 1
name: killed-anywhere
task: regression
data: {loader: sample, n_entities: 2, n_days: 120, seed: 1}
target: {column: volume}
features:
  - lag: {columns: [volume], periods: [0, 1]}
split: {cv: {folds: 2}}
models:
  - ridge: {alpha: [3.0, 1.0]}
metrics: [mae]
"""


KEPT = ("trials/*.jsonl", "spool/*/*/trials.jsonl")
"""Where trials are: in MLflow, and on their way there."""


def in_a_fork(work: Any) -> int:
    pid = os.fork()
    if pid:
        return os.waitpid(pid, 0)[1]
    try:
        work()
    except BaseException:  # a fork must not go on with its parent's work
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def die_after(name: str, which: str) -> None:
    """Kill this process as soon as MLflow has done the call of that name: its number, or what it names."""
    seen: Counter[str] = Counter()
    original = getattr(MlflowClient, name)

    def deadly(self: MlflowClient, *arguments: Any, **named: Any) -> Any:
        result = original(self, *arguments, **named)
        seen[name] += 1
        if str(seen[name]) == which or which in arguments:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(MlflowClient, name, deadly)


def study(home: Path, out: Path | None, deadly: tuple[str, str] | None) -> int:
    def work() -> None:
        os.environ["TSML_HOME"] = str(home)
        if deadly:
            die_after(*deadly)
        trials: list[int] = []
        listener = lambda event: trials.append(event.trial.number) if event.kind == "trial_finished" else None  # noqa: E731
        result = run_study(parse_spec(SPEC), base=home, listener=listener).result
        if out is not None:
            seen = recorded(result.experiments[0].run_id)
            out.write_text(json.dumps({"result": result.model_dump(mode="json"), "fitted": trials, **seen}))

    return in_a_fork(work)


def recorded(run_id: str) -> dict[str, Any]:
    """What a person sees in MLflow: how many runs, models and values there are, and which files."""
    store = client()
    experiments = [experiment.experiment_id for experiment in store.search_experiments()]
    runs = store.search_runs(experiments)
    studies = [run.info.run_id for run in runs if run.data.tags["tsml.kind"] == "study"]
    return {
        "runs": sorted([run.data.tags["tsml.kind"], run.info.status] for run in runs),
        "models": [str(model.status) for model in store.search_logged_models(experiments)],
        "folds": [metric.value for metric in store.get_metric_history(run_id, "fold_mae")],
        "files": sorted(file.path for run in (run_id, *studies) for file in store.list_artifacts(run)),
        "trials": sorted(trials_of(store, run_id)),
        "predictions": sorted(file.path for file in store.list_artifacts(run_id, "predictions")),
    }


def trials_of(store: MlflowClient, run_id: str) -> list[int]:
    """The numbers of the recorded trials, once for every time that they are recorded."""
    paths = [file.path for file in store.list_artifacts(run_id, "trials") if file.path.endswith(".jsonl")]
    lines = [line for path in paths for line in Path(store.download_artifacts(run_id, path)).read_text().splitlines()]
    return [json.loads(json.loads(line)["trial"])["number"] for line in lines]


def main(folder: Path, points: list[str]) -> None:
    empty = folder / "empty"
    os.environ["TSML_HOME"] = str(empty)
    assert in_a_fork(client) == 0
    report = {}
    for point in ["", *points]:
        home, out = folder / (point or "whole"), folder / "out.json"
        shutil.copytree(empty, home)
        name, _, number = point.partition(":")
        if point and study(home, None, (name, number)) != signal.SIGKILL:
            sys.exit(f"the study was not killed at {point}")
        before = len({line for pattern in KEPT for path in home.rglob(pattern) for line in path.read_text().splitlines()})
        if study(home, out, None) != 0:
            sys.exit(f"after a kill at {point}, the study did not run again")
        report[point or "whole"] = {"before": before, **json.loads(out.read_text())}
    print(json.dumps(report))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
