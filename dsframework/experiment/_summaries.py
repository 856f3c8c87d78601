"""One row an entity, or a day, in place of the rows of a panel."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dsframework.data import Panel
from dsframework.features import FeatureTable, build_summary
from dsframework.spec import Component

__all__ = ["Summed", "sum_up"]


@dataclass(frozen=True)
class Summed:
    """The last row of each entity or day, and what all of its rows come to.

    Attributes
    ----------
    panel
        The last rows, sorted by time, then entity; days have no entity.
    table
        Their features. `lookback` is how many rows before its last one the longest entity or day has.
    """

    panel: Panel
    table: FeatureTable


def sum_up(panel: Panel, features: list[Component], labelled: Panel | None = None) -> Summed:
    """Make one row of all rows of each entity, or day; see `dsframework.features.build_summary`.

    `labelled` is the same panel with the classes of the target's column as codes, of which features know nothing.
    """
    made = build_summary(panel.frame, features, time=panel.time, entity=panel.entity, calendar=panel.calendar)
    order = np.argsort(made.last, kind="stable")  # the panel's rows are sorted by time, then entity
    last = made.last[order]
    rows = (labelled or panel).frame[last.tolist()]
    matrix = np.ascontiguousarray(made.matrix[order])
    lookback = int(made.n_rows.max()) - 1
    table = FeatureTable(names=made.names, matrix=matrix, warm=np.ones(len(last), dtype=np.bool_), lookback=lookback)
    by_day = made.over == "day"
    return Summed(
        replace(panel, frame=rows.drop(panel.entity) if by_day and panel.entity else rows, entity=None if by_day else panel.entity), table
    )
