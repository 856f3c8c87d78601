"""Whose and when the rows of a panel are."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from dsframework.data import Panel
from dsframework.experiment._bars_of_day import BarsOfDay, local_times
from dsframework.rows import Codes, Floats, Rows, Times

__all__ = ["entity_codes", "locate"]


def entity_codes(frame: pl.DataFrame, entity: str | None) -> tuple[Codes, tuple[str, ...]]:
    """Return every row's position in the sorted names of the entities, and the names."""
    if entity is None:
        return np.zeros(frame.height, dtype=np.int32), ("",)
    names = frame[entity].cast(pl.String)
    sorted_names = names.unique().sort()
    codes = names.cast(pl.Enum(sorted_names)).to_physical().to_numpy().astype(np.int32)
    return codes, tuple(sorted_names.to_list())


def locate(
    frame: pl.DataFrame,
    panel: Panel,
    entity: Codes,
    entities: tuple[str, ...],
    step: np.ndarray[Any, np.dtype[np.int64]],
    *,
    now: Floats | None = None,
    season: Floats | None = None,
    bars: BarsOfDay | None = None,
    label_time: Times | None = None,
) -> Rows:
    """Return the `Rows` of a part of a panel.

    Parameters
    ----------
    frame
        Rows of the panel, at least its time column.
    panel
        Where the time column, the calendar and its clocks are known.
    entity, entities, step, now, season, label_time
        See `Rows`.
    bars
        The bars of a day, which tell the time of day that a target will lie at.
    """
    times = frame[panel.time]
    local = local_times(times, panel.calendar)
    clock = local.dt.hour().cast(pl.Int32) * 60 + local.dt.minute().cast(pl.Int32) if local.dtype != pl.Date else None
    return Rows(
        entity=entity,
        entities=entities,
        time=times.to_numpy().astype("datetime64[ns]"),
        day=local.cast(pl.Date).to_physical().to_numpy().astype(np.int32),
        slot=np.zeros(frame.height, dtype=np.int32) if clock is None else clock.to_numpy().astype(np.int32),
        step=step,
        now=now,
        season=season,
        label_slot=None if bars is None else bars.label_slot(times),
        label_time=label_time,
    )
