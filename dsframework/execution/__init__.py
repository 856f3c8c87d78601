"""Where fits run: in worker processes of this machine, on Ray, or in threads of this process."""

import os
from pathlib import Path

from dsframework.errors import ExecutorError
from dsframework.execution._base import Executor, Finished
from dsframework.execution._local import LocalExecutor
from dsframework.execution._threads import ThreadExecutor
from dsframework.execution._work import Work

__all__ = ["EXECUTORS", "Executor", "Finished", "LocalExecutor", "ThreadExecutor", "Work", "make_executor"]

EXECUTORS = ("local", "ray", "threads")


def make_executor(name: str, *, cpus: int, gpus: float, home: Path) -> Executor:
    """Return an executor by name.

    Raises
    ------
    ExecutorError
        When there is none of that name, or Ray does not answer.
    """
    if name == "threads" or (name == "local" and not hasattr(os, "fork")):
        return ThreadExecutor(threads_per_fit=cpus)
    if name == "local":
        return LocalExecutor(threads_per_fit=cpus)
    if name == "ray":
        from dsframework.execution._ray import RayExecutor

        return RayExecutor(cpus=cpus, gpus=gpus, home=home)
    raise ExecutorError("no such executor", field="executor", value=name, mend=f"use one of {', '.join(EXECUTORS)}")
