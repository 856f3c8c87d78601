"""The rows of a panel as a column sees them that looks at more than its own entity's last rows."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from dsframework.features._orders import Bools, Order, Positions

if TYPE_CHECKING:
    from dsframework.features._base import Moments

__all__ = ["FAR", "Sessions", "View", "slots"]

FAR = 2**31 - 1
"""More rows back than there can be."""


def slots(moments: Moments) -> pl.Series:
    """Return the time of day on the exchange's clocks, in nanoseconds."""
    return moments.local.cast(pl.Time).to_physical()


@dataclass(frozen=True)
class Sessions:
    """The days of every entity, one after another, in the order of entity and time.

    Attributes
    ----------
    starts
        Where the rows of each begin in that order, and the number of rows, shape (sessions + 1,).
    of
        The session of every row in that order, shape (rows,).
    ordinal
        How many sessions of its entity come before each, shape (sessions,).
    days
        The local day of each, shape (sessions,).
    """

    starts: Positions
    of: Positions
    ordinal: Positions
    days: np.ndarray[Any, np.dtype[np.datetime64]]

    def before(self, usual: Bools, count: int) -> Positions:
        """Return for each session the earliest one of the last `count` usual ones of its entity before it, -1 where there are fewer."""
        chosen = np.flatnonzero(usual)
        n_before: Positions = np.cumsum(usual) - usual
        first: Positions = n_before[np.arange(len(usual)) - self.ordinal]
        place = n_before - count
        return np.where(place >= first, chosen[np.maximum(place, 0)] if len(chosen) else -1, -1)


@dataclass(frozen=True)
class View:
    """The rows of a panel.

    Attributes
    ----------
    moments
        Their times.
    order
        Which of them follow one another.
    keys
        The columns with the times and the entities.
    time, entity
        What these are called.
    whole
        Whether the rows before an entity's first one do not exist, rather than having been left out.
    made
        What a column has computed that the next one needs as well.
    """

    moments: Moments
    order: Order
    keys: pl.DataFrame
    time: str
    entity: str | None
    whole: bool
    made: dict[Hashable, Any] = field(default_factory=dict)

    @cached_property
    def sessions(self) -> Sessions:
        """The days of every entity."""
        days = self.order.ordered(self.moments.days.to_numpy().astype("datetime64[D]"))
        group = self.order.ordered(self.order.codes)
        new = np.ones(len(days), dtype=np.bool_)
        new[1:] = (days[1:] != days[:-1]) | (group[1:] != group[:-1])
        begin = np.flatnonzero(new)
        of = np.cumsum(new) - 1
        groups = group[begin]
        first = np.ones(len(begin), dtype=np.bool_)
        first[1:] = groups[1:] != groups[:-1]
        ordinal = np.arange(len(begin)) - np.maximum.accumulate(np.where(first, np.arange(len(begin)), 0))
        return Sessions(np.append(begin, len(days)), of, ordinal, days[begin])

    @cached_property
    def slots(self) -> Positions:
        """The time of day of every row, in nanoseconds, in the order of entity and time."""
        ordered: Positions = np.ascontiguousarray(self.order.ordered(slots(self.moments).cast(pl.Int64).to_numpy()))
        return ordered

    def back_to(self, sessions: Positions) -> Positions:
        """Return how many rows back the first row of the session lies that is given for each session, shape (rows,); FAR for -1.

        Where earlier rows may have been left out, one row before the session is needed as well to know that it is all there.
        """
        own = self.sessions
        target = sessions[own.of]
        rows = np.arange(len(own.of)) - own.starts[np.maximum(target, 0)] + (0 if self.whole else 1)
        there = (target >= 0) & (self.whole | (own.ordinal[np.maximum(target, 0)] > 0))
        back: Positions = self.order.restored(np.where(there, rows, FAR))
        return back
