"""The arguments of the feature that makes one row of many."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from dsframework.spec._arguments import Arguments
from dsframework.spec._catalogue import catalogue
from dsframework.spec._issues import near_miss
from dsframework.spec._statistics import STATS, check_stat

__all__ = ["SUMMARY_STATS", "SummaryArguments"]

_SHAPES = (
    *("mode_5", "mode_10", "correlation_length", "first_minimum", "time_asymmetry", "large_changes", "longest_above_mean", "longest_fall"),
    *("mean_of_three_error", "motif_entropy"),
)
SUMMARY_STATS = (*(name for name in STATS if name != "zscore"), *_SHAPES)
_LAGGED = re.compile(r"autocorrelation_([1-9]\d{0,4})")


def _check(name: str) -> str:
    if name in SUMMARY_STATS or _LAGGED.fullmatch(name):
        return name
    if name.startswith("quantile:"):
        return check_stat(name)
    close = near_miss(name, [*SUMMARY_STATS, "autocorrelation_1"])
    names = f"{', '.join(SUMMARY_STATS)}, autocorrelation_1 or quantile:0.05"
    raise PydanticCustomError("not_available", "{text}", {"text": f"{name!r} is not available, try {close or names}"})


class _StatSchema:
    """Shows the names as a choice beside the patterns of a quantile and of an autocorrelation."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        handler(schema)
        one: dict[str, Any] = {"type": "string", "enum": [*SUMMARY_STATS, "autocorrelation_1"], "title": "Statistic"}
        lagged: dict[str, Any] = {"type": "string", "pattern": rf"^{_LAGGED.pattern}$", "title": "Autocorrelation"}
        quantile: dict[str, Any] = {"type": "string", "pattern": r"^quantile:(0(\.\d+)?|1(\.0+)?|\.\d+)$", "title": "Quantile"}
        return {"anyOf": [one, lagged, quantile]}


class SummaryArguments(Arguments):
    """One row an entity, or a day: statistics over all of its rows, ``<column>_<stat>``; for task: clustering."""

    columns: Annotated[list[str], Field(min_length=1, title="Columns", description="Columns of the data, or of a feature before this one.")]
    stats: Annotated[
        list[Annotated[str, AfterValidator(_check), _StatSchema()]],
        Field(
            min_length=1,
            title="Statistics",
            description="autocorrelation_1 is the correlation with the row before; quantile:0.05 is what a twentieth lies below.",
        ),
    ]
    over: Literal["entity", "day"] = Field(default="entity", title="Over", description="What is clustered: entities, or days.")


catalogue.register("features", "summary", SummaryArguments)
