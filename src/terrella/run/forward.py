"""Requests from one place to another: over the network, to the other's front door, and back.

A struck way lets the request wait, as out there; a process that is not running is a refusal at once.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

import ormsgpack

from ..core.errors import ServiceUnavailable, UnrecognizedClientException
from ..net.addresses import EDGE_ADDRESS, address_of
from ..net.places import ANYCAST, UnknownPlace, region_names
from ..wire.http import Request, Response
from .crossing import Crossing
from .http_client import HttpClient, HttpFailure


class OtherRegions:
    """`region.ports.Regions` of one place."""

    def __init__(
        self, here: str, regions: Container[str], crossing: Crossing, client: HttpClient, port: int
    ) -> None:
        self._here, self._regions = here, regions
        self._crossing, self._client, self._port = crossing, client, port

    async def forward(self, region: str, request: Request) -> Response:
        """The answer of another region. Raises UnrecognizedClientException when this world has no such region,
        ServiceUnavailable when its process is not running."""
        if region not in self._regions:
            raise unknown_region(region)
        await self._crossing.cross(self._here, region)
        try:
            response = await self._client.send(
                request, address_of(region), self._port, timeout_s=None, local_address=address_of(self._here)
            )
        except HttpFailure:
            await self._crossing.cross(region, self._here)
            raise not_running(region) from None
        await self._crossing.cross(region, self._here)
        return response


class EdgeLine:
    """`region.ports.Edge` of one place: questions and answers in MessagePack."""

    def __init__(self, here: str, crossing: Crossing, client: HttpClient, port: int) -> None:
        self._here, self._crossing, self._client, self._port = here, crossing, client, port

    async def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """What the edge says. Raises ServiceUnavailable when it is not running or refuses."""
        request = Request("POST", "/", "", {"host": EDGE_ADDRESS}, ormsgpack.packb(question))
        await self._crossing.cross(self._here, ANYCAST)
        try:
            response = await self._client.send(
                request, EDGE_ADDRESS, self._port, timeout_s=None, local_address=address_of(self._here)
            )
        except HttpFailure as failure:
            raise ServiceUnavailable(f"The edge does not answer: {failure}.") from None
        await self._crossing.cross(ANYCAST, self._here)
        if response.status != 200:
            raise ServiceUnavailable(f"The edge refuses: {response.body.decode(errors='replace')}")
        answer: dict[str, Any] = ormsgpack.unpackb(response.body)
        return answer


def unknown_region(region: str) -> UnrecognizedClientException:
    """What is said for a region that this world was not given, or that is none."""
    if region not in region_names():
        return UnrecognizedClientException(str(UnknownPlace(region, region_names(), "region")))
    return UnrecognizedClientException(
        f"This world has no region {region}. `terrella up --regions {region},...` makes one that has."
    )


def not_running(region: str) -> ServiceUnavailable:
    """What is said for a region whose process is not there."""
    return ServiceUnavailable(
        f"{region} refuses connections: its process is not running. `terrella revive {region}` starts it."
    )
