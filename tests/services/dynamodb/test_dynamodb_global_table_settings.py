"""What replicas have alike and what each has for itself, by the API of 2019 and by that of 2017."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import HASH, TinyWorld
from test_dynamodb_replicas import EU, JP, US, earth, replica, scale_writes

from terrella.services.application_autoscaling import service as application_autoscaling

STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
CAPACITY = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}


def provisioned(world: TinyWorld, *regions: str) -> None:
    for region in regions:
        world.clients[region].create_table(
            TableName="things", AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            KeySchema=[HASH], ProvisionedThroughput=CAPACITY, StreamSpecification=STREAM,
        )  # fmt: skip
    world.settle()


def described(world: TinyWorld, region: str) -> dict[str, Any]:
    table: dict[str, Any] = world.clients[region].describe_table(TableName="things")["Table"]
    return table


def test_a_replica_may_have_a_read_capacity_and_a_class_of_its_own_until_they_are_altered_for_all() -> None:
    world = TinyWorld(US, EU, JP, beside=(application_autoscaling,))
    provisioned(world, US)
    scale_writes(world, US, "things")
    own = {
        "RegionName": EU, "ProvisionedThroughputOverride": {"ReadCapacityUnits": 20},
        "TableClassOverride": "STANDARD_INFREQUENT_ACCESS",
    }  # fmt: skip
    world.clients[US].update_table(TableName="things", ReplicaUpdates=[{"Create": own}])
    world.deliver()
    world.settle()
    replica(world, EU, "Create", JP)  # what eu-west-1 has for itself is no business of another
    world.deliver()
    world.settle()
    capacity = {region: described(world, region)["ProvisionedThroughput"] for region in (US, EU, JP)}
    assert {region: each["ReadCapacityUnits"] for region, each in capacity.items()} == {US: 5, EU: 20, JP: 5}
    assert described(world, EU)["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
    shown = next(each for each in described(world, JP)["Replicas"] if each["RegionName"] == EU)
    assert shown["ProvisionedThroughputOverride"] == {"ReadCapacityUnits": 20}
    world.clients[JP].update_table(
        TableName="things", ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 8}
    )
    world.deliver()
    for region in (US, EU, JP):
        capacity[region] = described(world, region)["ProvisionedThroughput"]
        assert (capacity[region]["ReadCapacityUnits"], capacity[region]["WriteCapacityUnits"]) == (7, 8)


def test_an_override_can_be_altered_later() -> None:
    world = TinyWorld(US, EU, beside=(application_autoscaling,))
    provisioned(world, US)
    scale_writes(world, US, "things")
    replica(world, US, "Create", EU)
    world.deliver()
    world.settle()
    wanted = {"RegionName": EU, "ProvisionedThroughputOverride": {"ReadCapacityUnits": 9}}
    world.clients[US].update_table(TableName="things", ReplicaUpdates=[{"Update": wanted}])
    world.deliver()
    assert described(world, EU)["ProvisionedThroughput"]["ReadCapacityUnits"] == 9


def test_a_capacity_for_writes_alone_leaves_replicas_their_own_for_reads() -> None:
    world = TinyWorld(US, EU, beside=(application_autoscaling,))
    provisioned(world, US)
    scale_writes(world, US, "things")
    own = {"RegionName": EU, "ProvisionedThroughputOverride": {"ReadCapacityUnits": 20}}
    world.clients[US].update_table(TableName="things", ReplicaUpdates=[{"Create": own}])
    world.deliver()
    for region, reads, writes in ((US, 5, 6), (EU, 20, 7)):
        world.settle()
        given = {"ReadCapacityUnits": reads, "WriteCapacityUnits": writes}
        world.clients[region].update_table(TableName="things", ProvisionedThroughput=given)
        world.deliver()
        shown = {each: described(world, each)["ProvisionedThroughput"] for each in (US, EU)}
        assert {each: units["ReadCapacityUnits"] for each, units in shown.items()} == {US: 5, EU: 20}
        assert {units["WriteCapacityUnits"] for units in shown.values()} == {writes}


def test_what_each_region_keeps_for_itself_is_not_sent() -> None:
    world = earth(EU)
    client, name = world.clients[US], {"TableName": "things"}
    client.update_table(**name, DeletionProtectionEnabled=True)
    client.tag_resource(ResourceArn=described(world, US)["TableArn"], Tags=[{"Key": "a", "Value": "b"}])
    recovery = {"PointInTimeRecoveryEnabled": True}
    client.update_continuous_backups(**name, PointInTimeRecoverySpecification=recovery)
    world.deliver()
    there = world.clients[EU]
    assert described(world, EU)["DeletionProtectionEnabled"] is False
    assert there.list_tags_of_resource(ResourceArn=described(world, EU)["TableArn"])["Tags"] == []
    backups = there.describe_continuous_backups(**name)["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"


def test_what_is_alike_is_sent_each_with_its_own_ids() -> None:
    world = earth(EU)
    client = world.clients[US]
    client.update_table(TableName="things", SSESpecification={"Enabled": True}, TableClass="STANDARD")
    world.settle()
    client.update_table(TableName="things", BillingMode="PROVISIONED", ProvisionedThroughput=CAPACITY)
    world.deliver()
    here, there = described(world, US), described(world, EU)
    assert there["SSEDescription"]["KMSMasterKeyArn"].split(":")[3] == EU
    assert there["BillingModeSummary"]["BillingMode"] == "PROVISIONED"
    assert there["TableClassSummary"] == here["TableClassSummary"]
    assert there["TableId"] != here["TableId"]


def legacy() -> TinyWorld:
    world = TinyWorld(US, EU, JP, beside=(application_autoscaling,))
    provisioned(world, US, EU)
    group = [{"RegionName": US}, {"RegionName": EU}]
    world.clients[US].create_global_table(GlobalTableName="things", ReplicationGroup=group)
    world.deliver()
    return world


def test_settings_of_a_global_table_of_2017_are_read_and_altered_in_every_region() -> None:
    world = legacy()
    client = world.clients[US]
    client.update_global_table_settings(
        GlobalTableName="things", GlobalTableProvisionedWriteCapacityUnits=11,
        ReplicaSettingsUpdate=[{"RegionName": EU, "ReplicaProvisionedReadCapacityUnits": 12}],
    )  # fmt: skip
    found = client.describe_global_table_settings(GlobalTableName="things")["ReplicaSettings"]
    shown = {
        each["RegionName"]: (
            each["ReplicaProvisionedReadCapacityUnits"], each["ReplicaProvisionedWriteCapacityUnits"]
        )
        for each in found
    }  # fmt: skip
    assert shown == {US: (5, 11), EU: (12, 11)}


def test_what_settings_of_a_global_table_of_2017_refuse() -> None:
    client = legacy().clients[US]
    asked = {"GlobalTableName": "things"}

    def refused(**more: Any) -> str:
        with pytest.raises(ClientError) as caught:
            client.update_global_table_settings(**{**asked, **more})
        return str(caught.value.response["Error"]["Code"])

    assert refused(GlobalTableName="nothing") == "GlobalTableNotFoundException"
    assert refused(ReplicaSettingsUpdate=[{"RegionName": JP}]) == "ReplicaNotFoundException"
    index = [{"IndexName": "nothing", "ProvisionedWriteCapacityUnits": 3}]
    assert refused(GlobalTableGlobalSecondaryIndexSettingsUpdate=index) == "IndexNotFoundException"


def test_two_regions_may_each_join_a_third_table_of_2017() -> None:
    world = legacy()
    provisioned(world, JP)
    for region in (US, EU):
        world.clients[region].update_global_table(
            GlobalTableName="things", ReplicaUpdates=[{"Create": {"RegionName": JP}}]
        )
    world.deliver()
    for region in (US, EU, JP):
        found = world.clients[region].describe_global_table(GlobalTableName="things")["GlobalTableDescription"]
        assert [each["RegionName"] for each in found["ReplicationGroup"]] == sorted((US, EU, JP))
        assert found["GlobalTableStatus"] == "ACTIVE"
