"""The arguments of the features that a user writes: SQL expressions, and functions of an own file."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Arguments
from dsframework.spec._catalogue import catalogue
from dsframework.spec._features import Columns
from dsframework.spec._models import IMPORT_PATH

__all__ = ["PythonFeatureArguments", "SqlArguments"]

_Name = Annotated[str, Field(min_length=1, max_length=200)]
_Expression = Annotated[str, Field(min_length=1, max_length=10_000)]


def _loadable(path: str) -> str:
    if path.startswith("__main__."):
        own = f"my_features.{path.rpartition('.')[2]}"
        text = (
            f"a function of the notebook or script itself can't be loaded elsewhere; put it into my_features.py beside it, and name {own}"
        )
        raise PydanticCustomError("function", "{text}", {"text": text})
    return path


def _each_once(names: list[str]) -> list[str]:
    for name in names:
        if names.count(name) > 1:
            raise PydanticCustomError("twice", "{text}", {"text": f"{name!r} stands here twice; names are unique"})
    return names


class SqlArguments(Arguments):
    """Columns by SQL expressions over the row, and over rows before it with LAG or ROWS BETWEEN n PRECEDING AND CURRENT ROW."""

    expressions: Annotated[dict[_Name, _Expression], Field(min_length=1)] = Field(
        title="Expressions",
        description="The name of each column and its expression over numeric columns, such as spread: (high - low) / close. "
        "A window names its rows: LAG(close, 5) OVER (PARTITION BY ticker ORDER BY date).",
    )


class PythonFeatureArguments(Arguments):
    """Columns by an own function, called as function(frame) with the rows of one entity in the order of time; it must look back only."""

    function: Annotated[str, AfterValidator(_loadable)] = Field(
        pattern=IMPORT_PATH,
        title="Function",
        description="Import path of a function of a frame, or of a class with transform(frame), such as my_features.imbalance.",
    )
    columns: Columns
    lookback: int = Field(
        ge=0,
        le=1_000_000,
        title="Rows before",
        description="How many rows before a row the function reads to make its value; the audit checks it.",
    )
    names: Annotated[list[_Name], Field(min_length=1), AfterValidator(_each_once)] | None = Field(
        default=None, title="Names", description="Of the columns that it gives, in their order; the function's own name by default."
    )
    arguments: dict[str, Any] = Field(default={}, title="Arguments", description="Passed to the function or the class by name.")


catalogue.register("features", "sql", SqlArguments)
catalogue.register("features", "python", PythonFeatureArguments)
