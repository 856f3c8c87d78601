"""Who may have how many fits in flight: fair, within quotas, and nobody starves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsframework.execution._shares import Claim, Quota, Standing, share_out

KINDS = {"cpu": {"CPU": 1.0}, "big": {"CPU": 4.0, "memory": 8.0}, "gpu": {"CPU": 1.0, "GPU": 0.5}}
PRIORITIES = ("low", "normal", "high")


@st.composite
def situations(draw: st.DrawFn, kinds: tuple[str, ...] = tuple(KINDS)) -> tuple[list[Claim], dict[str, float], dict[str, Quota]]:
    """Studies of some users, a cluster, and quotas of some of them."""
    claims = [
        Claim(
            study=f"study {number}",
            user=draw(st.sampled_from("abcd")),
            wants=draw(st.integers(0, 20)),
            has=draw(st.integers(0, 4)),
            priority=draw(st.sampled_from(PRIORITIES)),
            pool=(pool := draw(st.sampled_from(kinds))),
            asks=KINDS[pool],
            since=draw(st.floats(0, 1e4)),
        )
        for number in range(draw(st.integers(0, 7)))
    ]
    capacity = {"CPU": float(draw(st.integers(0, 24))), "GPU": float(draw(st.integers(0, 3))), "memory": float(draw(st.integers(0, 40)))}
    quota = st.builds(
        Quota,
        fits=st.none() | st.integers(1, 6),
        share=st.sampled_from([0.5, 1.0, 3.0]),
        priority=st.sampled_from(PRIORITIES),
        pools=st.dictionaries(st.sampled_from(kinds), st.integers(0, 3), max_size=1),
    )
    return claims, capacity, draw(st.dictionaries(st.sampled_from("abcd"), quota, max_size=3))


def of_users(claims: list[Claim], found: Mapping[str, Standing]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for claim in claims:
        counts[claim.user] += found[claim.study].may
    return counts


def blocked(claim: Claim, claims: list[Claim], found: Mapping[str, Standing], capacity: Mapping[str, float], quota: Quota) -> set[str]:
    """What keeps a study from one more fit, found by counting."""
    reasons = set()
    for name, amount in claim.asks.items():
        if sum(found[one.study].may * one.asks.get(name, 0) for one in claims) + amount > capacity[name] + 1e-6:
            reasons.add("room")
    mine = [one for one in claims if one.user == claim.user]
    if quota.fits is not None and sum(found[one.study].may for one in mine) >= quota.fits:
        reasons.add("quota")
    if claim.pool in quota.pools and sum(found[one.study].may for one in mine if one.pool == claim.pool) >= quota.pools[claim.pool]:
        reasons.add("quota")
    return reasons


@settings(max_examples=150, deadline=None)
@given(situations())
def test_nobody_gets_more_than_there_is_than_he_wants_or_than_his_quota(situation: Any) -> None:
    claims, capacity, quotas = situation
    found = share_out(claims, capacity, quotas)
    for name, amount in capacity.items():
        assert sum(found[claim.study].may * claim.asks.get(name, 0) for claim in claims) <= amount + 1e-6
    for claim in claims:
        assert 0 <= found[claim.study].may <= claim.wants
    for user, number in of_users(claims, found).items():
        quota = quotas.get(user, Quota())
        assert quota.fits is None or number <= quota.fits
        for pool, most in quota.pools.items():
            assert sum(found[claim.study].may for claim in claims if (claim.user, claim.pool) == (user, pool)) <= most


@settings(max_examples=150, deadline=None)
@given(situations())
def test_nothing_is_left_idle_that_somebody_wants_and_may_have(situation: Any) -> None:
    claims, capacity, quotas = situation
    found = share_out(claims, capacity, quotas)
    for claim in claims:
        if found[claim.study].may < claim.wants:
            assert blocked(claim, claims, found, capacity, quotas.get(claim.user, Quota()))


@settings(max_examples=150, deadline=None)
@given(situations(kinds=("cpu",)))
def test_between_users_nobody_could_give_a_fit_to_one_who_has_less_for_his_share(situation: Any) -> None:
    """The definition of max-min fairness, in whole fits."""
    claims, capacity, quotas = situation
    claims = [replace(claim, priority="normal") for claim in claims]
    quotas = {user: replace(quota, priority="normal") for user, quota in quotas.items()}
    found = share_out(claims, capacity, quotas)
    number = of_users(claims, found)
    for claim in claims:
        quota = quotas.get(claim.user, Quota())
        if found[claim.study].may < claim.wants and "quota" not in blocked(claim, claims, found, capacity, quota):
            for other, fits in number.items():
                assert fits == 0 or (fits - 1) / quotas.get(other, Quota()).share <= number[claim.user] / quota.share + 1e-9


@settings(max_examples=150, deadline=None)
@given(situations())
def test_places_are_a_queue_of_those_who_have_less_than_they_may(situation: Any) -> None:
    claims, capacity, quotas = situation
    found = share_out(claims, capacity, quotas)
    places = sorted(standing.place for standing in found.values() if standing.place)
    assert places == list(range(1, len(places) + 1))
    for claim in claims:
        if found[claim.study].place:
            assert claim.has < max(1, found[claim.study].may)
            assert claim.wants


@settings(max_examples=30, deadline=None)
@given(
    studies=st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(PRIORITIES)), min_size=1, max_size=6),
    room=st.integers(1, 3),
    allowed=st.sampled_from(PRIORITIES),
)
def test_nobody_starves_where_studies_are_more_than_workers(studies: list[tuple[str, str]], room: int, allowed: Any) -> None:
    """Rounds of a minute; every fit ends in its round, and workers go where they may."""
    claims = [Claim(f"{number}", user, 3, priority=priority) for number, (user, priority) in enumerate(studies)]  # type: ignore[arg-type]
    served: Counter[str] = Counter()
    for _ in range(720):
        found = share_out(claims, {"CPU": room}, everybody=Quota(priority=allowed))
        now = {claim.study: found[claim.study].may for claim in claims}
        served.update(now)
        claims = [
            replace(claim, has=now[claim.study], since=claim.since + 60 if bool(now[claim.study]) == bool(claim.has) else 0)
            for claim in claims
        ]
    assert set(+served) == {claim.study for claim in claims}


@settings(max_examples=60, deadline=None)
@given(situations(kinds=("cpu",)), st.randoms(use_true_random=False))
def test_without_taking_anything_away_all_come_to_have_what_they_may(situation: Any, chance: Any) -> None:
    claims, capacity, quotas = situation
    for _ in range(100):
        found = share_out(claims, capacity, quotas)
        free = capacity["CPU"] - sum(claim.has for claim in claims)
        moved = []
        for claim in claims:
            may = found[claim.study].may
            has = claim.has
            if has > may and chance.random() < 0.5:
                has -= 1
            elif has < may and free > 0:
                has, free = has + 1, free - 1
            moved.append(replace(claim, has=has, since=claim.since if bool(has) == bool(claim.has) else 0.0))
        claims = moved
    assert all(claim.has == found[claim.study].may and (found[claim.study].place is None or not claim.has) for claim in claims)


def test_shares_and_priorities_in_numbers() -> None:
    quotas = {"ann": Quota(share=3.0)}
    found = share_out([Claim("a", "ann", 100), Claim("b", "bob", 100)], {"CPU": 8.0}, quotas)
    assert [found[study].may for study in "ab"] == [6, 2]
    own = [Claim("a", "ann", 100, priority="high"), Claim("b", "ann", 100), Claim("c", "ann", 100, priority="low")]
    found = share_out(own, {"CPU": 21.0})
    assert [found[study].may for study in "abc"] == [16, 4, 1]


def test_a_priority_counts_between_users_as_far_as_the_administrator_allows() -> None:
    claims = [Claim("a", "ann", 100, priority="high"), Claim("b", "bob", 100)]
    assert share_out(claims, {"CPU": 10.0})["a"].may == 5
    assert share_out(claims, {"CPU": 10.0}, {"ann": Quota(priority="high")})["a"].may == 8
    claims = [replace(claims[0], priority="low"), claims[1]]
    assert share_out(claims, {"CPU": 10.0})["a"].may == 2, "anybody may make way"


def test_who_wants_a_gpu_and_who_wants_processors_do_not_stand_in_each_others_way() -> None:
    """The example of the paper: 9 CPUs, 18 GB; one task of A takes 1 CPU and 4 GB, one of B 3 CPUs and 1 GB."""
    claims = [Claim("a", "A", 99, asks={"CPU": 1.0, "memory": 4.0}), Claim("b", "B", 99, asks={"CPU": 3.0, "memory": 1.0})]
    found = share_out(claims, {"CPU": 9.0, "memory": 18.0})
    assert (found["a"].may, found["b"].may) == (3, 2)


def test_a_study_that_waits_hears_why() -> None:
    claims = [
        Claim("a", "ann", 8, has=6, since=10.0),
        Claim("b", "bob", 4, has=2, since=10.0),
        Claim("c", "bob", 1, since=0.0, priority="low"),
    ]
    found = share_out(claims, {"CPU": 8.0}, {"bob": Quota(fits=2)})
    assert found["c"].place == 1
    assert found["c"].why == "user ann has 6 of 8 fits in flight, you have 2, your quota is 2"
    assert (found["a"].place, found["a"].why) == (None, "user bob has 2 of 8 fits in flight, you have 6")


@pytest.mark.parametrize("number", [1, 3])
def test_places_follow_the_levels(number: int) -> None:
    """Eight workers are ann's; of those who came later, the one with the larger share is next."""
    claims = [Claim("a", "ann", 8, has=8, since=100.0), Claim("b", "bob", number, since=5.0), Claim("c", "cid", number, since=9.0)]
    found = share_out(claims, {"CPU": 8.0})
    assert (found["a"].place, found["b"].place, found["c"].place) == (None, 2, 1), "who waits longer is next"
