"""Where the rows of a matrix lie: whose they are and when they are known.

A matrix of features says nothing of time. A preprocessing step that learns an entity at a time, a target that is learned as the change from
its last known value, a network that reads a stretch of the past: all of them get a `Rows` beside the matrix.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

__all__ = ["Codes", "Floats", "Rows", "Times", "asked_of", "with_history"]

Floats = np.ndarray[Any, np.dtype[np.float64]]
Codes = np.ndarray[Any, np.dtype[np.int32]]
Times = np.ndarray[Any, np.dtype[np.datetime64]]
_OF_A_ROW = ("entity", "time", "day", "slot", "step", "now", "season", "label_slot", "label_time", "asked")


@dataclass(frozen=True)
class Rows:
    """Rows sorted by time, then entity.

    Attributes
    ----------
    entity
        Position in `entities`, shape (rows,); all zero for one series. Two `Rows` need not number the entities alike: what is learned of
        an entity is kept under its name.
    entities
        Names of the entities, sorted; ``("",)`` for one series.
    time
        When a row is known, shape (rows,).
    day
        The local day at the exchange, in days since 1970, shape (rows,).
    slot
        The local time of day in minutes, shape (rows,); 0 for daily data.
    step
        Position on the time axis, shape (rows,): two rows of an entity that follow one another differ by 1, unless one is missing between.
    now
        The target's own value as far as it is known at the row's time (on the terms of the target: a value, a return), shape (rows,);
        NaN where there is none, None where the target has no such value.
    season
        The same value one season before the target's time, shape (rows,); NaN and None as for `now`.
    label_slot
        The local time of day that the target belongs to, in minutes, as the bars of a day and the exchange's hours tell before it is known,
        shape (rows,); None for daily data.
    label_time
        When a row's target is known, shape (rows,); None for rows that are predicted.
    asked
        Which rows a prediction is wanted of, shape (rows,); the others are there as their history. None for all.
    """

    entity: Codes
    entities: tuple[str, ...]
    time: Times
    day: Codes
    slot: Codes
    step: np.ndarray[Any, np.dtype[np.int64]]
    now: Floats | None = None
    season: Floats | None = None
    label_slot: Codes | None = None
    label_time: Times | None = None
    asked: np.ndarray[Any, np.dtype[np.bool_]] | None = None

    def __len__(self) -> int:
        return int(self.entity.shape[0])

    def __getitem__(self, chosen: slice | np.ndarray[Any, Any]) -> Self:
        """Return some of the rows: a slice, positions or a mask."""
        parts: dict[str, Any] = {name: getattr(self, name) for name in _OF_A_ROW}
        return replace(self, **{name: part[chosen] for name, part in parts.items() if part is not None})

    def asking(self, asked: np.ndarray[Any, np.dtype[np.bool_]]) -> Self:
        """Return the same rows, of which predictions are wanted of `asked` only."""
        return replace(self, asked=asked)

    def with_now(self, now: Floats | None) -> Self:
        """Return the same rows with other last values."""
        return replace(self, now=now)

    def by_entity(self, known: dict[str, Any], otherwise: Any) -> Floats:
        """Return what is known of each row's entity, shape (rows, ...); `otherwise` for an entity that is not known.

        >>> day = np.zeros(2, dtype=np.int32)
        >>> rows = Rows(np.array([0, 1], dtype=np.int32), ("A", "B"), np.zeros(2, "datetime64[ns]"), day, day, np.zeros(2, np.int64))
        >>> rows.by_entity({"B": 2.0}, 0.5)
        array([0.5, 2. ])
        """
        table = np.asarray([known.get(name, otherwise) for name in self.entities], dtype=np.float64)
        found: Floats = table[self.entity]
        return found


def with_history(rows: Rows, asked: Any, history: int) -> Any:
    """Return what a model with that history must see to predict the rows that are asked for.

    Parameters
    ----------
    rows
        Rows in the order of the panel.
    asked
        A slice or a mask.
    history
        How many earlier rows of the same entity.

    Returns
    -------
    slice or np.ndarray
        `asked` itself where there is no history to read, otherwise positions, rising.
    """
    if history == 0:
        return asked
    wanted = np.zeros(len(rows), dtype=bool)
    wanted[asked] = True
    order = np.argsort(rows.entity, kind="stable")
    place = np.arange(len(order))
    following = np.where(wanted[order], place, len(order) + history)
    following = np.minimum.accumulate(following[::-1])[::-1]
    last = np.searchsorted(rows.entity[order], rows.entity[order], side="right")
    near = (following - place <= history) & (following < last)
    return np.sort(order[near])


def asked_of(rows: Rows, asked: Any, positions: Any) -> Rows:
    """Return the rows at the positions, of which those that are asked for are marked."""
    if positions is asked:
        return rows[asked]
    wanted = np.zeros(len(rows), dtype=bool)
    wanted[asked] = True
    return rows[positions].asking(wanted[positions])
