"""Keeps the claims of all drivers of a cluster, and says what each study may have: an actor without a processor, one a cluster.

A driver asks once a second. A claim that is not renewed for some seconds is let go, as its driver is dead. Whatever the keeper forgets by
dying itself, it hears again within a second.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from dsframework.errors import ExecutorError
from dsframework.execution._quotas import Quotas, quotas_file, read_quotas
from dsframework.execution._shares import Claim, Standing, share_out
from dsframework.spec import Priority

__all__ = ["Answer", "Asked", "Resources", "ShareKeeper", "Wish"]

LEASE_SECONDS = 6.0
_LOOK_SECONDS = 2.0
_FOREIGN_SECONDS = 10.0
_THINK_SECONDS = 0.2
_READ_SECONDS = 5.0

Resources = tuple[Mapping[str, float], Mapping[str, float]]
"""What a cluster has in all, and what of it is free."""


class Wish(NamedTuple):
    """How many fits a study could have in flight, and how many workers it has."""

    priority: Priority
    wants: int
    has: int


class Asked(NamedTuple):
    """What a crew asks for.

    Attributes
    ----------
    crew, user, pool
        Who, for whom, and where.
    fit
        What one fit takes.
    room
        How many such fits the cluster has room for at once, which may be fewer than its sums say.
    on_demand
        Whether that is what the pool may come to do, as machines are started on demand.
    idle, coming
        How many workers it has that no study needs, and how many it waits for.
    wishes
        Of its studies, by their numbers.
    """

    crew: str
    user: str
    pool: str
    fit: dict[str, float]
    room: int
    on_demand: bool
    idle: int
    coming: int
    wishes: dict[int, Wish]


class Answer(NamedTuple):
    """How the studies of a crew stand, and whether others wait for workers that it has no use for."""

    standings: dict[int, Standing]
    others_wait: bool


@dataclass
class _Lease:
    asked: Asked
    until: float
    since: dict[int, float] = field(default_factory=dict)

    def renew(self, asked: Asked, now: float) -> None:
        """Take in what a crew asks for now, and when a study got its first worker or lost its last."""
        before = self.asked.wishes
        for number, wish in asked.wishes.items():
            if number not in before or bool(before[number].has) != bool(wish.has):
                self.since[number] = now
        self.asked, self.until = asked, now + LEASE_SECONDS


class ShareKeeper:
    """See the module's text.

    Parameters
    ----------
    look
        Tells what the cluster has; by default Ray, which it runs on.
    quotas
        A file of quotas; by default that of the machine where this runs.
    clock
        Seconds.
    """

    def __init__(
        self, look: Callable[[], Resources] | None = None, quotas: Path | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._look, self._clock, self._file = look or _look, clock, quotas or quotas_file()
        self._quotas, self._read, self._problem = Quotas(), -_READ_SECONDS, ""
        self._leases: dict[str, _Lease] = {}
        self._whole: Mapping[str, float] = {}
        self._foreign: deque[tuple[float, dict[str, float]]] = deque()
        self._looked = -_LOOK_SECONDS
        self._standings: dict[str, Standing] = {}
        self._thought, self._pause = -_THINK_SECONDS, _THINK_SECONDS

    def ask(self, asked: Asked) -> Answer:
        """Renew a crew's claim; returns how its studies stand. One without studies and workers lets go."""
        now = self._clock()
        lease = self._leases.setdefault(asked.crew, _Lease(asked._replace(wishes={}), now))
        lease.renew(asked, now)
        if not (asked.wishes or asked.idle or asked.coming):
            del self._leases[asked.crew]
        self._leases = {crew: one for crew, one in self._leases.items() if one.until > now}
        names = {number: f"{asked.crew}/{number}" for number in asked.wishes}
        if now - self._thought >= self._pause or not self._standings.keys() >= set(names.values()):
            self._think(now)
        others = any(one.place for name, one in self._standings.items() if name not in names.values())
        return Answer({number: self._told(self._standings[name]) for number, name in names.items()}, others)

    def _told(self, standing: Standing) -> Standing:
        """A standing that says of a file that can't be read."""
        return replace(standing, why=", ".join(filter(None, (standing.why, self._problem)))) if standing.place else standing

    def _think(self, now: float) -> None:
        self._thought = now
        self._read_quotas(now)
        if now - self._looked >= _LOOK_SECONDS:
            self._looked = now
            self._whole, free = self._look()
            self._note_foreign(now, free)
        foreign = self._taken_by_others(now)
        capacity = {name: amount - foreign.get(name, 0.0) for name, amount in self._whole.items()}
        claims = [claim for lease in self._leases.values() for claim in self._claims(lease, capacity, now)]
        self._standings = share_out(claims, capacity, self._quotas.users, self._quotas.everybody)
        self._pause = max(_THINK_SECONDS, 10 * (self._clock() - now))  # a tenth of a processor at most

    def _claims(self, lease: _Lease, capacity: dict[str, float], now: float) -> list[Claim]:
        """The claims of a crew; a pool whose machines are started on demand, or are gone, is a kind of resource by itself."""
        asked, fit = lease.asked, lease.asked.fit
        if asked.on_demand:
            fit = {f"pool {asked.pool}": 1.0}
            capacity[f"pool {asked.pool}"] = float(asked.room)
        elif any(self._whole.get(name, 0.0) < amount for name, amount in fit.items()):
            fit = {f"pool {asked.pool} to come": 1.0}
            capacity[f"pool {asked.pool} to come"] = 1.0
        elif fit:  # what is left over on each node is lost to others
            scarcest = max(fit, key=lambda name: fit[name] / self._whole[name])
            fit = {**fit, scarcest: max(fit[scarcest], self._whole[scarcest] / max(1, asked.room))}
        common: dict[str, Any] = {"user": asked.user, "pool": asked.pool, "asks": fit}
        found = [
            Claim(
                f"{asked.crew}/{number}", wants=wish.wants, has=wish.has, priority=wish.priority, since=now - lease.since[number], **common
            )
            for number, wish in asked.wishes.items()
        ]
        return [*found, Claim(f"{asked.crew}/idle", wants=0, has=asked.idle, **common)] if asked.idle else found

    def _note_foreign(self, now: float, free: Mapping[str, float]) -> None:
        """See what others than studies take of the cluster now; what workers take that are coming or going is a matter of seconds."""
        ours: dict[str, float] = {}
        for lease in self._leases.values():
            workers = lease.asked.idle + lease.asked.coming + sum(wish.has for wish in lease.asked.wishes.values())
            for name, amount in () if lease.asked.on_demand else lease.asked.fit.items():
                ours[name] = ours.get(name, 0.0) + workers * amount
        taken = {name: max(0.0, whole - free.get(name, 0.0) - ours.get(name, 0.0)) for name, whole in self._whole.items()}
        self._foreign.append((now, taken))

    def _taken_by_others(self, now: float) -> dict[str, float]:
        """What others than studies took all of the last seconds."""
        while len(self._foreign) > 1 and self._foreign[1][0] <= now - _FOREIGN_SECONDS:
            self._foreign.popleft()
        if not self._foreign or self._foreign[0][0] > now - _FOREIGN_SECONDS:
            return {}
        return {name: min(taken.get(name, 0.0) for _, taken in self._foreign) for name in self._whole}

    def _read_quotas(self, now: float) -> None:
        """Read the file again; the last good one counts where it is wrong."""
        if now - self._read < _READ_SECONDS:
            return
        self._read = now
        try:
            self._quotas, self._problem = read_quotas(self._file), ""
        except ExecutorError as error:
            if self._problem != f"{error}":
                sys.stderr.write(f"{error}\n")
            self._problem = f"{error}"


def _look() -> Resources:
    ray: Any = importlib.import_module("ray")
    return ray.cluster_resources(), ray.available_resources()
