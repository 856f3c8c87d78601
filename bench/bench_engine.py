"""What a study costs beside its fits, next to scikit-learn's `GridSearchCV` on the same work in the same run.

    .venv/bin/python bench/bench_engine.py [trials|parallel|first|boosting|memory|dispatch|pruning ...] [--repeat 5] [--megabytes 500]

Every part prints one line. ``trials``: 400 fits of 1 ms; ``parallel``: 40 fits of 100 ms; both as whole studies, recorded in MLflow, whose
fixed cost (data, final fit, the stored model) is taken off by a study of four trials. ``first``: seconds until the first trial of a study
in a warm process without workers. ``boosting``: 54 settings x 5 folds of each booster, and whether the scores agree. ``memory``: what the
workers have together at most, beside what they had before, while linear models are fitted on a large matrix. ``dispatch``: a thousand
workers that do nothing. ``pruning``: a search of 100 points in full, beside early stopping and pruning (only where it is asked for).
Medians of ``--repeat`` runs; what is written goes to a folder that is removed.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

SPIN = """
import time
import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

class Spin(RegressorMixin, BaseEstimator):
    def __init__(self, seconds=0.001, number=0):
        self.seconds, self.number = seconds, number
    def fit(self, X, y):
        end = time.perf_counter() + self.seconds
        while time.perf_counter() < end:
            pass
        return self
    def predict(self, X):
        return np.full(len(X), float(self.number * 7919 % 10007))

class Line(RegressorMixin, BaseEstimator):
    def __init__(self, alpha=1.0, pause=0.0):
        self.alpha, self.pause = alpha, pause
    def fit(self, X, y):
        time.sleep(self.pause)
        self.weights_ = np.linalg.solve(X.T @ X + self.alpha * np.eye(X.shape[1]), X.T @ y)
        return self
    def predict(self, X):
        return X @ self.weights_
"""
SPEC = """
version: 1
name: engine-{trials}-{seconds}-{run}
task: regression
data: {{loader: sample, n_entities: 1, n_days: 120, seed: {run}}}
target: {{column: volume}}
features: [{{lag: {{columns: [volume], periods: [0, 1]}}}}]
split: {{cv: {{method: hold_out, test_size: 0.2}}}}
models: [{{python: {{class: bench_spin.Spin, arguments: {{seconds: {seconds}, number: {{int: [1, {trials}]}}}}}}}}]
tuning: {{method: grid}}
metrics: [mae]
audit: 'off'
"""
BOOSTERS = {
    "xgboost": {"max_depth": [3, 5, 7], "learning_rate": [0.05, 0.1, 0.2], "min_child_weight": [1, 5, 20], "subsample": [1.0, 0.8]},
    "lightgbm": {"num_leaves": [15, 31, 63], "learning_rate": [0.05, 0.1, 0.2], "min_child_samples": [5, 20, 50], "reg_lambda": [0.0, 1.0]},
    "catboost": {"depth": [4, 6, 8], "learning_rate": [0.05, 0.1, 0.2], "l2_leaf_reg": [1, 3, 10], "rsm": [1.0, 0.8]},
}


def median_of(repeat: int, function: Callable[[int], float]) -> float:
    """The median of a few runs."""
    return statistics.median(function(run) for run in range(repeat))


def study_seconds(folder: Path, trials: int, seconds: float, run: int) -> float:
    """The wall time of a study; the workers are warm after the first."""
    from dsframework.spec import parse_spec
    from dsframework.study import run_study

    spec = parse_spec(SPEC.format(trials=trials, seconds=seconds, run=run))
    started = time.perf_counter()
    (experiment,) = run_study(spec, base=folder, fresh=True).result.experiments
    assert experiment.n_trials == trials, experiment.error
    return time.perf_counter() - started


def grid_search_seconds(trials: int, seconds: float) -> float:
    """The wall time of a search over one fixed split with two loky workers."""
    import numpy as np
    from bench_spin import Spin
    from sklearn.model_selection import GridSearchCV

    x = np.random.default_rng(0).normal(size=(100, 2))
    search = GridSearchCV(
        Spin(seconds=seconds),
        {"number": list(range(trials))},
        n_jobs=2,
        cv=[(np.arange(80), np.arange(80, 100))],
        refit=False,
        scoring="neg_mean_absolute_error",
    )
    started = time.perf_counter()
    search.fit(x, x[:, 0])
    return time.perf_counter() - started


def bench_slope(folder: Path, trials: int, seconds: float, repeat: int) -> str:
    """Cost a trial beside the fit's share of two processors."""
    study_seconds(folder, 8, 0.1, 99)
    grid_search_seconds(8, 0.1)
    ours, theirs = [], []
    few = 4
    for run in range(repeat):
        base = study_seconds(folder, few, seconds, run)
        ours.append((study_seconds(folder, trials, seconds, run) - base) / (trials - few))
        base = grid_search_seconds(few, seconds)
        theirs.append((grid_search_seconds(trials, seconds) - base) / (trials - few))
    ideal = seconds / 2
    mine, other = statistics.median(ours), statistics.median(theirs)
    told = [
        f"{name} {value * 1e3:.2f} ms (own cost {(value - ideal) * 1e3:.2f} ms, {value / ideal:.2f} x serial/2)"
        for name, value in (("ours", mine), ("GridSearchCV", other))
    ]
    return f"{trials} trials of {seconds * 1e3:g} ms on 2 processors, a trial: {', '.join(told)}"


def bench_first(folder: Path, repeat: int) -> str:
    """Seconds from the call to the first finished trial, nothing started before."""
    from dsframework.execution import _pool
    from dsframework.records import TrialFinished
    from dsframework.spec import parse_spec
    from dsframework.study import run_study

    text = (
        "version: 1\nname: first-{run}\ntask: regression\ndata: {{loader: sample, n_entities: 20, n_days: 500, seed: {run}}}\n"
        "target: {{column: volume}}\nfeatures: [{{lag: {{columns: [volume], periods: [0, 1, 2]}}}}]\nsplit: {{cv: {{folds: 3}}}}\n"
        "models: [{{ridge: {{alpha: [0.1, 1.0]}}}}]\nmetrics: [mae]\n"
    )

    def one(run: int, executor: str) -> float:
        _pool._pool = None  # nothing started before
        heard: list[float] = []
        started = time.perf_counter()

        def listen(event: Any) -> None:
            if isinstance(event, TrialFinished) and not heard:
                heard.append(time.perf_counter() - started)

        run_study(parse_spec(text.format(run=run)), base=folder, executor=executor, listener=listen, fresh=True)
        return heard[0]

    one(99, "local")  # imports, and MLflow's database
    return "first trial of a small study, process warm, no workers: " + ", ".join(
        f"{name} {median_of(repeat if name == 'local' else 1, lambda run, name=name: one(run, name)):.2f} s" for name in ("local", "ray")
    )


def boosting_spec(name: str, folder: Path, run: int) -> str:
    """54 settings of a booster on five folds of a large panel."""
    import yaml

    rounds = {"xgboost": "n_estimators", "lightgbm": "n_estimators", "catboost": "iterations"}[name]
    return yaml.safe_dump(
        {
            "version": 1, "name": f"boost-{name}-{run}", "task": "regression",
            "data": {"loader": "sample", "n_entities": 60, "n_days": 1300, "seed": 1},
            "target": {"column": "volume", "transform": "log"},
            "features": [
                {"lag": {"columns": ["volume"], "periods": [0, 1, 2, 3, 4]}},
                {"rolling": {"columns": ["volume", "close"], "windows": [5, 20], "stats": ["mean", "std", "max"]}},
            ],
            "split": {"cv": {"folds": 5}}, "models": [{name: {rounds: 60, **BOOSTERS[name]}}],
            "tuning": {"method": "grid"}, "metrics": ["mae"], "audit": "off",
        }
    )  # fmt: skip


def bench_boosting(folder: Path, name: str) -> str:
    """A whole study against `GridSearchCV` on the same matrix, folds and settings; their scores must agree."""
    import numpy as np
    from sklearn.base import clone
    from sklearn.metrics import mean_absolute_error
    from sklearn.model_selection import GridSearchCV

    from dsframework.records import TrialFinished
    from dsframework.spec import parse_spec
    from dsframework.study import run_study
    from dsframework.study._run import _prepare

    spec = parse_spec(boosting_spec(name, folder, 0))
    (prepared,), _, _ = _prepare(spec, folder, {})
    dataset = prepared.dataset
    study_seconds(folder, 8, 0.1, 98)
    scores: dict[str, float] = {}

    def listen(event: Any) -> None:
        if isinstance(event, TrialFinished):
            scores[point_of(name, event.trial.params)] = event.trial.cv["mae"].mean

    ours = Stopwatch()
    (experiment,) = run_study(spec, base=folder, fresh=True, listener=listen).result.experiments
    ours.stop()
    assert experiment.n_trials == 54, experiment.error

    def score(estimator: Any, rows: Any, logarithm: Any) -> float:
        predicted = np.asarray(estimator.predict(rows), dtype=np.float64)
        return float(mean_absolute_error(np.exp(logarithm), np.exp(predicted)))

    folds = [(np.r_[dataset.train_rows(fold)], np.r_[dataset.test_rows(fold)]) for fold in prepared.folds]
    job = prepared.job({key: (value[0] if isinstance(value, list) else value) for key, value in prepared.plan.search_space.items()})
    model = job.new_model()
    x, y = dataset.x, np.log(dataset.y)
    model.fit(x[:200], y[:200])
    search = GridSearchCV(clone(model.estimator_), BOOSTERS[name], n_jobs=2, cv=folds, refit=False, scoring=score)
    theirs = Stopwatch()
    search.fit(x, y)
    theirs.stop()
    found = zip(search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True)
    apart = max(abs(scores[point_of(name, params)] / value - 1) for params, value in found)
    assert apart < 1e-9, f"the scores of {name} differ by {apart:.1e}"
    told = ", ".join(
        f"{what}: ours {mine:.1f} s, GridSearchCV {other:.1f} s, {mine / other:.2f} x"
        for what, mine, other in (("wall", ours.wall, theirs.wall), ("processors", ours.work, theirs.work))
    )
    return f"54 x 5 fits of {name} on {len(y):,} rows: {told}; scores agree to {apart:.0e}"


class Stopwatch:
    """The time since it was made, on the clock and of the processors for this process and all that it has started."""

    def __init__(self) -> None:
        self.wall, self.work = time.perf_counter(), self._work()

    def stop(self) -> None:
        """Say how much has passed."""
        self.wall, self.work = time.perf_counter() - self.wall, self._work() - self.work

    def _work(self) -> float:
        import psutil

        total = time.process_time()
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                total += sum(process.cpu_times()[:2])
        return total


def point_of(name: str, params: dict[str, Any]) -> str:
    """The searched parameters of a trial."""
    return str([float(params[key]) for key in BOOSTERS[name]])


def bench_memory(megabytes: int, workers: int) -> str:
    """Linear models that read a large matrix in place: ours on workers, then `GridSearchCV` on as many of loky's."""
    import numpy as np
    from bench_spin import Line
    from joblib.externals.loky import get_reusable_executor
    from sklearn.model_selection import GridSearchCV

    from dsframework.execution import LocalExecutor, Work
    from dsframework.experiment import fit_folds
    from dsframework.splitting import fit_groups

    alphas = [2.0**number for number in range(4 * workers)]
    small, large = lags_matrix(1), lags_matrix(megabytes)
    executor = LocalExecutor(workers=workers)

    def study(prepared: Any, pause: float) -> None:
        handle, groups = executor.put(prepared.dataset), fit_groups(prepared.folds)
        for alpha in alphas:
            job = prepared.job({"class": "bench_spin.Line", "alpha": alpha, "pause": pause})
            for group in groups:
                executor.submit(Work(f"{id(prepared)}/{alpha:g}/{group[0].number}", fit_folds, (handle, job, group), kind=str(pause)))
        left = len(alphas) * len(groups)
        while left:
            for finished in executor.wait(10.0):
                assert isinstance(finished[1], list), finished
                left -= 1

    def search(prepared: Any, pause: float) -> None:
        cv = [(np.r_[prepared.dataset.train_rows(fold)], np.r_[prepared.dataset.test_rows(fold)]) for fold in prepared.folds]
        grid = GridSearchCV(Line(pause=pause), {"alpha": alphas}, n_jobs=workers, cv=cv, refit=False, scoring="neg_mean_absolute_error")
        grid.fit(prepared.dataset.x, prepared.dataset.y)

    study(small, 0.2)  # every worker has imported what fits need
    with Watch() as ours:
        study(large, 0.0)
    executor.close()
    search(small, 0.2)
    with Watch() as theirs:
        search(large, 0.0)
    get_reusable_executor().shutdown()
    size = large.dataset.x.nbytes
    told = f"ours {ours.extra / size:.2f} x the matrix, GridSearchCV {theirs.extra / size:.2f} x"
    return f"{len(alphas)} x {len(large.folds)} fits on a matrix of {size / 1e6:.0f} MB, extra memory of {workers} workers together: {told}"


def lags_matrix(megabytes: int) -> Any:
    """Rows of a panel with so many lags that the matrix has that size, three folds, and a linear model."""
    import yaml

    from dsframework.spec import parse_spec
    from dsframework.study._run import _prepare

    lags, days = 200, 1200
    entities = max(1, round(megabytes * 1e6 / 8 / (2 * lags) / (days - lags)))
    spec = {
        "version": 1, "name": "memory", "task": "regression",
        "data": {"loader": "sample", "n_entities": entities, "n_days": days, "seed": 1},
        "target": {"column": "volume"}, "features": [{"lag": {"columns": ["volume", "close"], "periods": list(range(lags))}}],
        "split": {"cv": {"folds": 3}}, "models": [{"python": {"class": "bench_spin.Line"}}], "metrics": ["mae"], "audit": "off",
    }  # fmt: skip
    (prepared,), _, _ = _prepare(parse_spec(yaml.safe_dump(spec)), Path.cwd(), {})
    return prepared


class Watch:
    """Measures the memory of all processes that this one has started, a page that several have counted once (PSS).

    Attributes
    ----------
    extra
        Bytes at most, beside those at the beginning.
    """

    def __enter__(self) -> Watch:
        self._end = threading.Event()
        self._first = self._most = self._now()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._end.set()
        self._thread.join()
        self.extra = self._most - self._first

    def _look(self) -> None:
        while not self._end.wait(0.05):
            self._most = max(self._most, self._now())

    def _now(self) -> int:
        import psutil

        total = 0
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(OSError, StopIteration):
                lines = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
                total += 1024 * int(next(line for line in lines if line.startswith("Pss:")).split()[1])
        return total


def bench_dispatch(tasks: int, workers: int) -> str:
    """The dispatcher with workers that answer at once."""
    import resource

    from dsframework.execution._batch import Done
    from dsframework.execution._dispatch import Dispatcher
    from dsframework.execution._work import Work

    dispatcher = Dispatcher()
    queue = dispatcher.open()
    for worker in range(workers):
        dispatcher.join(worker)
    started, fed, done = time.perf_counter(), 0, 0
    while done < tasks:
        while fed < tasks and len(queue.waiting) < 4 * workers:
            queue.waiting.append(Work(f"{fed}", int, (), kind="fit", near=f"fold {fed % 5}"))
            fed += 1
        for worker in range(workers):
            batch = dispatcher.next_batch(worker)
            dispatcher.done(worker, [(number, Done(work.key, None, 0.02)) for number, work in batch])
            done += len(batch)
        queue.finished.clear()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"dispatch, {workers:,} simulated workers, {tasks:,} fits: {tasks / seconds:,.0f} fits/s, peak memory {peak:.0f} MB"


def main() -> None:
    """Run the parts that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("parts", nargs="*", default=["trials", "parallel", "first", "boosting", "memory", "dispatch"])
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--megabytes", type=int, default=500, help="size of the matrix in the part 'memory'")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tsml-bench-") as home:
        folder = Path(home)
        (folder / "bench_spin.py").write_text(SPIN)
        os.environ["TSML_HOME"] = home
        os.environ["PYTHONPATH"] = os.pathsep.join([home, *filter(None, [os.environ.get("PYTHONPATH")])])  # for loky's workers
        sys.path.append(home)
        for part in options.parts:
            if part == "trials":
                print(bench_slope(folder, 400, 0.001, options.repeat))
            elif part == "parallel":
                print(bench_slope(folder, 40, 0.1, options.repeat))
            elif part == "first":
                print(bench_first(folder, options.repeat))
            elif part == "boosting":
                for name in BOOSTERS:
                    print(bench_boosting(folder, name))
            elif part in BOOSTERS:
                print(bench_boosting(folder, part))
            elif part == "memory":
                for workers in (2, 4):
                    print(bench_memory(options.megabytes, workers))
                    sys.stdout.flush()
            elif part == "dispatch":
                print(bench_dispatch(100_000, 1000))
            elif part == "pruning":
                from pruning_search import bench_pruning

                print(bench_pruning(folder))
            sys.stdout.flush()


if __name__ == "__main__":
    main()
