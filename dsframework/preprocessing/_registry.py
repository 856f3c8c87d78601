"""The preprocessing steps by name."""

from __future__ import annotations

from collections.abc import Callable

from dsframework.errors import DataError
from dsframework.preprocessing._base import Step
from dsframework.registry import Registry

__all__ = ["step_names", "steps"]

steps: Registry[Callable[..., Step]] = Registry(
    "jupyterlab_tsml.preprocessing",
    {
        "impute": "dsframework.preprocessing._impute:Impute",
        "clip_outliers": "dsframework.preprocessing._clip_outliers:ClipOutliers",
        "standard_scale": "dsframework.preprocessing._standard_scale:StandardScale",
    },
    error=DataError,
    field="preprocessing",
)


def step_names() -> list[str]:
    """Return the names that an item of ``preprocessing`` may have."""
    return steps.names()
