"""Features of many daily series: `build_features` beside pandas, hand-written polars and mlforecast, on the same rows.

    .venv/bin/python bench/bench_features.py [--entities 2000] [--days 2500] [--repeats 5] [--pandas-entities N] [--mlforecast PYTHON]

24 columns: six lags, mean, std, min and max over three windows, and six exponentially weighted means. Prints one line: the median
seconds of each, how many times as long the others take, and how many times as much processor time, which other programs on the machine
disturb less; the largest relative difference to pandas, apart for the weighted means, whose weights end with us where together they
would be a millionth of all; and how much memory `build_features` takes at its peak beyond the panel, in units of its result. pandas may
be timed on fewer entities and its time multiplied, which the line says.
PYTHON is that of an environment with mlforecast.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl

from dsframework.features import build_features
from dsframework.kernels import available_threads
from dsframework.spec import Component, spec_from_dict

LAGS = [1, 2, 3, 5, 10, 21]
WINDOWS = [5, 21, 63]
SPANS = [3, 5, 10, 21, 42, 63]
_CHECKED = 200
STATS = ["mean", "std", "min", "max"]
FEATURES = [
    {"lag": {"columns": ["volume"], "periods": LAGS}},
    {"rolling": {"columns": ["volume"], "windows": WINDOWS, "stats": STATS}},
    {"ewm": {"columns": ["volume"], "spans": SPANS}},
]


def rows(entities: int, days: int) -> pl.DataFrame:
    """Return a panel sorted by time, then entity."""
    volume = np.random.default_rng(1).lognormal(13, 1, entities * days)
    start = np.datetime64("2015-01-01")
    times = np.repeat(np.arange(start, start + np.timedelta64(days, "D")), entities)
    tickers = pl.Series("ticker", [f"T{number:05d}" for number in range(entities)])
    everywhere = tickers.gather(np.tile(np.arange(entities), days))
    return pl.DataFrame({"date": times, "ticker": everywhere, "volume": volume})


def components() -> list[Component]:
    """Return the features of a spec."""
    spec = {"name": "bench", "task": "regression", "data": {"loader": "sample"}, "target": {"column": "volume"}, "models": ["ridge"]}
    found = spec_from_dict({**spec, "features": FEATURES}).features
    assert found is not None
    return found


def ours(frame: pl.DataFrame, features: Sequence[Component]) -> np.ndarray:
    """Compute the columns with the framework."""
    return build_features(frame, features, time="date", entity="ticker", calendar=None).matrix


def with_pandas(frame: pd.DataFrame) -> pd.DataFrame:
    """Compute the same columns in the same order, the way one writes them in pandas."""
    groups = frame.groupby("ticker", sort=False, observed=True)["volume"]
    columns = {f"lag_{period}": groups.shift(period) for period in LAGS}
    for window in WINDOWS:
        rolling = groups.rolling(window)
        for stat in STATS:
            columns[f"{stat}_{window}"] = getattr(rolling, stat)().reset_index(level=0, drop=True)
    for span in SPANS:
        columns[f"ewm_{span}"] = groups.ewm(span=span).mean().reset_index(level=0, drop=True)
    return pd.DataFrame(columns, index=frame.index)


def with_polars(frame: pl.DataFrame) -> pl.DataFrame:
    """Compute the same columns with polars' expressions over each entity."""
    volume = pl.col("volume")
    columns = [volume.shift(period).alias(f"lag_{period}") for period in LAGS]
    columns += [getattr(volume, f"rolling_{stat}")(window).alias(f"{stat}_{window}") for window in WINDOWS for stat in STATS]
    columns += [volume.ewm_mean(span=span).alias(f"ewm_{span}") for span in SPANS]
    return frame.select(column.over("ticker") for column in columns)


def seconds(call: Callable[[], object]) -> tuple[float, float]:
    """Return how long one call takes, and how much processor time."""
    started, processor = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - started, time.process_time() - processor


def side_by_side(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, np.ndarray]:
    """Return the median times of each; they take turns, so that whatever else the machine does hits all of them."""
    for call in calls.values():
        call()
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            taken[name].append(seconds(call))
    return {name: np.median(values, axis=0) for name, values in taken.items()}


def largest_difference(mine: np.ndarray, theirs: np.ndarray) -> float:
    """Return the largest relative difference; missing values must be in the same places."""
    assert (np.isnan(mine) == np.isnan(theirs)).all(), "missing values differ"
    return float(np.nanmax(np.abs(mine - theirs) / np.maximum(np.abs(theirs), 1e-12)))


def peak_memory(entities: int, days: int) -> float:
    """Return the most memory that `build_features` takes beyond the panel, divided by the size of its result (Linux only)."""
    code = f"import bench_features as b; b.print_peak({entities}, {days})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    return float(done.stdout.split()[-1])


def print_peak(entities: int, days: int) -> None:
    """Measure it in this process, which has done nothing else, and print it."""
    features = components()
    ours(rows(10, 100), features)
    frame = rows(entities, days)
    Path("/proc/self/clear_refs").write_text("5")  # forget the peak so far
    before = _status("VmRSS")
    matrix = ours(frame, features)
    print((_status("VmHWM") - before) * 1024 / matrix.nbytes)


def _status(name: str) -> int:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(f"{name}:"))
    return int(line.split()[1])


def mlforecast_seconds(python: str, frame: pl.DataFrame, repeats: int) -> np.ndarray:
    """Return the median times of mlforecast, in its own environment."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        frame.select(pl.col("ticker").alias("unique_id"), pl.col("date").alias("ds"), pl.col("volume").alias("y")).write_parquet(path)
        script = Path(__file__).with_name("features_mlforecast.py")
        command = [python, str(script), str(path), str(repeats), str(available_threads())]
        return np.array(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[:2], dtype=float)


def main() -> None:
    """Time all and print the line."""
    parser = argparse.ArgumentParser(description="features: ours beside pandas, polars and mlforecast")
    parser.add_argument("--entities", type=int, default=2000)
    parser.add_argument("--days", type=int, default=2500)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--pandas-entities", type=int, default=sys.maxsize)
    parser.add_argument("--mlforecast", metavar="PYTHON")
    given = parser.parse_args()
    frame, features = rows(given.entities, given.days), components()
    few = min(given.pandas_entities, given.entities)
    small = frame.filter(pl.col("ticker").rank("dense") <= few)
    pandas_frame = small.to_pandas()
    checked = frame.filter(pl.col("ticker").rank("dense") <= min(_CHECKED, few))
    mine, theirs = ours(checked, features), with_pandas(checked.to_pandas()).to_numpy(dtype=float)
    weighted = largest_difference(mine[:, -len(SPANS) :], theirs[:, -len(SPANS) :])
    others_differ = largest_difference(mine[:, : -len(SPANS)], theirs[:, : -len(SPANS)])
    calls = {"ours": lambda: ours(frame, features), "polars": lambda: with_polars(frame), "pandas": lambda: with_pandas(pandas_frame)}
    taken = side_by_side(calls, given.repeats)
    taken["pandas"] *= given.entities / few
    if given.mlforecast:
        taken["mlforecast"] = mlforecast_seconds(given.mlforecast, frame, given.repeats)
    ratios = {name: times / taken["ours"] for name, times in taken.items() if name != "ours"}
    others = ", ".join(f"{name} {taken[name][0]:.2f} s ({wall:.1f}x, processor {cpu:.1f}x)" for name, (wall, cpu) in ratios.items())
    shape = f"{frame.height:,} rows of {given.entities:,} entities x 24 columns, {available_threads()} threads"
    scaled = f"; pandas on {few} entities, times {given.entities / few:g}" if few < given.entities else ""
    memory = f"peak memory {peak_memory(given.entities, given.days):.2f}x the result"
    differences = f"largest relative difference to pandas {others_differ:.0e}, of weighted means {weighted:.0e}"
    print(f"features: {shape}: ours {taken['ours'][0]:.2f} s, {others}{scaled}; {differences}; {memory}")


if __name__ == "__main__":
    main()
