"""Resolvers that are not the usual one."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from terrella.edge.habits import HUBS, PLAIN, Habit, Habits
from terrella.edge.resolver import Ask, Resolved, Resolver
from terrella.net.places import all_places, find
from terrella.wire import dns
from terrella.wire.dns import RCODES, Record

NAME, A = "www.example.com.", 1
ASK = Ask(NAME, A)
DAY = 86_400.0


def said(address: str, ttl: int = 60) -> dns.Message:
    record = Record(NAME, A, ttl, dns.encode(A, address))
    return dns.Message(1, 0, 0, (), (record,), (), (), None)


def spoken(resolver: Resolver, now: float) -> Resolved | None:
    step = resolver.step(NAME, A, now)
    return step if isinstance(step, Resolved) else None


def test_what_is_stale_is_said_when_nobody_answers_and_for_half_a_minute() -> None:
    resolver = Resolver(stale_s=DAY)
    resolver.learn(ASK, said("192.0.2.1"), 0)
    assert spoken(resolver, 61) is None and resolver.falls_back(ASK, 61)
    resolver.learn(ASK, None, 61)
    old = spoken(resolver, 61)
    assert old is not None and old.stale and (old.ttl, len(old.records)) == (30, 1)
    assert spoken(resolver, 91) is None  # time to try again
    resolver.learn(ASK, said("192.0.2.2"), 91)
    new = spoken(resolver, 91)
    assert new is not None and not new.stale and new.records[0].data == b"\xc0\x00\x02\x02"


def test_a_failure_of_the_server_is_as_bad_as_silence() -> None:
    resolver = Resolver(stale_s=DAY)
    resolver.learn(ASK, said("192.0.2.1"), 0)
    resolver.learn(ASK, said("192.0.2.1")._replace(rcode=RCODES["REFUSED"], answers=()), 61)
    old = spoken(resolver, 62)
    assert old is not None and old.stale


def test_that_a_name_is_gone_is_believed_at_once() -> None:
    resolver = Resolver(stale_s=DAY)
    resolver.learn(ASK, said("192.0.2.1"), 0)
    resolver.learn(ASK, said("192.0.2.1")._replace(rcode=RCODES["NXDOMAIN"], answers=()), 61)
    resolver.learn(ASK, None, 70)
    old = spoken(resolver, 70)
    assert old is not None and (old.rcode, old.records) == (RCODES["NXDOMAIN"], ())


def test_what_is_too_old_is_not_said_any_more() -> None:
    resolver = Resolver(stale_s=DAY)
    resolver.learn(ASK, said("192.0.2.1"), 0)
    for now in (61, 200, DAY):
        resolver.learn(ASK, None, now)
        old = spoken(resolver, now)
        assert old is not None and old.stale
    late = 60 + DAY + 1
    assert not resolver.falls_back(ASK, late)
    resolver.learn(ASK, None, late)
    assert spoken(resolver, late) == Resolved(RCODES["SERVFAIL"], (), 5)


def test_a_plain_resolver_has_nothing_to_fall_back_on() -> None:
    resolver = Resolver()
    resolver.learn(ASK, said("192.0.2.1"), 0)
    assert not resolver.falls_back(ASK, 61)
    resolver.learn(ASK, None, 61)
    assert spoken(resolver, 61) == Resolved(RCODES["SERVFAIL"], (), 5)


def test_people_are_drawn_by_the_shares() -> None:
    habits, rng = Habits(least_ttl=0.2, stale=0.3, far=0.1), random.Random(1)
    seen = Counter(habits.draw(rng).name for _ in range(20_000))
    shares = {name: round(count / 20_000, 2) for name, count in seen.items()}
    assert shares == pytest.approx({"plain": 0.4, "least-ttl": 0.2, "stale": 0.3, "far": 0.1}, abs=0.02)
    nobody = Habits(least_ttl=0, stale=0, far=0)
    assert all(nobody.draw(rng) is PLAIN for _ in range(100))


def test_a_habit_is_called_by_its_name() -> None:
    assert Habits(least_ttl_s=120).named("least-ttl") == Habit("least-ttl", least_ttl_s=120)
    assert Habits().named("plain") is PLAIN
    with pytest.raises(ValueError, match=r"no resolver 'odd'; there are: far, least-ttl, plain, stale"):
        Habits().named("odd")


def test_a_far_resolver_stands_in_the_hub_of_the_continent_and_tells_no_subnet() -> None:
    far = Habits().named("far")
    assert (far.stands("tokyo").name, far.sends_subnet("tokyo")) == ("singapore", False)
    assert (PLAIN.stands("tokyo").name, PLAIN.sends_subnet("tokyo")) == ("tokyo", True)
    assert not PLAIN.sends_subnet("eu-west-1")  # a VPC's own resolver
    assert {place.continent for place in all_places().values() if place.kind == "city"} <= set(HUBS)
    assert all(find(hub).kind == "city" for hub in HUBS.values())
