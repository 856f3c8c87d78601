"""A panel of bars, as the features see it."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

__all__ = ["some_frame"]

_DAYS = [dt.date(2024, 6, 24) + dt.timedelta(days=number) for number in range(25)]
_CLOSED, _HALF = {dt.date(2024, 7, 4)}, dt.date(2024, 7, 3)
_TIMES = [dt.time(9, 30), dt.time(11, 0), dt.time(12, 30), dt.time(14, 0), dt.time(15, 30)]


def some_frame(seed: int = 0) -> pl.DataFrame:
    """Return bars of three entities on 18 days at the exchange XNYS, with a half day, rows that are missing, and missing values.

    Columns are ``time``, ``ticker``, ``open``, ``high``, ``low``, ``close``, ``volume`` and ``value``, of which some are null.
    """
    random = np.random.default_rng(seed)
    rows = []
    for day in _DAYS:
        if day.weekday() < 5 and day not in _CLOSED:
            for time in _TIMES[: 3 if day == _HALF else 5]:
                rows += [(dt.datetime.combine(day, time), ticker) for ticker in "ABC" if random.random() > 0.03]
    n_rows = len(rows)
    close = np.round(20.0 * np.exp(random.normal(scale=0.1, size=n_rows)), 2)
    spread = np.round(random.uniform(0.1, 1.0, size=(3, n_rows)), 2)
    value = [None if random.random() < 0.04 else float(one) for one in random.normal(size=n_rows)]
    return pl.DataFrame(rows, schema={"time": pl.Datetime("us"), "ticker": pl.String}, orient="row").with_columns(
        open=pl.Series(close - spread[0] / 2),
        high=pl.Series(close + spread[1]),
        low=pl.Series(close - spread[2]),
        close=pl.Series(close),
        volume=pl.Series(random.integers(100, 10_000, size=n_rows)),
        value=pl.Series(value, dtype=pl.Float64),
    )
