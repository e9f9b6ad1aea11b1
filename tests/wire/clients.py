"""Unmodified boto3 clients whose requests we keep, or answer, before they reach a socket."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.awsrequest import AWSResponse, HeadersDict
from botocore.config import Config

from terrella.wire.http import Request, Response

KEY, SECRET = "AKIDEXAMPLE", "example/secret+key"


class Body(io.BytesIO):
    def stream(self, *args: Any, **kwargs: Any) -> Any:
        yield self.read()


def client(service: str, answer: Callable[[Request], Response], endpoint: str | None = None, **config: Any) -> Any:
    """A boto3 client that asks `answer` instead of the network."""
    made = boto3.client(
        service,
        region_name="eu-west-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        endpoint_url=endpoint,
        config=Config(retries={"total_max_attempts": 1}, parameter_validation=False, **config),
    )

    def carry(request: Any, **_: Any) -> AWSResponse:
        response = answer(from_prepared(request))
        headers: dict[str, str] = HeadersDict(dict(response.headers))
        return AWSResponse(request.url, response.status, headers, Body(response.body))

    made.meta.events.register("before-send", carry)
    return made


def from_prepared(prepared: Any) -> Request:
    """A request as our server would hand it over."""
    url = urlsplit(prepared.url)
    body = prepared.body
    if hasattr(body, "read"):
        body = body.read()
    body = body.encode() if isinstance(body, str) else body or b""
    headers = {
        key.lower(): value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for key, value in prepared.headers.items()
    }
    headers.setdefault("host", url.netloc)
    return Request(prepared.method, url.path or "/", url.query, headers, body, secure=url.scheme == "https")
