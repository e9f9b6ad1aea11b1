"""Strongly consistent tables whose settings are altered, and which are asked in PartiQL."""

from __future__ import annotations

from typing import Any

import pytest
from strong_world import HOME, SECOND, TABLE, THIRD, THREE, ask, asked, key, put, strong_world, value

from terrella.core.errors import AwsError
from terrella.world.simulated import SimulatedWorld

STRONG = {"ConsistentRead": True}
BY_VALUE = {
    "AttributeDefinitions": [{"AttributeName": "v", "AttributeType": "S"}],
    "GlobalSecondaryIndexUpdates": [{"Create": {
        "IndexName": "by-v", "KeySchema": [{"AttributeName": "v", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }}],
}  # fmt: skip


@pytest.fixture
def world() -> SimulatedWorld:
    return strong_world()


def described(world: SimulatedWorld, region: str) -> dict[str, Any]:
    table: dict[str, Any] = ask(world, region, "DescribeTable")["Table"]
    return table


def partiql(world: SimulatedWorld, region: str, statement: str, **more: Any) -> Any:
    return request(world, region, "ExecuteStatement", Statement=statement, **more)


def request(world: SimulatedWorld, region: str, operation: str, **input: Any) -> Any:
    try:
        return world.run(world.places[region].request("dynamodb", operation, input, region=region))
    except AwsError as error:
        return error.error_code


@pytest.mark.parametrize("region", THREE)
def test_an_index_is_added_in_all_three_regions_at_the_same_point_of_their_list(region: str) -> None:
    world = strong_world()
    for number in range(5):
        ask(world, HOME, "PutItem", **put(str(number), "same"))
    shown = ask(world, region, "UpdateTable", **BY_VALUE)["TableDescription"]
    assert (shown["TableStatus"], shown["GlobalSecondaryIndexes"][0]["IndexStatus"]) == ("UPDATING", "CREATING")
    assert ask(world, THIRD, "PutItem", **put("more", "same")) == {}, "writes go on meanwhile"
    world.run(world.clock.sleep(5))
    same = {
        "IndexName": "by-v", "KeyConditionExpression": "v = :v", "ExpressionAttributeValues": {":v": {"S": "same"}}
    }  # fmt: skip
    for each in THREE:
        assert described(world, each)["TableStatus"] == "ACTIVE"
        assert ask(world, each, "Query", **same)["Count"] == 6
    assert ask(world, HOME, "UpdateTable", GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": "by-v"}}])
    world.run(world.clock.sleep(5))
    assert all("GlobalSecondaryIndexes" not in described(world, each) for each in THREE)


def test_capacity_class_and_key_are_alike_and_protection_and_stream_each_regions_own(world: SimulatedWorld) -> None:
    ask(
        world, SECOND, "UpdateTable", BillingMode="PROVISIONED", DeletionProtectionEnabled=True,
        ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 5},
        TableClass="STANDARD_INFREQUENT_ACCESS",
        SSESpecification={"Enabled": True, "SSEType": "KMS"},
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )  # fmt: skip
    world.run(world.clock.sleep(5))
    for each in THREE:
        table = described(world, each)
        assert table["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
        assert table["TableClassSummary"]["TableClass"] == "STANDARD_INFREQUENT_ACCESS"
        assert f":{each}:" in table["SSEDescription"]["KMSMasterKeyArn"]
        assert table["DeletionProtectionEnabled"] is (each == SECOND)
        assert ("StreamSpecification" in table) is (each == SECOND)
    assert ask(world, HOME, "PutItem", **put("k", "1")) == {}


def test_a_replica_may_have_another_read_capacity_until_it_is_altered_for_all(world: SimulatedWorld) -> None:
    def provisioned(reads: int) -> dict[str, Any]:
        return {"ProvisionedThroughput": {"ReadCapacityUnits": reads, "WriteCapacityUnits": 5}}

    ask(world, HOME, "UpdateTable", BillingMode="PROVISIONED", **provisioned(5))
    world.run(world.clock.sleep(5))
    other = {"RegionName": THIRD, "ProvisionedThroughputOverride": {"ReadCapacityUnits": 20}}
    ask(world, SECOND, "UpdateTable", ReplicaUpdates=[{"Update": other}])
    world.run(world.clock.sleep(5))
    reads = [described(world, each)["ProvisionedThroughput"]["ReadCapacityUnits"] for each in THREE]
    assert reads == [5, 5, 20]
    shown = {each["RegionName"]: each for each in described(world, HOME)["Replicas"]}
    assert shown[THIRD]["ProvisionedThroughputOverride"] == {"ReadCapacityUnits": 20}
    ask(world, THIRD, "UpdateTable", **provisioned(9))
    world.run(world.clock.sleep(5))
    assert [described(world, each)["ProvisionedThroughput"]["ReadCapacityUnits"] for each in THREE] == [9, 9, 9]
    nowhere = {"RegionName": "eu-west-1", "TableClassOverride": "STANDARD"}
    assert ask(world, HOME, "UpdateTable", ReplicaUpdates=[{"Update": nowhere}]) == "ValidationException"


def test_of_two_alterations_at_once_one_finds_the_table_being_updated(world: SimulatedWorld) -> None:
    found: list[Any] = []

    async def one(region: str) -> None:
        found.append(await asked(world, region, "UpdateTable", TableClass="STANDARD"))

    async def both() -> None:
        for region in (SECOND, THIRD):
            world.clock.spawn(one(region))
        await world.clock.sleep(3)

    world.run(both())
    assert sorted(type(each).__name__ for each in found) == ["dict", "str"] and "ResourceInUseException" in found


def test_what_cannot_be_altered_is_refused_and_without_a_majority_nothing_is(world: SimulatedWorld) -> None:
    mode = {"MultiRegionConsistency": "EVENTUAL", "TableClass": "STANDARD"}
    assert ask(world, HOME, "UpdateTable", **mode) == "ValidationException"
    for other in (HOME, SECOND):
        world.run(world.strike("partition", THIRD, other))
    assert ask(world, THIRD, "UpdateTable", **BY_VALUE) == "InternalServerError"
    assert "GlobalSecondaryIndexes" not in described(world, THIRD)
    own = ask(world, THIRD, "UpdateTable", DeletionProtectionEnabled=True)["TableDescription"]
    assert own["DeletionProtectionEnabled"], "what is each region's own needs nobody"


def test_partiql_writes_are_agreed_on_and_reads_see_them_everywhere(world: SimulatedWorld) -> None:
    assert partiql(world, HOME, "INSERT INTO things VALUE {'pk': 'k', 'v': '1'}") == {"Items": []}
    for region in THREE:
        answer = partiql(world, region, "SELECT v FROM things WHERE pk = 'k'", **STRONG)
        assert answer["Items"] == [{"v": {"S": "1"}}]
        assert partiql(world, region, "INSERT INTO things VALUE {'pk': 'k'}") == "DuplicateItemException"
    updated = partiql(world, THIRD, "UPDATE things SET v = '2' WHERE pk = 'k' AND v = '1' RETURNING ALL OLD *")
    assert updated["Items"][0]["v"] == {"S": "1"}
    failed = partiql(world, SECOND, "UPDATE things SET v = '3' WHERE pk = 'k' AND v = '1'")
    assert failed == "ConditionalCheckFailedException"
    assert value(ask(world, SECOND, "GetItem", **key("k", **STRONG))) == "2"
    assert partiql(world, SECOND, "DELETE FROM things WHERE pk = 'k'") == {"Items": []}
    assert ask(world, HOME, "Scan", **STRONG)["Count"] == 0


def test_each_statement_of_a_batch_is_agreed_on_by_itself(world: SimulatedWorld) -> None:
    def batch(region: str, *statements: str) -> Any:
        given = [{"Statement": each, **(STRONG if each.startswith("SELECT") else {})} for each in statements]
        return request(world, region, "BatchExecuteStatement", Statements=given)["Responses"]

    insert = "INSERT INTO things VALUE {'pk': '%s', 'v': '%s'}"
    first, again, other = batch(HOME, insert % ("a", 1), insert % ("a", 2), insert % ("b", 3))
    assert (first, other) == ({"TableName": TABLE}, {"TableName": TABLE})
    assert again["Error"]["Code"] == "DuplicateItem"
    found = batch(THIRD, "SELECT * FROM things WHERE pk = 'a'", "SELECT * FROM things WHERE pk = 'b'")
    assert all("Item" in each for each in found), found


def test_partiql_without_a_majority_is_refused_and_what_is_there_is_read(world: SimulatedWorld) -> None:
    partiql(world, HOME, "INSERT INTO things VALUE {'pk': 'k', 'v': '1'}")
    world.run(world.clock.sleep(2))
    for other in (HOME, SECOND):
        world.run(world.strike("partition", THIRD, other))
    assert partiql(world, THIRD, "DELETE FROM things WHERE pk = 'k'") == "InternalServerError"
    assert partiql(world, THIRD, "SELECT * FROM things", **STRONG) == "InternalServerError"
    assert len(partiql(world, THIRD, "SELECT * FROM things")["Items"]) == 1
    transaction = {"TransactStatements": [{"Statement": "INSERT INTO things VALUE {'pk': 'x'}"}]}
    assert request(world, HOME, "ExecuteTransaction", **transaction) == "ValidationException"
