"""The web as a region reaches it: over HTTP and HTTPS, to names as the region resolves them, across the network.

A server is another part of the world, or one of the user's on this machine: only loopback addresses are ever connected
to, and whose certificate they show is not looked at. What stands at an address of no place stands in the region.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from urllib.parse import urlsplit

from ..net.addresses import address_of, place_of
from ..net.places import OPERATOR
from ..region.ports import Garbled, Outside, Unreached
from ..wire.http import Request, Response
from .crossing import Crossing
from .http_client import HttpClient, HttpFailure
from .lookup import Lookups, NoAnswer
from .process import Job

PATIENCE_S = 30.0
PORTS = {"http": 80, "https": 443}


class Web:
    """`region.ports.Web`, live."""

    def __init__(self, job: Job, crossing: Crossing) -> None:
        self._job, self._crossing = job, crossing
        self._client = HttpClient()
        self._lookups = Lookups(crossing, job.ports.dns, job.spec.speed)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE

    async def ask(self, origin: str, request: Request) -> Response:
        """What the server at an origin (https://host:port) answers. Raises Unreached."""
        parts = urlsplit(origin)
        host, here = parts.hostname or "", self._job.name
        try:
            async with asyncio.timeout(PATIENCE_S):
                address, port = await self._found(host, parts.port or PORTS[parts.scheme])
                there = _standing(here, address)
                await self._crossing.cross(here, there)
                response = await self._client.send(
                    request, address, port, timeout_s=None, ssl=self._tls if parts.scheme == "https" else None,
                    server_name=host, local_address=address_of(here),
                )  # fmt: skip
                await self._crossing.cross(there, here)
                return response
        except HttpFailure as failure:
            kind = Unreached if isinstance(failure.__cause__, OSError) else Garbled
            raise kind(f"{origin}: {failure}") from None
        except (NoAnswer, TimeoutError) as late:
            raise Unreached(f"{origin}: {late or 'too late'}") from None

    def close(self) -> None:
        self._client.close()
        self._lookups.close()

    async def _found(self, host: str, port: int) -> tuple[str, int]:
        """Where a host is, and the machine's port for one of its own. Raises NoAnswer, Outside."""
        if host == "localhost" or _is_address(host):
            address, machine = ("127.0.0.1" if host == "localhost" else host), port
        else:
            found = await self._lookups.addresses(self._job.name, f"{host.lower().rstrip('.')}.")
            if not found:
                raise Outside(f"{host} has no address in this world")
            address = found[0]
            machine = self._job.ports.at(address, port)
        if not ipaddress.ip_address(address).is_loopback:
            raise Outside(f"{host} is at {address}, which is outside this world")
        return address, machine


def _standing(region: str, address: str) -> str:
    place = place_of(address)
    return place.name if place is not None and place.name != OPERATOR else region


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
