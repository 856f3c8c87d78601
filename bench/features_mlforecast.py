"""The columns of bench_features.py with mlforecast, which needs an environment of its own (it pins an older pandas).

    python bench/features_mlforecast.py ROWS.parquet REPEATS THREADS

ROWS has the columns unique_id, ds and y. Prints the median seconds of `preprocess`, its processor time, and the number of columns made.
"""

from __future__ import annotations

import statistics
import sys
import time

import polars as pl
from mlforecast import MLForecast
from mlforecast.lag_transforms import ExponentiallyWeightedMean, RollingMax, RollingMean, RollingMin, RollingStd

LAGS = [1, 2, 3, 5, 10, 21]
WINDOWS = [5, 21, 63]
SPANS = [3, 5, 10, 21, 42, 63]


def main() -> None:
    """Time it and print the line."""
    frame, repeats, threads = pl.read_parquet(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    transforms = [kind(window) for window in WINDOWS for kind in (RollingMean, RollingStd, RollingMin, RollingMax)]
    transforms += [ExponentiallyWeightedMean(2 / (span + 1)) for span in SPANS]
    taken = []
    for _ in range(repeats + 1):
        engine = MLForecast(models=[], freq="1d", lags=LAGS, lag_transforms={1: transforms}, num_threads=threads)
        started, processor = time.perf_counter(), time.process_time()
        made = engine.preprocess(frame, dropna=False, static_features=[])
        taken.append((time.perf_counter() - started, time.process_time() - processor))
    print(*(statistics.median(values) for values in zip(*taken[1:], strict=True)), made.width - 3)


if __name__ == "__main__":
    main()
