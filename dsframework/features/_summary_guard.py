"""What the feature ``summary`` says where rows are predicted."""

from __future__ import annotations

from dsframework.errors import FeatureError
from dsframework.features._base import FeatureColumn
from dsframework.spec import SummaryArguments

__all__ = ["summary_columns"]


def summary_columns(arguments: SummaryArguments) -> list[FeatureColumn]:
    """Refuse to be a feature of rows: what is made of all rows of an entity reads its future. See `build_summary`."""
    raise FeatureError(
        "it makes one row of all rows of an entity or day, so that it would read the future",
        mend="use it for task: clustering, as the last features; rolling looks back only",
    )
