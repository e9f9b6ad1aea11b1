"""CORS as an HTTP API answers it: preflights without asking anybody, and its own headers on every answer.

https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
"""

from __future__ import annotations

from typing import Any

from ...wire.http import Request, Response

PREFIX = "access-control-"


def preflight(cors: dict[str, Any] | None, request: Request) -> Response | None:
    """The answer to a browser that asks before it asks; None when this is no such question."""
    origin = request.headers.get("origin")
    if (
        not cors
        or request.method != "OPTIONS"
        or "access-control-request-method" not in request.headers
        or not origin
    ):
        return None
    headers = _allowed_origin(cors, origin)
    if headers:
        for name, key in (("methods", "AllowMethods"), ("headers", "AllowHeaders")):
            if cors.get(key):
                headers.append((f"access-control-allow-{name}", ",".join(cors[key])))
        if cors.get("MaxAge") is not None:
            headers.append(("access-control-max-age", str(cors["MaxAge"])))
    return Response(204, headers)


def decorate(cors: dict[str, Any] | None, request: Request, response: Response) -> None:
    """With a CORS configuration its headers replace whatever the integration said."""
    if not cors:
        return
    response.headers = [
        (name, value) for name, value in response.headers if not name.lower().startswith(PREFIX)
    ]
    origin = request.headers.get("origin")
    headers = _allowed_origin(cors, origin) if origin else []
    if headers and cors.get("ExposeHeaders"):
        headers.append(("access-control-expose-headers", ",".join(cors["ExposeHeaders"])))
    response.headers += headers


def _allowed_origin(cors: dict[str, Any], origin: str) -> list[tuple[str, str]]:
    allowed = cors.get("AllowOrigins") or []
    credentials = [("access-control-allow-credentials", "true")] if cors.get("AllowCredentials") else []
    if "*" in allowed:
        return [("access-control-allow-origin", "*")]
    scheme = origin.partition("://")[0] + "://*"
    if origin in allowed or scheme in allowed:
        return [("access-control-allow-origin", origin), ("vary", "Origin"), *credentials]
    return []
