"""The fingerprint: the same for the same rows, another for others."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dsframework.data import load_panel
from dsframework.spec import CsvData, DataSpec, FrameData, ParquetData, SampleData

KEYS: dict[str, Any] = {"time": "date", "entity": "ticker"}


def of(rows: Any) -> str:
    return load_panel(FrameData(frame="f", **KEYS), frames={"f": rows}).fingerprint


@pytest.fixture(scope="module")
def bars() -> pl.DataFrame:
    sample = load_panel(SampleData(n_days=40, time="date")).frame
    return sample.with_columns(note=pl.lit("x"), late=pl.col("volume") > 1e6, empty=pl.lit(None, dtype=pl.Float64))


def test_order_chunks_and_container_do_not_matter(bars: pl.DataFrame) -> None:
    expected = of(bars)
    assert len(expected) == 64
    assert of(bars.sample(fraction=1, shuffle=True, seed=1)) == expected
    assert of(bars.select(reversed(bars.columns))) == expected
    assert of(pl.concat([bars[:7], bars[7:100], bars[100:]], rechunk=False)) == expected
    assert of(bars.lazy()) == expected
    assert of(bars.drop("empty").to_pandas()) == of(bars.drop("empty"))


def test_the_file_does_not_matter(bars: pl.DataFrame, tmp_path: Path) -> None:
    plain = bars.drop("late", "empty")
    (tmp_path / "a").mkdir()
    plain.write_csv(tmp_path / "bars.csv")
    plain.sort("ticker").write_parquet(tmp_path / "a" / "other.parquet", row_group_size=13)
    specs: list[DataSpec] = [CsvData(path="bars.csv", **KEYS), ParquetData(path="a/other.parquet", **KEYS)]
    assert {load_panel(spec, base=tmp_path).fingerprint for spec in specs} == {of(plain)}


def test_every_change_matters(bars: pl.DataFrame) -> None:
    close = pl.col("close")
    first = pl.int_range(pl.len()) == 0
    variants = {
        "as it is": bars,
        "one bit": bars.with_columns(pl.when(first).then(pl.Series([np.nextafter(bars["close"][0], 1e9)])).otherwise(close).alias("close")),
        "a null": bars.with_columns(pl.when(~first).then(close).alias("close")),
        "zero for that null": bars.with_columns(pl.when(~first).then(close).otherwise(0.0).alias("close")),
        "a name": bars.rename({"note": "notes"}),
        "a type": bars.with_columns(pl.col("volume").cast(pl.Int32)),
        "a text": bars.with_columns(note=pl.lit("y")),
        "an entity": bars.with_columns(pl.col("ticker").replace({"AAA": "ZZZ"})),
        "a day": bars.with_columns(pl.when(pl.col("date") == bars["date"][-1]).then(dt.date(2001, 1, 2)).otherwise("date").alias("date")),
        "one row less": bars[:-1],
        "two columns swapped": bars.rename({"open": "high", "high": "open"}),
        "a flag": bars.with_columns(~pl.col("late")),
    }
    found = {name: of(frame) for name, frame in variants.items()}
    assert len(set(found.values())) == len(variants), found


def test_nan_is_null_and_both_zeros_are_one() -> None:
    day = [dt.date(2024, 1, 2)] * 2
    frame = pl.DataFrame({"date": day, "ticker": ["A", "B"], "v": [0.0, None]})
    assert of(frame.with_columns(v=pl.Series([-0.0, float("nan")]))) == of(frame)
