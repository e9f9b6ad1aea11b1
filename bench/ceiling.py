"""The bare ceiling: signed PutItem and GetItem on uvloop, httptools, orjson, SigV4 and a dict.

    python -m bench.ceiling PORT [--log FILE]

It knows one table, no expressions, indexes, streams or replication, and checks items only for shape. With
--log, a put is answered after it was written and synced to a log, many puts to one sync.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import hashlib
import hmac
import os
import random
import re
import time
import zlib
from typing import Any

import httptools
import orjson
import uvloop

from .signed import ACCESS_KEY, SECRET, TABLE

AUTHORIZATION = re.compile(
    rb"AWS4-HMAC-SHA256 Credential=([^/]+)/([^,]+),\s*SignedHeaders=([^,]+),\s*Signature=([0-9a-f]{64})"
)
HEAD = (
    b"HTTP/1.1 200 OK\r\nServer: Server\r\nDate: %b\r\nContent-Type: application/x-amz-json-1.0\r\n"
    b"Content-Length: %d\r\nConnection: keep-alive\r\nx-amzn-RequestId: %052X\r\nx-amz-crc32: %d\r\n\r\n%b"
)

signing_keys: dict[bytes, bytes] = {}
items: dict[bytes, bytes] = {}
date = b""


def signing_key(scope: bytes) -> bytes:
    key = signing_keys.get(scope)
    if key is None:
        key = b"AWS4" + SECRET.encode()
        for part in scope.split(b"/"):
            key = hmac.digest(key, part, "sha256")
        signing_keys[scope] = key
    return key


def signed(method: bytes, path: bytes, query: bytes, headers: dict[bytes, bytes], body: bytes) -> bool:
    match = AUTHORIZATION.match(headers.get(b"authorization", b""))
    if match is None or match[1] != ACCESS_KEY.encode():
        return False
    _, scope, names, signature = match.groups()
    lines = b"".join([b"%b:%b\n" % (name, headers[name]) for name in names.split(b";")])
    digest = hashlib.sha256(body).hexdigest().encode()
    canonical = b"%b\n%b\n%b\n%b\n%b\n%b" % (method, path, query, lines, names, digest)
    hashed = hashlib.sha256(canonical).hexdigest().encode()
    text = b"AWS4-HMAC-SHA256\n%b\n%b\n%b" % (headers[b"x-amz-date"], scope, hashed)
    right = hmac.digest(signing_key(scope), text, "sha256").hex().encode()
    return hmac.compare_digest(right, signature)


def size(value: dict[str, Any]) -> int:
    """Bytes of an attribute as DynamoDB counts them, roughly; raises ValueError when it is none."""
    if len(value) != 1:
        raise ValueError("one type")
    ((kind, content),) = value.items()
    if kind == "S" and type(content) is str:
        return len(content) if content.isascii() else len(content.encode())
    if kind == "N" and type(content) is str:
        float(content)
        return len(content) // 2 + 2
    if kind in ("BOOL", "NULL") and type(content) is bool:
        return 1
    if kind == "M":
        return 3 + sum([len(name) + size(inner) + 1 for name, inner in content.items()])
    if kind == "L":
        return 3 + sum([size(inner) + 1 for inner in content])
    raise ValueError(kind)


def key_of(attributes: dict[str, Any]) -> bytes:
    return attributes["pk"]["S"].encode() + b"\0" + attributes["sk"]["S"].encode()


def response(body: bytes) -> bytes:
    return HEAD % (date, len(body), random.getrandbits(208), zlib.crc32(body), body)


class Log:
    """Puts that wait for one sync together. Without a file they do not wait."""

    def __init__(self, path: str | None) -> None:
        self.fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644) if path else -1
        self.waiting: list[tuple[bytes, bytes, asyncio.Transport]] = []
        self.busy = False

    def put(self, key: bytes, value: bytes, transport: asyncio.Transport) -> None:
        items[key] = value
        if self.fd < 0:
            transport.write(response(b"{}"))
            return
        self.waiting.append((key, value, transport))
        if not self.busy:
            self.busy = True
            asyncio.get_running_loop().create_task(self.flush())

    async def flush(self) -> None:
        while self.waiting:
            batch, self.waiting = self.waiting, []
            await asyncio.get_running_loop().run_in_executor(None, self.write, batch)
            for _, _, transport in batch:
                if not transport.is_closing():
                    transport.write(response(b"{}"))
        self.busy = False

    def write(self, batch: list[tuple[bytes, bytes, asyncio.Transport]]) -> None:
        os.write(self.fd, b"".join([b"%d %b %b\n" % (len(value), key, value) for key, value, _ in batch]))
        os.fdatasync(self.fd)


class Connection(asyncio.Protocol):
    """One client."""

    def __init__(self, log: Log) -> None:
        self.log, self.parser = log, httptools.HttpRequestParser(self)
        self.headers: dict[bytes, bytes] = {}
        self.url = self.body = b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.url = url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.lower()] = value

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        path, _, query = self.url.partition(b"?")
        headers, body = self.headers, self.body
        self.headers, self.body = {}, b""
        input = orjson.loads(body)
        if not signed(self.parser.get_method(), path, query, headers, body) or input["TableName"] != TABLE:
            self.transport.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
        elif headers[b"x-amz-target"].endswith(b".PutItem"):
            attributes = input["Item"]
            if sum([len(name) + size(value) for name, value in attributes.items()]) > 409_600:
                raise ValueError("too large")
            self.log.put(key_of(attributes), orjson.dumps(attributes), self.transport)
        else:
            found = items.get(key_of(input["Key"]))
            self.transport.write(response(b"{}" if found is None else b'{"Item":%b}' % found))


def tick(loop: asyncio.AbstractEventLoop) -> None:
    global date
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()).encode()
    loop.call_later(1, tick, loop)


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.ceiling", description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("--log")
    options = parser.parse_args()
    loop, log = asyncio.get_running_loop(), Log(options.log)
    tick(loop)
    await loop.create_server(lambda: Connection(log), "127.0.0.1", options.port, backlog=1024)
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main())
