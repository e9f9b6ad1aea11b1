"""Regions with DynamoDB that tests talk to through boto3, and the roads between them carried by hand."""

from __future__ import annotations

import asyncio
import random
import types
from collections.abc import Coroutine, Generator
from typing import Any

import boto
from places import HandClock, TasksByHand

from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.region.service import Service
from terrella.services.dynamodb import service, sweeping
from terrella.store.journal import MemoryJournal
from terrella.store.maps import MemoryMaps
from terrella.wire.http import Request

SETTLED_S = 60.0
HASH = {"AttributeName": "pk", "KeyType": "HASH"}
RANGE = {"AttributeName": "sk", "KeyType": "RANGE"}


class Sleepers(HandClock):
    """Whoever sleeps goes on when the time has come and somebody works."""

    @types.coroutine
    def sleep(self, seconds: float) -> Generator[None, None, None]:
        until = self.time + seconds
        yield
        while self.time < until:
            yield


class BegunTasks(TasksByHand):
    """Background work is begun at once; where it waits it goes on when somebody works."""

    def spawn(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        if name in ("dynamodb: sweep", "application-autoscaling: look"):
            work.close()  # that has no end: here only a test does it
        elif not _ends(work):
            self.waiting.append(work)


class TinyWorld:
    """Some regions on one clock. What they owe one another waits until `deliver`."""

    def __init__(self, *names: str, beside: tuple[Service[Any], ...] = ()) -> None:
        self.clock = Sleepers()
        world = WorldFacts(names)
        self.tasks = {name: BegunTasks() for name in names}
        self.regions = {
            name: Region(
                name,
                [service, *beside],
                clock=self.clock,
                journal=MemoryJournal(),
                maps=MemoryMaps(),
                world=world,
                ports=Ports(regions=self, tasks=self.tasks[name]),
                rng=random.Random(name),
            )
            for name in names
        }
        for name, region in self.regions.items():
            for peer in names:
                if peer != name:
                    region.peer_with(peer)
            region.start()
        self.clients: dict[str, Any] = {}
        self.streams: dict[str, Any] = {}
        for name in names:
            self.connect(name)

    def connect(self, name: str) -> None:
        """A client of the region that has this name now."""
        self.clients[name] = boto.client(self.regions[name], "dynamodb")
        self.streams[name] = boto.client(self.regions[name], "dynamodbstreams")

    async def forward(self, region: str, request: Request) -> Any:
        answer: Any = self.regions[region].handle(request)
        return await answer if asyncio.iscoroutine(answer) else answer

    def deliver(self, *pairs: tuple[str, str]) -> None:
        """Do what waits in the background and carry what is owed along these roads, by default all, until
        nothing is."""
        moved = True
        while moved:
            moved = self.work()
            for source, region in self.regions.items():
                for peer, outbox in region.outboxes.items():
                    if pairs and (source, peer) not in pairs:
                        continue
                    while batch := outbox.due(self.clock.now()):
                        outbox.ack(self.regions[peer].accept(batch), self.clock.now())
                        region.reached(peer, batch.changes, self.clock.now())
                        moved = True

    def work(self) -> bool:
        """Do what waits in the background, as far as it goes; true if some of it ended."""
        ended = False
        for tasks in self.tasks.values():
            waiting, tasks.waiting[:] = [*tasks.waiting], []
            going_on = [work for work in waiting if not _ends(work)]
            ended = ended or len(going_on) < len(waiting)
            tasks.waiting[:0] = going_on
        return ended

    def finish(self) -> None:
        """Do what waits in the background to its end, if it has one at this moment."""
        for _ in range(100_000):
            if not any(tasks.waiting for tasks in self.tasks.values()):
                return
            self.work()
        raise AssertionError("work that does not end")

    def sweep(self, name: str = "eu-west-1") -> None:
        """All that the background would do of expiring and trimming at this moment."""
        while sweeping.sweep(self.regions[name].context("dynamodb")):
            pass

    def settle(self) -> None:
        """Let every table that is being made or altered be done."""
        self.clock.time += SETTLED_S


def _ends(work: Any) -> bool:
    try:
        work.send(None)
    except StopIteration:
        return True
    return False


def one_region() -> tuple[TinyWorld, Any]:
    """A world of one region, and its client."""
    world = TinyWorld("eu-west-1")
    return world, world.clients["eu-west-1"]


def make_table(world: TinyWorld, client: Any, name: str = "things", sort: str = "", **more: Any) -> None:
    """A table with the key pk, and sk of that type, ready to use."""
    defined = [{"AttributeName": "pk", "AttributeType": "S"}]
    defined += [{"AttributeName": "sk", "AttributeType": sort}] if sort else []
    defined += more.pop("defined", [])
    client.create_table(
        TableName=name,
        AttributeDefinitions=defined,
        KeySchema=[HASH, RANGE] if sort else [HASH],
        BillingMode="PAY_PER_REQUEST",
        **more,
    )
    world.settle()


def numbered(number: int, **more: Any) -> dict[str, Any]:
    """An item of the partition a with a numeric sort key."""
    return {"pk": {"S": "a"}, "sk": {"N": str(number)}, **more}
