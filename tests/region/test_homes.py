"""Where requests for global services go, whatever region a client signed them for."""

from __future__ import annotations

import asyncio
import random
from typing import Any

from terrella.core.clock import Clock
from terrella.region.homes import home_of
from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.store.journal import MemoryJournal
from terrella.store.maps import MemoryMaps
from terrella.wire import client, model
from terrella.wire.http import Request, Response

REGIONS = ("us-east-1", "eu-west-1")


class Still(Clock):
    def now(self) -> float:
        return 1_700_000_000.0


class World:
    """Regions that forward to one another at no distance, and what was borrowed where."""

    def __init__(self) -> None:
        self.borrowed: list[tuple[str, str]] = []
        self.hops = 0
        ports = Ports(regions=self, borrowed=self)
        self.regions = {
            name: Region(
                name, [], clock=Still(), journal=MemoryJournal(), maps=MemoryMaps(),
                world=WorldFacts(REGIONS), ports=ports, rng=random.Random(1),
            )
            for name in REGIONS
        }  # fmt: skip

    async def forward(self, region: str, request: Request) -> Response:
        self.hops += 1
        assert self.hops < 5, "round and round"
        answer = self.regions[region].handle(request)
        return answer if isinstance(answer, Response) else await answer

    def offers(self, service: str) -> bool:
        return True

    async def handle(self, service: str, region: str, account: str, request: Request) -> Response:
        self.borrowed.append((service, region))
        return Response(200)


def asked(service: str, operation: str, signed_for: str, at: str) -> World:
    world = World()
    request = client.write(model.load(service).operations[operation], {}, region=signed_for)
    scope = f"AKIA/20260101/{signed_for}/{service}/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
    request.headers |= {"authorization": signature, "x-amz-date": "20260101T000000Z"}

    async def ask() -> Any:
        return await world.forward(at, request)

    asyncio.run(ask())
    return world


def test_a_global_service_is_answered_at_home_whatever_region_it_was_signed_for() -> None:
    world = asked("iam", "ListUsers", "eu-west-1", at="eu-west-1")
    assert (world.borrowed, world.hops) == ([("iam", "us-east-1")], 2)


def test_sts_is_answered_in_its_region_though_it_has_a_global_endpoint_too() -> None:
    world = asked("sts", "GetCallerIdentity", "eu-west-1", at="eu-west-1")
    assert (world.borrowed, world.hops) == ([("sts", "eu-west-1")], 1)


def test_a_request_that_came_to_the_wrong_region_goes_to_the_one_it_was_signed_for() -> None:
    assert asked("sts", "GetCallerIdentity", "eu-west-1", at="us-east-1").borrowed == [("sts", "eu-west-1")]


def test_owned_services_say_themselves_where_they_live() -> None:
    assert home_of("globalaccelerator", {"globalaccelerator": "us-west-2"}) == "us-west-2"
    assert home_of("dynamodb", {}) is None
