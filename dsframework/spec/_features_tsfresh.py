"""The arguments of the features that tsfresh computes."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Arguments
from dsframework.spec._catalogue import catalogue
from dsframework.spec._features import Columns

__all__ = ["TsfreshArguments"]


class TsfreshArguments(Arguments):
    """Statistics of tsfresh over the last rows of an entity, this one included: ``<column>_<statistic>_<window>`` (extra tsfresh)."""

    columns: Columns
    windows: Annotated[list[Annotated[int, Field(ge=2, le=100_000)]], Field(min_length=1)] = Field(
        title="Windows", description="How many rows, this one included."
    )
    settings: Literal["minimal", "efficient"] = Field(
        default="minimal",
        title="Settings",
        description="tsfresh's own lists: ten statistics, or nearly eight hundred, which take a tenth of a second a row and column.",
    )
    calculators: dict[str, list[dict[str, Any]]] = Field(
        default={},
        title="Calculators",
        description="A list of your own in place of tsfresh's, such as quantile: [{q: 0.1}, {q: 0.9}] and mean: [].",
    )

    @model_validator(mode="after")
    def _one_list(self) -> Self:
        if self.calculators and "settings" in self.model_fields_set:
            raise PydanticCustomError("idle", "settings would do nothing beside calculators; remove one of the two")
        return self


catalogue.register("features", "tsfresh", TsfreshArguments)
