"""Questions of a region's load balancers to identity providers, over the web as the region reaches it."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from ...region.ports import Unreached
from ...wire.http import Request, Response
from ..crossing import Crossing
from ..process import Job
from ..web import Web

PATIENCE_S = 5.0


class NoProvider(Exception):
    """It could not be asked; the message says why."""


class Providers:
    """The way to all of them."""

    def __init__(self, job: Job, crossing: Crossing) -> None:
        self._web = Web(job, crossing)

    async def ask(self, method: str, url: str, headers: dict[str, str], body: bytes = b"") -> Response:
        """What a provider answers. Raises NoProvider."""
        parts = urlsplit(url)
        headers = {"host": parts.netloc.rpartition("@")[2], "accept": "application/json", **headers}
        request = Request(method, parts.path or "/", parts.query, headers, body)
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await self._web.ask(f"{parts.scheme}://{headers['host']}", request)
        except (Unreached, TimeoutError) as error:
            raise NoProvider(f"{url}: {error or 'too late'}") from None

    def close(self) -> None:
        self._web.close()
