"""A region with DynamoDB that is born again for each line it reads: `python -m bench.soak_region FOLDER`.

Everything is loaded once and forked from, so that a life begins in milliseconds. It tells its process id when it is
born, and its port once it answers.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import uvloop

from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.run.disk import Disk, Pace
from terrella.run.disk import Options as DiskOptions
from terrella.run.http_server import serve
from terrella.run.region_on_disk import RegionOnDisk
from terrella.run.tasks import Tasks
from terrella.services.dynamodb import service
from terrella.store.journal import Journal, MemoryJournal
from terrella.store.maps import Maps, MemoryMaps
from terrella.wire.http import Request

from .region import WallClock
from .signed import REGION

OFTEN = DiskOptions(pace=Pace(bytes=200_000, changes=300, seconds=0.05), segment_bytes=200_000, horizon_s=0.0)


def asked(target: str, **input: Any) -> Request:
    """A request for an operation; the region of a soak lets anyone in."""
    headers = {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": target,
        "authorization": f"AWS4-HMAC-SHA256 Credential=soak/20260101/{REGION}/dynamodb/aws4_request, "
        "SignedHeaders=host, Signature=0",
        "x-amz-date": "20260101T000000Z",
    }
    return Request("POST", "/", "", headers, json.dumps(input).encode())


def build(journal: Journal, maps: Maps, speed: float = 20.0) -> Region:
    world, ports = WorldFacts((REGION,), speed=speed), Ports(tasks=Tasks())
    return Region(REGION, [service], clock=WallClock(), journal=journal, maps=maps, world=world, ports=ports)


async def live(folder: Path) -> None:
    """Be the region until the process ends."""
    place = RegionOnDisk(Disk.open(folder, OFTEN), build)
    place.region.start()
    server = await serve(place.handle, place.disk.journal, "127.0.0.1", 0, failure=place.failure)
    print("ready", server.port, flush=True)
    await asyncio.Event().wait()


async def warm() -> None:
    """What is done for the first time is done here, once for all lives."""
    region, item = build(MemoryJournal(), MemoryMaps(), 1e9), {"pk": {"S": "a"}}
    table = {
        "TableName": "warm", "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    }  # fmt: skip
    raised: dict[str, Any] = {
        "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}, "Key": item
    }  # fmt: skip
    for operation, input in (
        ("CreateTable", table), ("PutItem", {"Item": item}), ("UpdateItem", raised), ("Scan", {}),
        ("DeleteItem", {"Key": item}),
    ):  # fmt: skip
        region.handle(asked(f"DynamoDB_20120810.{operation}", **{"TableName": "warm", **input}))
        await asyncio.sleep(0.01)
    region.handle(asked("DynamoDB_20120810.BatchWriteItem", RequestItems={"warm": [{"PutRequest": {"Item": item}}]}))
    put = {"Put": {"TableName": "warm", "Item": item}}
    region.handle(asked("DynamoDB_20120810.TransactWriteItems", TransactItems=[put]))


def main() -> None:
    uvloop.run(warm())
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                print("born", os.getpid(), flush=True)
                uvloop.run(live(Path(sys.argv[1])))
            finally:
                os._exit(1)
        os.waitpid(pid, 0)
        print("dead", pid, flush=True)


if __name__ == "__main__":
    main()
