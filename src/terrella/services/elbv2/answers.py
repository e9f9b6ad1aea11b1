"""What a load balancer says itself: errors, redirects, fixed responses.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
"""

from __future__ import annotations

from typing import Any

from ...wire.http import Response
from .matching import Ask

Plain = dict[str, Any]
SERVER = "awselb/2.0"
PHRASES = {
    301: "Moved Permanently", 302: "Found",
    400: "Bad Request", 401: "Authorization Required", 403: "Forbidden", 405: "Not Allowed", 408: "Request Time-out",
    413: "Request Entity Too Large",
    414: "Request-URI Too Large", 460: "460", 500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Temporarily Unavailable", 504: "Gateway Time-out", 505: "HTTP Version Not Supported",
}  # fmt: skip


def error(status: int) -> Response:
    """The page of an error, to the byte as seen out there."""
    title = f"{status} {PHRASES.get(status, '')}".strip()
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "</body>\r\n</html>\r\n"
    )
    return Response(status, [("Server", SERVER), ("Content-Type", "text/html")], body.encode())


def redirect(config: Plain, ask: Ask) -> Response:
    """A redirect action's answer: 301 or 302, with a page."""
    words = {
        "#{protocol}": "https" if ask.secure else "http",
        "#{host}": ask.bare_host,
        "#{port}": str(ask.port),
        "#{path}": ask.path.removeprefix("/"),
        "#{query}": ask.query,
    }

    def filled(name: str) -> str:
        text = str(config.get(name, ""))
        for word, value in words.items():
            text = text.replace(word, value)
        return text

    query = filled("Query")
    location = f"{filled('Protocol').lower()}://{filled('Host')}:{filled('Port')}{filled('Path')}"
    found = error(301 if config["StatusCode"] == "HTTP_301" else 302)
    return Response(
        found.status, [*found.headers, ("Location", f"{location}?{query}" if query else location)], found.body
    )


def fixed(config: Plain) -> Response:
    """A fixed-response action's answer."""
    body = (config.get("MessageBody") or "").encode()
    kind = config.get("ContentType") or "text/plain"
    return Response(int(config["StatusCode"]), [("Server", SERVER), ("Content-Type", f"{kind}; charset=utf-8")], body)
