"""Strongly consistent global tables in a simulated world: what they promise, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from strong_world import (
    HOME,
    KEY,
    SECOND,
    TABLE,
    THIRD,
    THREE,
    ask,
    asked,
    create,
    key,
    put,
    restart,
    strong_world,
    value,
)

from terrella.services.dynamodb.strong import keeping
from terrella.world.simulated import SimulatedWorld

STRONG = {"ConsistentRead": True}


@pytest.fixture
def world() -> SimulatedWorld:
    return strong_world()


def described(world: SimulatedWorld, region: str) -> dict[str, Any]:
    table: dict[str, Any] = ask(world, region, "DescribeTable")["Table"]
    return table


def test_three_regions_tell_of_one_another_and_are_active(world: SimulatedWorld) -> None:
    for region in THREE:
        table = described(world, region)
        assert (table["TableStatus"], table["MultiRegionConsistency"]) == ("ACTIVE", "STRONG")
        others = [each for each in THREE if each != region]
        assert table["Replicas"] == [{"RegionName": each, "ReplicaStatus": "ACTIVE"} for each in others]
        assert f":{region}:" in table["TableArn"]


@pytest.mark.parametrize("writer", THREE)
def test_what_is_written_anywhere_is_read_everywhere_at_once(world: SimulatedWorld, writer: str) -> None:
    for number in range(3):
        assert ask(world, writer, "PutItem", **put("k", str(number))) == {}
        for region in THREE:
            assert value(ask(world, region, "GetItem", **key("k", **STRONG))) == str(number)
            assert ask(world, region, "Scan", **STRONG)["Count"] == 1
    assert ask(world, writer, "DeleteItem", **key("k", ReturnValues="ALL_OLD"))["Attributes"]["v"] == {"S": "2"}
    assert [value(ask(world, region, "GetItem", **key("k", **STRONG))) for region in THREE] == [None] * 3


def test_a_write_costs_a_round_trip_to_another_region_and_an_eventual_read_none(world: SimulatedWorld) -> None:
    for region in THREE:
        began = world.clock.now()
        ask(world, region, "PutItem", **put("k", "1"))
        wrote = world.clock.now()
        ask(world, region, "GetItem", **key("k", **STRONG))
        read = world.clock.now()
        ask(world, region, "GetItem", **key("k"))
        assert world.clock.now() == read
        nearest = 2 * min(world.network.one_way(region, each) for each in THREE if each != region)
        furthest = 2 * max(world.network.one_way(region, each) for each in THREE if each != region)
        for took in (wrote - began, read - wrote):
            assert nearest * 0.8 < took < furthest * 1.6, f"{region}: {took * 1000:.0f} ms"


def test_conditions_are_of_what_all_agreed_on(world: SimulatedWorld) -> None:
    once = {"ConditionExpression": "attribute_not_exists(pk)"}
    assert ask(world, HOME, "PutItem", **put("k", "1", **once)) == {}
    assert ask(world, THIRD, "PutItem", **put("k", "2", **once)) == "ConditionalCheckFailedException"
    add = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    for region in THREE:
        ask(world, region, "UpdateItem", **key("k", **add))
    answer = ask(world, HOME, "UpdateItem", **key("k", ReturnValues="ALL_NEW", **add))
    assert answer["Attributes"]["n"] == {"N": "4"}


def test_writes_of_one_item_in_two_regions_at_once_conflict(world: SimulatedWorld) -> None:
    found: dict[str, Any] = {}

    async def one(region: str) -> None:
        found[region] = await asked(world, region, "PutItem", **put("k", region))

    async def both() -> None:
        tasks = [world.clock.spawn(one(region)) for region in THREE]
        await world.clock.sleep(5)
        assert all(task.done for task in tasks)

    world.run(both())
    assert {} in found.values() and "ReplicatedWriteConflictException" in found.values()
    winners = [region for region, answer in found.items() if answer == {}]
    assert value(ask(world, HOME, "GetItem", **key("k", **STRONG))) in winners


def test_writes_of_one_item_in_one_region_wait_for_one_another(world: SimulatedWorld) -> None:
    add = {"UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    answers: list[Any] = []

    async def one() -> None:
        answers.append(await asked(world, SECOND, "UpdateItem", **key("k", **add)))

    async def all_of_them() -> None:
        for _ in range(8):
            world.clock.spawn(one())
        await world.clock.sleep(3)

    world.run(all_of_them())
    assert answers == [{}] * 8
    last = ask(world, THIRD, "UpdateItem", **key("k", ReturnValues="ALL_NEW", **add))
    assert last["Attributes"]["n"] == {"N": "9"}


def test_batches_are_written_and_read_as_one_expects(world: SimulatedWorld) -> None:
    requests = [{"PutRequest": {"Item": {"pk": {"S": str(number)}}}} for number in range(20)]
    answer = world.run(world.places[SECOND].request(
        "dynamodb", "BatchWriteItem", {"RequestItems": {TABLE: requests}}, region=SECOND
    ))  # fmt: skip
    assert answer["UnprocessedItems"] == {}
    keys = [each["PutRequest"]["Item"] for each in requests]
    wanted = {"RequestItems": {TABLE: {"Keys": keys, "ConsistentRead": True}}}
    found = world.run(world.places[THIRD].request("dynamodb", "BatchGetItem", wanted, region=THIRD))
    assert len(found["Responses"][TABLE]) == 20


@pytest.mark.parametrize("lost", THREE)
def test_a_region_that_is_cut_off_refuses_and_the_others_go_on_until_it_comes_back(lost: str) -> None:
    world = strong_world()
    others = [region for region in THREE if region != lost]
    ask(world, HOME, "PutItem", **put("k", "before"))
    world.run(world.clock.sleep(1))
    for other in others:
        world.run(world.strike("partition", lost, other))
    assert ask(world, lost, "PutItem", **put("k", "lost")) == "InternalServerError"
    assert ask(world, lost, "GetItem", **key("k", **STRONG)) == "InternalServerError"
    assert value(ask(world, lost, "GetItem", **key("k"))) == "before"
    for number in range(60):
        assert ask(world, others[number % 2], "PutItem", **put(f"k{number}", "during")) == {}
    assert ask(world, others[0], "PutItem", **put("k", "during")) == {}
    assert value(ask(world, lost, "GetItem", **key("k"))) == "before"
    world.run(world.heal())
    world.run(world.clock.sleep(15))
    assert value(ask(world, lost, "GetItem", **key("k", **STRONG))) == "during"
    assert ask(world, lost, "Scan", **STRONG)["Count"] == 61
    assert ask(world, lost, "PutItem", **put("k", "after")) == {}


def test_a_region_that_has_been_cut_off_for_a_while_refuses_soon(world: SimulatedWorld) -> None:
    for other in (HOME, SECOND):
        world.run(world.strike("partition", THIRD, other))

    def refused_after() -> float:
        began = world.clock.now()
        assert ask(world, THIRD, "PutItem", **put("k", "lost")) == "InternalServerError"
        return world.clock.now() - began

    assert 3.5 < refused_after() < 4.5, "it hopes for a leader at first"
    world.run(world.clock.sleep(10))
    assert refused_after() < 0.7
    world.run(world.heal())
    world.run(world.clock.sleep(5))
    assert ask(world, THIRD, "PutItem", **put("k", "there")) == {}


def test_what_a_lost_region_lacks_waits_on_disk_and_not_in_memory(
    world: SimulatedWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "NEWEST", 20)
    world.run(world.strike("region-outage", THIRD))
    for number in range(200):
        assert ask(world, (HOME, SECOND)[number % 2], "PutItem", **put(f"k{number}", str(number))) == {}
    for region in (HOME, SECOND):
        log = raft_of(world, region).kept.log
        assert len(log) > 200 and len(log._tail) <= 60
        restart(world, region)
        assert list(log[:]) == list(raft_of(world, region).kept.log[:])
    world.run(world.heal())
    world.run(world.clock.sleep(20))
    assert ask(world, THIRD, "Scan", **STRONG)["Count"] == 200
    assert all(len(raft_of(world, region).kept.log) < 100 for region in THREE)


def test_a_leader_that_stood_still_and_was_replaced_answers_nothing_from_memory(world: SimulatedWorld) -> None:
    assert ask(world, HOME, "PutItem", **put("k", "old")) == {}
    world.run(world.clock.sleep(1))
    old = next(region for region in THREE if raft_of(world, region).leads)
    others = [region for region in THREE if region != old]
    for other in others:
        world.run(world.strike("partition", old, other))
    raft_of(world, old).heard = dict.fromkeys(others, float("inf"))  # it does not know that time has passed
    world.run(world.clock.sleep(6))
    assert ask(world, others[0], "PutItem", **put("k", "new")) == {}
    assert raft_of(world, old).leads
    assert ask(world, old, "GetItem", **key("k", **STRONG)) == "InternalServerError"
    condition = {"ConditionExpression": "v = :v", "ExpressionAttributeValues": {":v": {"S": "new"}}}
    assert ask(world, old, "PutItem", **put("k", "newer", **condition)) == "InternalServerError"
    assert ask(world, old, "DeleteItem", **key("gone")) == "InternalServerError"


def raft_of(world: SimulatedWorld, region: str) -> Any:
    (group,) = world.places[region].state["dynamodb"].strong.groups.values()
    return group.raft


def test_a_region_that_was_killed_has_what_it_acknowledged(world: SimulatedWorld) -> None:
    for number, region in enumerate(THREE * 15):
        assert ask(world, region, "PutItem", **put(f"k{number}", "v")) == {}
    for region in THREE:
        restart(world, region)
    world.run(world.clock.sleep(5))
    for region in THREE:
        assert ask(world, region, "Scan", **STRONG)["Count"] == 45


def test_two_replicas_and_a_witness() -> None:
    world = strong_world(witness=True)
    table = described(world, SECOND)
    assert table["GlobalTableWitnesses"] == [{"RegionName": THIRD, "WitnessStatus": "ACTIVE"}]
    assert table["Replicas"] == [{"RegionName": HOME, "ReplicaStatus": "ACTIVE"}]
    assert ask(world, THIRD, "DescribeTable") == "ResourceNotFoundException"
    for lost in (HOME, SECOND):
        other = HOME if lost == SECOND else SECOND
        world.run(world.strike("partition", HOME, SECOND))
        world.run(world.strike("partition", lost, THIRD))
        world.run(world.clock.sleep(5))
        assert ask(world, other, "PutItem", **put("k", lost)) == {}
        assert ask(world, lost, "PutItem", **put("k", "no")) == "InternalServerError"
        world.run(world.heal())
        world.run(world.clock.sleep(15))
        assert value(ask(world, lost, "GetItem", **key("k", **STRONG))) == lost


def test_without_its_other_two_regions_a_table_goes_on_alone(world: SimulatedWorld) -> None:
    ask(world, THIRD, "PutItem", **put("k", "1"))
    one = [{"Delete": {"RegionName": HOME}}]
    assert ask(world, SECOND, "UpdateTable", ReplicaUpdates=one) == "ValidationException"
    assert ask(world, SECOND, "DeleteTable") == "ValidationException"
    both = [*one, {"Delete": {"RegionName": THIRD}}]
    shown = ask(world, SECOND, "UpdateTable", ReplicaUpdates=both)["TableDescription"]
    assert "Replicas" not in shown and "MultiRegionConsistency" not in shown
    world.run(world.clock.sleep(10))
    assert value(ask(world, SECOND, "GetItem", **key("k", **STRONG))) == "1"
    assert ask(world, SECOND, "PutItem", **put("k", "2")) == {}
    for region in (HOME, THIRD):
        assert ask(world, region, "DescribeTable") == "ResourceNotFoundException"
        assert not list(world.places[region].state["dynamodb"].strong_groups)
    for region in THREE:
        assert not world.places[region].state["dynamodb"].strong.groups


def test_what_such_tables_do_not_do_is_refused(world: SimulatedWorld) -> None:
    item = {"TableName": TABLE, **put("k", "1")}
    for operation, input in (
        ("TransactWriteItems", {"TransactItems": [{"Put": item}]}),
        ("TransactGetItems", {"TransactItems": [{"Get": {"TableName": TABLE, **key("k")}}]}),
    ):
        with pytest.raises(Exception, match="Transactions are not supported"):
            world.run(world.places[HOME].request("dynamodb", operation, input, region=HOME))
    ttl = {"TimeToLiveSpecification": {"Enabled": True, "AttributeName": "at"}}
    assert ask(world, HOME, "UpdateTimeToLive", **ttl) == "ValidationException"
    assert ask(world, HOME, "UpdateTable", ReplicaUpdates=create("eu-west-1")) == "ValidationException"


@pytest.mark.parametrize("asked_for", [
    {"ReplicaUpdates": create(SECOND)},
    {"ReplicaUpdates": create(SECOND, SECOND)},
    {"ReplicaUpdates": create(SECOND, THIRD), "GlobalTableWitnessUpdates": create("us-west-1")},
    {"GlobalTableWitnessUpdates": create(SECOND, THIRD)},
    {"ReplicaUpdates": create(SECOND, "eu-west-1")},
    {"ReplicaUpdates": create(SECOND, "eu-central-1")},
    {},
])  # fmt: skip
def test_other_than_three_regions_of_one_set_are_refused(asked_for: dict[str, Any]) -> None:
    world = strong_world(7, False, "eu-west-1")
    ask(world, HOME, "CreateTable", **{"TableName": "more", **KEY})
    world.run(world.clock.sleep(3))
    asked_for = {"TableName": "more", "MultiRegionConsistency": "STRONG", **asked_for}
    assert ask(world, HOME, "UpdateTable", **asked_for) == "ValidationException"


def test_a_table_with_items_stays_what_it_is(world: SimulatedWorld) -> None:
    ask(world, HOME, "CreateTable", **{"TableName": "more", **KEY})
    world.run(world.clock.sleep(3))
    ask(world, HOME, "PutItem", **{**put("k", "1"), "TableName": "more"})
    both = {"TableName": "more", "MultiRegionConsistency": "STRONG", "ReplicaUpdates": create(SECOND, THIRD)}
    assert ask(world, HOME, "UpdateTable", **both) == "ValidationException"
    assert "Replicas" not in ask(world, HOME, "DescribeTable", TableName="more")["Table"]


@pytest.mark.parametrize("witness", [False, True])
def test_a_stack_may_have_such_a_table(witness: bool) -> None:
    world = strong_world()
    holders = (HOME, SECOND) if witness else THREE
    replicas = [{"Region": region} for region in holders]
    keys = {name: KEY[name] for name in ("AttributeDefinitions", "KeySchema", "BillingMode")}
    table = {"TableName": "stacked", "MultiRegionConsistency": "STRONG", "Replicas": replicas, **keys}
    table |= {"GlobalTableWitnesses": [{"Region": THIRD}]} if witness else {}
    template = {"Resources": {"Table": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": table}}}
    stack = {"StackName": "stack", "TemplateBody": json.dumps(template)}
    world.run(world.call(HOME, "cloudformation", "CreateStack", stack))
    world.run(world.clock.sleep(60))
    assert ask(world, holders[-1], "PutItem", **{**put("k", "1"), "TableName": "stacked"}) == {}
    shown = ask(world, SECOND, "DescribeTable", TableName="stacked")["Table"]
    assert (shown["MultiRegionConsistency"], "GlobalTableWitnesses" in shown) == ("STRONG", witness)
    world.run(world.call(HOME, "cloudformation", "DeleteStack", {"StackName": "stack"}))
    world.run(world.clock.sleep(60))
    for region in THREE:
        assert ask(world, region, "DescribeTable", TableName="stacked") == "ResourceNotFoundException"


def test_who_crashed_before_it_told_the_others_tells_them_again() -> None:
    world = strong_world(7, False, "eu-west-1")
    ask(world, HOME, "CreateTable", **{"TableName": "more", **KEY})
    world.run(world.clock.sleep(3))
    for other in (SECOND, THIRD):
        world.run(world.strike("partition", HOME, other))
    both = {"TableName": "more", "MultiRegionConsistency": "STRONG", "ReplicaUpdates": create(SECOND, THIRD)}
    shown = ask(world, HOME, "UpdateTable", **both)["TableDescription"]
    assert (shown["TableStatus"], shown["Replicas"][0]["ReplicaStatus"]) == ("UPDATING", "CREATING")
    restart(world, HOME)
    assert ask(world, HOME, "PutItem", **{**put("k", "1"), "TableName": "more"}) == "ResourceNotFoundException"
    world.run(world.heal())
    world.run(world.clock.sleep(20))
    assert ask(world, HOME, "PutItem", **{**put("k", "1"), "TableName": "more"}) == {}
    assert ask(world, THIRD, "Scan", TableName="more", **STRONG)["Count"] == 1
