"""The front door: a control plane that moved is found as everybody finds it, by its endpoint's name."""

from __future__ import annotations

import asyncio

from terrella.run.front_door import FrontDoor
from terrella.run.lookup import NoAnswer
from terrella.wire import client, model
from terrella.wire.http import Request, Response

REGIONS = ("us-east-1", "us-west-2", "eu-west-1")


class Carrier:
    """Takes requests to the address they are sent to."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, request: Request, address: str, port: int, timeout_s: float | None) -> Response:
        self.sent.append(address)
        return Response(200)


def taken_to(service: str, operation: str, found: list[str] | None, regions: tuple[str, ...] = REGIONS) -> str:
    """The address a request comes to when the DNS says so; None: it says nothing."""
    carrier, asked = Carrier(), []

    async def addresses(name: str) -> list[str] | None:
        asked.append(name)
        if found is None:
            raise NoAnswer(name)
        return found

    homes, standbys = {"route53": "us-east-1"}, {"route53": "us-west-2"}
    door = FrontDoor(regions, homes, carrier, 4566, standbys, addresses)  # type: ignore[arg-type]
    request = client.write(model.load(service).operations[operation], {}, region="us-east-1")
    scope = f"AKIA/20260101/us-east-1/{service}/aws4_request"
    signature = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature={'0' * 64}"
    request.headers |= {"authorization": signature, "x-amz-date": "20260101T000000Z"}
    asyncio.run(door.handle(request))
    assert set(asked) <= {"route53.amazonaws.com."}
    return carrier.sent[0]


def test_route_53_is_where_its_name_leads() -> None:
    assert taken_to("route53", "ListHostedZones", ["127.10.1.1"]) == "127.10.1.1"
    assert taken_to("route53", "ListHostedZones", ["127.10.4.1"]) == "127.10.4.1"


def test_it_is_at_home_when_nobody_says_otherwise() -> None:
    assert taken_to("route53", "ListHostedZones", None) == "127.10.1.1"
    assert taken_to("route53", "ListHostedZones", ["127.10.4.1"], ("us-east-1", "eu-west-1")) == "127.10.1.1"
    assert taken_to("iam", "ListUsers", ["127.10.4.1"]) == "127.10.1.1"
