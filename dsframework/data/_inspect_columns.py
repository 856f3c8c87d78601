"""Columns: impossible bars, frozen prices, split-like jumps, zero volumes, outliers, and series that never change."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from dsframework.kernels import Array, kernel, run_jobs
from dsframework.spec import Checks

__all__ = ["FINDING", "Rows", "inspect_columns", "rows_of"]

Codes = np.ndarray[Any, np.dtype[np.int32]]
Real = np.ndarray[Any, np.dtype[np.float64]]
FINDING = 3
"""Numbers of a finding: how often, the first row, and the row that it was compared with."""
_SERIES = 8
_PRICES = ("open", "high", "low", "close", "price", "last", "mid", "bid", "ask", "vwap", "adj_close")
_VOLUMES = ("volume", "size")
_SAMPLED = 1 << 13
_FEWEST, _MOST = 64, 512
_NORMAL = 1.4826
"""Standard deviations in a median absolute deviation of a normal distribution."""
_CONSTANT = 3
"""Fewest values of a series that never changes."""

_COLUMN = (Array(np.float64), Array(np.int32, optional=True), Array(np.int32, optional=True), ctypes.c_int64, ctypes.c_int64)
_column = kernel(
    "tsml_check_column",
    *_COLUMN,
    ctypes.c_int64,
    ctypes.c_int32,
    Array(np.float64),
    Array(np.float64, ndim=2, out=True),
    ctypes.c_int64,
    Array(np.float64, ndim=2, out=True),
    Array(np.int64, ndim=2, out=True),
    returns=None,
)
_outliers = kernel(
    "tsml_check_outliers",
    *_COLUMN,
    ctypes.c_int32,
    Array(np.float64),
    Array(np.float64),
    Array(np.float64, out=True),
    Array(np.int64, out=True),
    Array(np.int64, ndim=2, out=True),
    returns=None,
)
_bars = kernel(
    "tsml_check_bars",
    *(Array(np.float64, optional=True) for _ in range(5)),
    ctypes.c_int64,
    Array(np.int64, ndim=2, out=True),
    returns=None,
)


@dataclass(frozen=True)
class Rows:
    """Rows sorted by time, then entity; `codes` is each row's place in `names`, None for one series."""

    frame: pl.DataFrame
    time: str
    entity: str | None
    codes: Codes | None
    names: list[Any]

    @property
    def n(self) -> int:
        """How many rows there are."""
        return self.frame.height

    def place(self, row: int) -> str:
        """Say where a row is."""
        return f"{self.time}={self.frame[self.time][row]}" + (f", {self.entity}={self.frame[self.entity][row]}" if self.entity else "")


def rows_of(frame: pl.DataFrame, time: str, entity: str | None) -> Rows:
    """Return rows with their entities as numbers."""
    if entity is None:
        return Rows(frame, time, None, None, [])
    values = frame[entity]
    names = values.unique().sort()
    if values.dtype == pl.String:
        codes = values.cast(pl.Enum(names)).to_physical().cast(pl.Int32).to_numpy()
    else:
        codes = np.searchsorted(names.to_numpy(), values.to_numpy()).astype(np.int32)
    return Rows(frame, time, entity, codes, names.to_list())


@dataclass(frozen=True)
class _Found:
    """What was found in one column: how often, and the first row; the text tells what happened there."""

    kind: str
    column: str
    count: int
    row: int
    text: str = ""


_SAID = {
    "bars": "{count} bars are impossible, the first at {place} ({text})",
    "frozen": "{count} values of {columns} stand still for {text} rows or more, the first time until {place}",
    "jumps": "{columns} {change} like a split {count} times, the first at {place} ({text})",
    "zero_volume": "{count} values of {columns} are zero, the first at {place}",
    "outliers": "{count} changes of {columns} are outliers, the first at {place} ({text})",
}


def inspect_columns(rows: Rows, day: Codes | None, checks: Checks, asked: set[str]) -> Iterator[tuple[str, str]]:
    """Give a line for each kind of finding.

    Parameters
    ----------
    rows
        The rows.
    day
        A number for each row's day: outliers are changes within a day then.
    checks
        Thresholds.
    asked
        The kinds that are looked for.
    """
    known = (rows.time, rows.entity)
    values: dict[str, Real] = {}
    numeric = [name for name, dtype in rows.frame.schema.items() if dtype.is_numeric() and name not in known]
    found: list[list[_Found]] = [[] for _ in numeric]

    def job(number: int) -> None:
        name = numeric[number]
        values[name] = _values(rows, name)
        found[number] = list(_Column(rows, name, values[name], day, checks).findings(asked))

    wanted = asked & {"outliers", "frozen", "zero_volume", "jumps", "short", "bars"}
    if wanted:
        run_jobs(len(numeric), job)
    every = [*(_impossible_bars(rows, values) if "bars" in asked else ()), *(one for column in found for one in column)]
    for kind, text in _SAID.items():
        yield from _line(kind, text, [one for one in every if one.kind == kind], rows)
    yield from _constants([one for one in every if one.kind == "short"])


def _line(kind: str, text: str, found: list[_Found], rows: Rows) -> Iterator[tuple[str, str]]:
    if not found:
        return
    first = min(found, key=lambda one: one.row)
    columns = ", ".join(dict.fromkeys(repr(one.column) for one in found))
    change = "changes" if len(found) == 1 else "change"
    count = sum(one.count for one in found)
    yield kind, text.format(count=count, columns=columns, place=rows.place(first.row), text=first.text, change=change)


def _constants(found: list[_Found]) -> Iterator[tuple[str, str]]:
    """One line for all columns that never change."""
    if found:
        more = "" if len(found) == 1 else f", and {len(found) - 1} more columns"
        yield "short", found[0].text + more


def _values(rows: Rows, name: str) -> Real:
    """The values with NaN for what is missing or infinite."""
    values = rows.frame[name]
    numbers: Real = np.ascontiguousarray((values if values.dtype == pl.Float64 else values.cast(pl.Float64)).to_numpy())
    if values.dtype.is_float() and np.isinf(numbers).any():
        numbers = np.where(np.isinf(numbers), np.nan, numbers)
    return numbers


def _role(name: str) -> str:
    plain = name.strip().lower().replace(" ", "_")
    return "price" if plain in _PRICES else "volume" if plain in _VOLUMES else ""


def _impossible_bars(rows: Rows, values: dict[str, Real]) -> Iterator[_Found]:
    by_role = {name.strip().lower(): name for name in reversed(list(values))}
    names = [by_role.get(role) for role in ("open", "high", "low", "close", "volume")]
    if not any(names):
        return
    found = np.empty((1, FINDING), dtype=np.int64)
    _bars(*(None if name is None else values[name] for name in names), rows.n, found)
    if found[0, 0]:
        row = int(found[0, 1])
        shown = ", ".join(f"{name} {rows.frame[name][row]:g}" for name in names if name is not None and rows.frame[name][row] is not None)
        yield _Found("bars", "", int(found[0, 0]), row, shown)


@dataclass(frozen=True)
class _Column:
    """One numeric column."""

    rows: Rows
    name: str
    values: Real
    day: Codes | None
    checks: Checks

    def findings(self, asked: set[str]) -> Iterator[_Found]:
        """Give what was found in the column."""
        rows, count = self.rows, max(1, len(self.rows.names))
        least = float(np.fmin.reduce(self.values)) if rows.n else 0.0
        relative = int(least >= 0)
        room = max(_FEWEST, min(_MOST, _SAMPLED // count))
        lengths = np.bincount(rows.codes, minlength=count) if rows.codes is not None else np.array([rows.n])
        share = np.where(lengths <= room, 2.0, room / np.maximum(lengths, 1))
        sample, state = np.full((count, room), np.nan), np.empty((count, _SERIES))
        found = np.empty((3, FINDING), dtype=np.int64)
        _column(self.values, rows.codes, self.day, rows.n, count, self.checks.frozen_rows, relative, share, sample, room, state, found)
        role = _role(self.name)
        if role == "price" and found[0, 0] and "frozen" in asked:
            yield _Found("frozen", self.name, int(found[0, 0]), int(found[0, 1]), str(self.checks.frozen_rows))
        if role == "price" and found[1, 0] and "jumps" in asked:
            yield self._changed("jumps", found[1])
        if role == "volume" and found[2, 0] and "zero_volume" in asked:
            yield _Found("zero_volume", self.name, int(found[2, 0]), int(found[2, 1]))
        if "short" in asked:
            yield from self._constant(state.view(np.int64)[:, 3], state.view(np.int64)[:, 4])
        if "outliers" in asked and state.view(np.int64)[:, 4].any():
            yield from self._far_out(relative, sample, state[:, 6], state[:, 7])

    def _constant(self, known: Any, moves: Any) -> Iterator[_Found]:
        still = (known >= _CONSTANT) & (moves == 0)
        if not still.any() or (len(still) > 1 and still.all()):  # one value each for all is what a series is, such as its sector
            return
        text = f"{self.name!r} never changes"
        if len(still) > 1:
            text += f" in {int(still.sum())} of {len(still)} series, the first is {self.rows.names[int(np.flatnonzero(still)[0])]}"
        yield _Found("short", self.name, int(still.sum()), 0, text)

    def _far_out(self, relative: int, sample: Real, most: Real, least: Real) -> Iterator[_Found]:
        low, high = _bounds(np.log(sample) if relative else sample, self.checks.outlier_spread)
        if relative:
            low, high = np.exp(low), np.exp(high)
        if not ((most > high) | (least < low)).any():
            return
        rows, count = self.rows, len(low)
        found = np.empty((1, FINDING), dtype=np.int64)
        state = np.empty(count), np.empty(count, dtype=np.int64)
        _outliers(self.values, rows.codes, self.day, rows.n, count, relative, low, high, *state, found)
        yield self._changed("outliers", found[0])

    def _changed(self, kind: str, found: Any) -> _Found:
        count, row, before = (int(number) for number in found)
        return _Found(kind, self.name, count, row, f"{self.name} from {self.values[before]:g} to {self.values[row]:g}")


def _bounds(changes: Real, spread: float) -> tuple[Real, Real]:
    """Return how far the changes of every series may lie from their median; a series most of whose changes are alike has no bounds."""
    ordered = np.sort(changes, axis=1)
    known = (~np.isnan(ordered)).sum(axis=1)
    middle = _middle(ordered, known)
    deviation = _NORMAL * _middle(np.sort(np.abs(ordered - middle[:, None]), axis=1), known)
    reach = np.where(deviation > 0, spread * deviation, np.inf)
    middle = np.nan_to_num(middle)
    return middle - reach, middle + reach


def _middle(ordered: Real, known: Any) -> Real:
    """The median of every row, whose NaNs lie at its end; NaN where it has nothing else."""
    row = np.arange(len(ordered))
    low, high = ordered[row, np.maximum(known - 1, 0) // 2], ordered[row, np.minimum(known // 2, ordered.shape[1] - 1)]
    middle: Real = (low + high) / 2
    return middle
