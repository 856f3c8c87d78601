"""Which rows of a dataset a fold learns from and is tested on.

A fold cuts the time axis in steps, and supposes that a label lies `horizon` steps ahead. Rows know better: where an entity skips sessions
its next row lies further ahead than the axis tells, and its features reach further back. What counts is the row's own times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dsframework.splitting import Fold, Span, joined

if TYPE_CHECKING:
    from dsframework.experiment._dataset import Dataset

__all__ = ["Chosen", "test_paths", "test_rows", "train_rows"]

Positions = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]
Chosen = slice | Positions
"""Rows: a slice, so that arrays are views, or rising positions."""


def test_rows(dataset: Dataset, fold: Fold) -> Chosen:
    """Return the rows that a fold is tested on, in the order of the dataset."""
    rows = _rows_of(dataset, fold.test)
    if fold.held_out:
        rows = _only(rows, np.isin(dataset.entity[rows], fold.held_out))
    return _within(dataset, fold, rows)


def train_rows(dataset: Dataset, fold: Fold) -> Chosen:
    """Return the rows that a fold may learn from, in the order of the dataset.

    A row before a block of the test counts where its label is known when the block begins (when the model is fitted, where that is
    earlier); a row after the block where it lies at or after the end of the block's last label, and with ``reach="features"`` where the
    oldest row that its features read lies after it.
    """
    rows = _rows_of(dataset, fold.train)
    apart = _apart(dataset, fold, rows)
    if fold.held_out:
        others = ~np.isin(dataset.entity[rows], fold.held_out)
        apart = others if apart is None else apart & others
    return _within(dataset, fold, rows if apart is None else _only(rows, apart))


def test_paths(dataset: Dataset, fold: Fold) -> np.ndarray[Any, np.dtype[np.int32]]:
    """Return the path that each test row of a fold belongs to, shape (rows,)."""
    spans = sorted(zip(fold.test, fold.paths, strict=True))
    whole = np.concatenate([np.full(_count(dataset.rows(span)), path, dtype=np.int32) for span, path in spans])
    everything = _rows_of(dataset, fold.test)
    chosen = test_rows(dataset, fold)
    if isinstance(everything, slice):
        everything = np.arange(everything.start, everything.stop)
    positions = np.arange(chosen.start, chosen.stop) if isinstance(chosen, slice) else chosen
    return whole[np.searchsorted(everything, positions)]


def _apart(dataset: Dataset, fold: Fold, rows: Chosen) -> Mask | None:
    """Which of the rows overlap no block of the test; None where all are apart."""
    if fold.reach == "none":
        return None
    labels = dataset.label_time[rows]
    found: Mask | None = None
    for position, block in enumerate(fold.blocks):
        begin = dataset.axis[min(block.start, fold.known_by) if position == 0 else block.start]
        apart = labels <= begin
        if fold.train[-1].start >= block.stop:
            end = dataset.label_time[dataset.rows(block)].max()
            apart |= dataset.since[rows] > end if fold.reach == "features" else dataset.time[rows] >= end
        if not apart.all():
            found = apart if found is None else found & apart
    return found


def _rows_of(dataset: Dataset, spans: Sequence[Span]) -> Chosen:
    parts = [dataset.rows(span) for span in joined(spans)]
    return parts[0] if len(parts) == 1 else np.concatenate([np.arange(part.start, part.stop) for part in parts])


def _only(rows: Chosen, mask: Mask) -> Positions:
    found: Positions = np.arange(rows.start, rows.stop)[mask] if isinstance(rows, slice) else rows[mask]
    return found


def _within(dataset: Dataset, fold: Fold, rows: Chosen) -> Chosen:
    """Of the rows of an inner fold, those that the outer fold may learn from."""
    if fold.within is None:
        return rows
    outer = train_rows(dataset, fold.within)
    if isinstance(outer, slice):
        return rows  # the inner fold's spans lie in the outer one's
    allowed = np.zeros(dataset.n_rows, dtype=bool)
    allowed[outer] = True
    return _only(rows, allowed[rows])


def _count(rows: slice) -> int:
    return int(rows.stop - rows.start)
