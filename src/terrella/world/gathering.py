"""What a run leaves behind in the regions: where each tagged write stands, and what the tables hold.

Pure: journals and items in, arrivals and digests out; both engines gather by it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from ..core.clock import Clock
from ..store.journal import Change
from ..wire.encoded import Encoded
from .history import Arrival

LOOK_AGAIN_S = 0.25
Tables = dict[str, list[dict[str, Any]]]  # by region
TAG = re.compile(rb"v-[0-9a-f]{12}(?![0-9a-f])")


def arrivals(region: str, changes: Iterable[Change], held: set[str]) -> list[Arrival]:
    """The first arrival of each tag in a region's journal. `held` are the tags its table holds in the end:
    what arrived and is not there has been overwritten or deleted."""
    found: dict[str, Arrival] = {}
    for change in changes:
        if change.service != "dynamodb":
            continue
        for tag in sorted(tags_in(change.body)):
            if tag not in found:
                gone = tag not in held
                found[tag] = Arrival(tag, region, change.time, change.origin, change.accepted, gone)
    return list(found.values())


def tags_in(value: Any) -> set[str]:
    """Every tag somewhere in plain data."""
    return {tag.decode() for text in _texts(value) for tag in TAG.findall(text)}


def digest(items: Iterable[dict[str, Any]]) -> str:
    """One digest of all items, whatever order they come in."""
    rows = sorted(json.dumps(item, sort_keys=True, default=_plain) for item in items)
    return hashlib.sha256("\n".join(rows).encode()).hexdigest()


async def settled(look: Callable[[], Awaitable[Tables]], clock: Clock, patience_s: float) -> Tables:
    """What each region's table holds, once they hold the same; or after a while, whatever they hold. A deep
    health check may write at any moment, so one look could fall between two regions."""
    until = clock.now() + patience_s
    while True:
        tables = await look()
        if len({digest(items) for items in tables.values()}) <= 1 or clock.now() > until:
            return tables
        await clock.sleep(LOOK_AGAIN_S)


def _texts(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, str):
        yield value.encode()
    elif isinstance(value, Encoded):
        yield value.json
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _texts(name)
            yield from _texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _texts(inner)


def _plain(value: Any) -> Any:
    if isinstance(value, Encoded):
        return value.value()
    if isinstance(value, bytes):
        return value.hex()
    return sorted(value, key=str)
