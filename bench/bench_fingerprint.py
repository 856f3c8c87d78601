"""The fingerprint of an unchanged Parquet file of 400 MB, beside the hash of its rows; medians of five in one run.

    python bench/bench_fingerprint.py [--megabytes 400]

Prints one line.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    options.add_argument("--megabytes", type=int, default=400)
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        os.environ["TSML_HOME"] = str(Path(name) / "home")
        measure(Path(name), asked.megabytes)


def measure(folder: Path, megabytes: int) -> None:
    from dsframework.data import _fingerprint, load_panel
    from dsframework.data._watch import check_unchanged, file_states
    from dsframework.spec import ParquetData

    rows = megabytes * 1_000_000 // (8 * 6)
    rng = np.random.default_rng(0)
    start = np.datetime64("2000-01-01", "us").astype(np.int64)
    columns: dict[str, Any] = {f"x{number}": rng.standard_normal(rows) for number in range(5)}
    times = pl.Series(start + np.arange(rows) * 1_000_000).cast(pl.Datetime("us"))
    pl.DataFrame({"time": times, **columns}).write_parquet(folder / "x.parquet", compression="uncompressed")
    data = ParquetData.model_validate({"path": "x.parquet", "checks": {"outliers": "ignore"}})
    frame = load_panel(data, base=folder).frame
    time.sleep(2.1)
    load_panel(data, base=folder)

    def unchanged() -> None:
        states = file_states(data, folder)
        check_unchanged(states, data, folder)
        _fingerprint.fingerprint_of_files(frame, data, states)

    cached, hashed = median(unchanged), median(lambda: _fingerprint.fingerprint(frame))
    size = (folder / "x.parquet").stat().st_size / 1e6
    print(f"fingerprint of {size:.0f} MB of Parquet: unchanged {1000 * cached:.2f} ms (goal 10), hashing the rows {1000 * hashed:.0f} ms")


def median(call: Callable[[], Any]) -> float:
    found = []
    for _ in range(5):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


if __name__ == "__main__":
    main()
