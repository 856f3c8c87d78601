"""What the studies of a crew may have of a cluster that others use as well: asked once a second, without waiting for the answer."""

from __future__ import annotations

import uuid
from typing import Any

from dsframework.execution._pools import Placement
from dsframework.execution._share_keeper import Answer, Asked, ShareKeeper, Wish
from dsframework.execution._shares import Standing

__all__ = ["ClusterShares"]

_NAME = "tsml-shares-1"  # the number goes up with what drivers and the keeper say to one another
_SPACE = "tsml"
_ON_HEAD = {"node:__internal_head__": 0.001}
_ASK_SECONDS = 1.0
_SILENT_SECONDS = 12.0
_LONGEST_PAUSE_SECONDS = 60.0


class ClusterShares:
    """Asks the keeper of a cluster, which the first that asks starts on the cluster's head.

    Parameters
    ----------
    ray
        The module, connected.
    placement
        What one fit takes, and where.
    user
        Whose studies they are.
    now
        The time, in seconds.

    Attributes
    ----------
    code
        Options of an actor where the framework has to travel to the head.
    """

    def __init__(self, ray: Any, placement: Placement, user: str, now: float) -> None:
        self._ray, self._placement, self._user = ray, placement, user
        self._crew = uuid.uuid4().hex
        self.code: dict[str, Any] = {}
        self._keeper: Any = None
        self._asking: Any = None
        self._answer = Answer({}, others_wait=False)
        self._heard, self._next, self._pause = now, now, _ASK_SECONDS

    @property
    def others_wait(self) -> bool:
        """Whether others wait for workers."""
        return self._answer.others_wait

    def standing(self, number: int) -> Standing | None:
        """Return how a study stands; None where nobody says."""
        return self._answer.standings.get(number)

    def may(self, number: int, now: float) -> int | None:
        """Return how many workers a study may have: one until the first answer, and as many as there are (None) where none comes."""
        standing = self.standing(number)
        if standing is not None:
            return standing.may
        return None if now - self._heard > _SILENT_SECONDS else 1

    def step(self, now: float, wishes: dict[int, Wish], *, room: int, idle: int, coming: int) -> None:
        """Take in an answer that is there, and ask again where it is time to; see `Asked`."""
        if self._asking is not None:
            self._take(now)
        if now - self._heard > _SILENT_SECONDS:
            self._answer = Answer({}, others_wait=False)  # fits go on as if nobody kept the shares
        if self._asking is not None or now < self._next or not (wishes or idle or coming or self._answer.standings):
            return
        self._next = now + self._pause
        placement = self._placement
        fit = {name: float(amount) for name, amount in placement.asks.items() if amount}
        try:
            self._keeper = self._keeper or self._find()
            asked = Asked(self._crew, self._user, placement.pool, fit, room, placement.workers is not None, idle, coming, wishes)
            self._asking = self._keeper.ask.remote(asked)
        except (self._ray.exceptions.RayError, ValueError):
            self._miss(now)

    def _find(self) -> Any:
        options = {"name": _NAME, "namespace": _SPACE, "lifetime": "detached", "get_if_exists": True}
        return self._ray.remote(ShareKeeper).options(**options, **self.code, num_cpus=0, resources=_ON_HEAD, max_restarts=-1).remote()

    def _take(self, now: float) -> None:
        if not self._ray.wait([self._asking], timeout=0)[0]:
            if now - self._next > _SILENT_SECONDS:
                self._miss(now)
            return
        asking, self._asking = self._asking, None
        try:
            self._answer = self._ray.get(asking)
        except self._ray.exceptions.RayError:
            self._miss(now)
        else:
            self._heard, self._pause = now, _ASK_SECONDS

    def _miss(self, now: float) -> None:
        """It can't be had: look for it anew after a pause."""
        self._keeper, self._asking = None, None
        self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        self._next = now + self._pause
