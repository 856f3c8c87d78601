"""What is left of a study whose workers, driver or node are killed again and again.

    .venv/bin/python bench/chaos.py [workers|drivers|node ...] [--trials N] [--every S] [--kills N] [--milliseconds M] [--executor E]

Every part prints one line of JSON. ``workers``: a study of 500 trials while a random worker is killed by its pid every five seconds: how
its trials ended, how often each number is recorded, and after how many seconds all processors are free again. ``drivers``: a study of 100
trials whose process is killed at 20 random moments and started again each time: whether result and predictions are those of an
uninterrupted run, bit by bit, and how many fits were begun twice. ``node``: a Ray of two nodes, one of which is lost in the middle. What
is written goes to a folder that is removed.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

MODEL = """
import os, time
from sklearn.linear_model import Ridge

class Counted(Ridge):
    def __init__(self, alpha=1.0, milliseconds=0.0):
        super().__init__(alpha=alpha)
        self.milliseconds = milliseconds
    def fit(self, X, y):
        with open(os.environ["CHAOS_FITS"], "a") as log:
            log.write(f"{self.alpha} {len(X)}\\n")
        time.sleep(self.milliseconds / 1000)
        return super().fit(X, y)
"""
SPEC = """
version: 1
name: chaos
task: regression
data: {{loader: sample, n_entities: 2, n_days: 150, seed: 1}}
target: {{column: volume}}
features: [{{lag: {{columns: [volume], periods: [0, 1]}}}}]
split: {{cv: {{folds: 2}}}}
models: [{{python: {{class: chaos_model.Counted, arguments: {{alpha: {{int: [1, {trials}]}}, milliseconds: {milliseconds}}}}}}}]
tuning: {{method: grid, trials: {trials}}}
metrics: [mae]
audit: 'off'
"""
FREE_SECONDS = 60.0


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[[], *PARTS], help="workers and drivers by default")
    parser.add_argument("--trials", type=int, help="500 by default, 100 for drivers, 60 for node")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two kills of a worker")
    parser.add_argument("--kills", type=int, default=20, help="kills of the driver")
    parser.add_argument("--milliseconds", type=float, default=40.0, help="how long a fit takes")
    parser.add_argument("--executor", choices=("local", "ray"), default="local", help="whose workers are killed")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    for part in options.parts or ["workers", "drivers"]:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "chaos_model.py").write_text(MODEL)
            print(json.dumps({"part": part, **PARTS[part](folder, options)}), flush=True)


def prepare(folder: Path, home: str) -> None:
    """Point this process at places of its own."""
    os.environ |= {"TSML_HOME": str(folder / home), "CHAOS_FITS": str(folder / f"{home}.fits")}
    os.environ.pop("MLFLOW_TRACKING_URI", None)


def run(folder: Path, trials: int, options: argparse.Namespace, executor: str = "local", listener: Any = None) -> Any:
    """Run the study and return its one experiment."""
    from dsframework.spec import parse_spec
    from dsframework.study import run_study

    spec = parse_spec(SPEC.format(trials=trials, milliseconds=options.milliseconds))
    (experiment,) = run_study(spec, base=folder, executor=executor, listener=listener).result.experiments
    return experiment


def recorded(run_id: str) -> list[tuple[int, str]]:
    """Number and status of the trials in MLflow, once for every time that they are recorded."""
    from dsframework.tracking import client

    store = client()
    paths = [file.path for file in store.list_artifacts(run_id, "trials") if file.path.endswith(".jsonl")]
    lines = [line for path in paths for line in Path(store.download_artifacts(run_id, path)).read_text().splitlines()]
    return [(trial["number"], trial["status"]) for trial in (json.loads(json.loads(line)["trial"]) for line in lines)]


# Workers.


def workers(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Kill a random worker every few seconds."""
    prepare(folder, "home")
    trials = options.trials or 500
    chance = random.Random(options.seed)
    over, kills = threading.Event(), []

    def kill() -> None:
        while not over.wait(options.every):
            pids = worker_pids(options.executor)
            if pids:
                kills.append(chance.choice(pids))
                with suppress(ProcessLookupError):
                    os.kill(kills[-1], signal.SIGKILL)

    killer = threading.Thread(target=kill, daemon=True)
    started = time.monotonic()
    killer.start()
    experiment = run(folder, trials, options, options.executor)
    seconds = time.monotonic() - started
    over.set()
    killer.join()
    free = seconds_until_free(options.executor)
    found = recorded(experiment.run_id)
    return {
        "trials": trials,
        "kills": len(kills),
        "experiment": experiment.status,
        "ended": dict(Counter(status for _, status in found)),
        "each_number_once": sorted(number for number, _ in found) == list(range(trials)),
        "seconds": round(seconds, 1),
        "free_after_seconds": free,
    }


def worker_pids(executor: str) -> list[int]:
    """The processes of the workers that are there now."""
    if executor == "local":
        from dsframework.execution._pool import shared_pool

        return [one.pid for one in shared_pool().at_work().shown if one.pid]
    from dsframework.execution._ray import _crews

    return [one.pid for crew in _crews.values() for one in crew.at_work().shown if one.pid]


def seconds_until_free(executor: str) -> float | None:
    """How long until no worker uses a processor, or until Ray has all of them to give; None when that takes a minute."""
    started = time.monotonic()
    while time.monotonic() - started < FREE_SECONDS:
        if executor == "local":
            before = ticks()
            time.sleep(0.5)
            free = ticks() - before <= 2
        else:
            import ray

            free = ray.available_resources().get("CPU") == ray.cluster_resources()["CPU"]
            time.sleep(0.0 if free else 0.5)
        if free:
            return round(time.monotonic() - started, 1)
    return None


def ticks() -> int:
    """Ticks of processor time that the processes below this one have used."""
    parents, used = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            parents[int(path.parent.name)], used[int(path.parent.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    below = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return sum(used[pid] for pid in below - {os.getpid()})


# Drivers.


def drivers(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Kill the whole study at random moments, and start it again."""
    trials = options.trials or 100
    chance = random.Random(options.seed)
    import_all()
    prepare(folder, "empty")
    from dsframework.tracking import client

    assert wait_for(fork(client)) == 0
    for home in ("whole", "killed"):
        shutil.copytree(folder / "empty", folder / home)
    results = {}
    kills = 0
    for home in ("whole", "killed"):
        prepare(folder, home)
        fits = folder / f"{home}.fits"
        life = lambda: tell(folder, run(folder, trials, options))  # noqa: E731
        while home == "killed" and kills < options.kills:
            pid = fork(life)
            if not kill_at(pid, fits, n_fits=chance.randrange(max(1, 3 * trials // options.kills)), delay=chance.uniform(0, 0.2)):
                break
            kills += 1
        assert wait_for(fork(life)) == 0
        results[home] = json.loads((folder / "told.json").read_text())
    twice = {home: sum(count - 1 for count in Counter((folder / f"{home}.fits").read_text().splitlines()).values()) for home in results}
    return {
        "trials": trials,
        "kills": kills,
        "same_bits": results["whole"]["bits"] == results["killed"]["bits"],
        "each_number_once": sorted(results["killed"]["numbers"]) == list(range(trials)),
        "fits_repeated": twice["killed"],
        "fits_repeated_without_kills": twice["whole"],
        "fits_needed": 2 * trials + 1,
        "most_in_flight": most_in_flight(options.milliseconds),
    }


def most_in_flight(milliseconds: float) -> int:
    """How many fits the workers of this machine have been given at most: two batches each."""
    from dsframework.execution._dispatch import _AHEAD, _BATCH_SECONDS
    from dsframework.execution._threads import processors

    return processors() * _AHEAD * max(1, int(_BATCH_SECONDS / (milliseconds / 1000)))


def import_all() -> None:
    """Import what is slow before anything has started a thread."""
    for name in ("mlflow.pyfunc", "sklearn.linear_model", "dsframework.study"):
        importlib.import_module(name)


def fork(work: Callable[[], Any]) -> int:
    """Do something in a process of its own."""
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    except BaseException:  # noqa: BLE001  # a fork must not go on with its parent's work
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def wait_for(pid: int) -> int:
    """Return how a process ended."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def kill_at(pid: int, fits: Path, *, n_fits: int, delay: float) -> bool:
    """Kill a driver a moment after it has begun so many fits, or while it starts; returns whether it had not finished by then."""
    before = lines_of(fits)
    deadline = time.monotonic() + (120 if n_fits else 15 * delay)
    while lines_of(fits) - before < max(1, n_fits) and time.monotonic() < deadline:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            assert status == 0, "the study failed by itself"
            return False
        time.sleep(0.005)
    time.sleep(delay)
    os.kill(pid, signal.SIGKILL)
    code = wait_for(pid)
    assert code in (0, -signal.SIGKILL), "the study failed by itself"
    return code == -signal.SIGKILL


def lines_of(path: Path) -> int:
    """How many lines a file has."""
    return path.read_bytes().count(b"\n") if path.exists() else 0


def tell(folder: Path, experiment: Any) -> None:
    """Write down what must not depend on kills."""
    from dsframework.tracking import load_predictions

    keys = ("name", "params", "cv", "test", "baselines", "n_trials", "n_train", "n_test", "status")
    frames = {part: load_predictions(experiment.run_id, part).to_dict(as_series=False) for part in ("cv", "test")}
    bits = {key: experiment.model_dump(mode="json")[key] for key in keys} | {"predictions": repr(frames)}
    (folder / "told.json").write_text(json.dumps({"bits": bits, "numbers": [number for number, _ in recorded(experiment.run_id)]}))


# A node of Ray.


def node(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Lose one of two nodes in the middle of a study."""
    from ray.cluster_utils import Cluster

    prepare(folder, "home")
    trials = options.trials or 60
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    second = cluster.add_node(num_cpus=1)
    os.environ["RAY_ADDRESS"] = cluster.address
    at: list[int] = []
    nodes: set[int] = set()

    def listen(event: Any) -> None:
        nodes.add(len(worker_pids("ray")))
        if event.kind == "trial_finished" and event.trial.number >= trials // 3 and not at and max(nodes) == 2:
            at.append(event.status.trials_done)
            cluster.remove_node(second, allow_graceful=False)

    started = time.monotonic()
    try:
        experiment = run(folder, trials, options, "ray", listen)
        seconds = time.monotonic() - started
        free = seconds_until_free("ray")
    finally:
        import ray

        ray.shutdown()
        cluster.shutdown()
    found = recorded(experiment.run_id)
    return {
        "trials": trials,
        "node_lost_after_trials": at,
        "experiment": experiment.status,
        "ended": dict(Counter(status for _, status in found)),
        "each_number_once": sorted(number for number, _ in found) == list(range(trials)),
        "seconds": round(seconds, 1),
        "free_after_seconds": free,
    }


PARTS: dict[str, Callable[[Path, argparse.Namespace], dict[str, Any]]] = {"workers": workers, "drivers": drivers, "node": node}

if __name__ == "__main__":
    sys.exit(main())
