"""What is usual at a time of day: the average of every slot over the last full days of training."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from dsframework.errors import DataError
from dsframework.preprocessing._base import Floats
from dsframework.rows import Codes, Rows

__all__ = ["Profile", "clock"]

_FULL = 0.75
"""A day with less than this share of the usual number of slots is a short one, such as a half day before a holiday."""


def clock(slot: int) -> str:
    """Return a slot as a time.

    >>> clock(575)
    '09:35'
    """
    return f"{slot // 60:02d}:{slot % 60:02d}"


class Profile:
    """Averages of columns by entity and slot.

    A slot is a time of day at the exchange, not the number of a bar, so that a bar of a half day is compared with the same time of full
    days; half days themselves are not averaged, as their last bars are those of a close.

    Where an entity has no row in a slot, or a zero to divide by, its own average over the day is given the shape that all entities have
    in common; an entity that was not there in training gets the level of all.

    Parameters
    ----------
    values
        Training rows, shape (rows, columns), NaN left out.
    rows
        Whose and when they are.
    slot
        The slot that a value belongs to, shape (rows,).
    how
        ``divide`` or ``subtract``: what is done with the profile.
    days
        How many of the last full days are averaged.
    names
        Of the columns, for errors.
    field
        Where it stands in the spec, for errors.
    """

    def __init__(
        self, values: Floats, rows: Rows, slot: Codes, *, how: Literal["divide", "subtract"], days: int, names: tuple[str, ...], field: str
    ) -> None:
        if len(np.unique(rows.slot)) < 2:
            raise DataError(
                "all rows are of one time of day, so there is no profile of the day", field=field, mend="remove it, or use intraday bars"
            )
        self.how, self.field, self.names = how, field, names
        recent = _last_full_days(rows, days)
        values, entity, slot = values[recent], rows.entity[recent], slot[recent]
        self.slots, place = np.unique(slot, return_inverse=True)
        n_entities, n_slots = len(rows.entities), len(self.slots)
        sums, counts = _sums(values, entity * n_slots + place, n_entities * n_slots)
        sums, counts = (part.reshape(n_entities, n_slots, -1) for part in (sums, counts))
        own = _divided(sums, counts)
        level = _divided(sums.sum(axis=1), counts.sum(axis=1))
        if how == "divide":
            self._refuse_negative(own, rows.entities)
            own, level = (np.where(part > 0, part, np.nan) for part in (own, level))
        self._keep(own, level, rows.entities)

    def at(self, rows: Rows, slot: Codes) -> Floats:
        """Return what is usual of each row's entity in its slot, shape (rows, columns)."""
        place = np.minimum(np.searchsorted(self.slots, slot), len(self.slots) - 1)
        place = np.where(self.slots[place] == slot, place, len(self.slots))
        known = np.array([self._number.get(name, len(self._number)) for name in rows.entities])
        found: Floats = self._table[known[rows.entity], place]
        return found

    def _keep(self, own: Floats, level: Floats, entities: tuple[str, ...]) -> None:
        """Fill what is missing; the last entity is the unknown one, the last slot the unknown one."""
        common = _mean(level)
        if self.how == "divide":
            shape = _mean(own / level[:, None])
            shape, common = (np.where(np.isnan(part), 1.0, part) for part in (shape, common))
        else:
            shape = _mean(own - level[:, None])
            shape, common = (np.where(np.isnan(part), 0.0, part) for part in (shape, common))
        level = np.concatenate([np.where(np.isnan(level), common, level), common[None]])
        usual = level[:, None] * shape if self.how == "divide" else level[:, None] + shape
        usual[:-1] = np.where(np.isnan(own), usual[:-1], own)
        self._table = np.concatenate([usual, level[:, None]], axis=1)
        there = ~np.isnan(own).all(axis=(1, 2))
        self._table = self._table[np.append(there, True)]
        self._number = {entities[code]: number for number, code in enumerate(np.flatnonzero(there))}

    def _refuse_negative(self, own: Floats, entities: tuple[str, ...]) -> None:
        negative = np.argwhere(own < 0)
        if negative.size:
            entity, slot, column = (int(place) for place in negative[0])
            who = f" of {entities[entity]}" if entities[entity] else ""
            raise DataError(
                f"{self.names[column]!r}{who} is {own[entity, slot, column]:.4g} on average at {clock(int(self.slots[slot]))}, "
                "by which nothing can be divided",
                field=self.field,
                mend="use how: subtract, or leave the column out",
            )


def _last_full_days(rows: Rows, days: int) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which rows lie in the last days that are not short."""
    pairs = np.unique(rows.day.astype(np.int64) * 1440 + rows.slot)
    day, slots = np.unique(pairs // 1440, return_counts=True)
    full = day[slots >= _FULL * np.median(slots)]
    return np.isin(rows.day, full[-days:])


def _sums(values: Floats, group: np.ndarray[Any, np.dtype[np.integer[Any]]], n_groups: int) -> tuple[Floats, Floats]:
    known = ~np.isnan(values)
    sums = [
        np.bincount(group, weights=np.where(kept, column, 0.0), minlength=n_groups) for column, kept in zip(values.T, known.T, strict=True)
    ]
    counts = [np.bincount(group, weights=kept.astype(np.float64), minlength=n_groups) for kept in known.T]
    return np.stack(sums, axis=1), np.stack(counts, axis=1)


def _divided(sums: Floats, counts: Floats) -> Floats:
    return np.where(counts > 0, sums / np.maximum(counts, 1.0), np.nan)


def _mean(values: Floats) -> Floats:
    """The mean over the entities, NaN left out; NaN where there is none."""
    known = ~np.isnan(values)
    return _divided(np.where(known, values, 0.0).sum(axis=0), known.sum(axis=0).astype(np.float64))
