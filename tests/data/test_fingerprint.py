"""The fingerprint: the same for the same rows, another for others."""

from __future__ import annotations

import datetime as dt
import mmap
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from dsframework.data import _fingerprint, _registry, _watch, load_panel
from dsframework.data._watch import settled_after
from dsframework.errors import DataError
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


FILE: dict[str, Any] = {"path": "bars.parquet", "time": "day"}


@pytest.fixture
def remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the fingerprint of files is remembered at once, and the file bars.parquet."""
    monkeypatch.setenv("TSML_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(_fingerprint, "settled_after", lambda _: -1)
    write(tmp_path, 1.0)
    return tmp_path


def write(folder: Path, value: float, name: str = "bars.parquet") -> None:
    days = [dt.date(2024, 1, day) for day in range(1, 20)]
    pl.DataFrame({"day": days, "v": [value] * 19, "w": [2.0] * 19}).write_parquet(
        folder / name, compression="uncompressed", statistics=False
    )


def read(folder: Path, **more: Any) -> str:
    return load_panel(ParquetData.model_validate(FILE | more), base=folder).fingerprint


def test_an_unchanged_file_is_not_hashed_again(remembered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(remembered)
    monkeypatch.setattr(_fingerprint, "fingerprint", lambda frame: pytest.fail("hashed again"))
    assert read(remembered) == first


def test_a_file_rewritten_in_place_to_its_size_and_time_is_another(remembered: Path) -> None:
    file = remembered / "bars.parquet"
    first, before = read(remembered), file.stat()
    write(remembered, 9.0)
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = file.stat()
    assert (after.st_size, after.st_mtime_ns, after.st_ino) == (before.st_size, before.st_mtime_ns, before.st_ino)
    assert read(remembered) != first
    write(remembered, 1.0)
    assert read(remembered) == first


def test_a_file_put_in_its_place_is_another(remembered: Path) -> None:
    file = remembered / "bars.parquet"
    first, before = read(remembered), file.stat()
    write(remembered, 9.0, "other.parquet")
    os.utime(remembered / "other.parquet", ns=(before.st_atime_ns, before.st_mtime_ns))
    (remembered / "other.parquet").replace(file)
    assert file.stat().st_size == before.st_size
    assert read(remembered) != first


def test_a_file_changed_in_memory_that_is_shared_with_it_is_another(remembered: Path) -> None:
    """The page is dirty already when it is written to again, so that the system gives the file no new time by itself."""
    file = remembered / "bars.parquet"
    if settled_after(file.stat().st_dev) == float("inf"):
        return  # a file system in memory, whose files are never remembered
    at = file.read_bytes().index(struct.pack("<d", 1.0) * 19)
    with file.open("r+b") as stream, mmap.mmap(stream.fileno(), 0) as shared:
        shared[at : at + 8] = struct.pack("<d", 5.0)
        first = read(remembered)
        shared[at : at + 8] = struct.pack("<d", 6.0)
        assert read(remembered) != first


def test_when_a_file_has_settled_depends_on_its_file_system(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {}
    for kind in ("ext4", "overlay", "nfs4", "fuse.sshfs", "tmpfs", ""):
        monkeypatch.setattr(_watch, "_file_system", lambda _, kind=kind: kind)
        found[kind] = settled_after(0) / 1e9
    assert found == {"ext4": 2, "overlay": 2, "nfs4": 3600, "fuse.sshfs": 3600, "tmpfs": float("inf"), "": 2}


def test_other_columns_rows_and_checks_are_other_rows(remembered: Path) -> None:
    found = {read(remembered), read(remembered, columns=["v"]), read(remembered, columns=["w"]), read(remembered, start="2024-01-05")}
    assert len(found) == 4
    frame = pl.read_parquet(remembered / "bars.parquet")
    assert read(remembered, columns=["w"]) == load_panel(FrameData(frame="f", time="day", columns=["w"]), frames={"f": frame}).fingerprint


def test_a_file_that_was_just_written_is_not_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSML_HOME", str(tmp_path / "home"))
    write(tmp_path, 1.0)
    read(tmp_path)
    assert not (tmp_path / "home" / "fingerprints").exists()


def test_what_is_remembered_may_be_broken_or_not_writable(remembered: Path) -> None:
    first = read(remembered)
    for place in (remembered / "home" / "fingerprints").iterdir():
        place.write_bytes(b"\xff nonsense")
    assert read(remembered) == first
    (remembered / "home" / "fingerprints").rename(remembered / "gone")
    (remembered / "home" / "fingerprints").write_text("a file where the folder should be")
    assert read(remembered) == first


def test_few_fingerprints_are_kept(remembered: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fingerprint, "_MOST", 4)
    monkeypatch.setattr(_fingerprint, "_KEPT", 2)
    for day in range(1, 9):
        read(remembered, start=f"2024-01-{day:02}")
    assert len(list((remembered / "home" / "fingerprints").iterdir())) <= 4


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, 1.0)
    load = _registry.find_loader("parquet")

    def slow(data: DataSpec, request: Any) -> pl.DataFrame:
        rows = load(data, request)
        write(tmp_path, 2.0, *names)
        return rows

    monkeypatch.setitem(_registry._loaders, "parquet", slow)
    for names, path in ((["bars.parquet"], "bars.parquet"), (["new.parquet"], "*.parquet")):
        with pytest.raises(DataError) as caught:
            read(tmp_path, path=path)
        message = f"data.path: {names[0]} changed while it was read (got '{path}'); load it again when it is written to its end"
        assert str(caught.value) == message
