"""Whatever JSON comes, the answer is one a caller is meant to see; never a defect."""

from __future__ import annotations

import json
from typing import Any

from dynamodb_places import make_table, numbered, one_region
from hypothesis import given, settings
from hypothesis import strategies as st

from terrella.wire.http import Request, Response

WORLD, CLIENT = one_region()
make_table(WORLD, CLIENT, sort="N")
CLIENT.put_item(TableName="things", Item=numbered(1, l={"L": [{"S": "x"}]}))

VALUES = st.sampled_from(
    [
        {"S": "a"}, {"S": ""}, {"N": "1"}, {"N": "x"}, {"S": 1}, {"L": [{"S": "x"}, {}]},
        {"M": []}, {"B": "?"},
        {"SS": []}, {"NULL": "maybe"}, None, [], "x", 7, {}, {"M": {"k": {"NS": ["1"]}}}, {"BOOL": 3},
    ]
)  # fmt: skip
NAMES = st.sampled_from(["pk", "sk", "l", "#n", ":v", ":w", "x"])
MAPS = st.dictionaries(NAMES, VALUES, max_size=3)
WORDS = ["pk", "sk", "l", "#n", ":v", ":w", "[0]", ".x", "=", "<", "(", ")", ",", "AND", "NOT",
         "IN", "BETWEEN",
         "SET", "REMOVE", "ADD", "DELETE", "size", "contains", "if_not_exists", "+", "1", "!",
         "é"]  # fmt: skip
TEXTS = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join) | st.sampled_from(
    ["pk = :v", "SET l[0] = :v", "ADD x :v", "contains(l, :v)", "#n < :v", "pk = :v AND sk > :w"]
)
SCALARS = st.sampled_from(["ALL_OLD", "TOTAL", "COUNT", 1, 0, -1, True, None, "x"])
INPUTS = st.fixed_dictionaries(
    {"TableName": st.just("things")},
    optional={
        **dict.fromkeys(("Item", "Key", "ExclusiveStartKey", "ExpressionAttributeValues"), MAPS | VALUES),
        "ExpressionAttributeNames": st.dictionaries(NAMES, st.sampled_from(["pk", "x", "", 1, None]))
        | VALUES,
        **dict.fromkeys(
            ("ConditionExpression", "UpdateExpression", "KeyConditionExpression", "FilterExpression",
             "ProjectionExpression"),
            TEXTS | VALUES,
        ),
        **dict.fromkeys(("ReturnValues", "Limit", "Segment", "TotalSegments", "Select"), SCALARS),
        "AttributesToGet": st.just(["x"]) | VALUES,
    },
)  # fmt: skip
OPERATIONS = st.sampled_from(["PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan"])


def answer(operation: str, input: Any) -> Response:
    headers = {
        "host": "dynamodb.eu-west-1.amazonaws.com",
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": f"DynamoDB_20120810.{operation}",
    }
    asked = Request("POST", "/", "", headers, json.dumps(input).encode())
    found = WORLD.regions["eu-west-1"].handle(asked)
    assert isinstance(found, Response)
    return found


@settings(max_examples=400)
@given(OPERATIONS, INPUTS)
def test_no_request_breaks_an_operation_on_items(operation: str, input: Any) -> None:
    assert answer(operation, input).status in (200, 400, 501)


@settings(max_examples=150)
@given(INPUTS, st.sampled_from(["Put", "Update", "Delete", "ConditionCheck"]), VALUES)
def test_no_request_breaks_a_batch_or_transaction(input: Any, verb: str, odd: Any) -> None:
    assert answer("TransactWriteItems", {"TransactItems": [{verb: input}, odd]}).status in (200, 400, 501)
    requests = [{"PutRequest": {"Item": input.get("Item")}}, odd]
    assert answer("BatchWriteItem", {"RequestItems": {"things": requests}}).status in (200, 400, 501)
    keys = {"things": {**input, "Keys": [input.get("Key"), odd]}}
    assert answer("BatchGetItem", {"RequestItems": keys}).status in (200, 400, 501)
