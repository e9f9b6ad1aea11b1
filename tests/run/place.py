"""A small place of its own processes, to be killed: `python place.py FOLDER` forks one per line read.

It answers PUT /key with a body, GET /key, and GET / with all keys and values, from a real disk and server.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import orjson
import uvloop

from terrella.core.errors import AwsError
from terrella.run.disk import Disk, Pace
from terrella.run.disk import Options as DiskOptions
from terrella.run.http_server import serve
from terrella.run.region_on_disk import RegionOnDisk
from terrella.store.journal import Change, Journal
from terrella.store.maps import Maps
from terrella.wire.http import Request, Response

OFTEN = DiskOptions(pace=Pace(bytes=30_000, changes=300, seconds=0.05), segment_bytes=60_000, horizon_s=0.0)


class Place:
    """Keys and values, in the form of a region."""

    name = "place"

    def __init__(self, journal: Journal, maps: Maps) -> None:
        self.journal, self.records, self.counts = journal, maps.records("values"), maps.objects("counts")

    def handle(self, request: Request) -> Response:
        key = request.path[1:].encode()
        if request.method == "PUT":
            seq = self.journal.last + 1
            change = Change(seq, 0.0, "here", 0.0, seq, "toy", "put", {"key": key, "value": request.body})
            try:
                self.journal.append(change)
            except AwsError as error:
                return Response(error.status, [], error.message.encode())
            self.replay(change)
            return Response(200)
        if not key:
            values = {key.decode(): value.decode() for key, value in self.records.scan()}
            return Response(200, [], orjson.dumps({"count": self.counts.get("all") or 0, "values": values}))
        value = self.records.get(key)
        return Response(404) if value is None else Response(200, [], value)

    def failure(self, request: Request) -> Response:
        return Response(500, [], b"broken")

    def replay(self, change: Change) -> None:
        self.records.put(change.body["key"], change.body["value"])
        self.counts.put("all", (self.counts.get("all") or 0) + 1)

    def start(self) -> None:
        """There is nothing to pick up."""


async def live(folder: Path) -> None:
    place = RegionOnDisk(Disk.open(folder, OFTEN), Place)
    journal = place.disk.journal
    server = await serve(place.handle, journal, "127.0.0.1", 0, failure=place.failure)
    print(os.getpid(), server.port, journal.last, flush=True)
    await asyncio.Event().wait()


def main() -> None:
    for _ in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                uvloop.run(live(Path(sys.argv[1])))
            finally:
                os._exit(1)
        os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
