"""What the actors of Ray are at, as those that somebody looks at told it a moment ago."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from dsframework.execution._at_work import SHOWN, AtWork, Told, Workers
from dsframework.execution._crew import Crew
from dsframework.execution._dispatch import Loss, Queue
from dsframework.execution._ray_worker import ASKED
from dsframework.execution._surroundings import Surroundings

__all__ = ["Member", "SeenCrew"]

_ASK_SECONDS = 1.0
_CURIOUS_SECONDS = 3.0


@dataclass
class Member:
    """An actor as this process sees it; `answers` are those to come, in their order, each with its queue (None of what no task is)."""

    actor: Any
    pid: int
    node: str
    has: set[int] = field(default_factory=set)
    answers: dict[Any, int | None] = field(default_factory=dict)
    environment: Surroundings | None = None
    since: float = 0.0
    done: int = 0
    doomed: Loss | None = None
    seen: float = -math.inf
    asked: float = -math.inf
    told: tuple[Told | None, float] = (None, 0.0)


class SeenCrew(Crew):
    """The part of a crew on Ray that is asked what its actors are at: only busy ones that are shown, each once a second."""

    def __init__(self) -> None:
        super().__init__()
        self._ray: Any = None
        self._members: dict[int, Member] = {}
        self._names: dict[str, str] = {}
        self._asking: dict[Any, int] = {}
        self._curious_until = 0.0

    def at_work(self, queue: Queue | None = None, most: int = SHOWN) -> Workers:
        """Return what the actors are at, as those that are shown told it a moment ago; see `Crew.at_work`."""
        with self._lock:
            self._curious_until = time.monotonic() + _CURIOUS_SECONDS
            return super().at_work(queue, most)

    def _see(self, worker: int, key: str | None) -> AtWork:
        member, now = self._members[worker], time.monotonic()
        member.seen = now
        node = self._names.get(member.node, member.node[:6])
        here = AtWork(member.pid, f"{node} pid {member.pid}" if len(self._names) > 1 else f"pid {member.pid}", node, done=member.done)
        if key is None:
            return here
        told, at = member.told
        if told is None or told.key != key:
            return replace(here, key=key, seconds=now - member.since if member.answers else 0.0)
        return replace(here, key=key, seconds=told.seconds + now - at, done=max(member.done, told.done), curve=told.curve)

    def _ask(self) -> None:
        """Ask the actors that are shown what they are at, each once a second; called with the lock."""
        now = time.monotonic()
        if now > self._curious_until:
            return
        asked = set(self._asking.values())
        for worker, member in self._members.items():
            wanted = now - member.seen < _CURIOUS_SECONDS and now - member.asked > _ASK_SECONDS and worker not in asked
            if wanted and member.doomed is None and self._dispatch.running(worker) is not None:
                member.asked = now
                self._asking[member.actor.told.options(concurrency_group=ASKED).remote()] = worker

    def _hear(self, reference: Any) -> None:
        """Take in what an actor told; what became of one that can't is told by its batch."""
        member = self._members.get(self._asking.pop(reference))
        with suppress(self._ray.exceptions.RayError):
            told: Told = self._ray.get(reference)
            if member is not None:
                member.told = told, time.monotonic()
