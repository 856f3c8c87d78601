"""What a newcomer wants to know of a cluster."""

from __future__ import annotations

from dsframework.records._base import Record

__all__ = ["ClusterNode", "ClusterPool", "ClusterProblem", "ClusterReport"]


class ClusterNode(Record):
    """A machine of the cluster.

    `has` and `free` are amounts by Ray's names (``CPU``, ``GPU``, ``memory`` in bytes, and the administrator's own). `versions` is what a
    worker there has, None where nobody asked or it did not answer.
    """

    address: str
    host: str
    head: bool
    has: dict[str, float]
    free: dict[str, float]
    versions: dict[str, str | None] | None = None


class ClusterPool(Record):
    """A pool, what one fit of it asks for, how many fits the cluster does at once, and how many it could begin now."""

    name: str
    asks: str
    fits: int
    free: int


class ClusterProblem(Record):
    """What stands in the way of a study, or may, and what to do about it. `fatal` says that no study can use the cluster."""

    text: str
    mend: str | None = None
    fatal: bool = False


class ClusterReport(Record):
    """The cluster that `RAY_ADDRESS` names, seen from this machine.

    `address` is None where none is named, so that a study starts a Ray of its own. `here` and `there` are versions of Python, Ray and this
    package, and of libraries here.
    """

    address: str | None
    here: dict[str, str | None]
    there: dict[str, str | None] = {}
    nodes: list[ClusterNode] = []
    pools: list[ClusterPool] = []
    problems: list[ClusterProblem] = []
