"""A provisioned table does what it is provisioned for each second, and what it saved up in five minutes."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import HASH, SETTLED_S, TinyWorld

from terrella.services.dynamodb.throttling import Bucket

WORLD = TinyWorld("eu-west-1")
CLIENT = WORLD.clients["eu-west-1"]
THROUGHPUT = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}


def setup_module() -> None:
    CLIENT.create_table(
        TableName="things",
        KeySchema=[HASH],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        ProvisionedThroughput=THROUGHPUT,
    )
    WORLD.clock.time += SETTLED_S


def put(pk: str = "a") -> None:
    CLIENT.put_item(TableName="things", Item={"pk": {"S": pk}})


def drained() -> dict[str, Any]:
    """Write until there is nothing left; the refusal."""
    with pytest.raises(ClientError) as caught:
        for _ in range(400):
            put()
    return dict(caught.value.response)


def test_a_burst_is_let_through_and_then_one_unit_a_second() -> None:
    WORLD.clock.time += 300
    answer = drained()
    assert answer["Error"]["Code"] == "ProvisionedThroughputExceededException"
    assert answer["Error"]["Message"].startswith("The level of configured provisioned throughput for the table")
    (reason,) = answer["ThrottlingReasons"]
    assert reason["reason"] == "TableWriteProvisionedThroughputExceeded"
    WORLD.clock.time += 1
    put()
    drained()
    assert CLIENT.get_item(TableName="things", Key={"pk": {"S": "a"}})["Item"]  # reads have their own


def test_a_batch_says_what_was_left_and_a_transaction_why_it_was_not_done() -> None:
    drained()
    WORLD.clock.time += 2
    requests = [{"PutRequest": {"Item": {"pk": {"S": str(number)}}}} for number in range(5)]
    answer = CLIENT.batch_write_item(RequestItems={"things": requests})
    assert answer["UnprocessedItems"]["things"] == requests[2:]
    with pytest.raises(ClientError) as caught:
        CLIENT.transact_write_items(TransactItems=[{"Put": {"TableName": "things", "Item": {"pk": {"S": "t"}}}}])
    assert caught.value.response["CancellationReasons"][0]["Code"] == "ProvisionedThroughputExceeded"


def test_paying_per_request_is_never_throttled() -> None:
    drained()
    CLIENT.update_table(TableName="things", BillingMode="PAY_PER_REQUEST")
    put()


def test_a_bucket_is_never_in_debt() -> None:
    bucket = Bucket(2)
    assert bucket.has_unit(10.0)
    bucket.spend(10_000)
    assert not bucket.has_unit(10.4)
    assert bucket.has_unit(10.5)
