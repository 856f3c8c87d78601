"""Ticks to 1-minute bars (open, high, low, close, volume, vwap, count): from memory and from Parquet, beside DuckDB and polars.

    python bench/bench_ticks.py [--millions 50] [--rounds 5]

Three sets of ticks: one stock; a hundred stocks in the order of time; the same, one stock below the other. Of the natural ways of DuckDB
and of polars (`ticks_elsewhere.py`), the fastest of a first round is measured. DuckDB's ticks in memory are a table of its own.

Prints a line for each set and source, with medians of one run of wall time and of processor time, and the peak of memory of bars from
Parquet files of a fifth and of all of the ticks, each in a process of its own.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl
from ticks_elsewhere import KEYS, Way, duckdb_ways, polars_ways

BARS = {"every": "1min"}
QUIET = dict.fromkeys(("outliers", "frozen", "jumps", "zero_volume", "bars", "short", "gaps", "sessions"), "ignore")
STOCKS = 100
PEAK = """
import sys
from pathlib import Path
from dsframework.data import load_panel
from dsframework.spec import ParquetData
load_panel(ParquetData.model_validate({"path": sys.argv[1], "resample": {"every": "1min"}}))
# not the maximum that getrusage tells, which a process inherits from the one that started it
print(int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024)
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--millions", type=float, default=50)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--sets", nargs="*", default=["one stock", "by time", "by stock"])
    asked = options.parse_args()
    n = int(asked.millions * 1e6)
    for name in asked.sets:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), name, n, asked.rounds)


def ticks(n: int, name: str) -> pl.DataFrame:
    """Ticks of one stock, a tenth of a second apart on average, or of many, five milliseconds apart."""
    rng = np.random.default_rng(0)
    steps = rng.integers(0, 200_000 if name == "one stock" else 10_000, n, dtype=np.int64)
    times = np.datetime64("2015-01-01", "us").astype(np.int64) + steps.cumsum()
    price = 100 + 0.01 * rng.integers(-500, 500, n)
    frame = pl.DataFrame({"time": pl.Series(times).cast(pl.Datetime("us")), "price": price, "size": rng.integers(1, 1000, n)})
    if name == "one stock":
        return frame
    names = pl.Series([f"S{number:03}" for number in range(STOCKS)])
    frame = frame.with_columns(ticker=names.gather(rng.integers(0, STOCKS, n)))
    return frame.sort("ticker", maintain_order=True) if name == "by stock" else frame


def measure(folder: Path, name: str, n: int, rounds: int) -> None:
    import duckdb

    from dsframework.data import load_panel
    from dsframework.spec import FrameData, ParquetData

    entity = name != "one stock"
    more = {"resample": BARS, "checks": QUIET, **({"entity": "ticker"} if entity else {})}
    rows, file, part = ticks(n, name), folder / "ticks.parquet", folder / "part.parquet"
    rows.write_parquet(file, row_group_size=1_000_000)
    rows[: n // 5].write_parquet(part, row_group_size=1_000_000)
    base = duckdb.connect()
    base.register("given", rows)
    base.execute("create table ticks as select * from given")
    base.unregister("given")
    frame_data = FrameData.model_validate({"frame": "f", **more})
    parquet_data = ParquetData.model_validate({"path": str(file), **more})
    sources: dict[str, dict[str, dict[str, Way]]] = {
        "memory": {
            "ours": {"": lambda: load_panel(frame_data, frames={"f": rows}).frame},
            "DuckDB": duckdb_ways(base, "ticks", entity=entity),
            "polars": polars_ways(rows.lazy(), entity=entity),
        },
        "Parquet": {
            "ours": {"": lambda: load_panel(parquet_data).frame},
            "DuckDB": duckdb_ways(base, file, entity=entity),
            "polars": polars_ways(pl.scan_parquet(file), entity=entity),
        },
    }
    for source, contestants in sources.items():
        print(f"{n / 1e6:g} million ticks, {name}, from {source}: {compared(contestants, KEYS[entity], n, rounds)}", flush=True)
    if sys.platform == "linux":
        print(f"peak of memory from Parquet: {peak(part)} MB of a fifth of the ticks, {peak(file)} MB of all", flush=True)


def compared(contestants: dict[str, dict[str, Way]], keys: list[str], n: int, rounds: int) -> str:
    """Medians of the fastest way of each, called in turn."""
    expected = contestants["ours"][""]().sort(keys)
    chosen = {name: min((timed(way, keys, expected), way_name) for way_name, way in ways.items())[1] for name, ways in contestants.items()}
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, way_name in chosen.items():
            found[name].append(timed(contestants[name][way_name], keys, expected))
    walls = {name: statistics.median(wall for wall, _ in times) for name, times in found.items()}
    works = {name: statistics.median(work for _, work in times) for name, times in found.items()}
    parts = [f"{name} {walls[name]:.3f} s, of processors {works[name]:.3f} s ({chosen[name] or 'load_panel'})" for name in contestants]
    ratios = [f"{walls[name] / walls['ours']:.1f}x {name} (processors {works[name] / works['ours']:.1f}x)" for name in ("DuckDB", "polars")]
    return f"{'; '.join(parts)}; {n / walls['ours'] / 1e6:.0f} million/s, {', '.join(ratios)}"


def timed(way: Way, keys: list[str], expected: pl.DataFrame) -> tuple[float, float]:
    """Seconds of the wall and of all processors; the bars must be the same."""
    began, work = time.perf_counter(), time.process_time()
    bars = way()
    wall, work = time.perf_counter() - began, time.process_time() - work
    assert bars.select(keys).equals(expected.select(keys))
    for column in ("open", "high", "low", "close", "volume", "vwap", "count"):
        assert np.allclose(bars[column], expected[column], rtol=1e-12), column
    return wall, work


def peak(file: Path) -> int:
    """Megabytes that a process of its own needs for the bars of a file."""
    done = subprocess.run([sys.executable, "-c", PEAK, str(file)], check=True, capture_output=True, text=True)
    return int(done.stdout)


if __name__ == "__main__":
    main()
