"""Replicas join, leave and come late, and nothing an answer was given for is lost on the way."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import HASH, TinyWorld, make_table

from terrella.region.region import Region
from terrella.services.application_autoscaling import service as application_autoscaling
from terrella.services.dynamodb import service
from terrella.services.dynamodb.records import unpack
from terrella.store.journal import MemoryJournal
from terrella.store.maps import MemoryMaps

US, EU, JP, BR = "us-east-1", "eu-west-1", "ap-northeast-1", "sa-east-1"


def earth(*replicas: str, regions: tuple[str, ...] = (US, EU, JP, BR)) -> TinyWorld:
    """A world in which us-east-1 has the table, and these regions replicas of it."""
    world = TinyWorld(*regions)
    make_table(world, world.clients[US])
    for region in replicas:
        replica(world, US, "Create", region)
        world.deliver()
        world.settle()
    return world


def replica(world: TinyWorld, region: str, verb: str, other: str) -> Any:
    return world.clients[region].update_table(
        TableName="things", ReplicaUpdates=[{verb: {"RegionName": other}}]
    )


def put(world: TinyWorld, region: str, key: str, value: str = "") -> None:
    world.clock.time += 0.001
    world.clients[region].put_item(TableName="things", Item={"pk": {"S": key}, "v": {"S": value}})


def delete(world: TinyWorld, region: str, key: str) -> None:
    world.clock.time += 0.001
    world.clients[region].delete_item(TableName="things", Key={"pk": {"S": key}})


def held(world: TinyWorld, region: str) -> dict[str, str]:
    items = world.clients[region].scan(TableName="things")["Items"]
    return {item["pk"]["S"]: item["v"]["S"] for item in items}


def records(world: TinyWorld, region: str) -> list[Any]:
    return list(world.regions[region].maps.records("dynamodb.items/things").scan())


def statuses(world: TinyWorld, region: str) -> dict[str, str]:
    table = world.clients[region].describe_table(TableName="things")["Table"]
    return {each["RegionName"]: each["ReplicaStatus"] for each in table.get("Replicas", [])}


def status(world: TinyWorld, region: str) -> str:
    return str(world.clients[region].describe_table(TableName="things")["Table"]["TableStatus"])


def test_a_late_older_write_of_a_region_that_was_removed_does_not_undo_a_newer_one() -> None:
    world = earth(EU)
    put(world, EU, "k", "old")
    replica(world, US, "Delete", EU)
    put(world, US, "k", "new")
    world.deliver()
    assert held(world, US) == {"k": "new"}


def test_what_a_region_accepted_before_it_knew_it_was_removed_is_kept_by_the_others() -> None:
    world = earth(EU, JP)
    replica(world, US, "Delete", EU)
    put(world, EU, "k", "accepted")
    world.deliver()
    assert held(world, US) == held(world, JP) == {"k": "accepted"}
    assert records(world, US) == records(world, JP)


def test_a_write_of_a_third_region_that_overtakes_the_news_of_the_table_is_not_lost() -> None:
    world = earth(EU)
    put(world, EU, "before")
    replica(world, US, "Create", JP)
    world.deliver((US, EU))
    put(world, EU, "after")
    world.deliver((EU, JP))  # nothing of us-east-1 has reached it yet
    world.deliver()
    world.settle()
    assert sorted(held(world, JP)) == ["after", "before"]
    assert records(world, JP) == records(world, EU) == records(world, US)


def test_a_third_region_can_fill_a_newcomer_that_the_asking_region_cannot_reach_for_now() -> None:
    world = earth(EU)
    put(world, US, "k", "1")
    world.deliver()
    replica(world, US, "Create", JP)
    world.deliver((US, EU), (EU, JP), (JP, EU), (EU, US))
    world.settle()
    assert status(world, JP) == "CREATING", "the region that asked for it has sent nothing"
    world.deliver()
    world.settle()
    assert held(world, JP) == {"k": "1"}


def test_two_regions_that_each_add_a_replica_at_once_learn_of_each_others() -> None:
    world = earth(EU)
    replica(world, US, "Create", JP)
    replica(world, EU, "Create", BR)
    world.deliver()
    world.settle()
    for region in world.regions:
        put(world, region, region)
    world.deliver()
    for region in world.regions:
        assert statuses(world, region) == dict.fromkeys({US, EU, JP, BR} - {region}, "ACTIVE")
        assert len(held(world, region)) == 4


def test_a_replica_is_not_active_before_what_was_there_has_crossed() -> None:
    world = earth()
    put(world, US, "k")
    replica(world, US, "Create", EU)
    world.work()
    world.settle()
    assert statuses(world, US) == {EU: "CREATING"}
    world.deliver((US, EU))
    world.clock.time += 1
    assert status(world, EU) == "ACTIVE"
    assert statuses(world, US) == {EU: "CREATING"}, "it has not been heard of"
    world.deliver()
    assert statuses(world, US) == {EU: "ACTIVE"}


def test_a_replica_takes_a_moment_however_little_there_is_to_copy() -> None:
    world = earth()
    replica(world, US, "Create", EU)
    world.deliver()
    assert (statuses(world, US), status(world, EU)) == ({EU: "CREATING"}, "CREATING")
    world.clock.time += 5
    assert (statuses(world, US), status(world, EU)) == ({EU: "ACTIVE"}, "ACTIVE")


def test_a_region_with_a_table_of_that_name_is_refused() -> None:
    world = earth()
    make_table(world, world.clients[EU])
    with pytest.raises(ClientError, match="already existed as tables") as refused:
        replica(world, US, "Create", EU)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert statuses(world, US) == {}


def test_a_replica_whose_name_was_taken_meanwhile_fails_and_the_table_there_stays_as_it_is() -> None:
    world = earth()
    put(world, US, "k", "ours")
    replica(world, US, "Create", EU)
    make_table(world, world.clients[EU])
    put(world, EU, "k", "theirs")
    world.deliver()
    world.settle()
    assert statuses(world, US) == {EU: "CREATION_FAILED"}
    assert statuses(world, EU) == {} and held(world, EU) == {"k": "theirs"}
    put(world, EU, "k", "alone")
    world.deliver()
    assert held(world, US) == {"k": "ours"}
    replica(world, US, "Delete", EU)
    world.deliver()
    world.settle()
    assert statuses(world, US) == {} and held(world, EU) == {"k": "alone"}


def test_a_replica_that_is_removed_is_deleting_until_its_region_has_heard_of_it() -> None:
    world = earth(EU)
    replica(world, US, "Delete", EU)
    world.settle()
    assert statuses(world, US) == {EU: "DELETING"}
    with pytest.raises(ClientError, match=r"already existed|being deleted"):
        replica(world, US, "Create", EU)
    world.deliver()
    world.settle()
    assert statuses(world, US) == {}
    assert world.clients[EU].list_tables()["TableNames"] == []


def test_a_region_that_left_may_come_back() -> None:
    world = earth(EU)
    put(world, US, "first")
    replica(world, US, "Delete", EU)
    world.deliver()
    world.settle()
    put(world, US, "second")
    replica(world, US, "Create", EU)
    world.deliver()
    world.settle()
    assert records(world, EU) == records(world, US) and len(held(world, EU)) == 2


def test_deleting_a_replica_in_its_own_region_leaves_the_others() -> None:
    world = earth(EU, JP)
    world.clients[EU].delete_table(TableName="things")
    world.deliver()
    world.settle()
    assert statuses(world, US) == {JP: "ACTIVE"} and statuses(world, JP) == {US: "ACTIVE"}
    assert world.clients[EU].list_tables()["TableNames"] == []


def test_a_table_made_anew_gets_nothing_that_was_meant_for_the_one_before() -> None:
    world = earth(EU)
    put(world, US, "ghost")
    world.clients[EU].delete_table(TableName="things")
    world.settle()
    make_table(world, world.clients[EU])
    world.deliver()
    assert held(world, EU) == {} and held(world, US) == {"ghost": ""}


def test_what_a_leaving_region_owed_to_some_reaches_those_it_did_not_know() -> None:
    world = earth(EU)
    put(world, EU, "k", "last words")
    world.clients[EU].delete_table(TableName="things")  # it has sent nothing yet
    replica(world, US, "Create", JP)
    world.deliver((US, JP), (JP, US))
    world.settle()
    assert held(world, JP) == {}
    world.deliver()
    assert held(world, JP) == held(world, US) == {"k": "last words"}


def test_a_replica_added_by_a_region_that_leaves_at_once_is_filled_by_the_others() -> None:
    world = earth(EU)
    put(world, US, "k", "v")
    world.deliver()
    replica(world, EU, "Create", JP)
    world.work()
    world.regions[EU].outboxes[JP].journal = MemoryJournal()  # what it had copied never crosses
    replica(world, US, "Delete", EU)
    world.deliver((US, EU), (EU, US), (US, JP), (JP, US))
    world.settle()
    assert held(world, JP) == {"k": "v"}


def test_filling_goes_on_after_a_restart() -> None:
    world = earth()
    for number in range(1200):
        put(world, US, f"p{number}")
    replica(world, US, "Create", EU)
    world.tasks[US].drop()
    restart(world, US)
    world.deliver()
    world.settle()
    assert len(held(world, EU)) == 1200


def test_news_that_a_crash_came_after_are_passed_on_at_the_start() -> None:
    world = earth(EU)
    replica(world, US, "Create", JP)
    batch = world.regions[US].peer_with(EU).due(world.clock.now())
    assert batch is not None
    follow, service.arrivals = service.arrivals, {}
    try:
        world.regions[EU].accept(batch)  # and no more than that
    finally:
        service.arrivals = follow
    put(world, EU, "k")
    restart(world, EU)
    world.deliver()
    world.settle()
    assert list(held(world, JP)) == ["k"]


def restart(world: TinyWorld, name: str) -> None:
    """The region anew, of nothing but its journal."""
    old = world.regions[name]
    new = Region(
        name, [service], clock=world.clock, journal=MemoryJournal(), maps=MemoryMaps(), world=old.world,
        ports=old.ports, rng=old.rng,
    )  # fmt: skip
    new.outboxes = old.outboxes
    new.journal = old.journal
    for change in old.journal.read(0, old.journal.last):
        new.replay(change)
    world.regions[name] = new
    new.start()
    world.connect(name)


def test_a_restarted_region_is_what_its_journal_makes_of_it() -> None:
    world = earth(EU, JP)
    put(world, US, "k", "1")
    delete(world, EU, "k")
    replica(world, US, "Delete", JP)
    world.deliver()
    before = records(world, US), world.regions[US].state["dynamodb"].tables.get("things")
    restart(world, US)
    assert (records(world, US), world.regions[US].state["dynamodb"].tables.get("things")) == before


def test_a_write_made_after_another_has_arrived_is_later_even_if_this_clock_is_behind() -> None:
    world = earth(EU)
    world.clock.time += 100
    put(world, US, "k", "first")
    world.deliver()
    world.clock.time -= 50
    put(world, EU, "k", "second")
    world.deliver()
    assert held(world, US) == held(world, EU) == {"k": "second"}


@pytest.mark.parametrize("first", [US, EU])
def test_of_settings_altered_in_two_regions_at_once_the_later_stays_in_both(first: str) -> None:
    world = earth(EU)
    second = EU if first == US else US
    for region, attribute in ((first, "sooner"), (second, "later")):
        world.clock.time += 1
        wanted = {"Enabled": True, "AttributeName": attribute}
        world.clients[region].update_time_to_live(TableName="things", TimeToLiveSpecification=wanted)
    world.deliver()
    for client in (world.clients[US], world.clients[EU]):
        found = client.describe_time_to_live(TableName="things")["TimeToLiveDescription"]
        assert found["AttributeName"] == "later"


def test_a_newcomer_has_the_settings_that_were_on_their_way_when_it_joined() -> None:
    world = earth(EU)
    index = {
        "IndexName": "by_v",
        "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    put(world, EU, "k", "x")
    world.clients[EU].update_table(
        TableName="things",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "v")],
        GlobalSecondaryIndexUpdates=[{"Create": index}],
    )
    replica(world, US, "Create", JP)
    world.deliver((US, JP))
    world.deliver()
    world.settle()
    for region in (US, EU, JP):
        found = world.clients[region].scan(TableName="things", IndexName="by_v")["Items"]
        assert [item["pk"]["S"] for item in found] == ["k"]


def test_of_two_writes_of_one_moment_the_same_one_stays_everywhere() -> None:
    world = earth(EU, JP)
    world.clock.time += 1
    for region in (US, EU, JP):
        item = {"pk": {"S": "k"}, "v": {"S": region}}
        world.clients[region].put_item(TableName="things", Item=item)
    assert len({unpack(record).stamp[0] for each in (US, EU, JP) for _, record in records(world, each)}) == 1
    world.deliver()
    assert held(world, US) == held(world, EU) == held(world, JP) == {"k": US}
    assert records(world, US) == records(world, EU) == records(world, JP)


def scale_writes(world: TinyWorld, region: str, table: str) -> None:
    """What DynamoDB wants of a provisioned table before it has replicas."""
    policy = {"TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70.0}}
    world.clients[region].update_table_replica_auto_scaling(
        TableName=table,
        ProvisionedWriteCapacityAutoScalingUpdate={
            "MinimumUnits": 1, "MaximumUnits": 100, "ScalingPolicyUpdate": policy,
        },
    )  # fmt: skip


def test_auto_scaling_is_told_to_be_off_until_it_is_switched_on() -> None:
    world = TinyWorld(EU, JP, beside=(application_autoscaling,))
    client = world.clients[EU]
    client.create_table(
        TableName="paid", KeySchema=[HASH], AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
    )  # fmt: skip
    world.settle()
    first = {"TableName": "paid", "ReplicaUpdates": [{"Create": {"RegionName": JP}}]}
    with pytest.raises(ClientError, match=r"ValidationException.*write capacity should either be Pay-Per-Request"):
        client.update_table(**first)
    scale_writes(world, EU, "paid")
    client.update_table(**first)
    off = {"AutoScalingDisabled": True}
    client.update_table_replica_auto_scaling(TableName="paid", ProvisionedWriteCapacityAutoScalingUpdate=off)
    found = client.describe_table_replica_auto_scaling(TableName="paid")["TableAutoScalingDescription"]
    assert [each["RegionName"] for each in found["Replicas"]] == [EU, JP]
    assert all(each["ReplicaProvisionedReadCapacityAutoScalingSettings"] == off for each in found["Replicas"])
    same = client.update_table_replica_auto_scaling(TableName="paid", ProvisionedWriteCapacityAutoScalingUpdate=off)
    assert same["TableAutoScalingDescription"]["Replicas"] == found["Replicas"]
    bounds = {"MinimumUnits": 9, "MaximumUnits": 1}
    with pytest.raises(ClientError, match="ValidationException"):
        client.update_table_replica_auto_scaling(TableName="paid", ProvisionedWriteCapacityAutoScalingUpdate=bounds)
    with pytest.raises(ClientError, match=r"ValidationException.*no replica in sa-east-1"):
        client.update_table_replica_auto_scaling(TableName="paid", ReplicaUpdates=[{"RegionName": BR}])
