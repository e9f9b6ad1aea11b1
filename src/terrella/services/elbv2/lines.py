"""Lines of logs, field by field as documented.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-connection-logs.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-health-check-logs.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/load-balancer-access-logs.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from .records import GONE, Record, Wire

Plain = dict[str, Any]
LONGEST_AGENT = 8 << 10
_UNFIT = re.compile(r'["\x00-\x1f\x7f-\uffff]')
_REASONS = {
    "Target.Timeout": "TimedOut", "Target.FailedHealthChecks": "ConnectionReset",
    "Target.ResponseCodeMismatch": "ResponseCodeMismatch",
}  # fmt: skip


def request_line(record: Record, load_balancer: Plain, now: float) -> str:
    """An access log entry: one request to an application load balancer that is over."""
    ask, forward, wire = record.ask, record.forward, record.wire
    target = _target(record)
    status = "-" if record.target_status is None else str(record.target_status)
    return " ".join((
        _type(record), _moment(now), resource_id(load_balancer), _address(wire.client), target, *_times(record),
        str(record.status), status, str(record.received), str(record.sent), _quoted(_asked(record, load_balancer)),
        _quoted(((ask.header("user-agent") if ask else None) or "-")[:LONGEST_AGENT]),
        wire.cipher or "-", wire.protocol or "-", forward.group["Arn"] if forward is not None else "-",
        _quoted(record.trace), _quoted(wire.name or "-"),
        _quoted(("session-reused" if wire.resumed else wire.shown) or "-"),
        ask.rule if ask is not None else "-", _moment(record.began),
        _quoted(ask.action if ask is not None else "-"), _quoted(record.redirect), _quoted(record.reason),
        _quoted(target), _quoted(status), _quoted("-"), _quoted("-"), wire.trace, *_transformed(record),
    ))  # fmt: skip


def connection_line(wire: Wire, port: int) -> str:
    """A connection log entry: one connection to an application load balancer that has begun."""
    latency = "-" if wire.handshake_s is None else f"{wire.handshake_s:.3f}"
    return " ".join((
        _moment(wire.since), wire.client[0], str(wire.client[1]), str(port), wire.protocol or "-", wire.cipher or "-",
        latency, _quoted("-"), "-", "-", "-", wire.trace,
    ))  # fmt: skip


def health_line(
    began: float, took_s: float, group: Plain, target: Plain, status: int | None, failed: str | None,
    load_balancer: Plain, node: str,
) -> str:  # fmt: skip
    """A health check log entry: one probe of one node. `failed` is the reason of the API's own words."""
    kind = "lambda" if group["TargetType"] == "lambda" else group["HealthCheckProtocol"].lower()
    where = target["Id"] if kind == "lambda" else f"{target.get('Address') or target['Id']}:{target['Port']}"
    reason = "-" if failed is None else _REASONS.get(failed, "InternalError")
    if failed is not None and status is not None and status >= 500:
        reason = "TargetError"
    return " ".join((
        kind, _moment(began), f"{took_s:.9f}", where, group["Name"], "PASS" if failed is None else "FAIL",
        "-" if status is None else str(status), reason, resource_id(load_balancer), node,
    ))  # fmt: skip


def tls_line(
    wire: Wire, load_balancer: Plain, listener: str, node: tuple[str, int], received: int, sent: int, now: float
) -> str:
    """An access log entry of a network load balancer: one TLS connection that has ended."""
    shake = "-" if wire.handshake_s is None else str(round(wire.handshake_s * 1000))
    return " ".join((
        "tls", "2.0", _second(now), resource_id(load_balancer), listener.rpartition("/")[2], _address(wire.client),
        _address(node), str(round((now - wire.since) * 1000)), shake, str(received), str(sent), "-", wire.shown or "-",
        "-", wire.cipher or "-", (wire.protocol or "-").lower().replace(".", ""), "-", wire.name or "-", "-", "-", "-",
        _second(wire.since),
    ))  # fmt: skip


def resource_id(load_balancer: Plain) -> str:
    """`app/NAME/ID`."""
    return str(load_balancer["Arn"]).partition("loadbalancer/")[2]


def _type(record: Record) -> str:
    secure = record.wire.protocol is not None
    if record.upgraded:
        return "wss" if secure else "ws"
    if secure and record.version.startswith("HTTP/2"):
        return "h2"
    return "https" if secure else "http"


def _asked(record: Record, load_balancer: Plain) -> str:
    """The request line; of a request that could not be read only where it went is known."""
    ask, scheme = record.ask, "https" if record.wire.protocol is not None else "http"
    if ask is None:
        return f"- {scheme}://{load_balancer['DnsName']}:{record.port}- -"
    uri = f"{ask.path}?{ask.query}" if ask.query else ask.path
    return f"{ask.method} {scheme}://{ask.bare_host}:{record.port}{uri} {record.version}"


def _target(record: Record) -> str:
    target = record.forward.target if record.forward is not None else None
    if record.forward is None or target is None or record.forward.group["TargetType"] == "lambda":
        return "-"
    return f"{target.get('Address') or target['Id']}:{target['Port']}"


def _times(record: Record) -> tuple[str, str, str]:
    """Seconds until it was sent to a target, until that answered, until the client was answered: -1 for what never was.
    A client that went away has no answer."""
    sent, answered = record.sent_at, record.answered_at
    if record.status == GONE:
        answered = None
    first = f"{max(sent - record.began, 0.0):.3f}" if sent is not None else "-1"
    second = f"{max(answered - sent, 0.0):.3f}" if sent is not None and answered is not None else "-1"
    if answered is None:
        return first, second, "-1"
    return first, second, f"{max((record.replied_at or answered) - answered, 0.0):.3f}"


def _transformed(record: Record) -> tuple[str, str, str]:
    """The host and the URI after a rewrite, and how that went."""
    ask, forward = record.ask, record.forward
    if ask is None or forward is None or (ask.host, ask.path, ask.query) == (
        forward.ask.host, forward.ask.path, forward.ask.query
    ):  # fmt: skip
        return _quoted("-"), _quoted("-"), _quoted("-")
    new = forward.ask
    uri = f"{new.path}?{new.query}" if new.query else new.path
    return _quoted(new.host), _quoted(uri), _quoted("TransformSuccess")


def _quoted(text: str) -> str:
    return f'"{_UNFIT.sub(_escaped, text)}"'


def _escaped(found: re.Match[str]) -> str:
    return "".join(f"\\x{byte:02x}" for byte in found[0].encode("utf-8", "replace"))


def _address(address: tuple[str, int]) -> str:
    return f"{address[0]}:{address[1]}"


def _moment(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _second(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}"
