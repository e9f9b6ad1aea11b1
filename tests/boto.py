"""boto3 clients whose requests go straight into a region: the real SDK on one side, no sockets between."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config

from terrella.region.region import Region
from terrella.wire.http import Request, Response


def client(region: Region, service: str, **options: Any) -> Any:
    """A client of one region. It does not retry, so a test sees every refusal."""
    made = boto3.client(
        service,
        region_name=region.name,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
        **options,
    )
    event = f"before-send.{made.meta.service_model.service_id.hyphenize()}"
    made.meta.events.register(event, lambda request, **_: _carry(region, request))
    return made


def _carry(region: Region, request: Any) -> AWSResponse:
    url = urlsplit(request.url)
    headers = {name.lower(): _text(value) for name, value in request.headers.items()}
    headers.setdefault("host", url.netloc)
    asked = Request(request.method, url.path or "/", url.query, headers, _content(request.body))
    answer: Any = region.handle(asked)
    if not isinstance(answer, Response):
        answer = asyncio.run(_waited(answer))
    return AWSResponse(request.url, answer.status, HeadersDict(dict(answer.headers)), _Body(answer.body))


async def _waited(answer: Any) -> Response:
    response: Response = await answer
    return response


def _content(body: Any) -> bytes:
    body = body.read() if hasattr(body, "read") else body
    return body.encode() if isinstance(body, str) else bytes(body or b"")


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else value


class _Body(io.BytesIO):
    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()
