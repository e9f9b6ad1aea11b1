"""The front door, 127.0.0.1:4566: one endpoint for all regions, for clients that take only one.

The region is the home of a global service, else the one the request is signed for, else the one its Host
names, else us-east-1. A control plane that can move is where the DNS says that its endpoint is. The operator has no
distance to any region; a region that is struck does not answer, as it would not out there.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Mapping

from ..core.errors import AwsError
from ..net.addresses import address_of
from ..net.places import region_names
from ..region.homes import GLOBAL_HOME, home_of
from ..wire import browsers, codec, model, sigv4
from ..wire.http import Request, Response
from .forward import not_running, unknown_region
from .http_client import HttpClient, HttpFailure
from .lookup import NoAnswer

Addresses = Callable[[str], Awaitable[list[str] | None]]
"""The addresses of a name. Raises NoAnswer."""
LOOKED_UP_S = 1.0
NO_ID = "0" * 32  # request ids are given by regions, and none has seen this request


class FrontDoor:
    """Passes requests on to the region they are for."""

    def __init__(
        self, regions: Container[str], homes: Mapping[str, str], client: HttpClient, port: int,
        standbys: Mapping[str, str], addresses: Addresses,
    ) -> None:  # fmt: skip
        self._regions, self._homes, self._client, self._port = regions, homes, client, port
        self._standbys, self._addresses = standbys, addresses

    async def handle(self, request: Request) -> Response:
        if not browsers.concerns(request):
            return await self._pass_on(request)
        if _named(request.host) is None and (answer := browsers.preflight(request)) is not None:
            return answer  # it is not signed, so nobody knows which region is to be asked
        return browsers.allowed(await self._pass_on(request))

    async def _pass_on(self, request: Request) -> Response:
        try:
            region = await self._seat(request, self.region_of(request))
        except AwsError as error:
            return codec.refuse(request, error, NO_ID)
        try:
            return await self._client.send(request, address_of(region), self._port, timeout_s=None)
        except HttpFailure:
            return codec.refuse(request, not_running(region), NO_ID)

    def region_of(self, request: Request) -> str:
        """Which region a request is for. Raises AwsError when this world does not have it."""
        signature = sigv4.read(request)
        if signature is None:
            region = _named(request.host) or GLOBAL_HOME
        else:
            region = home_of(signature.service, self._homes) or signature.region
        if region not in self._regions:
            raise unknown_region(region)
        return region

    async def _seat(self, request: Request, home: str) -> str:
        """Where the control plane just now is that a request is for."""
        signature = sigv4.read(request)
        standby = self._standbys.get(signature.service) if signature is not None else None
        if signature is None or standby is None or standby not in self._regions:
            return home
        try:
            async with asyncio.timeout(LOOKED_UP_S):
                found = await self._addresses(f"{model.load(signature.service).endpoint_prefix}.amazonaws.com.")
        except (TimeoutError, NoAnswer):
            return home
        return standby if found == [address_of(standby)] else home


def _named(host: str) -> str | None:
    """`abc.execute-api.eu-west-1.amazonaws.com` is for eu-west-1."""
    names = region_names()
    return next((label for label in reversed(host.split(".")) if label in names), None)
