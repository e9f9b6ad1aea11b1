"""Query logs: a line for every question that a public zone with a query logging configuration was asked.

    1.0 2017-12-13T08:16:02.130Z Z123412341234 example.com A NOERROR UDP FRA6 192.168.1.1 192.168.222.0/24

Version, time, zone, name, type, response code, protocol, edge location, the resolver, the client subnet it sent. The
edge location is the nearest to whoever asks, and with the zone names the log stream.
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/query-logs.html

Invariant: what waits to be carried to CloudWatch Logs is bounded; what found no room is counted.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ..net.addresses import asker_of
from ..net.distance import nearest_edge
from ..wire import dns
from .asker import vpc_region
from .zones import Zones

MOST_WAITING = 50_000
MOST_AT_ONCE = 1000  # lines of one request
_RCODES = {number: name for name, number in dns.RCODES.items()}


class Kind(NamedTuple):
    """All of a line but its time: the same for every equal question of one asker."""

    zone: str
    location: str
    words: str


class Batch(NamedTuple):
    """Lines for one log stream: milliseconds since 1970, text; the oldest first."""

    group: str
    stream: str
    lines: list[tuple[int, str]]


def _nobody() -> None:
    """Nobody carries lines anywhere."""


class QueryLog:
    """The zones that are logged, and the lines that wait. `begun` is called when the first of them does."""

    def __init__(self) -> None:
        self.groups: dict[str, str] = {}  # zone -> log group
        self.dropped = 0
        self.begun: Callable[[], None] = _nobody
        self._configs: dict[str, str] = {}  # configuration -> zone
        self._waiting: deque[tuple[float, Kind]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self, config: dict[str, Any]) -> None:
        """A zone is logged from now on."""
        zone = config["HostedZoneId"]
        self._configs[config["Id"]] = zone
        self.groups[zone] = config["CloudWatchLogsLogGroupArn"].split(":log-group:", 1)[1].removesuffix(":*")

    def end(self, id: str) -> None:
        """A configuration is no more."""
        zone = self._configs.pop(id, None)
        if zone is not None:
            self.groups.pop(zone, None)

    def forget(self, zone: str) -> None:
        """A zone is no more, nor are its configurations."""
        for id in [id for id, logged in self._configs.items() if logged == zone]:
            self.end(id)

    def kind(self, zones: Zones, message: bytes, reply: bytes, address: str, tcp: bool) -> Kind | None:
        """What to note of a question and its answer; None if the zone it is for is not logged."""
        try:
            query = dns.read_query(message)
        except dns.MalformedMessage:
            return None
        name, type, _ = query.question
        zone = zones.find(name, vpc_region(address))
        if zone is None or zone.id not in self.groups:
            return None
        subnet = query.edns.subnet if query.edns is not None else None
        client = f"{subnet.address}/{subnet.source}" if subnet is not None and subnet.address else "-"
        rcode, protocol = _RCODES.get(reply[3] & 0x0F, str(reply[3] & 0x0F)), "TCP" if tcp else "UDP"
        location = location_of(address)
        shown = name if name == "." else name.removesuffix(".")
        return Kind(
            zone.id, location, f"{shown} {dns.type_name(type)} {rcode} {protocol} {location} {address} {client}"
        )

    def note(self, kind: Kind, now: float) -> None:
        """Such a question was answered."""
        if len(self._waiting) >= MOST_WAITING:
            self.dropped += 1
            return
        self._waiting.append((now, kind))
        if len(self._waiting) == 1:
            self.begun()

    def take(self) -> list[Batch]:
        """All lines that wait, each to be carried now or lost."""
        streams: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for at, kind in self._waiting:
            group = self.groups.get(kind.zone)
            if group is not None:
                lines = streams.setdefault((group, f"{kind.zone}/{kind.location}"), [])
                lines.append((round(at * 1000), f"1.0 {_time(at)} {kind.zone} {kind.words}"))
        self._waiting.clear()
        return [Batch(*where, part) for where, lines in streams.items() for part in _parts(sorted(lines))]


@functools.lru_cache(maxsize=4096)
def location_of(address: str) -> str:
    """The edge location that answers an address: an airport's code and a number, which on AWS is arbitrary."""
    edge = nearest_edge(asker_of(address))
    return f"{edge.name.removeprefix('edge-').upper()}{edge.number}"


def _time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parts(lines: list[tuple[int, str]]) -> Iterable[list[tuple[int, str]]]:
    return (lines[at : at + MOST_AT_ONCE] for at in range(0, len(lines), MOST_AT_ONCE))
