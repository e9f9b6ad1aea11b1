"""The web as a table of answers: what a region's services ask of servers, and what those say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

from terrella.region.ports import Unreached
from terrella.wire.http import Request, Response

Page = Callable[[Request], Response]


class WebOfAnswers:
    """`pages` are by URL without its query."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[tuple[str, Request]] = []
        self.slow_s = 0.0

    async def ask(self, origin: str, request: Request) -> Response:
        self.asked.append((origin, request))
        await asyncio.sleep(self.slow_s)
        found = self.pages.get(f"{origin}{request.path}")
        if found is None:
            raise Unreached(f"{origin} refuses")
        return found(request)


def page(content: Any) -> Page:
    return lambda request: Response(200, [("content-type", "application/json")], json.dumps(content).encode())
