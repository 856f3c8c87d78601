"""Whether the head of a Ray still answers: most calls to a Ray without a head never return, and after a minute Ray ends the process.

So it is asked beside Ray's own calls, by a mere connection, and the Ray is left before that minute is over.
"""

from __future__ import annotations

import socket
import time
from collections import Counter
from typing import Any

from dsframework.errors import ExecutorError
from dsframework.execution._cluster import ask_nodes

__all__ = ["Head", "HeadLostError"]

_PATIENCE_SECONDS = 12.0
_ANSWER_SECONDS = 2.0
_LOOK_SECONDS = 1.0


class HeadLostError(ExecutorError):
    """The head of the Ray is gone, or this machine's own node of it."""


class Head:
    """The head of the Ray that a process has joined, and this machine's own node.

    Parameters
    ----------
    address
        The head's, ``HOST:PORT``.
    own
        Where the node of this machine listens; None where nobody knows.

    Attributes
    ----------
    silent
        Whether one of them did not answer when they were asked last, so that Ray is not to be asked anything.
    """

    def __init__(self, address: str, own: tuple[str, int] | None) -> None:
        self._address = address
        self._places = {"head": _place_of(address), **({"node on this machine": own} if own else {})}
        self._since: float | None = None
        self._gone = False
        self._looked = 0.0

    @classmethod
    def of(cls, ray: Any) -> Head:
        """Return that of the module `ray`, connected; raises `ExecutorError` where it does not answer."""
        context = ray.get_runtime_context()
        nodes, _ = _ask(context.gcs_address)
        own = next((node for node in nodes if node["NodeID"] == context.get_node_id()), None)
        return cls(context.gcs_address, (own["NodeManagerAddress"], own["NodeManagerPort"]) if own else None)

    def nodes(self) -> tuple[list[dict[str, Any]], dict[str, float]]:
        """Return the living nodes as `ray.nodes` tells them, and what is free on all of them together.

        Ray's own call has no limit of time, and ends the process when another head has come while it waits.

        Raises
        ------
        ExecutorError
            When the head does not answer in some seconds.
        """
        return _ask(self._address)

    @property
    def silent(self) -> bool:
        """See the class."""
        return self._since is not None

    def look(self, *, now: bool = False) -> None:
        """Ask them, once a second unless it is to be now.

        Raises
        ------
        HeadLostError
            When one of them was gone, whether or not another has come in its place, or has not answered for a while.
        """
        moment = time.monotonic()
        if moment - self._looked < _LOOK_SECONDS and not now:
            return
        self._looked = moment
        silent = {name: how for name, place in self._places.items() if (how := _silence(*place)) is not None}
        if silent and self._since is None:
            self._since = moment
        if self._gone or (self._since is not None and moment - self._since >= _PATIENCE_SECONDS):
            raise HeadLostError(f"Ray's {next(iter(silent), 'head')} does not answer any more", field="executor")
        self._gone = "gone" in silent.values()
        if not silent:
            self._since = None


def _ask(address: str) -> tuple[list[dict[str, Any]], dict[str, float]]:
    found, free = ask_nodes(address), Counter[str]()
    for amounts in found.free.values():
        free.update(amounts)
    nodes = [
        {
            "NodeID": node.node_id.hex(),
            "Alive": True,
            "NodeManagerAddress": node.node_manager_address,
            "NodeManagerHostname": node.node_manager_hostname,
            "NodeManagerPort": node.node_manager_port,
            "Resources": dict(node.resources_total),
        }
        for node in found.alive
    ]
    return nodes, dict(free)


def _place_of(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _silence(host: str, port: int) -> str | None:
    """How a place is silent: nobody is there, or he who is does not answer yet; None where he does."""
    try:
        with socket.create_connection((host, port), timeout=_ANSWER_SECONDS):
            return None
    except ConnectionRefusedError:
        return "gone"
    except OSError:
        return "late"
