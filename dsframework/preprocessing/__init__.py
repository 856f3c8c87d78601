"""What learns from the training rows before the model does: fills, clips, scales; and the scale of the target."""

from dsframework.preprocessing._base import ModelMaker, Step
from dsframework.preprocessing._pipeline import Pipeline, make_step, make_steps
from dsframework.preprocessing._python import own_steps, own_steps_code
from dsframework.preprocessing._registry import scales, step_names, steps
from dsframework.preprocessing._scale import Scale
from dsframework.preprocessing._smearing import HeldOut
from dsframework.preprocessing._target import TargetTransform

__all__ = [
    "HeldOut",
    "ModelMaker",
    "Pipeline",
    "Scale",
    "Step",
    "TargetTransform",
    "make_step",
    "make_steps",
    "own_steps",
    "own_steps_code",
    "scales",
    "step_names",
    "steps",
]
