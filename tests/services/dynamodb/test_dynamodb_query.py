"""Query and Scan through boto3: ranges, order, pages, filters, segments, indexes."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import make_table, numbered, one_region

WORLD, CLIENT = one_region()
VALUES = {":a": {"S": "a"}, ":three": {"N": "3"}, ":six": {"N": "6"}}
BY_KIND = {
    "IndexName": "by_kind",
    "KeySchema": [
        {"AttributeName": "kind", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "Projection": {"ProjectionType": "KEYS_ONLY"},
}
BY_RANK = {
    "IndexName": "by_rank",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "rank", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["shown"]},
}
make_table(
    WORLD,
    CLIENT,
    sort="N",
    defined=[
        {"AttributeName": "kind", "AttributeType": "S"},
        {"AttributeName": "rank", "AttributeType": "S"},
    ],
    GlobalSecondaryIndexes=[BY_KIND],
    LocalSecondaryIndexes=[BY_RANK],
)
for number in range(10):
    kind = {"kind": {"S": "even" if number % 2 == 0 else "odd"}} if number else {}
    more = {"rank": {"S": chr(ord("z") - number)}, "shown": {"S": "s"}, "other": {"S": "o"}}
    CLIENT.put_item(TableName="things", Item=numbered(number, **kind, **more))
CLIENT.put_item(TableName="things", Item={"pk": {"S": "b"}, "sk": {"N": "-1"}})


def asked(text: str, **more: Any) -> Any:
    words = text.replace(",", " ").replace(")", " ").split()
    values = {name: VALUES[name] for name in VALUES if name in words}
    given = more.pop("values", {})
    return CLIENT.query(
        TableName="things",
        KeyConditionExpression=text,
        ExpressionAttributeValues={**values, **given},
        **more,
    )


def sort_keys(answer: Any) -> list[int]:
    return [int(item["sk"]["N"]) for item in answer["Items"]]


def refused(operation: str = "query", **input: Any) -> str:
    with pytest.raises(ClientError) as caught:
        getattr(CLIENT, operation)(**{"TableName": "things", **input})
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return str(caught.value.response["Error"]["Message"])


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("pk = :a", range(10)),
        ("pk = :a AND sk >= :three", range(3, 10)),
        ("pk = :a AND sk BETWEEN :three AND :six", range(3, 7)),
    ],
)
def test_a_partition_is_read_in_order(text: str, kept: Any) -> None:
    assert sort_keys(asked(text)) == list(kept)
    assert sort_keys(asked(text, ScanIndexForward=False)) == list(reversed(kept))


@pytest.mark.parametrize("forward", [True, False])
@pytest.mark.parametrize("limit", [1, 3, 10])
def test_pages_join_to_the_whole(limit: int, forward: bool) -> None:
    found, start = [], {}
    while True:
        page = asked("pk = :a", Limit=limit, ScanIndexForward=forward, **start)
        found += sort_keys(page)
        assert page["ScannedCount"] <= limit
        if "LastEvaluatedKey" not in page:
            break
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert found == (list(range(10)) if forward else list(range(9, -1, -1)))


def test_a_filter_is_applied_after_the_limit() -> None:
    page = asked("pk = :a", FilterExpression="#r < :x", Limit=4, values={":x": {"S": "x"}},
                 ExpressionAttributeNames={"#r": "rank"})  # fmt: skip
    assert (sort_keys(page), page["ScannedCount"], page["Count"]) == ([3], 4, 1)


def test_counting_tells_no_items() -> None:
    page = asked("pk = :a", Select="COUNT")
    assert page["Count"] == 10 and "Items" not in page


def test_a_scan_sees_every_item_once_whatever_the_segments() -> None:
    assert CLIENT.scan(TableName="things")["Count"] == 11
    for total in (1, 2, 7):
        counts = [
            CLIENT.scan(TableName="things", Segment=number, TotalSegments=total)["Count"]
            for number in range(total)
        ]
        assert sum(counts) == 11


def test_a_page_ends_at_a_megabyte() -> None:
    make_table(WORLD, CLIENT, "large", sort="N")
    for number in range(4):
        CLIENT.put_item(TableName="large", Item=numbered(number, x={"S": "x" * 350_000}))
    first = CLIENT.scan(TableName="large")
    assert first["Count"] == 3 and first["LastEvaluatedKey"] == numbered(2)
    rest = CLIENT.scan(TableName="large", ExclusiveStartKey=first["LastEvaluatedKey"])
    assert rest["Count"] == 1 and "LastEvaluatedKey" not in rest


def test_an_index_holds_only_items_that_have_its_key() -> None:
    found = CLIENT.scan(TableName="things", IndexName="by_kind")
    assert found["Count"] == 9
    assert set(found["Items"][0]) == {"pk", "sk", "kind"}


def test_a_global_index_is_asked_by_its_own_key() -> None:
    found = CLIENT.query(
        TableName="things",
        IndexName="by_kind",
        KeyConditionExpression="kind = :k AND sk > :three",
        ExpressionAttributeValues={":k": {"S": "odd"}, ":three": {"N": "3"}},
        Limit=2,
    )
    assert sort_keys(found) == [5, 7]
    assert found["LastEvaluatedKey"] == numbered(7, kind={"S": "odd"})


def test_a_local_index_orders_by_its_own_key_and_fetches_what_it_lacks() -> None:
    found = asked("pk = :a", IndexName="by_rank", Limit=1)
    assert sort_keys(found) == [9] and "other" not in found["Items"][0]
    assert found["Items"][0]["shown"] == {"S": "s"}
    found = asked("pk = :a", IndexName="by_rank", Limit=1, Select="ALL_ATTRIBUTES")
    assert found["Items"][0]["other"] == {"S": "o"}


def test_what_a_local_index_lacks_is_read_and_paid_for_item_by_item() -> None:
    asked = {
        "TableName": "things", "IndexName": "by_rank", "ConsistentRead": True, "ReturnConsumedCapacity": "INDEXES",
        "KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}, "Limit": 3,
    }  # fmt: skip
    projected = CLIENT.query(**asked)["ConsumedCapacity"]
    assert (projected["CapacityUnits"], projected["Table"]["CapacityUnits"]) == (1.0, 0.0)
    whole = CLIENT.query(**asked, Select="ALL_ATTRIBUTES")["ConsumedCapacity"]
    assert (whole["CapacityUnits"], whole["Table"]["CapacityUnits"]) == (4.0, 3.0)
    assert whole["LocalSecondaryIndexes"]["by_rank"]["CapacityUnits"] == 1.0


def test_an_index_follows_its_item() -> None:
    def kinds() -> list[str]:
        found = CLIENT.scan(TableName="things", IndexName="by_kind")["Items"]
        return [item["kind"]["S"] for item in found if item["pk"]["S"] == "moving"]

    key = {"pk": {"S": "moving"}, "sk": {"N": "1"}}
    for text, value, seen in (
        ("SET kind = :v", {":v": {"S": "one"}}, ["one"]),
        ("SET kind = :v", {":v": {"S": "two"}}, ["two"]),
        ("REMOVE kind", None, []),
        ("SET kind = :v", {":v": {"S": "three"}}, ["three"]),
    ):
        given = {"ExpressionAttributeValues": value} if value else {}
        CLIENT.update_item(TableName="things", Key=key, UpdateExpression=text, **given)
        assert kinds() == seen
    CLIENT.delete_item(TableName="things", Key=key)
    assert kinds() == []


KEYED = {"KeyConditionExpression": "pk = :a", "ExpressionAttributeValues": {":a": {"S": "a"}}}


@pytest.mark.parametrize(
    ("input", "message"),
    [
        (
            {},
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
        ),
        ({**KEYED, "IndexName": "nope"}, "The table does not have the specified index: nope"),
        (
            {**KEYED, "IndexName": "by_kind", "ConsistentRead": True},
            "Consistent reads are not supported on global secondary indexes",
        ),
        ({**KEYED, "IndexName": "by_kind"}, "Query condition missed key schema element: kind"),
        ({**KEYED, "ExclusiveStartKey": {"pk": {"S": "a"}}}, "The provided starting key is invalid"),
        (
            {**KEYED, "ExclusiveStartKey": {"pk": {"S": "b"}, "sk": {"N": "1"}}},
            "The provided starting key is outside query boundaries based on provided conditions",
        ),
        (
            {**KEYED, "FilterExpression": "sk = :a"},
            "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
        ),
        (
            {**KEYED, "Select": "SPECIFIC_ATTRIBUTES"},
            "Must specify the AttributesToGet or ProjectionExpression when choosing to get "
            "SPECIFIC_ATTRIBUTES",
        ),
        (
            {**KEYED, "Limit": 0},
            "1 validation error detected: Value at 'Limit' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
    ],
)
def test_what_a_query_cannot_ask_is_told_in_dynamodbs_words(input: dict[str, Any], message: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.validate.ParamValidator.validate", lambda *_: _nothing_wrong())
        assert refused(**input) == message


class _nothing_wrong:
    def has_errors(self) -> bool:
        return False


@pytest.mark.parametrize(
    ("input", "message"),
    [
        (
            {"Segment": 5, "TotalSegments": 5},
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            "Segment: 5 is not less than TotalSegments: 5",
        ),
        (
            {"Segment": 1},
            "The TotalSegments parameter is required but was not present in the request when Segment "
            "parameter is present",
        ),
        (
            {"TotalSegments": 1},
            "The Segment parameter is required but was not present in the request when parameter "
            "TotalSegments is present",
        ),
    ],
)
def test_segments_come_in_pairs(input: dict[str, Any], message: str) -> None:
    assert refused("scan", **input) == message
