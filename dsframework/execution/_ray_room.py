"""What a cluster has, and how many fits it does at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from dsframework.errors import ExecutorError
from dsframework.execution._machine import gpu_seats
from dsframework.execution._pools import Placement, told

__all__ = ["node_names", "refuse_too_much", "room_on"]

_ALWAYS = ("CPU", "GPU", "memory")
_SHOWN = 3


def room_on(nodes: Iterable[Mapping[str, Any]], placement: Placement) -> int:
    """Return how many fits the nodes of a cluster do at once, or may come to do where more nodes are started on demand.

    Parameters
    ----------
    nodes
        As `ray.nodes` tells them.
    """
    return placement.workers or sum(_room_of(node["Resources"], placement) for node in nodes if node["Alive"])


def _room_of(has: Mapping[str, float], placement: Placement) -> int:
    rooms = [int(has.get(name, 0) / amount + 1e-9) for name, amount in placement.asks.items() if amount]
    return min(rooms + ([gpu_seats(int(has.get("GPU", 0)), placement.gpus)] if placement.gpus else []))


def node_names(nodes: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return what the living nodes are called, by their ids: as their machine, and by a few signs of the id where a machine has several."""
    hosts = {node["NodeID"]: str(node.get("NodeManagerHostname") or node["NodeID"][:6]) for node in nodes if node["Alive"]}
    many = Counter(hosts.values())
    return {node: host if many[host] == 1 else f"{host} {node[:6]}" for node, host in hosts.items()}


def refuse_too_much(nodes: Iterable[Mapping[str, Any]], placement: Placement) -> None:
    """Raise an error when no node can do a single fit; it says which nodes there are."""
    nodes = [node for node in nodes if node["Alive"]]
    if room_on(nodes, placement):
        return
    names = (*_ALWAYS, *dict(placement.resources))
    kinds = Counter(told({name: node["Resources"].get(name, 0) for name in names}) for node in nodes)
    there = "; ".join(f"{number} with {kind}" for kind, number in kinds.most_common(_SHOWN))
    raise ExecutorError(
        f"no node has {placement} for a fit of pool {placement.pool!r}; there is {there}",
        field="resources",
        mend="ask for less, start a larger cluster, or say how many workers the pool may get where machines are started on demand",
    )
