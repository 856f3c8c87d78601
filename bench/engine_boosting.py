"""54 settings x 5 folds of each booster as a study, beside `GridSearchCV` on the same matrix, folds and settings."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

BOOSTERS = {
    "xgboost": {"max_depth": [3, 5, 7], "learning_rate": [0.05, 0.1, 0.2], "min_child_weight": [1, 5, 20], "subsample": [1.0, 0.8]},
    "lightgbm": {"num_leaves": [15, 31, 63], "learning_rate": [0.05, 0.1, 0.2], "min_child_samples": [5, 20, 50], "reg_lambda": [0.0, 1.0]},
    "catboost": {"depth": [4, 6, 8], "learning_rate": [0.05, 0.1, 0.2], "l2_leaf_reg": [1, 3, 10], "rsm": [1.0, 0.8]},
}
_ENTITIES = 60
_LAGS = 20


def boosting_spec(name: str, rows: int, settings: Mapping[str, list[Any]]) -> str:
    """Settings of a booster on five growing folds of a panel with 17 features and about so many rows."""
    import yaml

    rounds = {"xgboost": "n_estimators", "lightgbm": "n_estimators", "catboost": "iterations"}[name]
    return yaml.safe_dump(
        {
            "version": 1, "name": f"boost-{name}", "task": "regression",
            "data": {"loader": "sample", "n_entities": _ENTITIES, "n_days": rows // _ENTITIES + _LAGS, "seed": 1},
            "target": {"column": "volume", "transform": "log"},
            "features": [
                {"lag": {"columns": ["volume"], "periods": [0, 1, 2, 3, 4]}},
                {"rolling": {"columns": ["volume", "close"], "windows": [5, _LAGS], "stats": ["mean", "std", "max"]}},
            ],
            "split": {"cv": {"folds": 5}}, "models": [{name: {rounds: 60, **settings}}],
            "tuning": {"method": "grid"}, "metrics": ["mae"], "audit": "off",
        }
    )  # fmt: skip


def bench_boosting(folder: Path, name: str, rows: int) -> str:
    """A whole study against `GridSearchCV`; their scores must agree."""
    import numpy as np
    from engine_trials import study_seconds
    from sklearn.base import clone
    from sklearn.metrics import mean_absolute_error
    from sklearn.model_selection import GridSearchCV

    from dsframework.records import TrialFinished
    from dsframework.spec import parse_spec
    from dsframework.study import run_study
    from dsframework.study._run import _prepare

    settings = BOOSTERS[name]
    n_settings = math.prod(map(len, settings.values()))
    spec = parse_spec(boosting_spec(name, rows, settings))
    (prepared,), _, _ = _prepare(spec, folder, {})
    dataset = prepared.dataset
    study_seconds(folder, 8, 0.1, 98)
    scores: dict[str, float] = {}
    size = next(iter(settings))
    mine: dict[Any, float] = defaultdict(float)

    def listen(event: Any) -> None:
        if isinstance(event, TrialFinished):
            scores[point_of(name, event.trial.params)] = event.trial.cv["mae"].mean
            mine[event.trial.params[size]] += event.trial.seconds

    with Stopwatch() as ours:
        (experiment,) = run_study(spec, base=folder, fresh=True, listener=listen).result.experiments
    assert experiment.n_trials == n_settings, experiment.error

    def score(estimator: Any, rows: Any, logarithm: Any) -> float:
        predicted = np.asarray(estimator.predict(rows), dtype=np.float64)
        return float(mean_absolute_error(np.exp(logarithm), np.exp(predicted)))

    folds = [(np.r_[dataset.train_rows(fold)], np.r_[dataset.test_rows(fold)]) for fold in prepared.folds]
    job = prepared.job({key: (value[0] if isinstance(value, list) else value) for key, value in prepared.plan.search_space.items()})
    model = job.new_model()
    x, y = dataset.x, np.log(dataset.y)
    model.fit(x[:200], y[:200])
    search = GridSearchCV(clone(model.estimator_), settings, n_jobs=2, cv=folds, refit=False, scoring=score)
    with Stopwatch() as theirs:
        search.fit(x, y)
    found = search.cv_results_
    apart = max(
        abs(scores[point_of(name, params)] / value - 1) for params, value in zip(found["params"], found["mean_test_score"], strict=True)
    )
    assert apart < 1e-9, f"the scores of {name} differ by {apart:.1e}"
    other: dict[Any, float] = defaultdict(float)
    for params, fit, told in zip(found["params"], found["mean_fit_time"], found["mean_score_time"], strict=True):
        other[params[size]] += len(folds) * (fit + told)
    told = ", ".join(
        f"{what}: ours {own:.1f} s, GridSearchCV {their:.1f} s, {own / their:.2f} x"
        for what, own, their in (("wall", ours.wall, theirs.wall), ("processors", ours.work, theirs.work))
    )
    parts = ", ".join(f"{value} {mine[value] / other[value]:.2f} x" for value in settings[size])
    return f"{n_settings} x 5 fits of {name} on {len(y):,} rows: {told}; fits by {size}: {parts}; scores agree to {apart:.0e}"


def point_of(name: str, params: dict[str, Any]) -> str:
    """The searched parameters of a trial."""
    return str([float(params[key]) for key in BOOSTERS[name]])


class Stopwatch:
    """Takes the time on the clock, and that of the processors for this process and all that it has started, also those that ended.

    Attributes
    ----------
    wall, work
        Seconds.
    """

    def __enter__(self) -> Self:
        self._end = threading.Event()
        self._first, self._last = self._now(), {}
        self._thread = threading.Thread(target=self._look)
        self._thread.start()
        self.wall = time.perf_counter()
        return self

    def __exit__(self, *_error: object) -> None:
        self.wall = time.perf_counter() - self.wall
        self._end.set()
        self._thread.join()
        self._last |= self._now()
        self.work = sum(seconds - self._first.get(process, 0.0) for process, seconds in self._last.items())

    def _look(self) -> None:
        while not self._end.wait(0.2):
            self._last |= self._now()

    def _now(self) -> dict[Any, float]:
        """The seconds of every process that is there."""
        import psutil

        own = psutil.Process()
        found: dict[Any, float] = {own: time.process_time()}
        for process in own.children(recursive=True):
            with contextlib.suppress(psutil.Error):
                found[process] = sum(process.cpu_times()[:2])
        return found
