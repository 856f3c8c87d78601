"""Features of many daily series: `build_features` beside pandas' groupby, on the same rows, with the same numbers.

    .venv/bin/python bench/bench_features.py [--entities 60] [--days 1250] [--repeats 5]

Prints one line: the median seconds of both and the largest relative difference between their results.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dsframework.data import load_panel
from dsframework.features import build_features
from dsframework.spec import parse_spec

if TYPE_CHECKING:
    from dsframework.data import Panel

SPEC = """
version: 1
name: bench
task: regression
data: {{loader: sample, n_entities: {entities}, n_days: {days}, seed: 1}}
target: {{column: volume, horizon: 1}}
features:
  - lag: {{columns: [volume], periods: [0, 1, 2, 4, 9, 20]}}
  - rolling: {{columns: [volume], windows: [5, 21, 63], stats: [mean, std, min, max]}}
  - returns: {{columns: [close], periods: [1, 5, 21]}}
  - range: {{high: high, low: low, close: close, windows: [5, 21]}}
models: [ridge]
"""


def with_pandas(frame: pd.DataFrame, entity: str) -> pd.DataFrame:
    """Compute the same columns in the same order, the way one writes them in pandas."""
    groups = frame.groupby(entity, sort=False)
    columns: dict[str, pd.Series] = {}
    for period in (0, 1, 2, 4, 9, 20):
        columns[f"volume_lag_{period}"] = groups["volume"].shift(period)
    for window in (5, 21, 63):
        rolling = groups["volume"].rolling(window)
        for stat in ("mean", "std", "min", "max"):
            columns[f"volume_{stat}_{window}"] = getattr(rolling, stat)().reset_index(level=0, drop=True)
    for period in (1, 5, 21):
        columns[f"close_return_{period}"] = frame["close"] / groups["close"].shift(period) - 1
    spread = ((frame["high"] - frame["low"]) / frame["close"]).groupby(frame[entity], sort=False)
    for window in (5, 21):
        columns[f"range_{window}"] = spread.rolling(window).mean().reset_index(level=0, drop=True)
    return pd.DataFrame(columns, index=frame.index)


def median_seconds(call: Callable[[], object], repeats: int) -> float:
    """Return the median of `repeats` timings, after one call that warms up."""
    call()
    taken = []
    for _ in range(repeats):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def largest_difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest relative difference; missing values must be in the same places."""
    assert (np.isnan(ours) == np.isnan(theirs)).all(), "missing values differ"
    scale = np.maximum(np.abs(theirs), 1e-12)
    return float(np.nanmax(np.abs(ours - theirs) / scale))


def main() -> None:
    """Time both and print the line."""
    parser = argparse.ArgumentParser(description="features: ours beside pandas")
    parser.add_argument("--entities", type=int, default=60)
    parser.add_argument("--days", type=int, default=1250)
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    spec = parse_spec(SPEC.format(entities=given.entities, days=given.days))
    data, features = spec.data, spec.features
    assert data is not None and data.entity is not None and features is not None  # noqa: PT018
    panel: Panel = load_panel(data)
    entity = data.entity
    pandas_frame = panel.frame.to_pandas()

    def ours() -> np.ndarray:
        return build_features(panel.frame, features, time=data.time, entity=entity, calendar=None).matrix

    def theirs() -> pd.DataFrame:
        return with_pandas(pandas_frame, entity)

    difference = largest_difference(ours(), theirs().to_numpy(dtype=float))
    mine, other = (1e3 * median_seconds(call, given.repeats) for call in (ours, theirs))
    shape = f"{panel.frame.height:,} rows x {ours().shape[1]} columns"
    times = f"build_features {mine:.0f} ms, pandas groupby {other:.0f} ms, ratio {other / mine:.1f}"
    print(f"features: {shape}: {times}, largest relative difference {difference:.0e}")


if __name__ == "__main__":
    main()
