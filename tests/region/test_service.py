"""What a service may be to a region."""

from __future__ import annotations

from typing import Any

import boto
from places import region

from terrella.region.service import Context, Service


def test_a_service_answers_the_models_beside_its_own_on_the_same_state() -> None:
    both = Service("dynamodb", Names, beside=("dynamodbstreams",))

    @both.operation
    def create_table(ctx: Context[Names], input: dict[str, Any]) -> dict[str, Any]:
        ctx.commit("named", name=input["TableName"])
        return {}

    @both.operation
    def list_streams(ctx: Context[Names], input: dict[str, Any]) -> dict[str, Any]:
        return {"Streams": [{"TableName": name} for name in ctx.state.names]}

    @both.change
    def named(state: Names, change: Any, name: str) -> None:
        state.names.put(name, {})

    begun: list[str] = []
    both.start(lambda ctx: begun.append(ctx.region))
    here = region("eu-west-1", both)
    here.start()
    key = {"AttributeName": "a"}
    boto.client(here, "dynamodb").create_table(
        TableName="things", KeySchema=[{**key, "KeyType": "HASH"}], AttributeDefinitions=[{**key, "AttributeType": "S"}]
    )
    assert boto.client(here, "dynamodbstreams").list_streams()["Streams"] == [{"TableName": "things"}]
    assert here.call("dynamodbstreams", "ListStreams", {})["Streams"] and begun == ["eu-west-1"]


class Names:
    """Names and nothing else."""

    def __init__(self, maps: Any) -> None:
        self.names = maps.objects("dynamodb.names")
