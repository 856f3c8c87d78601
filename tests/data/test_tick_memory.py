"""Bars of ticks from Parquet files are streamed: memory does not grow with the ticks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest

ROWS = 1_000_000
STARTED, GROWTH = 120, 25
"""Megabytes: what a few blocks of ticks may take, and what four times the ticks, of which the rows alone are 96 more, may add to it."""
PROGRAM = """
import sys
from pathlib import Path
from dsframework.data import load_panel
from dsframework.spec import ParquetData

def peak():  # not the maximum that getrusage tells, which a process inherits from the one that started it
    return int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) // 1024

def load(path):
    checks = dict.fromkeys(("outliers", "jumps", "frozen", "bars", "short"), "ignore")
    data = {"path": path, "entity": "ticker", "resample": {"every": "1h"}, "checks": checks}
    return load_panel(ParquetData.model_validate(data)).frame["count"].sum()

load(sys.argv[1])  # imports, and what threads keep
before = peak()
ticks = load(sys.argv[2])
print(before, peak(), ticks)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
@pytest.mark.parametrize("layout", ["row groups", "one row group, unsorted"])
def test_memory_does_not_grow_with_the_ticks(tmp_path: Path, layout: str) -> None:
    peaks = {}
    write(tmp_path / "few.parquet", 1000, 1000)
    for times in (1, 4):
        write(tmp_path / "ticks.parquet", times * ROWS, 100_000 if layout == "row groups" else times * ROWS, unsorted="un" in layout)
        command = [sys.executable, "-c", PROGRAM, str(tmp_path / "few.parquet"), str(tmp_path / "ticks.parquet")]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        before, peak, ticks = map(int, done.stdout.split())
        assert ticks == times * ROWS
        peaks[times] = peak - before
    assert peaks[1] < STARTED, peaks
    assert peaks[4] < peaks[1] + GROWTH, peaks


def write(file: Path, rows: int, group: int, *, unsorted: bool = False) -> None:
    moments = np.datetime64("2024-01-02", "us").astype(np.int64) + np.arange(rows) * 50_000
    if unsorted:
        moments[::1000] -= 10**9
    numbers = np.arange(rows)
    frame = {"time": pl.Series(moments).cast(pl.Datetime("us")), "price": 100.0 + numbers % 7, "size": numbers % 900}
    names = pl.Series(["AAA", "BBB", "CCC"]).gather(numbers % 3)
    pl.DataFrame({**frame, "ticker": names}).write_parquet(file, row_group_size=group, compression="lz4")
