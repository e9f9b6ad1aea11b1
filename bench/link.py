"""One region of two, with DynamoDB and its links to the other, told what to do by lines of JSON.

    python -m bench.link NAME OTHER LINKS_PORT FOLDER

No HTTP in the way: items are put by the handler itself, at a pace, so that what is measured is the link.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from terrella.faults import parse
from terrella.net.network import Network
from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.run.clock import WallClock
from terrella.run.crossing import Crossing
from terrella.run.disk import Disk
from terrella.run.inlet import Lags
from terrella.run.peers import Here, Links
from terrella.run.region_on_disk import RegionOnDisk
from terrella.run.tasks import Tasks
from terrella.services.dynamodb import service
from terrella.store.journal import Journal
from terrella.store.maps import Maps

from .signed import TABLE, item

TICK_S = 0.001
AT_ONCE = 200  # of a backlog, before the event loop has its turn


class Place:
    """The region's disk, region and links, as `run.place` has them."""

    def __init__(self, name: str, other: str, port: int, folder: Path) -> None:
        self.name, self.other, self.tasks = name, other, Tasks()
        self.disk = Disk.open(folder)
        self.on_disk = RegionOnDisk(self.disk, self._build, lambda region: self.links.begin_anew())
        self.crossing = Crossing(Network(rng=random.Random(name)))
        self.links = Links(
            Here(name, port, frozenset((other,))), self.crossing, self.disk.journal,
            lambda: self.on_disk.region, folder / "links.json",
        )  # fmt: skip
        self.disk.owed = self.links.settled

    def _build(self, journal: Journal, maps: Maps) -> Region:
        world, ports = WorldFacts((self.name, self.other), speed=100.0), Ports(tasks=self.tasks)
        return Region(
            self.name, [service], clock=WallClock(), journal=journal, maps=maps, world=world, ports=ports
        )

    def call(self, operation: str, **input: Any) -> dict[str, Any]:
        return self.on_disk.region.call("dynamodb", operation, input)

    # What may be asked of it.

    async def write(self, rate: float, seconds: float) -> dict[str, Any]:
        """Put items at a pace, whatever becomes of them; what the machine could not keep up with is told."""
        began, done, total = time.monotonic(), 0, int(rate * seconds)
        while done < total:
            due = min(total, int((time.monotonic() - began) * rate))
            for number in range(done, due):
                self.call("PutItem", TableName=TABLE, Item=item(number % 10_000))
            done = max(done, due)
            await asyncio.sleep(TICK_S)
        took = time.monotonic() - began
        await self.disk.journal.synced()
        return {"written": done, "per_s": round(done / took, 1)}

    async def backlog(self, count: int) -> dict[str, Any]:
        """Put so many items, as fast as the disk takes them."""
        for start in range(0, count, AT_ONCE):
            for number in range(start, min(start + AT_ONCE, count)):
                self.call("PutItem", TableName=TABLE, Item=item(number))
            await self.disk.journal.synced()
        return {"written": count}

    async def strike(self, words: list[str]) -> dict[str, Any]:
        self.crossing.strike([parse(words[0], words[1:])] if words else [])
        return {}

    async def table(self) -> dict[str, Any]:
        """Make the table and its replica."""
        self.call(
            "CreateTable", TableName=TABLE, BillingMode="PAY_PER_REQUEST",
            KeySchema=[
                {"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            AttributeDefinitions=[
                {"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")
            ],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )  # fmt: skip
        await asyncio.sleep(0.5)
        create = [{"Create": {"RegionName": self.other}}]
        update = {"TableName": TABLE, "ReplicaUpdates": create}
        await self.on_disk.region.request("dynamodb", "UpdateTable", update)
        await asyncio.sleep(1.0)
        return {}

    async def forget(self) -> dict[str, Any]:
        """Begin the lags anew."""
        self.links.lags[self.other] = Lags()
        return {}

    async def status(self) -> dict[str, Any]:
        used = time.process_time()
        lags = self.links.lags.get(self.other)
        return {
            "last": self.disk.journal.last,
            "seen": self.on_disk.region.seen(self.other),
            "lags": lags.summary() if lags else {},
            "owed": sum(out["owed"] for out in self.links.status()["out"].values()),
            "cpu_s": round(used, 3),
            "one_way_ms": self.crossing.network.round_trip_ms(self.other, self.name) / 2,
        }


async def main() -> None:
    name, other, port, folder = sys.argv[1:]
    place = Place(name, other, int(port), Path(folder))
    await place.links.start()
    place.on_disk.region.start()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    print("{}", flush=True)
    while line := await reader.readline():
        asked = json.loads(line)
        answer = await getattr(place, asked.pop("do"))(**asked)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(main())
