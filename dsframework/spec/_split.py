"""Where the time axis is cut: the final test and the validation folds before it."""

from __future__ import annotations

import datetime as dt
import math
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from dsframework.spec._arguments import Strict

__all__ = ["CvSpec", "SplitSpec"]


class CvSpec(Strict):
    """Walk-forward validation: every fold learns from the past and is tested on what follows."""

    method: Literal["walk_forward"] = Field(default="walk_forward", title="Method")
    folds: int = Field(default=5, ge=1, le=200, title="Folds")
    window: Literal["expanding"] | Annotated[int, Field(ge=1)] = Field(
        default="expanding", title="Window", description="expanding, or how many time steps a sliding window has."
    )
    purge: Literal["auto"] | Annotated[int, Field(ge=0)] = Field(
        default="auto",
        title="Purge",
        description="Time steps left out before a test window; auto leaves out every label that is not known when the test begins.",
    )
    embargo: int = Field(default=0, ge=0, title="Embargo", description="Further time steps left out before a test window.")


class SplitSpec(Strict):
    """The final test, touched once, and the validation folds before it."""

    test: float | int | str = Field(
        default=0.15, title="Test", description="A share of the time axis, a number of time steps, or the first day of the test."
    )
    cv: CvSpec = Field(default=CvSpec(), title="Validation")

    @field_validator("test", mode="before")
    @classmethod
    def _check_test(cls, value: Any) -> Any:
        if isinstance(value, dt.datetime | dt.date):
            return value.isoformat()
        if isinstance(value, str):
            try:
                dt.datetime.fromisoformat(value)
            except ValueError:
                raise PydanticCustomError("test", "expected a share such as 0.15, a count, or a day such as 2017-01-03") from None
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise PydanticCustomError("test", "expected a share such as 0.15, a count, or a day such as 2017-01-03")
        if isinstance(value, float) and not 0 < value < 1:
            raise PydanticCustomError("test", "a share lies between 0 and 1; for a count write a whole number")
        if isinstance(value, int) and value < 1:
            raise PydanticCustomError("test", "a count of test steps is at least 1")
        return value
