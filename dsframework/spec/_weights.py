"""How much a row counts when a model learns."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Strict

__all__ = ["WeightSpec"]


class WeightSpec(Strict):
    """How much a row counts when a model learns; metrics and preprocessing count all rows alike."""

    half_life: Annotated[float, Field(gt=0)] | None = Field(
        default=None, title="Half-life", description="A row counts half as much as one that is so many steps of the time axis younger."
    )
    column: str | None = Field(
        default=None, min_length=1, title="Column", description="A column of the data with positive numbers; with a half-life, the product."
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.half_life is None and self.column is None:
            raise PydanticCustomError("choice", "say how much a row counts: give half_life, column, or both")
        return self
