"""From what a document asks for to where its fits run."""

from __future__ import annotations

from dsframework.execution import Placement, place, room_here
from dsframework.spec import ExperimentSpec
from dsframework.tracking import home

__all__ = ["placed"]


def placed(spec: ExperimentSpec, executor: str) -> tuple[ExperimentSpec, Placement]:
    """Return a document with the CPUs and GPUs that its pool gives to a fit, and where its fits run.

    Raises
    ------
    SpecError
        When there is no such pool.
    ExecutorError
        When this machine has not enough for one fit; what a cluster has is known once it answers.
    """
    placement = place(spec.resources, home())
    if executor != "ray":
        room_here(placement)
    resources = spec.resources.model_copy(update={"cpus": placement.cpus, "gpus": placement.gpus})
    return spec.model_copy(update={"resources": resources}), placement
