"""What trials cost beside their fits: whole studies, recorded in MLflow, beside `GridSearchCV` with two workers of loky."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SPEC = """
version: 1
name: engine-{trials}-{seconds}-{run}
task: regression
data: {{loader: sample, n_entities: 1, n_days: 120, seed: {run}}}
target: {{column: volume}}
features: [{{lag: {{columns: [volume], periods: [0, 1]}}}}]
split: {{cv: {{method: hold_out, test_size: 0.2}}}}
models: [{{python: {{class: spinning.Spin, arguments: {{seconds: {seconds}, number: {{int: [1, {trials}]}}}}}}}}]
tuning: {{method: grid}}
metrics: [mae]
audit: 'off'
"""
FIRST = """
version: 1
name: first-{run}
task: regression
data: {{loader: sample, n_entities: 20, n_days: 500, seed: {run}}}
target: {{column: volume}}
features: [{{lag: {{columns: [volume], periods: [0, 1, 2]}}}}]
split: {{cv: {{folds: 3}}}}
models: [{{ridge: {{alpha: [0.1, 1.0]}}}}]
metrics: [mae]
"""


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
    from sklearn.model_selection import GridSearchCV
    from spinning import Spin

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
    """Cost a trial beside the fit's share of two processors; a study of four trials takes off what every study costs."""
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


def bench_recording(folder: Path, trials: int, seconds: float) -> str:
    """What the record of a study takes: of the study's own thread, which waits for it, and of processors beside it."""
    study_seconds(folder, 8, 0.1, 97)
    with recording() as taken:
        wall = study_seconds(folder, trials, seconds, 0)
    kept, sent = (f"{taken[what] / trials * 1e3:.2f} ms a trial, {taken[what] / wall:.1%} of the wall" for what in ("kept", "sent"))
    return f"recording {trials:,} trials of {seconds * 1e3:g} ms in {wall:.1f} s: the study waits {kept}; sending takes a processor {sent}"


@contextmanager
def recording() -> Iterator[dict[str, float]]:
    """Add up the seconds in which trials are recorded: by the clock in the study's thread, by the processor in the one that sends."""
    from dsframework.tracking import Journal

    taken = {"kept": 0.0, "sent": 0.0}

    def timed(function: Callable[..., Any], what: str, clock: Callable[[], float]) -> Callable[..., Any]:
        def call(*given: Any, **more: Any) -> Any:
            started = clock()
            try:
                return function(*given, **more)
            finally:
                taken[what] += clock() - started

        return call

    ways = {"record_trial": ("kept", time.perf_counter), "flush": ("kept", time.perf_counter), "_send": ("sent", time.thread_time)}
    own = {name: getattr(Journal, name) for name in ways}
    for name, (what, clock) in ways.items():
        setattr(Journal, name, timed(own[name], what, clock))
    try:
        yield taken
    finally:
        for name, function in own.items():
            setattr(Journal, name, function)


def bench_first(folder: Path, repeat: int) -> str:
    """Seconds from the call to the first finished trial in a warm process, nothing started before."""
    from dsframework.execution import _pool
    from dsframework.records import TrialFinished
    from dsframework.spec import parse_spec
    from dsframework.study import run_study

    def one(run: int, executor: str) -> float:
        _pool._pool = None  # nothing started before
        heard: list[float] = []
        started = time.perf_counter()

        def listen(event: Any) -> None:
            if isinstance(event, TrialFinished) and not heard:
                heard.append(time.perf_counter() - started)

        run_study(parse_spec(FIRST.format(run=run)), base=folder, executor=executor, listener=listen, fresh=True)
        return heard[0]

    one(99, "local")  # imports, and MLflow's database
    found = {name: statistics.median(one(run, name) for run in range(times)) for name, times in (("local", repeat), ("ray", 1))}
    return "first trial of a small study, process warm, no workers: " + ", ".join(f"{name} {value:.2f} s" for name, value in found.items())
