"""The feature ``fourier``: sines and cosines of the time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import polars as pl

from dsframework.features._base import FeatureColumn, Moments
from dsframework.features._view import slots
from dsframework.spec import FourierArguments

__all__ = ["fourier_columns"]

_NS = 86_400 * 10**9


def fourier_columns(arguments: FourierArguments) -> list[FeatureColumn]:
    """Sines and cosines that come round once, twice, ... ``order`` times over a cycle.

    Names ``fourier_<cycle>_sin_<k>``, ``fourier_<cycle>_cos_<k>`` and ``fourier_<days>_days_sin_<k>``. The phase is 0 at midnight, on
    Monday, on the first of the month or year, and for a period of days at the beginning of 1970; times are those of the exchange's clocks.
    """
    cycles: list[tuple[str, Callable[[Moments], pl.Series], bool]] = [
        (name, _PHASES[name], name == "time_of_day") for name in arguments.cycles or ()
    ]
    cycles += [(f"{days:g}_days", partial(_since_1970, days=days), False) for days in arguments.days or ()]
    return [
        FeatureColumn(f"fourier_{name}_{wave}_{k}", of_times=partial(_wave, phase=phase, wave=wave, k=k), needs="clock" if clock else None)
        for name, phase, clock in cycles
        for k in range(1, arguments.order + 1)
        for wave in ("sin", "cos")
    ]


def _wave(moments: Moments, *, phase: Callable[[Moments], pl.Series], wave: str, k: int) -> pl.Series:
    turns = phase(moments).cast(pl.Float64).to_numpy() * k
    angle = 2.0 * np.pi * (turns - np.floor(turns))
    return pl.Series(np.sin(angle) if wave == "sin" else np.cos(angle))


def _of_month(moments: Moments) -> pl.Series:
    days = moments.days
    return (days.dt.day() - 1) / days.dt.month_end().dt.day()


def _of_year(moments: Moments) -> pl.Series:
    days = moments.days
    return (days.dt.ordinal_day() - 1) / (365 + days.dt.is_leap_year().cast(pl.Int16))


def _since_1970(moments: Moments, *, days: float) -> pl.Series:
    local = moments.local
    if local.dtype == pl.Date:
        return local.to_physical() / days
    return (local.cast(pl.Date).to_physical() + slots(moments) / _NS) / days


_PHASES: dict[str, Callable[[Moments], pl.Series]] = {
    "time_of_day": lambda moments: slots(moments) / _NS,
    "day_of_week": lambda moments: (moments.days.dt.weekday() - 1) / 7,
    "day_of_month": _of_month,
    "day_of_year": _of_year,
}
