"""What global tables of the 2017 version write into items: when and where each was last written.

    aws:rep:updatetime      seconds since 1970, with six digits after the point
    aws:rep:updateregion    the region that took the write
    aws:rep:deleting        whether another region has deleted it, which is about to be done here too

Every write there is two: the caller's, and the one that adds these (developer guide, "Global tables versions": two
stream records for each write). Where a deletion comes from elsewhere, the first of two says that it is coming.

Invariant: an item's marks are of its record's stamp, so that all replicas hold the same bytes.
"""

from __future__ import annotations

import orjson

from . import records
from .values import size_of_item

Step = tuple[bytes, int]
"""An item's JSON and its size, on the way to what is written."""


def steps(
    old: bytes | None, json: bytes, size: int, stamp: records.Stamp, ours: bool
) -> tuple[bytes, int, Step | None]:
    """What a write leaves of an item, the size of that, and what the item is on the way."""
    if json:
        return *marked(json, stamp), (json, size) if ours else None
    was = records.json_of(old) if old is not None else b""
    return json, size, marked(was, stamp, deleting=True) if was and not ours else None


def marked(json: bytes, stamp: records.Stamp, deleting: bool = False) -> Step:
    """The item with its marks."""
    item = orjson.loads(json)
    item["aws:rep:deleting"] = {"BOOL": deleting}
    item["aws:rep:updateregion"] = {"S": stamp[1]}
    item["aws:rep:updatetime"] = {"N": f"{stamp[0]:.6f}".rstrip("0").rstrip(".")}
    return records.json_from(item), size_of_item(item)
