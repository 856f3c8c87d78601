"""A search of boosting in full, beside one that stops models early and prunes trials: what is saved, and what is kept of the signal."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

SPEC = """
version: 1
name: pruning-{name}-{seed}
task: regression
data: {{loader: sample, n_entities: {entities}, n_days: {days}, seed: {seed}}}
target: {{column: volume, transform: log}}
features:
  - lag: {{columns: [volume], periods: [0, 1, 2, 3, 4]}}
  - rolling: {{columns: [volume, close], windows: [5, 20], stats: [mean, std, max]}}
split: {{cv: {{folds: 5}}}}
models:
  - lightgbm:
      n_estimators: {{int: [100, 1500]}}
      learning_rate: {{log_uniform: [0.02, 0.3]}}
      num_leaves: {{log_int: [4, 64]}}
      min_child_samples: {{log_int: [5, 200]}}
tuning: {{method: random, trials: {trials}, seed: {seed}{more}}}
metrics: [mae]
audit: 'off'
"""
WAYS = {"in full": "", "early stopping": ", early_stopping: {rounds: 20}", "both": ", early_stopping: {rounds: 20}, pruning: asha"}


def search(folder: Path, way: str, **given: Any) -> tuple[float, float, int]:
    """Run a search; returns its seconds, the share of the best naive forecast's test error that it takes off, and how many were pruned."""
    from dsframework.spec import parse_spec
    from dsframework.study import run_study

    spec = parse_spec(SPEC.format(name=way.replace(" ", "-"), more=WAYS[way], **given))
    started = time.perf_counter()
    (experiment,) = run_study(spec, base=folder, fresh=True).result.experiments
    seconds = time.perf_counter() - started
    assert experiment.status == "finished", experiment.error
    naive = min(score for scores in experiment.baselines.values() if (score := scores["mae"]) is not None)
    test = experiment.test["mae"]
    assert test is not None
    return seconds, 1 - test / naive, experiment.n_pruned


def bench_pruning(folder: Path, *, trials: int = 100, entities: int = 20, days: int = 750, seeds: Sequence[int] = (1, 2, 3)) -> str:
    """Searches on several panels three times each: with all rounds and folds, with early stopping, and with the default pruning as well.

    The signal is added up over the panels: on one of them alone the few test rows tell more of luck than of the way.
    """
    found = {way: [search(folder, way, trials=trials, entities=entities, days=days, seed=seed) for seed in seeds] for way in WAYS}
    seconds, gained, pruned = ({way: sum(one[part] for one in runs) for way, runs in found.items()} for part in range(3))
    told = [
        f"{way} {seconds[way] / seconds['in full']:.2f} x at {gained[way] / gained['in full']:.1%} of its signal ("
        + ", ".join(f"{own[1] / full[1]:.1%}" for own, full in zip(found[way], found["in full"], strict=True))
        + ")"
        for way in list(WAYS)[1:]
    ]
    return (
        f"{len(seeds)} x {trials} trials of LightGBM x 5 folds on {entities * days:,} rows, in full {seconds['in full']:.0f} s, error "
        f"{gained['in full'] / len(seeds):.1%} below the best naive forecast's; {', '.join(told)}; {pruned['both']} trials pruned"
    )
