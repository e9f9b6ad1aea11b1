"""Questions of a region's load balancers to identity providers: over HTTPS, to names as the region resolves them.

A provider is another part of the world, or a server of the user's on this machine: only loopback addresses are ever
connected to, and whose certificate they show is not looked at.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from urllib.parse import urlsplit

from ...wire.http import Request, Response
from ..crossing import Crossing
from ..http_client import HttpClient, HttpFailure
from ..lookup import Lookups, NoAnswer
from ..process import Job

PATIENCE_S = 5.0


class NoProvider(Exception):
    """It could not be asked; the message says why."""


class Providers:
    """The way to all of them."""

    def __init__(self, job: Job, crossing: Crossing) -> None:
        self._job = job
        self._client = HttpClient()
        self._lookups = Lookups(crossing, job.ports.dns, job.spec.speed)
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._tls.check_hostname = False
        self._tls.verify_mode = ssl.CERT_NONE

    async def ask(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Response:
        """What a provider answers. Raises NoProvider."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        headers = {"host": parts.netloc.rpartition("@")[2], "accept": "application/json", **headers}
        try:
            async with asyncio.timeout(PATIENCE_S):
                address, machine = await self._found(host, port)
                request = Request(method, parts.path or "/", parts.query, headers, body)
                return await self._client.send(
                    request, address, machine, timeout_s=None, ssl=self._tls, server_name=host
                )
        except (NoAnswer, HttpFailure, TimeoutError) as error:
            raise NoProvider(f"{url}: {error or 'too late'}") from None

    def close(self) -> None:
        self._client.close()
        self._lookups.close()

    async def _found(self, host: str, port: int) -> tuple[str, int]:
        """Where a host is, and the machine's port for one of its own. Raises NoAnswer, NoProvider."""
        if host == "localhost" or _is_address(host):
            address, machine = ("127.0.0.1" if host == "localhost" else host), port
        else:
            found = await self._lookups.addresses(self._job.name, f"{host.lower().rstrip('.')}.")
            if not found:
                raise NoProvider(f"{host} has no address")
            address = found[0]
            machine = self._job.ports.at(address, port)
        if not ipaddress.ip_address(address).is_loopback:
            raise NoProvider(f"{host} is at {address}, which is outside this world")
        return address, machine


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
