"""What is left of deleted items is forgotten after a day, but never while something older may still come."""

from __future__ import annotations

from test_dynamodb_replicas import EU, JP, US, delete, earth, held, put, records, replica

from terrella.services.dynamodb.records import json_of
from terrella.services.dynamodb.tombstones import KEPT_S, LOOK_EVERY_S, sweep


def tombstones(world, region: str) -> int:
    return sum(not json_of(record) for _, record in records(world, region))


def hours_pass(world, *roads: tuple[str, str], hours: float = 48) -> None:
    """Time in which the regions work and these roads, by default all, are open."""
    for _ in range(int(hours * 3600 / LOOK_EVERY_S)):
        world.clock.time += LOOK_EVERY_S + 1
        world.deliver(*roads)


def test_tombstones_are_forgotten_everywhere_a_day_after() -> None:
    world = earth(EU, JP)
    for number in range(3):
        put(world, US, f"k{number}")
        delete(world, US, f"k{number}")
    put(world, EU, "kept")
    world.deliver()
    hours_pass(world, hours=23)
    assert [tombstones(world, region) for region in (US, EU, JP)] == [3, 3, 3]
    hours_pass(world, hours=24)
    assert [tombstones(world, region) for region in (US, EU, JP)] == [0, 0, 0]
    assert held(world, US) == held(world, EU) == held(world, JP) == {"kept": ""}


def test_a_tombstone_waits_for_a_region_that_is_cut_off_for_days() -> None:
    world = earth(EU, JP)
    put(world, EU, "k", "older")
    world.deliver((EU, US))
    delete(world, US, "k")
    roads = [(US, JP), (JP, US), (US, EU), (EU, US)]
    hours_pass(world, *roads, hours=24 * 7)
    assert tombstones(world, JP) == 1, "the older write of eu-west-1 has not come yet"
    assert tombstones(world, US) == 0, "it has heard of both"
    world.deliver()
    hours_pass(world)
    assert [held(world, region) for region in (US, EU, JP)] == [{}, {}, {}]
    assert [tombstones(world, region) for region in (US, EU, JP)] == [0, 0, 0]


def test_a_tombstone_is_not_forgotten_before_a_newcomer_has_it() -> None:
    world = earth(EU)
    put(world, EU, "k", "older")
    world.deliver()
    delete(world, US, "k")
    replica(world, EU, "Create", JP)  # fills it with the older item
    world.work()
    hours_pass(world, (US, EU), (EU, US), hours=72)
    world.deliver()
    world.settle()
    assert held(world, JP) == held(world, EU) == held(world, US) == {}


def test_a_table_that_is_left_alone_needs_no_tombstones() -> None:
    world = earth(EU)
    put(world, US, "k")
    delete(world, US, "k")
    replica(world, US, "Delete", EU)
    world.deliver()
    hours_pass(world)
    assert tombstones(world, US) == 0


def test_only_what_is_older_than_the_word_of_the_others_is_forgotten() -> None:
    world = earth(EU)
    put(world, US, "a"), put(world, US, "b")
    delete(world, US, "a")
    world.clock.time += 30
    delete(world, US, "b")
    world.clock.time += KEPT_S - 15
    for _ in range(2):  # ask for the others' word, then go by it
        swept(world, US)
        world.deliver()
    assert tombstones(world, US) == 1


def swept(world, region: str) -> None:
    work = sweep(world.regions[region].context("dynamodb"), "things")
    try:
        while True:
            work.send(None)
    except StopIteration:
        pass
