"""A region with Lambda and API Gateway whose functions run in process: for tests of both."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
import zipfile
from collections.abc import Awaitable, Coroutine
from typing import Any

import boto
from places import HandClock

from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.region.service import Service
from terrella.services import apigatewayv2, lambda_
from terrella.store.journal import MemoryJournal
from terrella.store.maps import MemoryMaps
from terrella.wire.http import Request, Response
from terrella.world.functions import InProcessFunctions

ROLE = "arn:aws:iam::123456789012:role/any"
ECHO = "def handler(event, context):\n    return event\n"


class Blobs:
    """Blobs in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.kept[digest] = content
        return digest

    def get(self, digest: str) -> bytes:
        return self.kept[digest]


class Tasks:
    """Background work that waits until a test runs it."""

    def __init__(self) -> None:
        self.waiting: list[Coroutine[Any, Any, None]] = []

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        self.waiting.append(work)

    def within(self, seconds: float, work: Coroutine[Any, Any, Any]) -> Awaitable[Any]:
        return asyncio.wait_for(work, seconds)

    def drop(self) -> None:
        while self.waiting:
            self.waiting.pop().close()

    def run(self) -> None:
        while self.waiting:
            asyncio.run(self.waiting.pop(0))


class FunctionWorld:
    """One region, its clock, and clients of it."""

    def __init__(self, *more: Service[Any], maps: MemoryMaps | None = None, name: str = "eu-west-1") -> None:
        self.clock, self.blobs, self.tasks = HandClock(), Blobs(), Tasks()
        self.functions = InProcessFunctions(name, self.blobs, self.clock, random.Random(1), self._call)
        self.region = Region(
            name,
            sorted([lambda_.service, apigatewayv2.service, *more], key=lambda each: each.id),  # as a live one's
            clock=self.clock,
            journal=MemoryJournal(),
            maps=maps or MemoryMaps(),
            world=WorldFacts((name,)),
            ports=Ports(functions=self.functions, blobs=self.blobs, tasks=self.tasks),
            rng=random.Random(7),
        )
        self.lambda_ = boto.client(self.region, "lambda")
        self.api = boto.client(self.region, "apigatewayv2")

    def _call(self, service: str, operation: str, input: dict[str, Any], region: str) -> dict[str, Any]:
        return self.region.call(service, operation, input)

    def function(self, source: str = ECHO, name: str = "f", **settings: Any) -> str:
        """Create a function and wait until it can be invoked; returns its ARN."""
        arn: str = self.lambda_.create_function(
            FunctionName=name,
            Runtime="python3.12",
            Role=ROLE,
            Handler="app.handler",
            Code={"ZipFile": zipped(source)},
            **settings,
        )["FunctionArn"]
        self.clock.time += 1
        return arn

    def http_api(self, source: str = ECHO, **settings: Any) -> str:
        """An API whose $default route is a function; returns the API's host."""
        arn = self.function(source)
        api = self.api.create_api(Name="a", ProtocolType="HTTP", Target=arn, **settings)
        self.lambda_.add_permission(
            FunctionName="f",
            StatementId="api",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:eu-west-1:123456789012:{api['ApiId']}/*",
        )
        return str(api["ApiEndpoint"].removeprefix("https://"))

    def ask(
        self,
        host: str,
        path: str = "/",
        method: str = "GET",
        body: bytes = b"",
        city: str | None = None,
        **headers: str,
    ) -> Response:
        """One request of a browser."""
        path, _, query = path.partition("?")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer: Any = self.region.handle(Request(method, path, query, {"host": host, **named}, body, city))
        return answer if isinstance(answer, Response) else asyncio.run(_waited(answer))


def zipped(source: str | bytes, name: str = "app.py", **more: str) -> bytes:
    """An archive with one file, or some."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, source)
        for other, text in more.items():
            archive.writestr(f"{other}.py", text)
    return buffer.getvalue()


async def _waited(answer: Awaitable[Response]) -> Response:
    return await answer
