"""Answers that are compressed for those who accept it, as DynamoDB does; and what an index needs to be told."""

from __future__ import annotations

import gzip
import json
import zlib
from typing import Any

import pytest
from botocore.exceptions import ClientError
from dynamodb_places import TinyWorld, make_table

from terrella.wire.http import Request

REGION = "us-east-1"


def get(world: TinyWorld, key: str, **headers: str) -> Any:
    scope = "Credential=a/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
    signed = {"host": "localhost", "authorization": f"AWS4-HMAC-SHA256 {scope}", "x-amz-date": "20260101T000000Z"}
    about = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.GetItem"}
    body = json.dumps({"TableName": "things", "Key": {"pk": {"S": key}}}).encode()
    return world.regions[REGION].handle(Request("POST", "/", "", {**signed, **about, **headers}, body))


def test_large_answers_are_compressed_for_those_who_accept_it() -> None:
    world = TinyWorld(REGION)
    make_table(world, world.clients[REGION])
    for key, size in (("small", 3000), ("large", 9000)):
        world.clients[REGION].put_item(TableName="things", Item={"pk": {"S": key}, "v": {"S": "x" * size}})
    plain = get(world, "large")
    assert "content-encoding" not in dict(plain.headers)
    for coding, unpack in (("gzip", gzip.decompress), ("deflate", zlib.decompress)):
        packed = get(world, "large", **{"accept-encoding": coding})
        headers = dict(packed.headers)
        assert headers["content-encoding"] == coding and len(packed.body) < 300
        assert unpack(packed.body) == plain.body
        assert headers["x-amz-crc32"] == str(zlib.crc32(packed.body)), "of what is sent"
        assert "content-encoding" not in dict(get(world, "small", **{"accept-encoding": coding}).headers)


def test_a_new_indexs_attributes_are_told_even_if_the_table_knows_them() -> None:
    world = TinyWorld(REGION)
    client = world.clients[REGION]
    index = {
        "IndexName": "by-x", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }  # fmt: skip
    make_table(world, client)
    with pytest.raises(ClientError, match=r"not defined in AttributeDefinitions. Keys: \[pk\]"):
        client.update_table(TableName="things", GlobalSecondaryIndexUpdates=[{"Create": index}])
