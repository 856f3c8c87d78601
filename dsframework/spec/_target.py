"""What is predicted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dsframework.spec._arguments import Strict

__all__ = ["TargetSpec"]


class TargetSpec(Strict):
    """What is predicted: a column, `horizon` rows ahead, within the entity."""

    column: str = Field(min_length=1, title="Column")
    horizon: int = Field(default=1, ge=1, le=10000, title="Horizon", description="Rows ahead, within the entity.")
    as_: Literal["value", "return", "log_return", "direction", "volatility"] = Field(
        default="value",
        alias="as",
        title="As",
        description="The value itself, its change over the horizon, whether it rises, or the deviation of its log returns.",
    )
    transform: Literal["none", "log", "log1p", "sqrt"] = Field(
        default="none", title="Transform", description="Learn the target on this scale; predictions come back in its own unit."
    )
