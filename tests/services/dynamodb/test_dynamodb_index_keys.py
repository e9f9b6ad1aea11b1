"""Attributes an index keys on: what may be written of them, what that costs, how they are asked for."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import make_table, one_region

WORLD, CLIENT = one_region()
ALL = {"ProjectionType": "ALL"}
SCORES = {
    "IndexName": "scores",
    "KeySchema": [
        {"AttributeName": "game", "KeyType": "HASH"},
        {"AttributeName": "level", "KeyType": "RANGE"},
        {"AttributeName": "score", "KeyType": "RANGE"},
    ],
    "Projection": ALL,
}
BY_LEVEL = {
    "IndexName": "by_level",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "level", "KeyType": "RANGE"}],
    "Projection": ALL,
}
make_table(
    WORLD,
    CLIENT,
    sort="N",
    defined=[
        {"AttributeName": "game", "AttributeType": "S"},
        {"AttributeName": "level", "AttributeType": "S"},
        {"AttributeName": "score", "AttributeType": "N"},
    ],
    GlobalSecondaryIndexes=[SCORES],
    LocalSecondaryIndexes=[BY_LEVEL],
)
for number in range(4):
    level = {"game": {"S": "chess"}, "level": {"S": "ab"[number // 2]}, "score": {"N": str(number)}}
    CLIENT.put_item(TableName="things", Item={"pk": {"S": "p"}, "sk": {"N": str(number)}, **level})
EMPTY = "One or more parameter values are not valid. "
EMPTY_KEY = EMPTY + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
EMPTY_INDEX = (
    EMPTY + "A value specified for a secondary index key is not supported. The AttributeValue for a key attribute "
    "cannot contain an empty string value. IndexName: scores, IndexKey: game"
)
EMPTY_UPDATED = (
    EMPTY + "The update expression attempted to update a secondary index key to a value that is not supported. "
    "The AttributeValue for a key attribute cannot contain an empty string value."
)


def key(pk: str, sk: int = 0) -> dict[str, Any]:
    return {"pk": {"S": pk}, "sk": {"N": str(sk)}}


def refused(operation: str, **input: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        getattr(CLIENT, operation)(**input)
    assert caught.value.response["Error"]["Code"] == "ValidationException"
    return caught.value.response["Error"]  # type: ignore[return-value]


def put(**attributes: Any) -> dict[str, Any]:
    return {"Put": {"TableName": "things", "Item": {**key("q"), **attributes}}}


def update(pk: str, **values: Any) -> dict[str, Any]:
    said = {"UpdateExpression": "SET game = :game", "ExpressionAttributeValues": {":game": values}}
    return {"TableName": "things", "Key": key(pk), **said}


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (put(pk={"S": ""}), EMPTY_KEY),
        ({"Update": update("", S="go")}, EMPTY_KEY),
        (put(game={"S": ""}), EMPTY_INDEX),
        ({"Update": update("q", S="")}, EMPTY_UPDATED),
    ],
)
def test_an_empty_key_makes_a_transaction_invalid_and_does_not_cancel_it(
    action: dict[str, Any], message: str
) -> None:
    assert refused("transact_write_items", TransactItems=[action])["Message"] == message


def test_an_update_to_an_empty_index_key_is_refused_in_words_of_its_own() -> None:
    assert refused("update_item", **update("p", S=""))["Message"] == EMPTY_UPDATED


def test_an_update_judges_only_the_index_keys_it_writes() -> None:
    make_table(WORLD, CLIENT, "older")
    CLIENT.put_item(TableName="older", Item={"pk": {"S": "a"}, "colour": {"N": "1"}})
    CLIENT.update_table(
        TableName="older",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "colour")],
        GlobalSecondaryIndexUpdates=[
            {
                "Create": {
                    "IndexName": "by_colour",
                    "KeySchema": [{"AttributeName": "colour", "KeyType": "HASH"}],
                    "Projection": ALL,
                }
            }
        ],
    )
    WORLD.settle()
    written = {"UpdateExpression": "SET size_ = :v", "ExpressionAttributeValues": {":v": {"N": "2"}}}
    CLIENT.update_item(TableName="older", Key={"pk": {"S": "a"}}, **written)
    assert CLIENT.get_item(TableName="older", Key={"pk": {"S": "a"}})["Item"]["size_"] == {"N": "2"}


def test_a_transaction_tells_what_it_wrote_to_indexes_at_the_usual_price() -> None:
    actions = [put(game={"S": "go"}, level={"S": "a"}, score={"N": "1"})]
    [told] = CLIENT.transact_write_items(TransactItems=actions, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"]
    one = {"CapacityUnits": 1.0, "WriteCapacityUnits": 1.0}
    assert told["Table"] == {"CapacityUnits": 2.0, "WriteCapacityUnits": 2.0}
    assert (told["GlobalSecondaryIndexes"], told["LocalSecondaryIndexes"]) == ({"scores": one}, {"by_level": one})
    assert told["CapacityUnits"] == told["WriteCapacityUnits"] == 4.0


def conditions(**given: tuple[str, str, str]) -> dict[str, Any]:
    return {
        name: {"ComparisonOperator": operator, "AttributeValueList": [{kind: value}]}
        for name, (operator, kind, value) in given.items()
    }


def test_key_conditions_reach_all_keys_of_an_index_with_several() -> None:
    asked: dict[str, Any] = {"TableName": "things", "IndexName": "scores"}
    found = CLIENT.query(
        **asked, KeyConditions=conditions(game=("EQ", "S", "chess"), level=("EQ", "S", "b"), score=("GT", "N", "2"))
    )
    assert [item["sk"]["N"] for item in found["Items"]] == ["3"]
    skipping = conditions(game=("EQ", "S", "chess"), score=("GT", "N", "2"))
    assert "level, score" in refused("query", **asked, KeyConditions=skipping)["Message"]
    three = conditions(pk=("EQ", "S", "p"), sk=("EQ", "N", "1"), game=("EQ", "S", "chess"))
    assert refused("query", TableName="things", KeyConditions=three)["Message"] == (
        "Conditions can be of length 1 or 2 only"
    )


def test_whoever_wants_only_the_count_names_no_attributes() -> None:
    asked = {"Select": "COUNT", "ProjectionExpression": "pk"}
    assert refused("scan", TableName="things", **asked)["Message"] == (
        "Cannot specify the ProjectionExpression when choosing to get only the Count"
    )
