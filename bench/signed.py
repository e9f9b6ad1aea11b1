"""Signed DynamoDB requests as boto3 sends them, ready for the load generator."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ACCESS_KEY, SECRET, REGION, TABLE = "AKIDEXAMPLE", "example-secret-key", "us-east-1", "bench"
AGENT = (
    "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.18 md/arch#x86_64 lang/python#3.11.7 "
    "md/pyimpl#CPython m/Z,b,e,D cfg/retry-mode#legacy Botocore/1.44.5"
)


def request(operation: str, input: dict[str, Any], port: int) -> bytes:
    """One signed request (AWS Signature Version 4)."""
    now = datetime.datetime.now(datetime.UTC)
    stamp, date = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    body = json.dumps(input).encode()
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "host": f"127.0.0.1:{port}",
        "x-amz-date": stamp,
        "x-amz-target": f"DynamoDB_20120810.{operation}",
    }
    names = ";".join(headers)
    lines = "".join(f"{name}:{value}\n" for name, value in headers.items())
    canonical = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{date}/{REGION}/dynamodb/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    key = b"AWS4" + SECRET.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    signature = hmac.digest(key, text.encode(), "sha256").hex()
    authorization = (
        f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={names}, Signature={signature}"
    )
    head = [
        "POST / HTTP/1.1",
        *(f"{name.title()}: {value}" for name, value in headers.items()),
        "Accept-Encoding: identity",
        f"User-Agent: {AGENT}",
        f"Authorization: {authorization}",
        "amz-sdk-invocation-id: 2f1d8f3e-7c1b-4a55-9d5e-0c6c1f0a2b77",
        "amz-sdk-request: attempt=1",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def item(number: int) -> dict[str, Any]:
    """An item of about 200 bytes."""
    return {
        "pk": {"S": f"user#{number:07d}"},
        "sk": {"S": "profile"},
        "name": {"S": f"Ann Example {number}"},
        "n": {"N": str(number)},
        "data": {"S": "x" * 96},
        "active": {"BOOL": True},
    }


def key(number: int) -> dict[str, Any]:
    return {"pk": {"S": f"user#{number:07d}"}, "sk": {"S": "profile"}}


def write(folder: Path, port: int, count: int = 2000, keys: int = 1000) -> dict[str, Path]:
    """Files of PutItem and GetItem requests, their keys spread over so many."""
    numbers = [n * 7919 % keys for n in range(count)]
    puts = (("PutItem", {"TableName": TABLE, "Item": item(number)}) for number in numbers)
    gets = (("GetItem", {"TableName": TABLE, "Key": key(number)}) for number in numbers)
    return {
        "put": write_file(folder / f"put-{keys}-{port}.requests", puts, port),
        "get": write_file(folder / f"get-{keys}-{port}.requests", gets, port),
    }


def write_many(folder: Path, port: int, count: int = 500) -> dict[str, Path]:
    """Files of requests that concern many items: Query of 100, TransactWriteItems of 10, BatchWriteItem of
    25. What Query finds is made by `listed`."""
    query = {
        "TableName": TABLE,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": listed(0)["pk"]},
    }
    tens = [[(start * 10 + n) % 1000 for n in range(10)] for start in range(count)]
    transactions = [[{"Put": {"TableName": TABLE, "Item": item(n)}} for n in ten] for ten in tens]
    wanted = {
        "query": (("Query", query) for _ in range(10)),
        "transact": (("TransactWriteItems", {"TransactItems": each}) for each in transactions),
    }
    files = {kind: write_file(folder / f"{kind}-{port}.requests", each, port) for kind, each in wanted.items()}
    files["batch"] = folder / f"batch-{port}.requests"
    write_batches(files["batch"], port, range(1000))
    return files


def listed(number: int) -> dict[str, Any]:
    """An item of a partition that has a hundred."""
    return {**item(number), "pk": {"S": "list"}, "sk": {"S": f"{number:04d}"}}


def write_batches(path: Path, port: int, numbers: range) -> int:
    """A file of BatchWriteItem requests that put items of these numbers, 25 at a time; returns how many."""
    starts = range(numbers.start, numbers.stop, 25)
    puts = ([{"PutRequest": {"Item": item(n)}} for n in range(start, start + 25)] for start in starts)
    write_file(path, (("BatchWriteItem", {"RequestItems": {TABLE: each}}) for each in puts), port)
    return len(starts)


def write_file(path: Path, wanted: Iterable[tuple[str, dict[str, Any]]], port: int) -> Path:
    """A file of signed requests as the load generator reads them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for operation, input in wanted:
            message = request(operation, input, port)
            file.write(struct.pack("<I", len(message)) + message)
    return path
