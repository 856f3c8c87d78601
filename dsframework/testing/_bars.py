"""Intraday bars to try preprocessing on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dsframework.rows import Rows
from dsframework.testing._rows import Trial, frozen

__all__ = ["renamed", "renumbered", "some_bars"]

_SLOTS = 570 + 30 * np.arange(8)
_HALF_DAYS = (6, 17)


def some_bars(n_days: int = 24, seed: int = 0, *, gaps: bool = False) -> Trial:
    """Return bars of three entities, eight a day and five on a half day, with five positive features and a positive target.

    The target is the value of the next bar, known at that bar's time; `now` is the bar's own, `season` that of the same bar of the day
    before as far as it is known, and `label_slot` the time of day of the next bar.
    """
    random = np.random.default_rng(seed)
    day, slot = (np.concatenate(part) for part in zip(*(_day(number) for number in range(n_days + 1)), strict=True))
    n_steps = len(day)
    shape = 1.0 + np.abs(slot - 690) / 60.0
    level = np.array([1.0, 10.0, 100.0])
    value = shape[:, None] * level * np.exp(random.normal(scale=0.3, size=(n_steps, 3)))
    x = np.exp(random.normal(scale=0.5, size=(n_steps, 3, 5))) * (1.0, 20.0, 0.1, 3.0, 1.0)
    x[:, :, 4] = value
    kept = int((day < n_days).sum())
    features = x[:kept].reshape(-1, 5)
    if gaps:
        features[::7, 0] = np.nan
        features[3::11, 2] = np.nan
    season = np.roll(value, 7, axis=0)[:kept].reshape(-1)
    rows = _bars(day, slot, kept, now=value[:kept].reshape(-1), season=season)
    return Trial(frozen(features), frozen(value[1 : kept + 1].reshape(-1)), rows)


def _day(number: int) -> tuple[np.ndarray[tuple[int], np.dtype[np.int32]], np.ndarray[tuple[int], np.dtype[np.int32]]]:
    slots = _SLOTS[:5] if number in _HALF_DAYS else _SLOTS
    return np.full(len(slots), number, dtype=np.int32), slots.astype(np.int32)


def _bars(day: np.ndarray, slot: np.ndarray, kept: int, *, now: np.ndarray, season: np.ndarray) -> Rows:
    time = np.datetime64("2024-03-15", "ns") + day.astype("timedelta64[D]") + slot.astype("timedelta64[m]")
    three = [np.repeat(part[:kept], 3) for part in (day, slot, time, np.arange(len(day), dtype=np.int64))]
    return Rows(
        entity=np.tile(np.arange(3, dtype=np.int32), kept),
        entities=("A", "B", "C"),
        time=three[2],
        day=(19797 + three[0]).astype(np.int32),
        slot=three[1],
        step=three[3],
        now=frozen(now),
        season=frozen(season),
        label_slot=np.repeat(slot[1 : kept + 1], 3),
        label_time=np.repeat(time[1 : kept + 1], 3),
    )


def renumbered(rows: Rows) -> Rows:
    """Return the same rows with the entities numbered another way, among others that have no row."""
    entities = tuple(sorted({*rows.entities, "0", "AA", "Z"}))
    number = np.array([entities.index(name) for name in rows.entities], dtype=np.int32)
    return replace(rows, entity=number[rows.entity], entities=entities)


def renamed(rows: Rows) -> Rows:
    """Return the same rows of entities that nobody has seen."""
    return replace(rows, entities=tuple(f"new {name}" for name in rows.entities))
