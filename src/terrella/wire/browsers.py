"""CORS, as the APIs of AWS answer it: pages of any origin may call them, since it is the signature that counts.

S3 is another matter: there it is the bucket's owner who says which pages may.
https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

import re

from ..core.errors import AwsError
from . import hosts, sigv4
from .http import Request, Response
from .quirks import S3_LIKE

EXPOSED = "x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date"
MAX_AGE_S = 172_800
_ANSWERED = [("access-control-allow-origin", "*"), ("access-control-expose-headers", EXPOSED)]
_MARKS = ("x-amz-target", "smithy-protocol")
_DATED = re.compile(r"/20\d\d-\d\d-\d\d/").match  # how the paths of Lambda, Route 53 and others begin


def concerns(request: Request) -> bool:
    """Whether a request is a page's, to one of the APIs that let pages call them."""
    if "origin" not in request.headers:
        return False
    signed_for = _signed_for(request)
    if signed_for is not None:
        return signed_for not in S3_LIKE
    named = hosts.named(request.host)
    if named is not None:
        return named.services[0] not in S3_LIKE
    asked = request.headers.get("access-control-request-headers", "").lower()
    marked = any(mark in request.headers or mark in asked for mark in _MARKS)
    return marked or request.path == "/" or _DATED(request.path) is not None


def preflight(request: Request) -> Response | None:
    """The answer to a browser that asks whether it may ask; None if it does not. `concerns` must hold."""
    if request.method != "OPTIONS":
        return None
    headers = [*_ANSWERED, ("access-control-max-age", str(MAX_AGE_S))]
    for wanted, allowed in (("request-method", "allow-methods"), ("request-headers", "allow-headers")):
        asked = request.headers.get(f"access-control-{wanted}")
        if asked:
            headers.append((f"access-control-{allowed}", asked))
    return Response(200, headers)


def allowed(response: Response) -> Response:
    """An answer that the page may read."""
    if response.header("access-control-allow-origin") is None:
        response.headers = [*response.headers, *_ANSWERED]
    return response


def _signed_for(request: Request) -> str | None:
    try:
        signature = sigv4.read(request)
    except AwsError:
        return None
    return signature.service if signature is not None else None
