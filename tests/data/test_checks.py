"""What would give wrong numbers is found, said in one line with its first place, and refused where the spec says so."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsframework.calendars import sessions_between
from dsframework.data import Panel, load_panel
from dsframework.errors import DataError
from dsframework.spec import CsvData, FrameData, ParquetData, SampleData

FIRST, LAST = dt.date(2024, 1, 2), dt.date(2024, 5, 31)
DAYS = sessions_between("XNYS", FIRST, LAST)


def bars(entities: str = "AB", days: list[dt.date] = DAYS) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    parts = []
    for name in entities:
        close = 100 * np.exp(rng.normal(0, 0.01, len(days)).cumsum())
        part = {
            "time": days,
            "ticker": [name] * len(days),
            "open": close * 1.001,
            "high": close * 1.01,
            "low": close * 0.99,
            "close": close,
        }
        parts.append(pl.DataFrame(part | {"volume": rng.integers(1000, 2000, len(days))}))
    return pl.concat(parts)


def load(rows: pl.DataFrame, **more: Any) -> Panel:
    data = {"frame": "f", "entity": "ticker", "calendar": "XNYS", **more}
    return load_panel(FrameData.model_validate({key: value for key, value in data.items() if value is not None}), frames={"f": rows})


def at(day: int, ticker: str = "A") -> pl.Expr:
    return (pl.col("time") == DAYS[day]) & (pl.col("ticker") == ticker)


def put(rows: pl.DataFrame, where: pl.Expr, **values: Any) -> pl.DataFrame:
    return rows.with_columns(
        pl.when(where).then(value if isinstance(value, pl.Expr) else pl.lit(value)).otherwise(name).alias(name)
        for name, value in values.items()
    )


def from_day(day: int, ticker: str = "A") -> pl.Expr:
    return (pl.col("time") >= DAYS[day]) & (pl.col("ticker") == ticker)


HALVED = {name: pl.col(name) / 2 for name in ("open", "high", "low", "close")}
STILL = {"open": 50.0, "high": 50.0, "low": 50.0, "close": 50.0}
SORTED = "rows were not in time order; sorted"
TOMORROW = dt.datetime.now(tz=dt.UTC).date() + dt.timedelta(days=3)

FOUND: dict[str, tuple[str, pl.DataFrame, str]] = {
    "a session missing": (
        "gaps",
        bars().filter(~at(10)),
        f"1 sessions of XNYS have no row, in 1 stretches, the first before time={DAYS[11]}, ticker=A",
    ),
    "a week missing": (
        "gaps",
        bars().filter(~pl.col("time").is_in(DAYS[20:25])),
        f"10 sessions of XNYS have no row, in 2 stretches, the first before time={DAYS[25]}, ticker=A",
    ),
    "a holiday": (
        "sessions",
        pl.concat([bars(), bars(days=[dt.date(2024, 2, 19)])]),
        "2 rows lie outside the sessions of XNYS, the first at time=2024-02-19, ticker=A (there is no session on that day)",
    ),
    "an outlier": (
        "outliers",
        put(bars(), at(40, "B"), volume=10**9),
        f"2 changes of 'volume' are outliers, the first at time={DAYS[40]}, ticker=B (volume from ",
    ),
    "a split": (
        "jumps",
        put(bars(), from_day(30), **HALVED),
        f"'open', 'high', 'low', 'close' change like a split 4 times, the first at time={DAYS[30]}, ticker=A (open from ",
    ),
    "a frozen price": (
        "frozen",
        put(bars(), from_day(60, "B") & (pl.col("time") < DAYS[75]), **STILL),
        f"60 values of 'open', 'high', 'low', 'close' stand still for 10 rows or more, the first time until time={DAYS[69]}, ticker=B",
    ),
    "no volume": (
        "zero_volume",
        put(bars(), at(5) | at(7), volume=0),
        f"2 values of 'volume' are zero, the first at time={DAYS[5]}, ticker=A",
    ),
    "a high below the low": (
        "bars",
        put(bars(), at(9, "B"), high=1.0),
        f"1 bars are impossible, the first at time={DAYS[9]}, ticker=B (open ",
    ),
    "a price of zero": ("bars", put(bars(), at(9), low=0.0), f"1 bars are impossible, the first at time={DAYS[9]}, ticker=A (open "),
    "a volume below zero": ("bars", put(bars(), at(9), volume=-1), f"1 bars are impossible, the first at time={DAYS[9]}, ticker=A (open "),
    "a late series": (
        "short",
        bars().filter(~(pl.col("ticker") == "B") | (pl.col("time") >= DAYS[20])),
        f"1 of 2 series begin late: B begins at {DAYS[20]}",
    ),
    "a series that ends": (
        "short",
        bars().filter(~(pl.col("ticker") == "A") | (pl.col("time") < DAYS[60])),
        f"1 of 2 series end early: A ends at {DAYS[59]}",
    ),
    "a series that never changes": (
        "short",
        put(bars(), pl.col("ticker") == "B", volume=7),
        "'volume' never changes in 1 of 2 series, the first is B",
    ),
    "the future": (
        "future",
        pl.concat([bars(), bars(days=[TOMORROW])]),
        f"2 rows lie in the future, the first at time={TOMORROW}, ticker=A",
    ),
}
OFF = dict.fromkeys(("gaps", "sessions", "outliers", "frozen", "zero_volume", "jumps", "bars", "short", "future"), "ignore")


def test_ordinary_bars_are_not_accused() -> None:
    assert load(bars("ABCD")).notes == ()
    for frequency in ("1d", "1h", "5m"):
        assert load_panel(SampleData.model_validate({"n_days": 120, "n_entities": 3, "frequency": frequency})).notes == ()


@pytest.mark.parametrize("name", FOUND)
def test_each_kind_is_a_line_an_error_or_nothing(name: str) -> None:
    kind, rows, text = FOUND[name]
    notes = load(rows, checks=OFF | {kind: "warn"}).notes
    assert [note[: len(text)] for note in notes if note != SORTED] == [text]
    with pytest.raises(DataError) as caught:
        load(rows, checks=OFF | {kind: "error"})
    assert str(caught.value).startswith(f"data.checks.{kind}: {text}")
    assert str(caught.value).endswith(f", or set data.checks.{kind} to warn")
    assert set(load(rows, checks=OFF).notes) <= {SORTED}


def test_a_half_day_ends_at_its_early_close() -> None:
    times = [dt.datetime(2024, 7, 3, hour, 0) for hour in (10, 13, 14)] + [dt.datetime(2024, 7, 5, 16), dt.datetime(2024, 7, 5, 16, 1)]
    rows = pl.DataFrame({"time": times, "v": [1.0, 2.0, 3.0, 5.0, 4.0]})
    expected = "2 rows lie outside the sessions of XNYS, the first at time=2024-07-03 14:00:00{zone}"
    expected += " (the session is from 09:30 to 13:00, a half day)"
    assert load(rows, entity=None).notes == (expected.format(zone=""),)
    assert load(rows, entity=None, timezone="America/New_York").notes == (expected.format(zone="-04:00"),)
    utc = rows.with_columns(pl.col("time").dt.replace_time_zone("America/New_York").dt.convert_time_zone("UTC"))
    assert load(utc, entity=None).notes == (expected.format(zone="").replace("14:00:00", "18:00:00+00:00"),)


def test_intraday_changes_over_night_are_no_outliers_but_those_of_the_day_are() -> None:
    rng = np.random.default_rng(2)
    times = [dt.datetime.combine(day, dt.time(10)) + dt.timedelta(minutes=minute) for day in DAYS[:10] for minute in range(60)]
    steps = rng.normal(0, 1e-4, len(times))
    steps[::60] = 0.05
    rows = pl.DataFrame({"time": times, "close": 100 * np.exp(steps.cumsum())})
    assert load(rows, entity=None).notes == ()
    steps[130] = 0.05
    found = load(rows.with_columns(close=100 * np.exp(steps.cumsum())), entity=None).notes
    assert [note.split(", the first at ")[0] for note in found] == ["1 changes of 'close' are outliers"]
    assert f"time={times[130]}" in found[0]


def loop(series: list[float | None], frozen_rows: int, spread: float) -> dict[str, tuple[int, int]]:
    """Count and first row of frozen values, jumps and outliers of one series, by the definitions."""
    known = [(row, value) for row, value in enumerate(series) if value is not None]
    frozen: list[int] = []
    run: list[int] = []
    for place, (row, value) in enumerate(known):
        run = [*run, row] if place and known[place - 1][1] == value else [row]
        if len(run) >= frozen_rows:
            frozen += run if len(run) == frozen_rows else [row]
    pairs = [(now[0], now[1], before[1]) for before, now in itertools.pairwise(known)]
    ratios = (1.5, 2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50, 100)
    jumps = [row for row, a, b in pairs if a > 0 and b > 0 and any(abs(max(a / b, b / a) / r - 1) < 0.04 for r in ratios)]
    relative = all(value >= 0 for _, value in known)
    changes = [(row, math.log(a / b) if relative else a - b) for row, a, b in pairs if not relative or (a > 0 and b > 0)]
    outliers: list[int] = []
    if changes:
        middle = float(np.median([change for _, change in changes]))
        deviation = 1.4826 * float(np.median([abs(change - middle) for _, change in changes]))
        outliers = [row for row, change in changes if deviation > 0 and abs(change - middle) > spread * deviation]
    whole = {"frozen": (len(frozen), frozen[frozen_rows - 1] if frozen else -1), "jumps": (len(jumps), min(jumps, default=-1))}
    return whole | {"outliers": (len(outliers), min(outliers, default=-1))}


@settings(max_examples=80, deadline=None)
@given(
    values=st.lists(st.sampled_from([None, 0.0, 1.0, 1.013, 1.1, 1.27, 2.0, 3.03, 10.7, -1.0]), min_size=3, max_size=60),
    positive=st.booleans(),
    frozen_rows=st.integers(2, 4),
    spread=st.sampled_from([1.7, 4.3, 20.0]),
)
def test_columns_are_as_a_loop_finds_them(values: list[float | None], positive: bool, frozen_rows: int, spread: float) -> None:
    series = [None if value is None else abs(value) if positive else value for value in values]
    days = [FIRST + dt.timedelta(days=number) for number in range(len(series))]
    rows = pl.DataFrame({"time": days, "price": pl.Series(series, dtype=pl.Float64)})
    checks = OFF | {"frozen": "warn", "jumps": "warn", "outliers": "warn", "frozen_rows": frozen_rows, "outlier_spread": spread}
    found = load(rows, entity=None, calendar=None, checks=checks).notes
    expected = loop(series, frozen_rows, spread)
    said = [note for kind in ("frozen", "jumps", "outliers") for note in found if f" {kind}" in note or _words(kind) in note]
    assert len(said) == len(found) == sum(count > 0 for count, _ in expected.values())
    for kind, (count, row) in expected.items():
        if count:
            note = next(note for note in found if _words(kind) in note)
            assert f"{count} " in note
            assert f"time={days[row]}" in note


def _words(kind: str) -> str:
    return {"frozen": "stand still", "jumps": "like a split", "outliers": "are outliers"}[kind]


def test_many_series_are_as_each_alone() -> None:
    rng = np.random.default_rng(5)
    days = [FIRST + dt.timedelta(days=number) for number in range(300)]
    parts = []
    for number in range(30):
        steps = rng.normal(0, 0.01, 300)
        steps[rng.integers(300)] = 0.9 if number % 3 == 0 else 0.0
        chosen = np.sort(rng.choice(300, 250, replace=False))
        parts.append(pl.DataFrame({"time": days, "ticker": f"T{number:02}", "x": steps.cumsum() - 100})[chosen])
    checks = OFF | {"outliers": "warn", "outlier_spread": 15.0}
    alone = [load(part, calendar=None, checks=checks).notes for part in parts]
    together = load(pl.concat(parts), calendar=None, checks=checks).notes
    count = sum(int(notes[0].split()[0]) for notes in alone if notes)
    assert together[0].startswith(f"{count} changes of 'x' are outliers")
    first = min(notes[0].split("the first at ")[1] for notes in alone if notes)
    assert first.split(" (")[0] in together[0]


def test_repeated_times_keep_the_first_or_the_last_row() -> None:
    rows = pl.DataFrame({"time": [FIRST, LAST, FIRST], "v": [1.0, 2.0, 3.0]})
    for kept, value in (("first", 1.0), ("last", 3.0)):
        panel = load(rows, entity=None, calendar=None, checks={"duplicates": kept})
        assert panel.frame["v"].to_list() == [value, 2.0]
        assert f"1 rows repeat a time of their series; the {kept} of each was kept" in panel.notes


def test_disorder_can_be_refused() -> None:
    rows = pl.DataFrame({"time": [FIRST, LAST, LAST, FIRST], "ticker": ["A", "A", "B", "B"], "v": [1.0, 2.0, 3.0, 4.0]})
    text = r"^data\.checks\.order: rows are not in time order: 2024-01-02 lies before the one above it in data frame f, row 4"
    with pytest.raises(DataError, match=text):
        load(rows, calendar=None, checks={"order": "error"})
    assert load(rows[:3], calendar=None, checks={"order": "error"}).n_rows == 3


def test_the_real_bars_have_warnings_at_most(market_data: Path) -> None:
    panel = load_panel(ParquetData(path="sp500_60.parquet", time="date", entity="ticker", calendar="XNYS"), base=market_data)
    starts = (
        "5 of 60 series begin late",
        "1 bars are impossible, the first at date=2014-05-19, ticker=CHD",
        "'open', 'high', 'low', 'close' change",
    )
    for note, start in zip(panel.notes, (*starts, "26 changes of 'open', 'high', 'low', 'close' are outliers"), strict=True):
        assert note.startswith(start)
    assert len(load_panel(CsvData(path="one_stock.csv", time="date", calendar="XNYS"), base=market_data).notes) == 1
