"""One region with DynamoDB alone, as a world runs it: server, kernel, journal, maps; signatures are verified.

    python -m bench.region PORT FOLDER
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Awaitable

import uvloop

from terrella.region.region import Region, WorldFacts
from terrella.run.disk import Disk
from terrella.run.http_server import serve
from terrella.run.region_on_disk import RegionOnDisk
from terrella.services.dynamodb import service
from terrella.store.journal import Journal
from terrella.store.maps import Maps

from .signed import ACCESS_KEY, REGION, SECRET


class WallClock:
    """The machine's time."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> Awaitable[None]:
        return asyncio.sleep(seconds)


def build(journal: Journal, maps: Maps) -> Region:
    world = WorldFacts((REGION,), credentials={ACCESS_KEY: SECRET})
    return Region(REGION, [service], clock=WallClock(), journal=journal, maps=maps, world=world)


async def main() -> None:
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)  # as every process of a world
    place = RegionOnDisk(Disk.open(sys.argv[2]), build)
    place.region.start()
    journal = place.disk.journal
    await serve(place.begin, journal, "127.0.0.1", int(sys.argv[1]), failure=place.failure)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
