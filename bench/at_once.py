"""A server that answers at once, whatever it is asked: what remains is the client's own cost.

    python -m bench.at_once PORT
"""

from __future__ import annotations

import asyncio
import json
import sys
import zlib
from typing import Any

import httptools
import uvloop

from .signed import item

ANSWERS = {b"GetItem": json.dumps({"Item": item(0)}, separators=(",", ":")).encode()}


class Connection(asyncio.Protocol):
    """One client."""

    def __init__(self) -> None:
        self.parser, self.operation = httptools.HttpRequestParser(self), b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-amz-target":
            self.operation = value.rpartition(b".")[2]

    def on_message_complete(self) -> None:
        body = ANSWERS.get(self.operation, b"{}")
        self.transport.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: %d\r\n"
            b"x-amzn-RequestId: %032d\r\nx-amz-crc32: %d\r\n\r\n%b" % (len(body), 1, zlib.crc32(body), body)
        )


async def main() -> None:
    await asyncio.get_running_loop().create_server(Connection, "127.0.0.1", int(sys.argv[1]))
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
