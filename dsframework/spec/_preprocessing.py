"""The arguments of the preprocessing steps. Every step is fitted inside the fold, on its training rows only."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from dsframework.spec._arguments import Arguments
from dsframework.spec._catalogue import catalogue

__all__ = ["ClipOutliersArguments", "ImputeArguments", "StandardScaleArguments"]


class ImputeArguments(Arguments):
    """Fill the missing values of the features."""

    strategy: Literal["median", "mean", "constant"] = Field(default="median", title="Strategy")
    value: float = Field(default=0.0, title="Value", description="What to fill in with the strategy constant.")


class ClipOutliersArguments(Arguments):
    """Pull values further than `n_std` standard deviations from the mean back to that distance."""

    n_std: float = Field(default=4.0, gt=0, title="Standard deviations")


class StandardScaleArguments(Arguments):
    """Subtract the mean and divide by the standard deviation of the training rows."""


catalogue.register("preprocessing", "impute", ImputeArguments)
catalogue.register("preprocessing", "clip_outliers", ClipOutliersArguments)
catalogue.register("preprocessing", "standard_scale", StandardScaleArguments)
