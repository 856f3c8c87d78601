"""The features ``rank`` and ``zscore``: where a row stands among all entities at the same time."""

from __future__ import annotations

from dsframework.features._base import FeatureColumn
from dsframework.features._operations import Operation
from dsframework.spec import RankArguments

__all__ = ["rank_columns", "zscore_columns"]


def rank_columns(arguments: RankArguments) -> list[FeatureColumn]:
    """Rank among all entities at the same time, divided by how many have a value; ties share their mean rank. Names ``<column>_rank``.

    The smallest of n values gets 1 / n, the largest 1, as ``pandas.Series.rank(pct=True)`` does.
    """
    return [_among(column, "rank", "rank") for column in arguments.columns]


def zscore_columns(arguments: RankArguments) -> list[FeatureColumn]:
    """(value - mean) / std among all entities at the same time. Names ``<column>_zscore``.

    The standard deviation divides by one less than the number of values; the score is 0 where all values are equal, null where there is
    one only.
    """
    return [_among(column, "zscore", "cross_zscore") for column in arguments.columns]


def _among(column: str, what: str, kind: str) -> FeatureColumn:
    return FeatureColumn.compiled(f"{column}_{what}", (("columns", column),), Operation(kind), scope="time", needs="entity")
