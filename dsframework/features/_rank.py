"""The feature ``rank``."""

from __future__ import annotations

import polars as pl

from dsframework.features._base import FeatureColumn
from dsframework.spec import RankArguments

__all__ = ["rank_columns"]


def rank_columns(arguments: RankArguments) -> list[FeatureColumn]:
    """Rank among all entities at the same time, divided by how many have a value; ties share their mean rank. Names ``<column>_rank``.

    The smallest of n values gets 1 / n, the largest 1, as ``pandas.Series.rank(pct=True)`` does.
    """
    return [
        FeatureColumn(
            f"{column}_rank",
            (("columns", column),),
            0,
            pl.col(column).rank("average") / pl.col(column).count(),
            scope="time",
            needs="entity",
        )
        for column in arguments.columns
    ]
