"""Forecasts that need no model, which every experiment is compared with (Hyndman & Athanasopoulos, 2021, chapter 5.2)."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsframework.rows import Rows

__all__ = ["drift", "historic_mean", "naive", "seasonal_naive", "slot_mean"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Positions = np.ndarray[Any, np.dtype[np.int64]]
_DAYS_TO_MONDAY = 3
_SLOTS = 1_000_000


def naive(rows: Rows) -> Floats:
    """Return the last known value of each row's own series; NaN where there is none."""
    return np.full(len(rows), np.nan) if rows.now is None else rows.now


def seasonal_naive(rows: Rows) -> Floats:
    """Return the value one season before the target's time; NaN where there is none."""
    return np.full(len(rows), np.nan) if rows.season is None else rows.season


def drift(rows: Rows, horizon: int) -> Floats:
    """Return the last known value moved on by the mean change per row of the entity so far.

    It is the line through the entity's first and last known value, and looks at the past only.

    Parameters
    ----------
    rows
        All rows of the entities, from their first one on; with `now`.
    horizon
        Rows ahead.

    Returns
    -------
    Floats
        Shape (rows,); NaN where there is no last value, the last value itself where there is no earlier one.
    """
    now = naive(rows)
    order = np.lexsort((rows.time, rows.entity))
    who, values = rows.entity[order], now[order]
    known = np.isfinite(values)
    at = np.arange(len(order))
    begins = np.concatenate([[True], who[1:] != who[:-1]]) if len(order) else np.zeros(0, dtype=bool)
    group = np.cumsum(begins) - 1
    first = np.full(int(begins.sum()), len(order), dtype=np.int64)
    np.minimum.at(first, group[known], at[known])
    start = np.minimum(first[group], len(order) - 1)
    passed = at - start
    slope = np.divide(values - values[start], passed, out=np.zeros(len(order)), where=(passed > 0) & known)
    moved = np.empty(len(order))
    moved[order] = values + horizon * slope
    return moved


def historic_mean(y: Floats, train: Rows, test: Rows) -> Floats:
    """Return the mean target of each test row's entity on the training rows; that of all for an entity that is not among them.

    Parameters
    ----------
    y
        Targets of the training rows, shape (training rows,).
    train, test
        Where both lie.
    """
    names, codes = _entities(train)
    means = np.bincount(codes, weights=y, minlength=len(names)) / np.maximum(np.bincount(codes, minlength=len(names)), 1)
    return test.by_entity(dict(zip(names, means.tolist(), strict=True)), float(y.mean()))


def slot_mean(y: Floats, train: Rows, test: Rows) -> Floats:
    """Return the mean target of the same entity and the same time of day; of the same weekday for daily rows.

    A time of day at which an entity has no training row takes the entity's mean. The time of day is that of the target where it is known.

    Parameters
    ----------
    y
        Targets of the training rows, shape (training rows,).
    train, test
        Where both lie.
    """
    fallback = historic_mean(y, train, test)
    daily = len(np.unique(train.slot)) <= 1
    left, right = _slots(train, daily), _slots(test, daily)
    numbers = {name: position for position, name in enumerate(sorted({*train.entities, *test.entities}))}
    keys, known = (
        np.array([numbers[name] for name in rows.entities], dtype=np.int64)[rows.entity] * _SLOTS + slots
        for rows, slots in ((test, right), (train, left))
    )
    names, codes = np.unique(known, return_inverse=True)
    means = np.bincount(codes, weights=y) / np.bincount(codes)
    place = np.minimum(np.searchsorted(names, keys), len(names) - 1)
    return np.where(names[place] == keys, means[place], fallback)


def _entities(rows: Rows) -> tuple[list[str], Positions]:
    """Return the names of the entities that have rows, and the position of each row's."""
    present, codes = np.unique(rows.entity, return_inverse=True)
    return [rows.entities[code] for code in present.tolist()], codes.astype(np.int64)


def _slots(rows: Rows, daily: bool) -> Positions:
    if daily:
        return (rows.day.astype(np.int64) + _DAYS_TO_MONDAY) % 7
    return (rows.slot if rows.label_slot is None else rows.label_slot).astype(np.int64)
