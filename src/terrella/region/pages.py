"""What a browser asks on behalf of a page: like any other request, and the page may read the answer (CORS)."""

from __future__ import annotations

from collections.abc import Awaitable
from functools import partial

from ..wire import browsers
from ..wire.http import Response

Asked = partial[Response | Awaitable[Response]]


def readable(begun: Response | Awaitable[Response] | Asked) -> Response | Awaitable[Response] | Asked:
    """The same answer, whenever it comes, as one that the page may read."""
    if isinstance(begun, Response):
        return browsers.allowed(begun)
    return partial(_answered, begun) if isinstance(begun, partial) else _awaited(begun)


def _answered(asked: Asked) -> Response | Awaitable[Response]:
    answer = asked()
    return browsers.allowed(answer) if isinstance(answer, Response) else _awaited(answer)


async def _awaited(answer: Awaitable[Response]) -> Response:
    return browsers.allowed(await answer)
