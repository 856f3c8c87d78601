"""The feature ``lag``."""

from __future__ import annotations

from functools import partial

import numpy as np

from dsframework.features._base import FeatureColumn, Floats
from dsframework.features._operations import Operation
from dsframework.features._orders import Positions
from dsframework.features._seasonal import SLOT
from dsframework.features._view import View
from dsframework.spec import LagArguments

__all__ = ["lag_columns"]


def lag_columns(arguments: LagArguments) -> list[FeatureColumn]:
    """The value a number of rows ago, or at the same time of day a number of sessions ago.

    Names ``<column>_lag_<period>`` and ``<column>_session_lag_<sessions>``. Sessions are those of the entity; where one has no row at that
    time (a half day, a bar without a trade), ``absent: earlier`` goes on to the one before, ``absent: missing`` has no value.
    """
    return [
        *(
            FeatureColumn.compiled(f"{column}_lag_{period}", (("columns", column),), Operation("lag", period))
            for column in arguments.columns
            for period in arguments.periods or ()
        ),
        *(
            _of_session(column, sessions, arguments.absent or "earlier")
            for column in arguments.columns
            for sessions in arguments.sessions or ()
        ),
    ]


def _of_session(column: str, sessions: int, absent: str) -> FeatureColumn:
    name, inputs = f"{column}_session_lag_{sessions}", (("columns", column),)
    if absent == "earlier":
        return FeatureColumn.compiled(name, inputs, Operation("lag", sessions), by=SLOT, needs="clock")
    return FeatureColumn(
        name, inputs, of_panel=partial(_at_slot, sessions=sessions), reach=partial(_reach, sessions=sessions), needs="clock"
    )


def _reach(view: View, sessions: int) -> Positions:
    every = np.ones(len(view.sessions.ordinal), dtype=np.bool_)
    return view.back_to(view.sessions.before(every, sessions))


def _at_slot(view: View, values: Floats, *, sessions: int) -> Floats:
    """The last row of that session at the same time of day."""
    own = view.sessions
    times, slot = np.unique(view.slots, return_inverse=True)
    keys = own.of * len(times) + slot
    wanted = keys - sessions * len(times)
    place = np.searchsorted(keys, wanted, side="right") - 1
    there = (own.ordinal[own.of] >= sessions) & (place >= 0) & (keys[np.maximum(place, 0)] == wanted)
    found: Floats = view.order.restored(np.where(there, view.order.ordered(values)[np.maximum(place, 0)], np.nan))
    return found
