"""Logs that services deliver to buckets: lines gathered in memory, one compressed object each five minutes.

Minutes are the world's, and intervals end where the clock says so, as out there. What cannot be delivered is tried
again at the end of the next interval, as far as there is room; what was gathered when the process ends is lost. AWS,
too, calls this best effort.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import orjson

from ..core.errors import AwsError, ServiceUnavailable
from .policies import allows
from .region import Region
from .service import Context

EVERY_S = 300.0
LARGEST_FILE = 1 << 20  # bytes of text in one object; more makes several
MOST_WAITING = 8 << 20  # bytes of text of one log; beyond, the oldest go
K = TypeVar("K", bound=Hashable)
Place = tuple[str, str]  # a bucket, and the key of the object


class Deliveries(Generic[K]):
    """The logs of one service. `place` says where the lines of a log go at the end of an interval, None for nowhere."""

    def __init__(self, here: Region, place: Callable[[K, float], Place | None]) -> None:
        self._here, self._place = here, place
        self._lines: dict[K, list[str]] = {}
        self._bytes: dict[K, int] = {}
        self._at_work = False
        self.dropped = 0

    def add(self, log: K, line: str) -> None:
        """One line, without its end."""
        lines = self._lines.setdefault(log, [])
        lines.append(line)
        size = self._bytes[log] = self._bytes.get(log, 0) + len(line) + 1
        if size > MOST_WAITING:
            self._drop_half(log)
        if not self._at_work:
            self._begin()

    async def deliver(self, end: float) -> None:
        """Write what there is, for the interval that ends then."""
        lines, self._lines, self._bytes = self._lines, {}, {}
        for log, found in lines.items():
            for part in _parts(found):
                place = self._place(log, end)
                if place is not None and not await self._put(place, part, end):
                    for line in part:
                        self.add(log, line)

    async def _put(self, place: Place, lines: list[str], end: float) -> bool:
        body = gzip.compress(("\n".join(lines) + "\n").encode("utf-8", "replace"), 6, mtime=int(end))
        try:
            await self._here.request("s3", "PutObject", {"Bucket": place[0], "Key": place[1], "Body": body})
        except AwsError:
            return False
        return True

    def _begin(self) -> None:
        work = self._work()
        try:
            self._at_work = True
            self._here.ports.tasks.spawn("deliver logs", work)
        except ServiceUnavailable:  # a region without background work delivers nothing
            work.close()
            self._at_work = False

    async def _work(self) -> None:
        clock, step = self._here.clock, EVERY_S / self._here.world.speed
        try:
            while self._lines:
                end = (clock.now() // step + 1) * step
                await clock.sleep(max(end - clock.now(), 0.0))
                await self.deliver(end)
        finally:
            self._at_work = False

    def _drop_half(self, log: K) -> None:
        lines = self._lines[log]
        self.dropped += len(lines) // 2
        del lines[: len(lines) // 2]
        self._bytes[log] = sum(len(line) + 1 for line in lines)


async def may_write(
    ctx: Context[Any], bucket: str, key: str, principals: Collection[str], facts: Mapping[str, str]
) -> bool:
    """Does a bucket of this region let whoever goes by these names put an object there?"""
    try:
        found = await ctx.request("s3", "GetBucketPolicy", {"Bucket": bucket})
    except AwsError:
        return False
    return allows(document(found), principals, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}", facts)


async def region_of(ctx: Context[Any], bucket: str) -> str | None:
    """Where a bucket is; None if there is none that could be seen."""
    try:
        found = await ctx.request("s3", "HeadBucket", {"Bucket": bucket})
    except AwsError:
        return None
    return str(found.get("BucketRegion") or "us-east-1")


def document(found: Mapping[str, Any]) -> dict[str, Any]:
    """The policy GetBucketPolicy told of."""
    try:
        policy = orjson.loads(found.get("Policy") or b"{}")
    except orjson.JSONDecodeError:
        return {}
    return policy if isinstance(policy, dict) else {}


def _parts(lines: list[str]) -> Iterator[list[str]]:
    part: list[str] = []
    size = 0
    for line in lines:
        part.append(line)
        size += len(line) + 1
        if size >= LARGEST_FILE:
            yield part
            part, size = [], 0
    if part:
        yield part
