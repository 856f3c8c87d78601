"""The order of ticks is found out, not assumed; and what the scan takes four ticks at a time is what a loop takes one by one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from dsframework.data import Panel, _bar_blocks, _resample, load_panel
from dsframework.data._bar_codes import entity_codes
from dsframework.spec import FrameData, ParquetData

SORTED = "ticks were not in time order; sorted"
QUIET = dict.fromkeys(("bars", "short", "outliers", "jumps", "frozen", "zero_volume"), "ignore")
START = dt.datetime(2024, 6, 3, 14)


def bars(ticks: pl.DataFrame, **more: Any) -> Panel:
    data = {"frame": "f", "resample": {"every": "1min"}, "checks": QUIET, **more}
    return load_panel(FrameData.model_validate(data), frames={"f": ticks})


def ticks_at(seconds: list[int], **columns: Any) -> pl.DataFrame:
    n = len(seconds)
    given = {"price": np.arange(n) + 10.0, "size": np.arange(n) + 1} | columns
    return pl.DataFrame({"time": [START + dt.timedelta(seconds=second) for second in seconds], **given})


@pytest.fixture(params=[3, 1 << 20], ids=["blocks of 3", "one block"])
def _block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (_resample, _bar_blocks):
        monkeypatch.setattr(module, "BLOCK", request.param)


@pytest.mark.usefixtures("_block")
@pytest.mark.parametrize("entities", [None, "runs", "mixture"])
@pytest.mark.parametrize("place", range(1, 14))
def test_one_tick_too_early_is_found_wherever_it_stands(place: int, entities: str | None) -> None:
    """A bar of twelve ticks, then another: each tick in turn changes its place with the one before it."""
    seconds = [*range(0, 48, 4), 60, 61]
    columns = {} if entities is None else {"t": ["A"] * 14}
    ticks = ticks_at(seconds, **columns)
    if entities == "mixture":
        other = ticks.with_columns(t=pl.lit("B"), price=pl.col("price") + 100)
        ticks = pl.concat([ticks.with_row_index(), other.with_row_index()]).sort("index", maintain_order=True).drop("index")
    elif entities == "runs":
        ticks = pl.concat([ticks.with_columns(t=pl.lit(name)) for name in ("A", "B")])
    more = {} if entities is None else {"entity": "t"}
    expected = bars(ticks, **more)
    step = 2 if entities == "mixture" else 1
    order = list(range(ticks.height))
    order[step * place], order[step * (place - 1)] = order[step * (place - 1)], order[step * place]
    found = bars(ticks[order], **more)
    assert_frame_equal(found.frame, expected.frame)
    assert SORTED in found.notes
    assert SORTED not in expected.notes


@pytest.mark.usefixtures("_block")
def test_times_farther_apart_than_a_whole_number_can_say_are_in_order() -> None:
    moments = [-(2**63) + 10**18, -(10**9), 0, 2**63 - 10**18]
    ticks = pl.DataFrame({"time": pl.Series(moments).cast(pl.Datetime("ns")), "price": [1.0, 2.0, 3.0, 4.0], "size": [1, 1, 1, 1]})
    data = {"checks": QUIET | {"future": "ignore"}}
    assert SORTED not in bars(ticks, **data).notes
    assert SORTED in bars(ticks[[3, 0, 1, 2]], **data).notes
    assert bars(ticks[[3, 0, 1, 2]], **data).frame["close"].to_list() == [1.0, 2.0, 3.0, 4.0]


@pytest.mark.usefixtures("_block")
@pytest.mark.parametrize("large", [2**51 - 1, 2**51, 2**52, 2**53, 2**53 - 1, 2**60, -(2**51), -(2**51) - 1, -5])
@pytest.mark.parametrize("place", [0, 3, 5])
def test_sizes_of_any_whole_number_are_summed_exactly(large: int, place: int) -> None:
    sizes = [7] * 6
    sizes[place] = large
    row = bars(ticks_at([0, 1, 2, 3, 4, 5], size=sizes, price=[1.0] * 6)).frame.to_dicts()[0]
    assert row["volume"] == 35 + large
    assert row["vwap"] == pytest.approx(1.0, rel=1e-15)


@pytest.mark.usefixtures("_block")
@pytest.mark.parametrize("n", range(1, 11))
def test_bars_of_few_ticks_have_all_of_them(n: int) -> None:
    """Also of ticks that fill no group of four: the highest, the lowest and the last price in any place."""
    for place in range(n):
        price = np.full(n, 5.0)
        price[place] = 9.0
        price[n - 1 - place] = 1.0 if n - 1 != 2 * place else 9.0
        ticks = ticks_at(list(range(n)), price=price)
        row = bars(ticks).frame.to_dicts()[0]
        values = price.tolist()
        expected = {"open": values[0], "high": max(values), "low": min(values), "close": values[-1], "count": n, "volume": n * (n + 1) // 2}
        assert {name: row[name] for name in expected} == expected
        assert row["vwap"] == pytest.approx((price * (np.arange(n) + 1)).sum() / expected["volume"])


@pytest.mark.parametrize("order", ["sorted", "two swapped", "halves swapped", "shuffled"])
def test_any_kind_of_entity_gives_the_same_bars(order: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    n = 400
    names = ["A", "exactly12let", "a name longer than a view", "a name longer than a viex", "Ü"]
    ticks = ticks_at(np.sort(rng.choice(600, n, replace=False)).tolist(), code=rng.integers(0, 5, n), price=rng.normal(100, 1, n))
    expected = bars(ticks, entity="code").frame
    if order != "sorted":
        chosen = {"two swapped": [*range(1, n), 0], "halves swapped": [*range(n // 2, n), *range(n // 2)], "shuffled": rng.permutation(n)}
        ticks = ticks[chosen[order]]
    monkeypatch.setattr(_resample, "BLOCK", 97)
    text = pl.Series([names[code] for code in ticks["code"]])
    kinds = {"text": text, "category": text.cast(pl.Categorical), "enum": text.cast(pl.Enum(names)), "int": ticks["code"].cast(pl.Int16)}
    for kind, column in kinds.items():
        frame = ticks.with_columns(column.alias("t"))
        frame.write_parquet(tmp_path / "t.parquet", row_group_size=61)
        streamed = load_panel(
            ParquetData.model_validate({"path": "t.parquet", "entity": "t", "resample": {"every": "1min"}, "checks": QUIET}), base=tmp_path
        )
        for panel in (bars(frame, entity="t"), streamed):
            places = panel.frame["t"] if kind == "int" else pl.Series([names.index(name) for name in panel.frame["t"]])
            found = panel.frame.with_columns(places.cast(pl.Int64).alias("code")).select(expected.columns).sort("time", "code")
            assert_frame_equal(found, expected)
            assert (SORTED in panel.notes) == (order != "sorted")


@pytest.mark.parametrize("dtype", [pl.String, pl.Categorical, pl.Int64, pl.UInt8, pl.UInt64, pl.Date, pl.Boolean])
@pytest.mark.parametrize("order", ["runs", "mixture"])
def test_codes_are_one_to_one_with_entities(dtype: Any, order: str) -> None:
    numbers = pl.Series(np.random.default_rng(2).integers(0, 2 if dtype == pl.Boolean else 90, 50_000))
    numbers[-1] = 1 if dtype == pl.Boolean else 91  # one that comes last
    values = (numbers.sort() if order == "runs" else numbers).cast(dtype if dtype not in (pl.Date, pl.Categorical) else pl.Int32)
    values = values.cast(pl.Date) if dtype == pl.Date else values.cast(pl.String).cast(dtype) if dtype == pl.Categorical else values
    codes = entity_codes(values[3:])
    assert codes.names.n_unique() == len(codes.names)
    plain = values[3:].cast(pl.String) if dtype == pl.Categorical else values[3:]
    assert codes.names.gather(codes.values).to_list() == plain.to_list()
    assert codes.runs == len(plain.rle())


def test_a_long_name_that_comes_late_is_one_entity() -> None:
    values = pl.Series(["A", "B"] * 5000 + ["a name longer than a view"] * 5000)
    codes = entity_codes(values)
    assert len(codes.names) == 3
    assert codes.names.gather(codes.values).to_list() == values.to_list()
