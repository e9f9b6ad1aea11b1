"""A stream's record: how it rests, and how it is told.

It rests as a head and one or two images, the item's JSON as it stands in the table. With one image it is the
one the view shows, or where there is no such the other: keys are taken from it when the record is told.
"""

from __future__ import annotations

import datetime
import struct
from hashlib import blake2b
from typing import Any

import orjson

from ...wire.encoded import Encoded
from . import comparing, records
from .values import Item, size_of_item

Plain = dict[str, Any]

INSERT, MODIFY, REMOVE = 0, 1, 2
EVENTS = ("INSERT", "MODIFY", "REMOVE")
EXPIRED = 4  # added to REMOVE
SERVICE = {"PrincipalId": "dynamodb.amazonaws.com", "Type": "Service"}

_HEAD = struct.Struct("<dBIII")  # when, which event, size before and after, length of the first image


def pack(
    before: bytes | None, json: bytes, size: int, at: float, expired: bool, both: bool, old_first: bool
) -> bytes | None:
    """The bytes of a record; None when nothing changed, for then a stream says nothing."""
    old = records.json_of(before) if before is not None else b""
    if not old:
        if not json:
            return None
        return _HEAD.pack(at, INSERT, 0, size, 0) + json
    assert before is not None
    old_size = records.size_of(before)
    if not json:
        return _HEAD.pack(at, REMOVE + EXPIRED if expired else REMOVE, old_size, 0, len(old)) + old
    if old_size == size and (
        old == json or comparing.equal({"M": orjson.loads(old)}, {"M": orjson.loads(json)})
    ):
        return None
    if both:
        return _HEAD.pack(at, MODIFY, old_size, size, len(old)) + old + json
    if old_first:
        return _HEAD.pack(at, MODIFY, old_size, size, len(old)) + old
    return _HEAD.pack(at, MODIFY, old_size, size, 0) + json


def time_of(record: bytes) -> float:
    """When it was applied here."""
    at: float = struct.unpack_from("<d", record)[0]
    return at


def told(record: bytes, stream: Any, number: int, region: str) -> tuple[Plain, int]:
    """A Record of the API, and its size in bytes."""
    at, mark, old_size, size, length = _HEAD.unpack_from(record)
    data, images = stream.data, record[_HEAD.size :]
    old, new = images[:length], images[length:]
    item: Item = orjson.loads(new or old)
    keys = {each["AttributeName"]: item[each["AttributeName"]] for each in data["keys"]}
    total, view = size_of_item(keys), data["view"]
    about: Plain = {
        "ApproximateCreationDateTime": float(int(at)),
        "Keys": keys,
        "SequenceNumber": stream.sequence_number(number),
        "StreamViewType": view,
    }
    if new and view in ("NEW_IMAGE", "NEW_AND_OLD_IMAGES"):
        about["NewImage"] = Encoded(new)
        total += size
    if old and view in ("OLD_IMAGE", "NEW_AND_OLD_IMAGES"):
        about["OldImage"] = Encoded(old)
        total += old_size
    about["SizeBytes"] = total
    found: Plain = {
        "eventID": blake2b(f"{data['arn']} {number}".encode(), digest_size=16).hexdigest(),
        "eventName": EVENTS[mark & 3],
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": region,
        "dynamodb": about,
    }
    if mark & EXPIRED:
        found["userIdentity"] = SERVICE
    return found, total


def label_of(at: float) -> str:
    """The time a stream began, as its ARN tells it."""
    return datetime.datetime.fromtimestamp(at, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
