"""What was known of a group at a time: positions in a table of (group, time)."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsframework.preprocessing._columns import Positions
from dsframework.rows import Times

__all__ = ["AsOf", "Groups"]

Groups = np.ndarray[Any, np.dtype[np.int64]]


class AsOf:
    """Entries of groups by time, to be looked up as of other times.

    Parameters
    ----------
    group, time
        Of every entry, shape (entries,); groups are numbered from 0.

    Attributes
    ----------
    order
        Positions of the entries, sorted by group, then time; entries of one group and time stay in their order.
    """

    def __init__(self, group: Groups, time: Times) -> None:
        self.order: Positions = np.lexsort((time, group))
        self._axis, place = np.unique(time, return_inverse=True)
        self._keys = self._key(group, place)[self.order]

    def last(self, group: Groups, time: Times) -> Positions:
        """Return the position within `order` of a group's last entry whose time is not later, shape (rows,).

        -1 for a group without one, and for the group -1.

        >>> table = AsOf(np.array([0, 0, 1]), np.array([3, 5, 4], dtype="datetime64[ns]"))
        >>> table.last(np.array([0, 0, 1, -1]), np.array([2, 9, 4, 9], dtype="datetime64[ns]"))
        array([-1,  1,  2, -1])
        """
        place = self._axis.searchsorted(time, side="right")
        found = self._keys.searchsorted(self._key(group, place)) - 1
        first = self._keys.searchsorted(self._key(group, np.zeros_like(place)))
        return np.where((group >= 0) & (found >= first), found, -1)

    def _key(self, group: Groups, place: Positions) -> Groups:
        found: Groups = group * (len(self._axis) + 1) + place
        return found
