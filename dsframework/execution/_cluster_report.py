"""A look at the cluster before any study: what is there, and every problem with its mend."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from dsframework.errors import MissingDependencyError, TsmlError
from dsframework.execution._cluster import Nodes, ask_head, ask_nodes, head_address, is_node, not_a_node, refuse_other_versions, use_token
from dsframework.execution._pools import Placement, place, read_pools
from dsframework.execution._ray_code import RayCode
from dsframework.execution._ray_connection import connect
from dsframework.execution._ray_room import room_on
from dsframework.execution._versions import LIBRARIES, Needs, differences, versions
from dsframework.records import ClusterNode, ClusterPool, ClusterProblem, ClusterReport
from dsframework.spec import Resources

__all__ = ["cluster_report"]

_ANSWER_SECONDS = 60.0


def cluster_report(home: Path) -> ClusterReport:
    """Look at the cluster that `RAY_ADDRESS` names; every step that fails is a problem of the report.

    Parameters
    ----------
    home
        The folder of ``pools.yaml``.

    Raises
    ------
    MissingDependencyError
        When Ray is not installed.
    """
    try:
        ray = importlib.import_module("ray")
    except ImportError as error:
        raise MissingDependencyError("ray", "ray") from error
    here = {"ray": str(ray.__version__), **versions((*LIBRARIES, "jupyterlab-tsml"))}
    problems: list[ClusterProblem] = []
    address = _tried(problems, lambda: head_address(os.environ.get("RAY_ADDRESS")), fatal=True)
    if address is None:
        if not problems:
            mend = "set RAY_ADDRESS to HOST:6379 of a cluster's head"
            problems.append(ClusterProblem(text="no cluster is named: --executor ray starts a Ray on this machine", mend=mend))
        return ClusterReport(address=os.environ.get("RAY_ADDRESS"), here=here, problems=problems)
    there: dict[str, str | None] = {}
    nodes = Nodes([], {})

    def ask() -> None:
        nonlocal nodes
        use_token()
        head = ask_head(address)
        there.update(ray=head.ray, python=head.python)
        nodes = ask_nodes(address)
        refuse_other_versions(head)
        if not is_node():
            raise not_a_node(address)

    _tried(problems, ask, fatal=True)
    if nodes.alive and os.environ.get("RAY_AUTH_MODE", "").lower() != "token":
        mend = "start the head with RAY_AUTH_MODE=token and a token in RAY_AUTH_TOKEN_PATH"
        problems.append(ClusterProblem(text="no token guards the cluster: it runs what anybody sends who reaches its port", mend=mend))
    told = {} if any(problem.fatal for problem in problems) else _tried(problems, lambda: _versions_there(address, home), fatal=True) or {}
    lines = [_line(node, nodes.free.get(node.node_id, {}), told.get(node.node_id.hex())) for node in nodes.alive]
    problems += _differences(lines)
    pools = _tried(problems, lambda: _pools(home, lines), fatal=False) or []
    problems += [_no_room(pool) for pool in pools if not pool.fits]
    return ClusterReport(address=address, here=here, there=there, nodes=lines, pools=pools, problems=problems)


def _tried(problems: list[ClusterProblem], step: Callable[[], Any], *, fatal: bool) -> Any:
    try:
        return step()
    except TsmlError as error:
        field = f"{error.field}: " if error.field else ""
        value = f" (got {error.value!r})" if error.value is not None else ""
        problems.append(ClusterProblem(text=f"{field}{error.message}{value}", mend=error.mend, fatal=fatal))
        return None


def _line(node: Any, free: Mapping[str, float], told: dict[str, str | None] | None) -> ClusterNode:
    return ClusterNode(
        address=node.node_manager_address,
        host=node.node_manager_hostname,
        head=node.is_head_node,
        has=_amounts(node.resources_total),
        free=_amounts(free),
        versions=told,
    )


def _amounts(resources: Mapping[str, float]) -> dict[str, float]:
    """Without the names that Ray gives to every node and the size of its object store."""
    left_out = ("node:", "object_store_memory", "accelerator_type:")
    return {name: amount for name, amount in sorted(resources.items()) if not name.startswith(left_out)}


def _versions_there(address: str, home: Path) -> dict[str, dict[str, str | None]]:
    """Have a worker of every node tell its versions, with the code that fits get; a node that does not answer is left out."""
    ray = connect(address, home)
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    nodes = [node for node in ray.nodes() if node["Alive"]]
    code = RayCode(address, home)
    code.need(Needs())
    code.look(nodes, ray.get_runtime_context().get_node_id(), on_demand=False)
    code.store()
    task = ray.remote(versions)
    options = {"num_cpus": 0, "max_retries": 0, **code.options()}
    asked = {}
    for node in nodes:
        strategy = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        asked[task.options(scheduling_strategy=strategy, **options).remote((*LIBRARIES, "jupyterlab-tsml"))] = node["NodeID"]
    ready, _ = ray.wait(list(asked), num_returns=len(asked), timeout=_ANSWER_SECONDS)
    found = {}
    for reference in ready:
        try:
            found[asked[reference]] = ray.get(reference)
        except ray.exceptions.RayError:
            continue
    return found


def _differences(nodes: Iterable[ClusterNode]) -> list[ClusterProblem]:
    asked = list(nodes)
    found = []
    for node in asked:
        if node.versions is None:
            if any(other.versions for other in asked):
                found.append(ClusterProblem(text=f"node {node.address} did not run a task", mend="look at Ray's logs on that node"))
            continue
        other = differences(versions(), node.versions, LIBRARIES)
        if other:
            wanted = " ".join(f"{one.library}=={one.here}" for one in other if one.here)
            text = f"node {node.address} has {', '.join(map(str, other))}: studies that use these are refused"
            found.append(ClusterProblem(text=text, mend=f"install {wanted} there" if wanted else "install them here"))
    return found


def _pools(home: Path, nodes: list[ClusterNode]) -> list[ClusterPool]:
    placements = [place(Resources(pool=name), home) for name in read_pools(home)]
    return [_pool(placement, nodes) for placement in placements]


def _pool(placement: Placement, nodes: list[ClusterNode]) -> ClusterPool:
    now = room_on([{"Alive": True, "Resources": node.free} for node in nodes], replace(placement, workers=None))
    fits = room_on([{"Alive": True, "Resources": node.has} for node in nodes], placement)
    return ClusterPool(name=placement.pool, asks=str(placement), fits=fits, free=now)


def _no_room(pool: ClusterPool) -> ClusterProblem:
    mend = "start such a node, ask for less, or say how many workers the pool may get where machines are started on demand"
    return ClusterProblem(text=f"pool {pool.name}: no node has {pool.asks} for a fit", mend=mend)
