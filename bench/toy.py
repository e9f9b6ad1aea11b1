"""A toy PutItem and GetItem on the real server, journal and maps: what the machine floor alone costs.

python -m bench.toy PORT FOLDER
"""

from __future__ import annotations

import asyncio
import gc
import sys
import time
import zlib
from typing import Any

import orjson
import uvloop

from terrella.run.disk import Disk
from terrella.run.http_server import serve
from terrella.store.journal import Change
from terrella.wire.http import Request, Response

from .ceiling import key_of, signed, size
from .signed import REGION, TABLE


class Toy:
    """One table on a disk."""

    def __init__(self, disk: Disk) -> None:
        self.journal, self.items = disk.journal, disk.maps.records("toy.items")
        self.count = 0

    def handle(self, request: Request) -> Response:
        headers = {name.encode(): value.encode("latin-1") for name, value in request.headers.items()}
        if not signed(b"POST", b"/", b"", headers, request.body):
            return Response(403)
        input, target = orjson.loads(request.body), request.headers["x-amz-target"]
        if target.endswith("PutItem"):
            self.put(input["Item"])
            return self.answer(b"{}")
        if target.endswith("BatchWriteItem"):
            for each in input["RequestItems"][TABLE]:
                self.put(each["PutRequest"]["Item"])
            return self.answer(b'{"UnprocessedItems":{}}')
        found = self.items.get(key_of(input["Key"]))
        return self.answer(b"{}" if found is None else b'{"Item":%b}' % found)

    def put(self, attributes: dict[str, Any]) -> None:
        assert sum([len(name) + size(value) for name, value in attributes.items()]) < 409_600
        key = key_of(attributes)
        self.items.get(key)  # as whoever compares stamps or conditions must
        body = {"table": TABLE, "key": key, "item": orjson.dumps(attributes)}
        seq, now = self.journal.last + 1, time.time()
        change = Change(seq, now, REGION, now, seq, "dynamodb", "item_put", body)
        self.journal.append(change)
        self.item_put(change)

    def item_put(self, change: Change) -> None:
        self.items.put(change.body["key"], change.body["item"])

    def answer(self, body: bytes) -> Response:
        self.count += 1
        return Response(
            200,
            [
                ("Content-Type", "application/x-amz-json-1.0"),
                ("x-amzn-RequestId", f"{self.count:052X}"),
                ("x-amz-crc32", str(zlib.crc32(body))),
            ],
            body,
        )


async def main() -> None:
    disk = Disk.open(sys.argv[2])
    toy = Toy(disk)
    disk.replay(toy.item_put)
    await serve(toy.handle, disk.journal, "127.0.0.1", int(sys.argv[1]))
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
