"""One region with Lambda and API Gateway, as a world runs it: server, journal, maps, sandboxes in processes.

python -m bench.function_region PORT FOLDER
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
from collections.abc import Awaitable
from pathlib import Path

import uvloop

from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.run.disk import Disk
from terrella.run.functions import LiveFunctions, Settings
from terrella.run.http_server import serve
from terrella.run.region_on_disk import RegionOnDisk
from terrella.run.tasks import Tasks
from terrella.services import apigatewayv2, lambda_
from terrella.store.journal import Journal
from terrella.store.maps import Maps

from .signed import REGION


class WallClock:
    """The machine's time."""

    def now(self) -> float:
        return time.time()

    def sleep(self, seconds: float) -> Awaitable[None]:
        return asyncio.sleep(seconds)


async def main() -> None:
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    disk = Disk.open(folder / "region")
    settings = Settings(REGION, f"http://127.0.0.1:{port}", folder / "logs", folder / "code")
    ports = Ports(tasks=Tasks(), blobs=disk.blobs, functions=LiveFunctions(settings, disk.blobs))

    def build(journal: Journal, maps: Maps) -> Region:
        services = [lambda_.service, apigatewayv2.service]
        world = WorldFacts((REGION,))
        return Region(
            REGION, services, clock=WallClock(), journal=journal, maps=maps, world=world, ports=ports
        )

    place = RegionOnDisk(disk, build)
    place.region.start()
    await serve(place.begin, disk.journal, "127.0.0.1", port, failure=place.failure)
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
