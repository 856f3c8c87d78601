"""The feature ``volume_profile``: how a day's volume usually comes, from the days before."""

from __future__ import annotations

import ctypes
from functools import partial
from typing import Any

import numpy as np

from dsframework.features._base import FeatureColumn, Floats
from dsframework.features._orders import Bools, Positions
from dsframework.features._view import View
from dsframework.kernels import Array, kernel
from dsframework.spec import VolumeProfileArguments

__all__ = ["volume_profile_columns"]

_RESULTS = ("share", "cumulative", "done")
_whole = Array(np.int64)
_profile = kernel(
    "tsml_profile",
    *(Array(np.float64), _whole, _whole, _whole, Array(np.uint8), ctypes.c_int64, ctypes.c_int64),
    *(Array(np.float64, out=True),) * 4,
    returns=None,
)


def volume_profile_columns(arguments: VolumeProfileArguments) -> list[FeatureColumn]:
    """What part of a usual day's total comes at the row's time of day, over the last sessions of the entity and never over the row's own.

    A session is a day on the exchange's clocks. ``share`` is the mean over the sessions of what came at just this time, divided by the
    session's total, ``cumulative`` of what had come until then, this time included. ``done`` is what has come in the row's own session so
    far, divided by the mean total. Names ``<column>_profile_<stat>_<sessions>``. With ``data.calendar``, a session that closes early is
    no usual one and is passed over. Missing values count as nothing; a session whose total is not positive is left out of the mean.
    """
    return [
        FeatureColumn(
            f"{column}_profile_{stat}_{sessions}",
            (("columns", column),),
            of_panel=partial(_shares, column=column, stat=stat, count=sessions),
            reach=partial(_reach, count=sessions),
            needs="clock",
        )
        for column in arguments.columns
        for sessions in arguments.sessions
        for stat in arguments.stats
    ]


def _usual(view: View) -> Bools:
    days = view.sessions.days
    if view.moments.calendar is None:
        return np.ones(len(days), dtype=np.bool_)
    return ~np.isin(days, view.moments.exchange.early)


def _reach(view: View, count: int) -> Positions:
    return view.back_to(view.sessions.before(_usual(view), count))


def _shares(view: View, values: Floats, *, column: str, stat: str, count: int) -> Floats:
    key = ("volume_profile", column, count)
    if key not in view.made:
        view.made[key] = _course(view, values, count)
    found: Floats = view.order.restored(view.made[key][stat])
    return found


def _course(view: View, values: Floats, count: int) -> dict[str, Floats]:
    sessions = view.sessions
    results = {name: np.empty(len(values)) for name in _RESULTS}
    ordered: Any = np.ascontiguousarray(view.order.ordered(values))
    _profile(
        *(ordered, view.slots, sessions.starts, sessions.ordinal, _usual(view).astype(np.uint8), len(sessions.ordinal), count),
        *(np.empty(len(sessions.ordinal)), *results.values()),
    )
    return results
