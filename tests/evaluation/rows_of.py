"""Rows for the tests of intervals, baselines and breakdowns."""

from __future__ import annotations

import numpy as np

from dsframework.rows import Rows


def panel(n_times: int, n_entities: int = 1, *, horizon: int = 1, now=None, slot=None) -> Rows:
    """Rows of daily bars, sorted by time, then entity; a target is known `horizon` days later."""
    day = np.repeat(np.arange(n_times, dtype=np.int32), n_entities)
    entity = np.tile(np.arange(n_entities, dtype=np.int32), n_times)
    names = ("",) if n_entities == 1 else tuple(f"E{k}" for k in range(n_entities))
    time = day.astype("datetime64[D]").astype("datetime64[ns]")
    return Rows(
        entity=entity,
        entities=names,
        time=time,
        day=day,
        slot=np.zeros(len(day), dtype=np.int32) if slot is None else slot,
        step=day.astype(np.int64),
        now=now,
        label_time=time + np.timedelta64(horizon, "D").astype("timedelta64[ns]"),
    )
