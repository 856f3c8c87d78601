"""Do the features look at the past only, and are they the same when the model is asked as when it was trained?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import polars as pl

from dsframework.audit._perturb import KINDS, Kind, perturbed
from dsframework.records import AuditCheck, AuditVerdict

__all__ = ["FeatureBuilder", "audit_features"]

_AHEAD = 8
_LARGEST = 300_000
_FEWEST_STEPS = 4
_SUFFIX_CUTS = (0.45, 0.8)
_MORE_CUTS = (0.3, 0.45, 0.6, 0.7, 0.8, 0.9)
_ROUNDING = 1e-8


class _Table(Protocol):
    names: tuple[str, ...]
    matrix: Any
    warm: Any
    lookback: int


FeatureBuilder = Callable[[pl.DataFrame], Any]
"""From the rows of a panel to its features: `names`, `matrix`, `warm` and `lookback`."""


@dataclass(frozen=True)
class _Panel:
    """The rows that are looked at, and what is needed to point at one of them."""

    frame: pl.DataFrame
    time: str
    entity: str | None
    step: np.ndarray[Any, np.dtype[np.int64]]

    @property
    def n_steps(self) -> int:
        return int(self.step[-1]) + 1

    @property
    def keys(self) -> list[str]:
        return [self.time, *([self.entity] if self.entity else [])]

    def place(self, row: int) -> dict[str, str]:
        """The date and the entity of a row, for a check."""
        found = {"date": _iso(self.frame[self.time][row])}
        return found | ({"entity": str(self.frame[self.entity][row])} if self.entity else {})


@dataclass(frozen=True)
class _Difference:
    """Features that differ where they must not: the first row of the first one, and how many there are."""

    row: int
    feature: str
    others: tuple[str, ...]


def audit_features(
    frame: pl.DataFrame, build: FeatureBuilder, *, time: str, entity: str | None, full: Any = None, seed: int = 0
) -> list[AuditCheck]:
    """Compute the features over other futures and over shorter pasts, and compare them.

    Parameters
    ----------
    frame
        Rows of a panel, sorted by time, then entity.
    build
        Computes the features of such rows.
    time, entity
        The columns with the time and the entity.
    full
        What `build` gives for `frame`, where it is known already.
    seed
        Of the other futures and the places of the cuts.

    Returns
    -------
    list of AuditCheck
        ``future``: at many cuts of the time axis, and for three kinds of other values after them, no feature of a row up to the cut
        changes; nor does it when the rows after the cut are not there at all. ``serving``: the last rows' features, from no more history
        than a prediction gets, are those of the training. ``warm-up``: rows with exactly the stated history have the features that more
        history gives.

    Notes
    -----
    A difference of less than 1e-8 of the feature's size is rounding, which running sums of a user's own feature carry along, and no leak. A
    cut is followed by a block of changed rows, and by as many untouched ones as the features look back, so that one computation tries as
    many cuts as the time axis has room for. Very long panels are audited on their last 300,000 rows.
    """
    panel = _panel(frame, time, entity)
    if panel.frame.height < frame.height or full is None:
        full = build(panel.frame)
    if panel.n_steps < _FEWEST_STEPS:
        text = f"{panel.n_steps} time steps are too few to cut"
        return [AuditCheck(name=name, verdict="not verified", detail=text) for name in ("future", "serving", "warm-up")]
    serving, warm_up = _serving(panel, build, full), _warm_up(panel, build, full)
    honest = serving.verdict != "failed" and warm_up.verdict != "failed"
    return [_future(panel, build, full, seed, blocks=honest), serving, warm_up]


def _panel(frame: pl.DataFrame, time: str, entity: str | None) -> _Panel:
    frame = frame.tail(_LARGEST)
    if frame.height == _LARGEST:
        frame = frame.filter(pl.col(time) > frame[time][0])  # the first step may be cut in two
    step = frame[time].rank("dense").to_numpy().astype(np.int64) - 1
    return _Panel(frame, time, entity, step)


def _future(panel: _Panel, build: FeatureBuilder, full: _Table, seed: int, *, blocks: bool) -> AuditCheck:
    """Without `blocks`, the features read more history than they say, and an untouched one can't be had between two changed blocks."""
    n_cuts = 0
    for number, kind in enumerate(KINDS if blocks else ()):
        cuts, changed = _blocks(panel, full.lookback, number)
        n_cuts += len(cuts)
        if len(cuts):
            other = build(perturbed(panel.frame, changed, kind, keys=panel.keys, seed=seed + number))
            found = _differs(full, other, np.isin(panel.step, cuts))
            if found:
                return _leak(panel, found, f"changes when later values do ({kind})")
    for number, share in enumerate(_SUFFIX_CUTS if blocks else _MORE_CUTS):
        n_cuts += 2
        cut = max(1, int(share * panel.n_steps))
        upto = panel.step <= cut
        found = _differs(full, build(panel.frame.filter(pl.Series(upto))), upto, head=True)
        if found:
            return _leak(panel, found, "changes when the later rows are not there")
        other = build(perturbed(panel.frame, ~upto, _kind(number), keys=panel.keys, seed=seed + 100 + number))
        found = _differs(full, other, upto)
        if found:
            return _leak(panel, found, f"changes when all later values do ({_kind(number)})")
    text = f"{n_cuts} cuts with {len(KINDS)} kinds of other values after them, or with none, change no feature before them"
    return AuditCheck(name="future", verdict="clean", detail=text)


def _kind(number: int) -> Kind:
    return KINDS[number % len(KINDS)]


def _blocks(panel: _Panel, lookback: int, number: int) -> tuple[Any, np.ndarray[Any, np.dtype[np.bool_]]]:
    """The cuts, and the rows after each that are changed; far enough apart that no feature at a cut reads an earlier block."""
    stride = lookback + 1 + _AHEAD
    first = min(lookback + number * max(1, stride // len(KINDS)), panel.n_steps - 2)
    cuts = np.arange(first, panel.n_steps - 1, stride)
    steps = np.zeros(panel.n_steps, dtype=bool)
    for cut in cuts:
        steps[cut + 1 : cut + 1 + _AHEAD] = True
    changed = steps[panel.step]
    # an entity that skips steps looks back further on the axis: a cut where one reaches a changed row is left out
    reached = pl.col("changed").cast(pl.Int32).cum_sum()
    reached = reached - reached.shift(lookback + 1).fill_null(0)
    rows = pl.DataFrame({"changed": changed}).with_columns(panel.frame[name] for name in panel.keys)
    touched = rows.select(reached.over(panel.entity) if panel.entity else reached).to_series().to_numpy() > 0
    return np.setdiff1d(cuts, panel.step[touched]), changed


def _serving(panel: _Panel, build: FeatureBuilder, full: _Table) -> AuditCheck:
    """The last row of every entity, from the history that a prediction gets."""
    tail = _last_rows(panel, full.lookback + 1)
    last = panel.step == panel.n_steps - 1  # an entity that ended before would be served without the others of its day
    served = build(panel.frame.filter(pl.Series(tail)))
    found = _differs(_Part(full, tail), served, last[tail])
    if found:
        row = int(np.flatnonzero(tail)[found.row])
        where = panel.place(row)
        text = f"{_listed(found)} of the last row differs from the training's when only {full.lookback + 1} rows of history are there"
        return AuditCheck(name="serving", verdict="failed", detail=text, feature=found.feature, **where)
    text = f"the last rows' features are the same from {full.lookback + 1} rows of history"
    return AuditCheck(name="serving", verdict="clean", detail=text)


def _warm_up(panel: _Panel, build: FeatureBuilder, full: _Table) -> AuditCheck:
    """A panel that begins later: its first warm rows must have the features that the longer history gives."""
    later = panel.step >= max(1, panel.n_steps // 2 - full.lookback)
    short = build(panel.frame.filter(pl.Series(later)))
    warm, cold = np.asarray(short.warm), panel.step[later][~np.asarray(short.warm) & np.asarray(full.warm)[later]]
    compared = warm & ~np.isin(panel.step[later], cold)  # where an entity is cold, what compares entities may differ
    if not compared.any():
        return AuditCheck(name="warm-up", verdict="not verified", detail=f"no row has {full.lookback} rows of history twice")
    found = _differs(_Part(full, later), short, compared)
    if found:
        where = panel.place(int(np.flatnonzero(later)[found.row]))
        text = f"{_listed(found)} changes when there is more history than the {full.lookback} rows that it is said to need"
        return AuditCheck(name="warm-up", verdict="failed", detail=text, feature=found.feature, **where)
    if np.isnan(np.asarray(short.matrix)[compared]).any() and not np.isnan(np.asarray(full.matrix)[np.asarray(full.warm)]).any():
        return AuditCheck(name="warm-up", verdict="failed", detail="a warm row has a missing feature")
    return AuditCheck(name="warm-up", verdict="clean", detail=f"{full.lookback} rows of history are enough for every feature")


class _Part:
    """Some rows of a table."""

    def __init__(self, table: _Table, rows: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
        self.names, self.lookback = table.names, table.lookback
        self.matrix, self.warm = np.asarray(table.matrix)[rows], np.asarray(table.warm)[rows]


def _differs(one: Any, other: Any, rows: np.ndarray[Any, np.dtype[np.bool_]], *, head: bool = False) -> _Difference | None:
    """The first difference in those rows; with `head`, `other` has the first of them only."""
    if tuple(one.names) != tuple(other.names):
        return _Difference(0, ", ".join(sorted(set(one.names) ^ set(other.names))), ())
    positions = np.flatnonzero(rows)
    left = np.asarray(one.matrix)[positions]
    right = np.asarray(other.matrix)[: len(positions)] if head else np.asarray(other.matrix)[positions]
    wrong = (left != right) & ~(np.isnan(left) & np.isnan(right))
    if not wrong.any():
        return None
    with np.errstate(invalid="ignore"):
        size = np.nan_to_num(np.nanmax(np.abs(left), axis=0, initial=0.0))
        wrong &= ~(np.abs(left - right) <= _ROUNDING * np.maximum(size, np.abs(left)))
    if not wrong.any():
        return None
    columns = np.flatnonzero(wrong.any(axis=0))
    row = int(positions[np.flatnonzero(wrong[:, columns[0]])[0]])
    return _Difference(row, one.names[columns[0]], tuple(one.names[column] for column in columns[1:]))


def _last_rows(panel: _Panel, count: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    if panel.entity is None:
        return np.arange(panel.frame.height) >= panel.frame.height - count
    left = panel.frame.select((pl.len() - pl.int_range(pl.len())).over(panel.entity)).to_series().to_numpy()
    last: np.ndarray[Any, np.dtype[np.bool_]] = left <= count
    return last


def _leak(panel: _Panel, found: _Difference, what: str) -> AuditCheck:
    verdict: AuditVerdict = "failed"
    return AuditCheck(name="future", verdict=verdict, detail=f"{_listed(found)} {what}", feature=found.feature, **panel.place(found.row))


def _listed(found: _Difference) -> str:
    more = f" (and {len(found.others)} more: {', '.join(found.others[:4])}{', …' if len(found.others) > 4 else ''})" if found.others else ""
    return f"{found.feature!r}{more}"


def _iso(moment: Any) -> str:
    return str(moment.isoformat()) if hasattr(moment, "isoformat") else str(moment)
