"""The preprocessing steps and the target's scales by name."""

from __future__ import annotations

from collections.abc import Callable

from dsframework.errors import DataError
from dsframework.preprocessing._base import Step
from dsframework.preprocessing._scale import Scale
from dsframework.registry import Registry

__all__ = ["scales", "step_names", "steps"]

steps: Registry[Callable[..., Step]] = Registry(
    "jupyterlab_tsml.preprocessing",
    {
        "impute": "dsframework.preprocessing._impute:Impute",
        "clip_outliers": "dsframework.preprocessing._clip_outliers:ClipOutliers",
        "standard_scale": "dsframework.preprocessing._standard_scale:StandardScale",
        "robust_scale": "dsframework.preprocessing._robust_scale:RobustScale",
        "min_max_scale": "dsframework.preprocessing._min_max_scale:MinMaxScale",
        "quantile_transform": "dsframework.preprocessing._quantile_transform:QuantileTransform",
        "power": "dsframework.preprocessing._power:Power",
        "slot_profile": "dsframework.preprocessing._slot_profile:SlotProfile",
        "pca": "dsframework.preprocessing._pca:Pca",
        "drop_constant": "dsframework.preprocessing._drop_constant:DropConstant",
        "decorrelate": "dsframework.preprocessing._decorrelate:Decorrelate",
        "target_encode": "dsframework.preprocessing._target_encode:TargetEncode",
        "select": "dsframework.preprocessing._select:Select",
        "python": "dsframework.preprocessing._python:PythonStep",
    },
    error=DataError,
    field="preprocessing",
)


scales: Registry[Callable[..., Scale]] = Registry(
    "jupyterlab_tsml.target_transforms",
    {
        "none": "dsframework.preprocessing._scale_plain:Same",
        "log": "dsframework.preprocessing._scale_plain:Log",
        "log1p": "dsframework.preprocessing._scale_plain:Log1p",
        "sqrt": "dsframework.preprocessing._scale_plain:Sqrt",
        "power": "dsframework.preprocessing._scale_learned:Power",
        "standard": "dsframework.preprocessing._scale_learned:Standard",
        "volatility_scale": "dsframework.preprocessing._scale_learned:VolatilityScale",
        "difference": "dsframework.preprocessing._scale_measured:Difference",
        "ratio": "dsframework.preprocessing._scale_measured:Ratio",
        "log_ratio": "dsframework.preprocessing._scale_measured:LogRatio",
        "seasonal_difference": "dsframework.preprocessing._scale_measured:SeasonalDifference",
        "slot_profile": "dsframework.preprocessing._scale_profile:SlotProfileScale",
    },
    error=DataError,
    field="target.transform",
)


def step_names() -> list[str]:
    """Return the names that an item of ``preprocessing`` may have."""
    return steps.names()
