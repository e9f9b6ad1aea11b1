"""What the wire costs: microseconds per DynamoDB request, read, checked, written and verified.

Run with `PYTHONPATH=src python bench/wire.py`. The best of several rounds, one core.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from terrella.wire import codec, route, sigv4, validate
from terrella.wire.encoded import Encoded
from terrella.wire.http import Request

SECRET = "example-secret-key"
ITEM = {"pk": {"S": "user#1234"}, "sk": {"S": "order#42"}, "n": {"N": "17"}, "text": {"S": "x" * 140}}
PUT = {"TableName": "orders", "Item": ITEM}
GET = {"TableName": "orders", "Key": {"pk": ITEM["pk"], "sk": ITEM["sk"]}}


def main() -> None:
    put, get = signed("PutItem", PUT), signed("GetItem", GET)
    signature = sigv4.read(put)
    assert signature is not None
    now = datetime.now(UTC).timestamp()
    put_item, get_item = route.resolve(put, "dynamodb"), route.resolve(get, "dynamodb")
    found = {"Item": Encoded(orjson.dumps(ITEM))}
    show("orjson alone, PutItem body", lambda: orjson.loads(put.body))
    show("PutItem route + read", lambda: read(put))
    show("PutItem route + read + validate", lambda: read_and_check(put))
    show("GetItem route + read + validate", lambda: read_and_check(get))
    show("PutItem write", lambda: codec.write(put_item.operation, "json", {}, "R" * 32))
    show("GetItem write, encoded item", lambda: codec.write(get_item.operation, "json", found, "R" * 32))
    show("sigv4.read", lambda: sigv4.read(put))
    show("sigv4.verify", lambda: sigv4.verify(put, signature, SECRET, now))


def read(request: Request) -> dict[str, Any]:
    call = route.resolve(request, "dynamodb")
    return codec.read(call, call.protocol, request)


def read_and_check(request: Request) -> None:
    call = route.resolve(request, "dynamodb")
    validate.check(call.operation, codec.read(call, call.protocol, request))


def signed(operation: str, body: dict[str, Any]) -> Request:
    made = AWSRequest("POST", "https://dynamodb.eu-west-1.amazonaws.com/", data=orjson.dumps(body))
    made.headers["X-Amz-Target"] = f"DynamoDB_20120810.{operation}"
    made.headers["Content-Type"] = "application/x-amz-json-1.0"
    made.headers["Host"] = "dynamodb.eu-west-1.amazonaws.com"
    SigV4Auth(Credentials("AKIDEXAMPLE", SECRET), "dynamodb", "eu-west-1").add_auth(made)
    headers = {name.lower(): str(value) for name, value in made.headers.items()}
    return Request("POST", "/", "", headers, orjson.dumps(body))


def show(name: str, action: Callable[[], Any], rounds: int = 7, times: int = 20_000) -> None:
    best = min(timeit.repeat(action, number=times, repeat=rounds)) / times
    print(f"{name:36s} {best * 1e6:6.2f} µs")


if __name__ == "__main__":
    main()
