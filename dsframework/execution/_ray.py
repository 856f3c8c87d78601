"""Workers on Ray: this machine's own by default, a shared cluster by its address."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from dsframework.execution._at_work import Workers
from dsframework.execution._base import Finished, Waiting
from dsframework.execution._dispatch import Queue
from dsframework.execution._owner import Owner
from dsframework.execution._pools import Placement
from dsframework.execution._ray_code import is_here, own_code_travels
from dsframework.execution._ray_crew import RayCrew
from dsframework.execution._versions import Needs
from dsframework.execution._work import Handle, Work

__all__ = ["RayExecutor"]


class RayExecutor:
    """Runs fits on Ray; large values lie in Ray's object store once a node and are read without a copy.

    Parameters
    ----------
    address
        A cluster's address; ``RAY_ADDRESS`` by default, and a Ray of this process when there is none.
    placement
        What one fit asks Ray for.
    home
        Folder for the token that guards a Ray started here.
    owner
        Whose fits they are.
    needs
        The modules and libraries of the fits; what a node has in another version is refused.
    """

    name = "ray"

    def __init__(
        self, placement: Placement, *, address: str | None = None, home: Path, owner: Owner | None = None, needs: Needs | None = None
    ) -> None:
        owner, needs = owner or Owner(), needs or Needs()
        self._crew = _crew(address or os.environ.get("RAY_ADDRESS"), replace(placement, seconds=None), home, owner.user, needs)
        self._crew.code.need(needs)
        self._queue: Queue = self._crew.open(None, priority=owner.priority)
        self._kind = ""

    @property
    def free(self) -> int:
        """How many more fits are worth submitting."""
        return self._crew.free(self._queue, self._kind)

    @property
    def waiting(self) -> Waiting | None:
        """Since when nothing is done though something waits, and why."""
        return self._crew.waiting(self._queue)

    @property
    def place(self) -> int | None:
        """Its place in the queue for workers; None while it has as many as it may have."""
        return self._crew.place(self._queue)

    def at_work(self) -> Workers:
        """Return what the actors are at, this study's own tasks first."""
        return self._crew.at_work(self._queue)

    def put(self, value: Any) -> Handle:
        """Store a value in the object store; returns its handle."""
        return self._crew.put(self._queue, value)

    def drop(self, handle: Handle) -> None:
        """Forget a value that no task in hand reads."""
        self._crew.drop(handle)

    def submit(self, work: Work) -> None:
        """Queue a fit."""
        self._kind = work.kind
        self._crew.submit(self._queue, work)

    def wait(self, timeout: float) -> list[Finished]:
        """Return the fits that finished."""
        return [done.finished() for done in self._crew.wait(self._queue, timeout)]

    def close(self) -> None:
        """Drop what has not begun, and end what still runs a second later; Ray stays for the next study of this process."""
        self._crew.close(self._queue)


_crews: dict[tuple[Any, ...], RayCrew] = {}
_crews_lock = threading.Lock()


def _crew(address: str | None, placement: Placement, home: Path, user: str, needs: Needs) -> RayCrew:
    """Return the crew of this process for such fits; own code that travels has workers of its own, and those of other code make way."""
    with _crews_lock:
        code = own_code_travels(address, needs)
        key = (address, placement, user, code)
        if key not in _crews:
            same = [crew for other, crew in _crews.items() if other[:-1] == key[:-1]]
            _crews[key] = same[-1] if same and is_here(address) else RayCrew(address, placement, home, user)
            for crew in same:
                if crew is not _crews[key]:
                    crew.make_way()
        return _crews[key]
