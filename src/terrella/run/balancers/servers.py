"""Connections from a node to the user's servers: kept alive, made within ten seconds, across the zone's network.

Only loopback addresses are ever connected to: any other is a black hole, as is a zone that was lost.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from contextlib import suppress
from typing import Any

from ...services.elbv2.targets import standing
from ..crossing import Crossing
from .tunnel import Line

CONNECT_S = 10.0
KEPT_S, MOST_KEPT = 60.0, 32
LARGEST_HEAD = 64 << 10


class Servers:
    """What the nodes of one region know of servers."""

    def __init__(self, region: str, crossing: Crossing) -> None:
        self._region, self._crossing = region, crossing
        self._loop = asyncio.get_running_loop()
        self._kept: dict[tuple[str, int, bool, str], list[tuple[float, Line]]] = {}
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._tls.check_hostname = False  # load balancers do not look at their targets' certificates
        self._tls.verify_mode = ssl.CERT_NONE

    def kept(self, node: str, target: dict[str, Any], secure: bool, source: str) -> Line | None:
        """A connection that was used before and still stands."""
        lines = self._kept.get((target["Address"], target["Port"], secure, source), [])
        while lines:
            since, line = lines.pop()
            if not line[0].at_eof() and not line[1].is_closing() and self._loop.time() - since < KEPT_S:
                return line
            line[1].close()
        return None

    def keep(self, line: Line, target: dict[str, Any], secure: bool, source: str) -> None:
        lines = self._kept.setdefault((target["Address"], target["Port"], secure, source), [])
        if len(lines) < MOST_KEPT:
            lines.append((self._loop.time(), line))
        else:
            line[1].close()

    async def connect(self, node: str, target: dict[str, Any], port: int, secure: bool, source: str) -> Line:
        """A new connection from a node. Waits for ever where nothing answers. Raises OSError."""
        address = target["Address"]
        if not self.reached(target):
            await asyncio.Event().wait()
        await self.there(node, target)
        context = self._tls if secure else None
        line = await asyncio.open_connection(address, port, ssl=context, local_addr=(source, 0), limit=LARGEST_HEAD)
        await self.back(node, target)
        return line

    async def secure(self, line: Line) -> None:
        """Begin TLS on a connection. Raises OSError."""
        await line[1].start_tls(self._tls)

    def reached(self, target: dict[str, Any]) -> bool:
        """Only loopback addresses ever are."""
        return bool(target["Address"]) and ipaddress.ip_address(target["Address"]).is_loopback

    async def there(self, node: str, target: dict[str, Any]) -> None:
        """Cross from a node to a target, as far as faults let it. Within a region distance does not count."""
        if self._crossing.network.faults:
            await self._crossing.cross(node, self.place(target))

    async def back(self, node: str, target: dict[str, Any]) -> None:
        if self._crossing.network.faults:
            await self._crossing.cross(self.place(target), node)

    def place(self, target: dict[str, Any]) -> str:
        """Where a target stands."""
        return standing(self._region, target)

    def close(self) -> None:
        for lines in self._kept.values():
            for _, (_, writer) in lines:
                with suppress(RuntimeError):
                    writer.close()
        self._kept.clear()
