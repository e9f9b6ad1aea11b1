"""Batches and transactions through boto3."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import make_table, one_region

from terrella.services.dynamodb import service
from terrella.services.dynamodb.state import State
from terrella.store.maps import MemoryMaps

WORLD, CLIENT = one_region()
make_table(WORLD, CLIENT, "one")
make_table(WORLD, CLIENT, "two")


def key(name: str) -> dict[str, Any]:
    return {"pk": {"S": name}}


def there(table: str, name: str) -> Any:
    return CLIENT.get_item(TableName=table, Key=key(name)).get("Item")


def refused(operation: str, code: str = "ValidationException", **input: Any) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(CLIENT, operation)(**input)
    assert caught.value.response["Error"]["Code"] == code
    return str(caught.value.response["Error"]["Message"])


def put(table: str, name: str, **more: Any) -> dict[str, Any]:
    return {"Put": {"TableName": table, "Item": key(name), **more}}


def test_a_batch_writes_and_reads_over_tables() -> None:
    CLIENT.put_item(TableName="two", Item=key("old"))
    answer = CLIENT.batch_write_item(
        RequestItems={
            "one": [{"PutRequest": {"Item": {**key("b1"), "v": {"N": "01"}}}}],
            "two": [{"DeleteRequest": {"Key": key("old")}}, {"PutRequest": {"Item": key("b2")}}],
        },
        ReturnConsumedCapacity="TOTAL",
    )
    assert answer["UnprocessedItems"] == {}
    assert {each["TableName"]: each["CapacityUnits"] for each in answer["ConsumedCapacity"]} == {
        "one": 1.0,
        "two": 2.0,
    }
    found = CLIENT.batch_get_item(
        RequestItems={"one": {"Keys": [key("b1"), key("no")]}, "two": {"Keys": [key("old"), key("b2")]}}
    )
    assert found["Responses"] == {"one": [{**key("b1"), "v": {"N": "1"}}], "two": [key("b2")]}
    assert found["UnprocessedKeys"] == {}


def test_a_batch_names_a_key_once() -> None:
    told = "Provided list of item keys contains duplicates"
    twice = [{"PutRequest": {"Item": key("x")}}, {"DeleteRequest": {"Key": key("x")}}]
    assert refused("batch_write_item", RequestItems={"one": twice}) == told
    assert refused("batch_get_item", RequestItems={"one": {"Keys": [key("x"), key("x")]}}) == told
    assert there("one", "x") is None


def test_a_batch_wants_keys_that_match_the_schema() -> None:
    for item in ({"other": {"S": "x"}}, {"pk": {"N": "1"}}):
        told = refused("batch_write_item", RequestItems={"one": [{"PutRequest": {"Item": item}}]})
        assert told == "The provided key element does not match the schema"


def test_batches_have_a_size() -> None:
    keys = [key(str(number)) for number in range(101)]
    assert refused("batch_get_item", RequestItems={"one": {"Keys": keys}}) == (
        "1 validation error detected: Value at 'RequestItems.one.member.Keys' failed to satisfy constraint: "
        "Member must have length less than or equal to 100"
    )
    parts = {"one": {"Keys": keys[:60]}, "two": {"Keys": keys[:60]}}
    told = "Too many items requested for the BatchGetItem call"
    assert refused("batch_get_item", RequestItems=parts) == told
    told = "The requestItems parameter is required for BatchGetItem"
    assert refused("batch_get_item", RequestItems={}) == told


def test_a_batch_answer_ends_at_16_megabytes() -> None:
    make_table(WORLD, CLIENT, "large")
    for number in range(45):
        item = {**key(str(number)), "x": {"S": "x" * 400_000}}
        CLIENT.put_item(TableName="large", Item=item)
    found = CLIENT.batch_get_item(RequestItems={"large": {"Keys": [key(str(n)) for n in range(45)]}})
    left = found["UnprocessedKeys"]["large"]["Keys"]
    assert len(found["Responses"]["large"]) == 41 and len(left) == 4


def test_a_transaction_does_all_it_says() -> None:
    CLIENT.put_item(TableName="one", Item={**key("t1"), "n": {"N": "1"}})
    CLIENT.put_item(TableName="two", Item=key("t2"))
    CLIENT.transact_write_items(
        TransactItems=[
            put("one", "t0", ConditionExpression="attribute_not_exists(pk)"),
            {
                "Update": {
                    "TableName": "one",
                    "Key": key("t1"),
                    "UpdateExpression": "ADD n :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
            },
            {"Delete": {"TableName": "two", "Key": key("t2")}},
        ]
    )
    assert there("one", "t0") == key("t0")
    assert there("one", "t1")["n"] == {"N": "2"}
    assert there("two", "t2") is None


def test_a_transaction_that_fails_does_nothing_and_tells_why_of_each() -> None:
    CLIENT.put_item(TableName="one", Item={**key("held"), "v": {"S": "x"}})
    only_new = {"ConditionExpression": "attribute_not_exists(pk)"}
    with pytest.raises(CLIENT.exceptions.TransactionCanceledException) as caught:
        CLIENT.transact_write_items(
            TransactItems=[
                put("one", "free", **only_new),
                put("one", "held", **only_new, ReturnValuesOnConditionCheckFailure="ALL_OLD"),
            ]
        )
    response = caught.value.response
    assert response["Error"]["Message"] == (
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[None, ConditionalCheckFailed]"
    )
    assert response["CancellationReasons"][1] == {
        "Code": "ConditionalCheckFailed",
        "Message": "The conditional request failed",
        "Item": {**key("held"), "v": {"S": "x"}},
    }
    assert there("one", "free") is None


def test_a_token_makes_a_transaction_happen_once() -> None:
    def increment(by: str) -> None:
        CLIENT.transact_write_items(
            ClientRequestToken="token-1",
            TransactItems=[
                {
                    "Update": {
                        "TableName": "one",
                        "Key": key("counter"),
                        "UpdateExpression": "ADD n :by",
                        "ExpressionAttributeValues": {":by": {"N": by}},
                    }
                }
            ],
        )

    increment("1")
    increment("1")
    assert there("one", "counter")["n"] == {"N": "1"}
    with pytest.raises(CLIENT.exceptions.IdempotentParameterMismatchException):
        increment("2")
    WORLD.clock.time += 601
    increment("1")
    assert there("one", "counter")["n"] == {"N": "2"}


def test_after_a_crash_at_any_moment_a_transaction_and_its_token_are_both_there_or_neither() -> None:
    world, client = one_region()
    make_table(world, client)
    put_one = {"Put": {"TableName": "things", "Item": {"pk": {"S": "a"}}}}
    client.transact_write_items(ClientRequestToken="token", TransactItems=[put_one])
    changes = world.regions["eu-west-1"].journal.changes
    for survived in range(len(changes) + 1):
        state = State(MemoryMaps())
        for change in changes[:survived]:
            service.changes[change.kind](state, change, **change.body)
        table = state.known("things")
        assert len(state.tokens) == (table is not None and any(table.items.scan()))


def test_tokens_are_forgotten_when_their_time_is_over() -> None:
    world, client = one_region()
    make_table(world, client)
    state = world.regions["eu-west-1"].state["dynamodb"]
    for number in range(5):
        action = {"Put": {"TableName": "things", "Item": {"pk": {"S": str(number)}}}}
        client.transact_write_items(TransactItems=[action])
        assert len(state.tokens) == min(number + 1, 3)
        world.clock.time += 250


def test_what_a_transaction_deletes_or_makes_smaller_is_paid_for_as_it_was() -> None:
    for pk in ("large", "shrinking", "checked"):
        CLIENT.put_item(TableName="one", Item={**key(pk), "v": {"S": "x" * 2500}})
    answer = CLIENT.transact_write_items(
        ReturnConsumedCapacity="TOTAL",
        TransactItems=[
            {"Delete": {"TableName": "one", "Key": key("large")}},
            {"Put": {"TableName": "one", "Item": key("shrinking")}},
            {"ConditionCheck": {"TableName": "one", "Key": key("checked"),
                                "ConditionExpression": "attribute_exists(v)"}},
        ],
    )  # fmt: skip
    assert answer["ConsumedCapacity"][0]["CapacityUnits"] == 3 * 2 * 3


def test_a_transaction_touches_an_item_once() -> None:
    told = "Transaction request cannot include multiple operations on one item"
    assert refused("transact_write_items", TransactItems=[put("one", "y"), put("one", "y")]) == told


def test_items_are_read_together() -> None:
    CLIENT.put_item(TableName="one", Item={**key("r"), "v": {"S": "x"}})
    found = CLIENT.transact_get_items(
        TransactItems=[
            {"Get": {"TableName": "one", "Key": key("r"), "ProjectionExpression": "v"}},
            {"Get": {"TableName": "two", "Key": key("nobody")}},
        ]
    )
    assert found["Responses"] == [{"Item": {"v": {"S": "x"}}}, {}]
    told = refused(
        "transact_get_items",
        "TransactionCanceledException",
        TransactItems=[{"Get": {"TableName": "one", "Key": {}}}],
    )
    assert told.endswith("[ValidationError]")


def test_a_transaction_holds_four_megabytes() -> None:
    large = [{**key(f"large {number}"), "body": {"S": "x" * 399_000}} for number in range(11)]
    items = [{"Put": {"TableName": "one", "Item": item}} for item in large]
    told = "Collection size of all items in the transaction exceeded the limit: 4 MB"
    assert refused("transact_write_items", TransactItems=items) == told
    CLIENT.transact_write_items(TransactItems=items[:10])
    assert there("one", "large 9") is not None and there("one", "large 10") is None
