"""Where fits run: in worker processes of this machine, on Ray, or in threads of this process."""

import os
from pathlib import Path

from dsframework.errors import ExecutorError
from dsframework.execution._at_work import AtWork, Workers
from dsframework.execution._base import Executor, Finished, Waiting
from dsframework.execution._cluster_report import cluster_report
from dsframework.execution._local import LocalExecutor
from dsframework.execution._machine import memory, room_here
from dsframework.execution._owner import Owner, user_name
from dsframework.execution._pools import Placement, place
from dsframework.execution._ray_jobs import Job, Jobs, jobs_of_cluster
from dsframework.execution._runtime_env import code_of, runtime_env
from dsframework.execution._threads import ThreadExecutor
from dsframework.execution._versions import Needs
from dsframework.execution._work import Work

__all__ = [
    "EXECUTORS",
    "AtWork",
    "Executor",
    "Finished",
    "Job",
    "Jobs",
    "LocalExecutor",
    "Needs",
    "Owner",
    "Placement",
    "ThreadExecutor",
    "Waiting",
    "Work",
    "Workers",
    "cluster_report",
    "code_of",
    "jobs_of_cluster",
    "make_executor",
    "memory",
    "place",
    "room_here",
    "runtime_env",
    "user_name",
]

EXECUTORS = ("local", "ray", "threads")


def make_executor(
    name: str, placement: Placement | None = None, *, home: Path, owner: Owner | None = None, needs: Needs | None = None
) -> Executor:
    """Return an executor by name, for fits of a pool and of somebody; by default for those that take one CPU.

    `needs` is what these need on machines that are not this one.

    Raises
    ------
    ExecutorError
        When there is none of that name, when this machine has not enough for one fit, or when Ray does not answer.
    """
    placement, owner = placement or Placement(), owner or Owner()
    if name == "threads" or (name == "local" and not hasattr(os, "fork")):
        if placement.seconds:
            raise ExecutorError("a thread can't be ended", field="resources.seconds", value=placement.seconds, mend="use --executor local")
        return ThreadExecutor(workers=room_here(placement))
    if name == "local":
        return LocalExecutor(workers=room_here(placement), priority=owner.priority, gpus=placement.gpus)
    if name == "ray":
        from dsframework.execution._ray import RayExecutor

        return RayExecutor(placement, home=home, owner=owner, needs=needs)
    raise ExecutorError("no such executor", field="executor", value=name, mend=f"use one of {', '.join(EXECUTORS)}")
