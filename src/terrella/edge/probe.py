"""One health-check probe: what to send, how long to wait, and what the result says, in Route 53's words.

Pure: the machine connects and measures; here is the plan and the judgement. Limits are those of
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-determining-health-of-endpoints.html:
4 s to connect for HTTP and HTTPS (10 s for TCP), 2 s more for the status, 2 s more for a body to be searched.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import Any, Literal

USER_AGENT = "Amazon-Route53-Health-Check-Service (ref {id}; report http://amzn.to/1vsZADi)"
SEARCHED_BYTES = 5120  # once decompressed
LARGEST_HEAD = 16_384  # all response headers together
FIREWALL_PAGE = (
    "https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/dns-failover-router-firewall-rules.html"
)
Stage = Literal["resolve", "refused", "connect", "tls", "response", "body", "closed", "malformed"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What one probe does. Times are in seconds and each begins when the one before is over.

    `request` is None for TCP; `search` is None unless a string must be found in the body; `address` is None
    if `name` must be resolved first (IPv4 only).
    """

    address: str | None
    name: str | None
    port: int
    tls: bool
    server_name: str | None
    request: bytes | None
    search: bytes | None
    connect_timeout: float
    response_timeout: float
    body_timeout: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one probe found. `failed` is the stage it did not get past; times are in milliseconds."""

    address: str | None = None
    failed: Stage | None = None
    status: int | None = None
    reason: str = ""
    body: bytes = b""
    connect_ms: float | None = None
    first_byte_ms: float | None = None
    tls_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A probe judged: is the endpoint well, the words GetHealthCheckStatus has for it, and how long its parts took."""

    healthy: bool
    text: str
    took_ms: dict[str, float] = field(default_factory=dict, compare=False)  # by CloudWatch's names of what was measured


def plan(check_id: str, config: dict[str, Any]) -> Plan:
    """The probe a HealthCheckConfig asks for. Only for types that probe an endpoint."""
    kind = config["Type"]
    tcp, tls = kind == "TCP", kind.startswith("HTTPS")
    port = int(config.get("Port") or (443 if tls else 80))
    address, name = config.get("IPAddress"), config.get("FullyQualifiedDomainName")
    search = config.get("SearchString") if kind.endswith("_STR_MATCH") else None
    enable_sni = config.get("EnableSNI", tls)
    return Plan(
        address=address,
        name=name,
        port=port,
        tls=tls,
        server_name=name if tls and enable_sni else None,
        request=None if tcp else _request(check_id, config, port, tls),
        search=search.encode() if search is not None else None,
        connect_timeout=10.0 if tcp else 4.0,
        response_timeout=2.0,
        body_timeout=2.0,
    )


def judge(config: dict[str, Any], outcome: Outcome) -> Finding:
    """Is an endpoint well after this probe? Any 2xx or 3xx is; redirects are not followed."""
    healthy, said = _verdict(config, outcome)
    took = {
        "ConnectionTime": outcome.connect_ms, "SSLHandshakeTime": outcome.tls_ms,
        "TimeToFirstByte": outcome.first_byte_ms,
    }  # fmt: skip
    text = f"Success: {said}" if healthy else f"Failure: {_resolved(outcome)}{said}"
    return Finding(healthy, text, {metric: ms for metric, ms in took.items() if ms is not None})


def _verdict(config: dict[str, Any], outcome: Outcome) -> tuple[bool, str]:
    if outcome.failed is not None:
        return False, _why(outcome.failed)
    if config["Type"] == "TCP":
        return True, "TCP connection established"
    status = f"HTTP Status Code {outcome.status}, {outcome.reason or 'OK'}"
    if outcome.status is None or not 200 <= outcome.status < 400:
        return False, status
    if config["Type"].endswith("_STR_MATCH") and not _found(config.get("SearchString", ""), outcome.body):
        return False, f"{status}. The search string was not found."
    return True, status


def content(head: bytes, raw: bytes) -> tuple[bytes, bool]:
    """What of a body is searched, after the bytes of it that have come; and whether no more need come.

    Chunks are put together (RFC 9112 section 7.1), gzip and deflate undone. What cannot be is searched as it is.
    """
    fields = {name.strip().lower(): value.strip().lower() for name, value in _fields(head)}
    body, whole = raw, False
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        body, whole = _unchunked(raw)
    elif fields.get(b"content-length", b"").isdigit():
        length = int(fields[b"content-length"])
        body, whole = raw[:length], len(raw) >= length
    if fields.get(b"content-encoding") in (b"gzip", b"x-gzip", b"deflate"):
        body = _inflated(body)
    return body[:SEARCHED_BYTES], whole or len(body) >= SEARCHED_BYTES


def covers(pattern: str, name: str) -> bool:
    """Is a certificate's name, perhaps with a wildcard for its first label, this one (RFC 6125 section 6.4.3)?"""
    pattern, name = pattern.lower().rstrip("."), name.lower().rstrip(".")
    return pattern == name or (pattern.startswith("*.") and pattern[2:] == name.partition(".")[2])


def _fields(head: bytes) -> list[tuple[bytes, bytes]]:
    parts = [line.partition(b":") for line in head.split(b"\r\n")[1:] if line]
    return [(name, value) for name, _, value in parts]


def _unchunked(raw: bytes) -> tuple[bytes, bool]:
    out, at = bytearray(), 0
    while (end := raw.find(b"\r\n", at)) >= 0:
        digits = raw[at:end].partition(b";")[0].strip()
        try:
            size = int(digits, 16)
        except ValueError:
            return raw, False
        if size <= 0:
            return bytes(out), True
        out += raw[end + 2 : end + 2 + size]
        at = end + 2 + size + 2
    return bytes(out), False


def _inflated(body: bytes) -> bytes:
    for kind in (zlib.MAX_WBITS | 32, -zlib.MAX_WBITS):  # gzip or zlib by their heads; bare deflate, as some send it
        try:
            return zlib.decompressobj(kind).decompress(body, SEARCHED_BYTES)
        except zlib.error:
            continue
    return body


def _request(check_id: str, config: dict[str, Any], port: int, tls: bool) -> bytes:
    host = config.get("FullyQualifiedDomainName") or config.get("IPAddress", "")
    if port != (443 if tls else 80) and config.get("FullyQualifiedDomainName"):
        host = f"{host}:{port}"
    path = config.get("ResourcePath") or "/"
    path = path if path.startswith("/") else f"/{path}"
    agent = USER_AGENT.format(id=check_id)
    lines = [
        f"GET {path} HTTP/1.1",
        f"Host: {host}",
        "Connection: close",
        f"User-Agent: {agent}",
        "Accept: */*",
    ]
    return "\r\n".join([*lines, "", ""]).encode()


def _found(search: str, body: bytes) -> bool:
    return search.encode() in body[:SEARCHED_BYTES]


def _resolved(outcome: Outcome) -> str:
    return f"Resolved IP: {outcome.address}. " if outcome.address else ""


def _why(failed: Stage) -> str:
    return {
        "resolve": "DNS resolution failed: the domain name has no A record.",
        "refused": "Connection refused. The endpoint is not accepting connections on that port.",
        "connect": "Connection timed out. The endpoint or the internet connection is down, or requests are "
        f"being blocked by your firewall. See {FIREWALL_PAGE}",
        "tls": "The SSL/TLS handshake failed.",
        "response": "The endpoint did not respond within the time limit once the connection was established.",
        "body": "The response body was not received within the time limit.",
        "closed": "The connection was closed by the endpoint.",
        "malformed": "The response was not valid HTTP.",
    }[failed]
