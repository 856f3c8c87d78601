"""An entity's earlier values in place of missing ones."""

from __future__ import annotations

import numpy as np

from dsframework.preprocessing._as_of import AsOf, Groups
from dsframework.preprocessing._base import Floats
from dsframework.preprocessing._columns import rows_by_entity
from dsframework.rows import Rows

__all__ = ["LastKnown", "filled_forward"]


def filled_forward(x: Floats, rows: Rows, limit: int) -> Floats:
    """Return the rows with every missing value replaced by the entity's nearest one of at most `limit` rows before.

    Parameters
    ----------
    x
        Shape (rows, columns).
    rows
        Whose they are; the rows of an entity in the order of time.
    limit
        In rows of the entity.
    """
    result = np.array(x, dtype=np.float64)
    for _, positions in rows_by_entity(rows):
        part = x[positions]
        if not np.isnan(part).any():
            continue
        place = np.arange(len(positions))[:, None]
        nearest = np.maximum.accumulate(np.where(np.isnan(part), -1, place), axis=0)
        near = (nearest >= 0) & (place - nearest <= limit)
        result[positions] = np.where(near, np.take_along_axis(part, np.maximum(nearest, 0), axis=0), np.nan)
    return result


class LastKnown:
    """The entities' values in training rows, as of any time.

    Only those are kept that something may be filled with: before a missing value, before a gap between the training rows, and the last.

    Parameters
    ----------
    x
        Training rows, shape (rows, columns).
    rows
        Whose and when they are.
    """

    def __init__(self, x: Floats, rows: Rows) -> None:
        self.entities: dict[str, int] = {}
        kept = np.zeros(x.shape, dtype=bool)
        for number, (entity, positions) in enumerate(rows_by_entity(rows)):
            self.entities[entity] = number
            known = ~np.isnan(x[positions])
            ends = np.ones(known.shape, dtype=bool)
            ends[:-1] = ~known[1:] | (np.diff(rows.step[positions]) > 1)[:, None]
            kept[positions] = known & ends
        code = self._codes(rows)
        self.tables = []
        for place in range(x.shape[1]):
            here = np.flatnonzero(kept[:, place])
            table = AsOf(code[here], rows.time[here])
            self.tables.append((table, x[here, place][table.order]))

    def fill(self, x: Floats, rows: Rows) -> Floats:
        """Return the rows with missing values replaced by the entity's last one in training that is not later than the row."""
        result = np.array(x, dtype=np.float64)
        code = self._codes(rows)
        for place, (table, values) in enumerate(self.tables):
            missing = np.flatnonzero(np.isnan(x[:, place]))
            if missing.size and values.size:
                found = table.last(code[missing], rows.time[missing])
                result[missing, place] = np.where(found >= 0, values[found], np.nan)
        return result

    def _codes(self, rows: Rows) -> Groups:
        known: Groups = np.array([self.entities.get(name, -1) for name in rows.entities], dtype=np.int64)
        return known[rows.entity]
