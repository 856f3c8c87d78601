"""The feature ``seasonal``: statistics over the rows of the last seasons."""

from __future__ import annotations

import polars as pl

from dsframework.features._base import FeatureColumn, Grouping
from dsframework.features._statistics import check_windows, over_window
from dsframework.features._view import slots
from dsframework.spec import SeasonalArguments

__all__ = ["DAY_OF_WEEK", "SLOT", "seasonal_columns"]


DAY_OF_WEEK = Grouping("day_of_week", lambda moments: moments.days.dt.weekday())
SLOT = Grouping("slot", slots)
_DAY = 86_400 * 10**9
_DAY_AND_SLOT = Grouping("day_and_slot", lambda moments: DAY_OF_WEEK.keys(moments).cast(pl.Int64) * _DAY + slots(moments))
_GROUPINGS = {"day_of_week": DAY_OF_WEEK, "slot": SLOT, "day_and_slot": _DAY_AND_SLOT}


def seasonal_columns(arguments: SeasonalArguments) -> list[FeatureColumn]:
    """Statistics over the last rows of the same season, the row's own included.

    With ``by``, the rows of the same weekday, or of the same time of day on the exchange's clocks, or of both; a half day or a holiday
    then skips a season and shifts nothing. With ``period``, every so many rows. Names ``<column>_<by>_<stat>_<seasons>`` and
    ``<column>_every_<period>_<stat>_<seasons>``.
    """
    check_windows(arguments.stats, arguments.seasons, "seasons", "number of seasons")
    by, period = arguments.by, arguments.period
    return [
        FeatureColumn.compiled(
            f"{column}_{by or f'every_{period}'}_{stat.replace(':', '_')}_{seasons}",
            (("columns", column),),
            over_window(stat, seasons, stride=period or 1),
            by=_GROUPINGS[by] if by else None,
            needs="clock" if by in ("slot", "day_and_slot") else None,
        )
        for column in arguments.columns
        for seasons in arguments.seasons
        for stat in arguments.stats
    ]
