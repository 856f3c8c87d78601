"""Who gets the next worker, where many ask for more than there are. No process and no clock: claims come in, numbers of fits go out.

* Between users: weighted dominant resource fairness (Ghodsi et al., "Dominant Resource Fairness", NSDI 2011). A user's level is the part
  that his fits take of what is scarcest for them, by his share; the next fit is given to the lowest level. With one kind of fits that is
  max-min fairness: what one doesn't want goes to those who do.
* Between the studies of a user: the same, by what each has and by its priority. A fit of priority `high` weighs a fourth of one of `normal`
  and that one a fourth of one of `low`, so that a higher priority gets four times as much and nobody starves. Between users a priority
  counts no more than the administrator allows.
* Nobody has more fits in flight than his quota, whatever is free.
* Nothing is taken away: who has more than he may gets nothing new until fits have ended.
* Among equals (there are fewer workers than studies) a higher priority goes first, and studies take turns of some minutes: who has waited
  goes before who has had a worker for long.
"""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from dsframework.spec import Priority

__all__ = ["Claim", "Quota", "Standing", "share_out", "weight"]

_WEIGHTS = {"low": 0.25, "normal": 1.0, "high": 4.0}
_TURN_SECONDS = 300.0
_AHEAD_SECONDS = {"low": -1200.0, "normal": 0.0, "high": 1200.0}
_LEAST = 1e-9


def weight(priority: Priority) -> float:
    """Return how much a study gets beside one of normal priority."""
    return _WEIGHTS[priority]


@dataclass(frozen=True)
class Claim:
    """What a study asks for.

    Attributes
    ----------
    study
        A name that no other claim has.
    user
        Whose it is.
    wants
        How many fits it could have in flight.
    has
        How many workers it has.
    priority
        Beside other studies.
    pool
        Where its fits run; quotas may be a pool's.
    asks
        What one fit takes, by the names that the capacity has.
    since
        For how many seconds it has had a worker, or has had none.
    """

    study: str
    user: str
    wants: int
    has: int = 0
    priority: Priority = "normal"
    pool: str = "cpu"
    asks: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({"CPU": 1.0}))
    since: float = 0.0

    @property
    def urgency(self) -> float:
        """Who goes first among equals, in seconds."""
        return (-self.since if self.has else self.since - _TURN_SECONDS) + _AHEAD_SECONDS[self.priority]


@dataclass(frozen=True)
class Quota:
    """What the administrator gives to a user.

    Attributes
    ----------
    fits
        The most that may be in flight; None for any number.
    share
        His part beside other users.
    priority
        The highest that counts beside other users' studies.
    pools
        The most in flight in a pool, by its name.
    """

    fits: int | None = None
    share: float = 1.0
    priority: Priority = "normal"
    pools: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Standing:
    """How a study stands.

    Attributes
    ----------
    may
        How many fits it may have in flight.
    place
        Its place in the queue, 1 for the next to get a worker; None while it has what it may have, or gets it at once.
    why
        What keeps it waiting, in words; empty where nothing does.
    """

    may: int
    place: int | None = None
    why: str = ""

    def told(self, pool: str) -> str:
        """Say it in words.

        >>> Standing(0, 3, "user ann has 6 of 8 fits in flight").told("gpu")
        "3rd in the queue for pool 'gpu': user ann has 6 of 8 fits in flight"
        """
        number = self.place or 0
        ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        return f"{number}{ending} in the queue for pool {pool!r}" + (self.why and f": {self.why}")


class _Filling:
    """Gives one fit after the other to whom it is due, as long as there is room."""

    def __init__(self, capacity: Mapping[str, float], quotas: Mapping[str, Quota], everybody: Quota) -> None:
        self._free, self._whole = dict(capacity), capacity
        self._quotas, self._everybody = quotas, everybody
        self._levels: dict[str, float] = {}
        self._fits: Counter[str] = Counter()
        self._pools: Counter[tuple[str, str]] = Counter()
        self.given: Counter[str] = Counter()

    def quota(self, user: str) -> Quota:
        return self._quotas.get(user, self._everybody)

    def part(self, claim: Claim) -> float:
        """The part of the whole that a fit takes of what is scarcest for it."""
        return max((amount / max(self._whole.get(name, 0.0), _LEAST) for name, amount in claim.asks.items()), default=0.0)

    def give(self, claim: Claim, number: int = 1) -> None:
        quota = self.quota(claim.user)
        beside = min(claim.priority, quota.priority, key=lambda one: _WEIGHTS[one])
        self.given[claim.study] += number
        self._fits[claim.user] += number
        self._pools[claim.user, claim.pool] += number
        step = number * self.part(claim) / (quota.share * _WEIGHTS[beside])
        self._levels[claim.user] = self._levels.get(claim.user, 0.0) + step
        for name, amount in claim.asks.items():
            self._free[name] = self._free.get(name, 0.0) - number * amount

    def within_quota(self, claim: Claim) -> bool:
        quota = self.quota(claim.user)
        in_pool = quota.pools.get(claim.pool)
        return (quota.fits is None or self._fits[claim.user] < quota.fits) and (
            in_pool is None or self._pools[claim.user, claim.pool] < in_pool
        )

    def fits(self, claim: Claim) -> bool:
        return all(self._free.get(name, 0.0) >= amount * (1 - _LEAST) for name, amount in claim.asks.items())

    def fill(self, claims: Iterable[Claim], most: Mapping[str, int], *, endless: bool = False) -> list[str]:
        """Give to each at most so many; returns who got one, in their order. `endless`: as if there were room for all."""
        of_user: dict[str, list[tuple[float, float, str, Claim]]] = {}
        for claim in claims:
            of_user.setdefault(claim.user, []).append(self._rank(claim))
        users = []
        for user, ranked in of_user.items():
            heapq.heapify(ranked)
            users.append(self._rank_of_user(user, ranked[0][-1]))
        heapq.heapify(users)
        order = []
        while users:
            *_, user = heapq.heappop(users)
            claim = heapq.heappop(of_user[user])[-1]
            if self.given[claim.study] < most[claim.study] and self.within_quota(claim) and (endless or self.fits(claim)):
                self.give(claim)
                order.append(claim.study)
                heapq.heappush(of_user[user], self._rank(claim))
            if of_user[user]:
                heapq.heappush(users, self._rank_of_user(user, of_user[user][0][-1]))
        return order

    def _rank(self, claim: Claim) -> tuple[float, float, str, Claim]:
        level = self.given[claim.study] * self.part(claim) / _WEIGHTS[claim.priority]
        return round(level, 12), -claim.urgency, claim.study, claim

    def _rank_of_user(self, user: str, first: Claim) -> tuple[float, float, str]:
        level = round(self._levels.get(user, 0.0), 12)
        over = _AHEAD_SECONDS[first.priority] - min(_AHEAD_SECONDS[first.priority], _AHEAD_SECONDS[self.quota(user).priority])
        return level, over - first.urgency, user


def share_out(
    claims: Iterable[Claim],
    capacity: Mapping[str, float],
    quotas: Mapping[str, Quota] | None = None,
    everybody: Quota | None = None,
) -> dict[str, Standing]:
    """Return how each study stands, by its name.

    Parameters
    ----------
    claims
        Of all studies that share the workers.
    capacity
        What there is of each resource.
    quotas, everybody
        Of users by their names, and of those who have none.
    """
    claims = list(claims)
    quotas, everybody = quotas or {}, everybody or Quota()
    due = _Filling(capacity, quotas, everybody)
    due.fill(claims, {claim.study: claim.wants for claim in claims})
    may = {claim.study: due.given[claim.study] for claim in claims}
    places = _places(claims, may, capacity, quotas, everybody)
    return {
        claim.study: Standing(may[claim.study], places.get(claim.study), _why(claim, claims, due) if claim.has < claim.wants else "")
        for claim in claims
    }


def _places(
    claims: list[Claim], may: Mapping[str, int], capacity: Mapping[str, float], quotas: Mapping[str, Quota], everybody: Quota
) -> dict[str, int]:
    """The place of each that waits, by the order in which workers that get free go to them."""
    now = _Filling(capacity, quotas, everybody)
    for claim in claims:
        now.give(claim, claim.has)
    aims = {claim.study: may[claim.study] or min(1, claim.wants) for claim in claims}
    short = [claim for claim in claims if claim.has < aims[claim.study]]
    now.fill(short, aims)
    left = [claim for claim in short if now.given[claim.study] < aims[claim.study]]
    order = now.fill(left, aims, endless=True)
    ahead = list(dict.fromkeys(order))
    ahead += sorted({claim.study for claim in left}.difference(ahead))  # those who wait for their own quota come last
    return {study: position for position, study in enumerate(ahead, start=1)}


def _why(claim: Claim, claims: Iterable[Claim], due: _Filling) -> str:
    """Who has what a study waits for."""
    rivals = [other for other in claims if other.has and any(other.asks.get(name) for name, amount in claim.asks.items() if amount)]
    of_user: Counter[str] = Counter()
    for other in rivals:
        of_user[other.user] += other.has
    total = sum(of_user.values())
    mine = of_user.pop(claim.user, 0)
    said = [f"user {user} has {number} of {total} fits in flight" for user, number in of_user.most_common(1)]
    said += [f"you have {mine}" if said else f"your studies have {mine} fits in flight"] if mine else []
    quota = due.quota(claim.user)
    if not due.within_quota(claim):
        in_pool = quota.pools.get(claim.pool)
        said.append(f"your quota is {quota.fits}" if in_pool is None else f"your quota in pool {claim.pool!r} is {in_pool}")
    return ", ".join(said)
