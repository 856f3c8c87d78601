"""Ticks to 1-minute bars (open, high, low, close, volume, vwap, count): from memory, sorted, and from Parquet, beside DuckDB and polars.

    python bench/bench_ticks.py [--millions 50] [--rounds 5]

Prints one line of medians, all of one run, and the peak of memory of bars from Parquet files of a fifth and of all of the ticks, each in a
process of its own.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

BARS = {"every": "1min"}
QUIET = dict.fromkeys(("outliers", "frozen", "jumps", "zero_volume", "bars", "short", "gaps", "sessions"), "ignore")
SQL = """
    select time_bucket(interval '1 minute', time) + interval '1 minute' as time, arg_min(price, time) as open, max(price) as high,
           min(price) as low, arg_max(price, time) as close, sum(size)::bigint as volume, sum(price * size) / sum(size) as vwap,
           count(*) as count
    from {source} group by 1 order by 1
"""
PEAK = """
import sys, resource
from dsframework.data import load_panel
from dsframework.spec import ParquetData
load_panel(ParquetData.model_validate({"path": sys.argv[1], "resample": {"every": "1min"}}))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--millions", type=float, default=50)
    options.add_argument("--rounds", type=int, default=5)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), int(asked.millions * 1e6), asked.rounds)


def ticks(n: int) -> pl.DataFrame:
    """Ticks of one stock, a tenth of a second apart on average."""
    rng = np.random.default_rng(0)
    steps = rng.integers(0, 200_000, n, dtype=np.int64)
    times = np.datetime64("2015-01-01", "us").astype(np.int64) + steps.cumsum()
    price = 100 + 0.01 * rng.integers(-500, 500, n)
    return pl.DataFrame({"time": pl.Series(times).cast(pl.Datetime("us")), "price": price, "size": rng.integers(1, 1000, n)})


def measure(folder: Path, n: int, rounds: int) -> None:
    import duckdb

    from dsframework.data import load_panel
    from dsframework.spec import FrameData, ParquetData

    rows = ticks(n)
    file, part = folder / "ticks.parquet", folder / "part.parquet"
    rows.write_parquet(file, row_group_size=1_000_000)
    rows[: n // 5].write_parquet(part, row_group_size=1_000_000)
    frame_data = FrameData.model_validate({"frame": "f", "resample": BARS, "checks": QUIET})
    parquet_data = ParquetData.model_validate({"path": str(file), "resample": BARS, "checks": QUIET})
    base = duckdb.connect()
    base.register("ticks", rows.to_arrow())
    calls: dict[str, Callable[[], Any]] = {
        "ours": lambda: load_panel(frame_data, frames={"f": rows}).frame,
        "DuckDB": lambda: base.sql(SQL.format(source="ticks")).pl(),
        "polars": lambda: in_polars(rows.lazy()),
        "ours from Parquet": lambda: load_panel(parquet_data).frame,
        "DuckDB from Parquet": lambda: base.sql(SQL.format(source=f"'{file}'")).pl(),
        "polars from Parquet": lambda: in_polars(pl.scan_parquet(file)),
    }
    found: dict[str, list[float]] = {name: [] for name in calls}
    expected = in_polars(rows.lazy())
    for _ in range(rounds):
        for name, call in calls.items():
            began = time.perf_counter()
            bars = call()
            found[name].append(time.perf_counter() - began)
            assert bars.height == expected.height
            assert np.allclose(bars["vwap"], expected["vwap"])
    told({name: statistics.median(seconds) for name, seconds in found.items()}, n, (peak(part), peak(file)))


def in_polars(rows: pl.LazyFrame) -> pl.DataFrame:
    """The bars as polars makes them of sorted ticks."""
    price, size = pl.col("price"), pl.col("size")
    wanted = [price.first().alias("open"), price.max().alias("high"), price.min().alias("low"), price.last().alias("close")]
    wanted += [size.sum().alias("volume"), ((price * size).sum() / size.sum()).alias("vwap"), pl.len().alias("count")]
    return rows.set_sorted("time").group_by_dynamic("time", every="1m", label="right").agg(wanted).collect(engine="streaming")


def peak(file: Path) -> int:
    """Megabytes that a process of its own needs for the bars of a file."""
    done = subprocess.run([sys.executable, "-c", PEAK, str(file)], check=True, capture_output=True, text=True)
    return int(done.stdout)


def told(seconds: dict[str, float], n: int, peaks: tuple[int, int]) -> None:
    memory, files = ({name: seconds[name + end] for name in ("ours", "DuckDB", "polars")} for end in ("", " from Parquet"))
    parts = []
    for what, times in (("memory", memory), ("Parquet", files)):
        best = min(times["DuckDB"], times["polars"])
        shown = ", ".join(f"{name} {value:.3f} s" for name, value in times.items())
        parts.append(f"from {what} {shown} ({best / times['ours']:.1f}x the better, {n / times['ours'] / 1e6:.0f} million/s)")
    print(f"{n / 1e6:g} million ticks to bars: {'; '.join(parts)}; peak {peaks[0]} MB of a fifth, {peaks[1]} MB of all")


if __name__ == "__main__":
    main()
