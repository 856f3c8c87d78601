"""How the actors of a cluster come to run the same code as this process: what travels with them, and what must be there already."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from dsframework.execution._runtime_env import digest_of, environment_of, uploaded
from dsframework.execution._versions import LIBRARIES, Needs, refuse_differences

__all__ = ["RayCode", "is_here", "own_code_travels"]

_KEPT_SECONDS = 300.0

_here: set[str] = set()
"""Clusters that are known to be this very machine."""


def is_here(address: str | None) -> bool:
    """Whether a cluster is known to be this very machine, as a Ray of this process is."""
    return address is None or address in _here


def own_code_travels(address: str | None, needs: Needs) -> str:
    """Return a name for the bytes of own code that workers need; empty where none travels."""
    if is_here(address) or not needs.code:
        return ""
    return digest_of(dict(needs.code))


class RayCode:
    """What the actors of one crew are given.

    A cluster that is this very machine gets nothing, so that its workers start at once: they see this process's own folders.

    Parameters
    ----------
    address
        Of the cluster; None for a Ray of this process.
    home
        What travels is copied below this folder.
    """

    def __init__(self, address: str | None, home: Path) -> None:
        self.elsewhere = False
        self._address, self._home = address, home
        self._code: dict[str, Path] = {}
        self._needed: frozenset[str] = frozenset()
        self._stored: dict[str, Any] = {}
        self._since = float("-inf")
        self._there: dict[str, dict[str, str | None]] = {}

    def need(self, needs: Needs) -> None:
        """Take in what one more study needs; raises `ExecutorError` where a node is known to have it in another version."""
        self._needed |= needs.distributions
        self._code = dict(needs.code)
        for node, there in self._there.items():
            refuse_differences(there, needs.distributions, node)

    @property
    def asked(self) -> list[str]:
        """The distributions whose versions an actor is asked for."""
        return sorted({*LIBRARIES, *self._needed})

    def look(self, nodes: Iterable[Mapping[str, Any]], own: str, *, on_demand: bool) -> None:
        """See whether any actor may come to run on another machine.

        Parameters
        ----------
        nodes
            As `ray.nodes` tells them.
        own
            The node of this process.
        on_demand
            Whether machines are started as they are needed.
        """
        places = {node["NodeID"]: node["NodeManagerAddress"] for node in nodes if node["Alive"]}
        others = any(place != places.get(own) for place in places.values())
        self.elsewhere = self.elsewhere or (self._address is not None and (others or on_demand))
        if self._address is not None:
            (_here.discard if self.elsewhere else _here.add)(self._address)

    def store(self) -> None:
        """Put what travels into the cluster, which forgets it when no actor has used it for some minutes."""
        if self.elsewhere and time.monotonic() - self._since > _KEPT_SECONDS:
            self._stored = uploaded(environment_of(self._code, self._home))
            self._since = time.monotonic()

    def begin_anew(self) -> None:
        """Another cluster is at the address: it has nothing of what travelled, and its nodes may have other versions."""
        self._stored, self._since, self._there = {}, float("-inf"), {}

    def options(self) -> dict[str, Any]:
        """Return the options of an actor."""
        return {"runtime_env": self._stored} if self._stored else {}

    def failed(self) -> None:
        """An actor could not start: where a worker of this machine is not of this environment, the code travels as well."""
        self.elsewhere = self.elsewhere or self._address is not None

    def check(self, node: str, there: dict[str, str | None]) -> None:
        """Take in the versions of a node.

        Raises
        ------
        ExecutorError
            When a library that fits compute with is of another version there.
        """
        refuse_differences(there, self._needed, node)
        self._there[node] = there
