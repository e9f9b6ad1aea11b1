"""Tables through boto3: made, described, altered, deleted, in the statuses and words of the service."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import HASH, RANGE, TinyWorld, make_table, one_region

from terrella.region.region import Region
from terrella.services.dynamodb import service
from terrella.store.maps import MemoryMaps


@pytest.fixture
def world() -> TinyWorld:
    return one_region()[0]


@pytest.fixture
def client(world: TinyWorld) -> Any:
    return world.clients["eu-west-1"]


def status(client: Any, name: str = "things") -> str:
    return str(client.describe_table(TableName=name)["Table"]["TableStatus"])


def refused(call: Any, code: str = "ValidationException", **input: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**input)
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])


BASE: dict[str, Any] = {
    "TableName": "things",
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "KeySchema": [HASH],
    "BillingMode": "PAY_PER_REQUEST",
}
INDEX = {
    "IndexName": "by_kind",
    "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
KIND = {"AttributeName": "kind", "AttributeType": "S"}


def test_a_table_is_creating_then_active_and_only_then_holds_items(world: TinyWorld, client: Any) -> None:
    made = client.create_table(**BASE)["TableDescription"]
    assert made["TableStatus"] == "CREATING"
    assert made["TableArn"] == "arn:aws:dynamodb:eu-west-1:123456789012:table/things"
    refused(client.put_item, "ResourceNotFoundException", TableName="things", Item={"pk": {"S": "a"}})
    refused(client.delete_table, "ResourceInUseException", TableName="things")
    world.settle()
    assert status(client) == "ACTIVE"
    client.put_item(TableName=made["TableArn"], Item={"pk": {"S": "a"}})


@pytest.mark.parametrize(
    ("key", "told"),
    [("1234abcd", "key/1234abcd"), ("key/1234abcd", "key/1234abcd"), ("alias/mine", "alias/mine")],
)
def test_a_table_tells_the_arn_of_its_key(client: Any, key: str, told: str) -> None:
    given = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key}
    made = client.create_table(**BASE, SSESpecification=given)["TableDescription"]
    assert made["SSEDescription"]["KMSMasterKeyArn"] == f"arn:aws:kms:eu-west-1:123456789012:{told}"


def test_what_a_table_can_do_at_once_is_told_once_it_is_made(world: TinyWorld, client: Any) -> None:
    """As AWS answered LocalStack's tests (validated in October 2025)."""
    paid = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 3}
    provisioned = {
        **BASE, "BillingMode": "PROVISIONED", "ProvisionedThroughput": paid,
        "AttributeDefinitions": [*BASE["AttributeDefinitions"], KIND],
        "GlobalSecondaryIndexes": [{**INDEX, "ProvisionedThroughput": {**paid, "WriteCapacityUnits": 1}}],
    }  # fmt: skip
    warmed = {**BASE, "TableName": "warmed", "WarmThroughput": {"ReadUnitsPerSecond": 13_000}}
    first, second = (client.create_table(**each)["TableDescription"] for each in (provisioned, warmed))
    assert "WarmThroughput" not in first and "WarmThroughput" not in first["GlobalSecondaryIndexes"][0]
    assert second["BillingModeSummary"] == {"BillingMode": "PAY_PER_REQUEST"}
    assert second["WarmThroughput"]["Status"] == "UPDATING"
    world.settle()
    first, second = (client.describe_table(TableName=name)["Table"] for name in ("things", "warmed"))
    found = [each["WarmThroughput"] for each in (first, first["GlobalSecondaryIndexes"][0], second)]
    assert [each["ReadUnitsPerSecond"] for each in found] == [5, 5, 13_000]
    assert [each["WriteUnitsPerSecond"] for each in found] == [3, 1, 4_000]
    assert {each["Status"] for each in found} == {"ACTIVE"}
    assert "LastUpdateToPayPerRequestDateTime" in second["BillingModeSummary"]


def test_a_name_is_free_again_when_deleting_is_done(world: TinyWorld, client: Any) -> None:
    make_table(world, client)
    client.put_item(TableName="things", Item={"pk": {"S": "a"}})
    assert client.delete_table(TableName="things")["TableDescription"]["TableStatus"] == "DELETING"
    assert client.list_tables()["TableNames"] == ["things"]
    told = refused(client.create_table, "ResourceInUseException", **BASE)
    assert told == "Attempt to change a resource which is still in use: Table is being deleted: things"
    world.settle()
    assert client.list_tables()["TableNames"] == []
    told = refused(client.describe_table, "ResourceNotFoundException", TableName="things")
    assert told == "Requested resource not found: Table: things not found"
    make_table(world, client)
    assert client.scan(TableName="things")["Count"] == 0


def test_a_name_is_taken_once(client: Any) -> None:
    client.create_table(**BASE)
    told = refused(client.create_table, "ResourceInUseException", **BASE)
    assert told == "Table already exists: things"


def test_tables_are_listed_in_pages(client: Any) -> None:
    for name in ("ccc", "aaa", "bbb"):
        client.create_table(**{**BASE, "TableName": name})
    page = client.list_tables(Limit=2)
    assert (page["TableNames"], page["LastEvaluatedTableName"]) == (["aaa", "bbb"], "bbb")
    assert client.list_tables(ExclusiveStartTableName="bbb")["TableNames"] == ["ccc"]


@pytest.mark.parametrize(
    ("altered", "message"),
    [
        (
            {"TableName": "ab"},
            "1 validation error detected: Value 'ab' at 'tableName' failed to satisfy constraint: "
            "Member must have length greater than or equal to 3",
        ),
        (
            {"KeySchema": [HASH, {**HASH, "KeyType": "RANGE"}]},
            "Invalid KeySchema: Some index key attribute have no definition",
        ),
        (
            {"AttributeDefinitions": [*BASE["AttributeDefinitions"], KIND]},
            "One or more parameter values were invalid: Number of attributes in KeySchema does not exactly "
            "match number of attributes defined in AttributeDefinitions",
        ),
        (
            {"KeySchema": [{**HASH, "KeyType": "RANGE"}]},
            "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
        ),
        (
            {"LocalSecondaryIndexes": [INDEX]},
            "One or more parameter values were invalid: Table KeySchema does not have a range key, which is "
            "required when specifying a LocalSecondaryIndex",
        ),
        (
            {
                "GlobalSecondaryIndexes": [INDEX, INDEX],
                "AttributeDefinitions": [*BASE["AttributeDefinitions"], KIND],
            },
            "One or more parameter values were invalid: Duplicate index name: by_kind",
        ),
        (
            {"BillingMode": "PROVISIONED"},
            "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both "
            "be specified when BillingMode is PROVISIONED",
        ),
        (
            {"TableName": "bad table!@#"},
            "1 validation error detected: Value 'bad table!@#' at 'tableName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+",
        ),
    ],
)
def test_a_definition_that_is_none_is_refused(client: Any, altered: Any, message: str) -> None:
    assert refused(client.create_table, **{**BASE, **altered}) == message


def test_an_index_is_added_filled_and_removed(world: TinyWorld, client: Any) -> None:
    make_table(world, client)
    client.put_item(TableName="things", Item={"pk": {"S": "a"}, "kind": {"S": "x"}})
    create = [{"Create": INDEX}]
    client.update_table(
        TableName="things",
        AttributeDefinitions=[*BASE["AttributeDefinitions"], KIND],
        GlobalSecondaryIndexUpdates=create,
    )
    described = client.describe_table(TableName="things")["Table"]
    assert described["TableStatus"] == "UPDATING"
    assert described["GlobalSecondaryIndexes"][0]["IndexStatus"] == "CREATING"
    told = refused(client.scan, TableName="things", IndexName="by_kind")
    assert told == "Cannot read from backfilling global secondary index: by_kind"
    world.settle()
    assert status(client) == "ACTIVE"
    assert client.scan(TableName="things", IndexName="by_kind")["Count"] == 1
    told = refused(client.put_item, TableName="things", Item={"pk": {"S": "b"}, "kind": {"N": "1"}})
    assert told == (
        "One or more parameter values were invalid: Type mismatch for Index Key kind Expected: S Actual: N "
        "IndexName: by_kind"
    )
    delete = [{"Delete": {"IndexName": "by_kind"}}]
    client.update_table(TableName="things", GlobalSecondaryIndexUpdates=delete)
    world.settle()
    described = client.describe_table(TableName="things")["Table"]
    assert "GlobalSecondaryIndexes" not in described
    assert described["AttributeDefinitions"] == BASE["AttributeDefinitions"]
    client.put_item(TableName="things", Item={"pk": {"S": "b"}, "kind": {"N": "1"}})


def test_a_table_under_change_is_left_alone(world: TinyWorld, client: Any) -> None:
    make_table(world, client)
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    described = client.update_table(TableName="things", StreamSpecification=stream)["TableDescription"]
    assert described["LatestStreamArn"].startswith(described["TableArn"] + "/stream/2025-10-09T")
    told = refused(
        client.update_table, "ResourceInUseException", TableName="things", DeletionProtectionEnabled=True
    )
    assert told == "Attempt to change a resource which is still in use: Table is being updated: things"
    client.put_item(TableName="things", Item={"pk": {"S": "a"}})


def test_a_protected_table_stays(world: TinyWorld, client: Any) -> None:
    make_table(world, client, DeletionProtectionEnabled=True)
    assert "protected against deletion" in refused(client.delete_table, TableName="things")
    client.update_table(TableName="things", DeletionProtectionEnabled=False)
    world.settle()
    client.delete_table(TableName="things")


def test_capacity_must_change_to_be_changed(world: TinyWorld, client: Any) -> None:
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    base = {**BASE, "BillingMode": "PROVISIONED", "ProvisionedThroughput": units}
    client.create_table(**base)
    world.settle()
    told = refused(client.update_table, TableName="things", ProvisionedThroughput=units)
    assert told.startswith("The provisioned throughput for the table will not change.")
    client.update_table(TableName="things", ProvisionedThroughput={**units, "ReadCapacityUnits": 9})
    world.settle()
    table = client.describe_table(TableName="things")["Table"]
    assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 9
    client.update_table(TableName="things", BillingMode="PAY_PER_REQUEST")
    table = client.describe_table(TableName="things")["Table"]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"


def test_tags_time_to_live_and_recovery_are_remembered(world: TinyWorld, client: Any) -> None:
    make_table(world, client, Tags=[{"Key": "a", "Value": "1"}])
    arn = client.describe_table(TableName="things")["Table"]["TableArn"]
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    client.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    living = {"TableName": "things", "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": True}}
    client.update_time_to_live(**living)
    assert refused(client.update_time_to_live, **living) == "TimeToLive is already enabled"
    described = client.describe_time_to_live(TableName="things")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLING", "AttributeName": "until"}
    world.settle()
    described = client.describe_time_to_live(TableName="things")["TimeToLiveDescription"]
    assert described == {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"}
    on = {"PointInTimeRecoveryEnabled": True}
    client.update_continuous_backups(TableName="things", PointInTimeRecoverySpecification=on)
    described = client.describe_continuous_backups(TableName="things")["ContinuousBackupsDescription"]
    assert described["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"
    client.describe_limits()
    assert client.describe_endpoints()["Endpoints"][0]["Address"] == "dynamodb.eu-west-1.amazonaws.com"


def test_what_update_table_lacks_is_refused_honestly(world: TinyWorld, client: Any) -> None:
    make_table(world, client)
    other = {"TableName": "things", "GlobalTableSettingsReplicationMode": "ENABLED"}
    told = refused(client.update_table, "NotImplemented", **other)
    assert "UpdateTable with GlobalTableSettingsReplicationMode" in told


def test_a_journal_replayed_makes_the_same_tables_and_items(world: TinyWorld, client: Any) -> None:
    make_table(world, client, sort="N", defined=[KIND], GlobalSecondaryIndexes=[INDEX])
    for number in range(3):
        item = {"pk": {"S": "a"}, "sk": {"N": str(number)}, "kind": {"S": "x"}}
        client.put_item(TableName="things", Item=item)
    client.delete_item(TableName="things", Key={"pk": {"S": "a"}, "sk": {"N": "1"}})
    lived: Any = world.regions["eu-west-1"]
    again = Region(
        "eu-west-1", [service], clock=world.clock, journal=lived.journal, maps=MemoryMaps(), world=lived.world
    )
    for change in lived.journal.read(0, 1000):
        again.replay(change)
    for name in ("dynamodb.items/things", "dynamodb.index/things/by_kind"):
        assert list(again.maps.records(name).scan()) == list(lived.maps.records(name).scan())
    assert list(again.maps.objects("dynamodb.tables").items()) == list(
        lived.maps.objects("dynamodb.tables").items()
    )
    assert RANGE in again.state["dynamodb"].existing("things", world.clock.now()).about["KeySchema"]
