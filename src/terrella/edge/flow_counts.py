"""What passed through accelerators: flows and bytes by the world's minutes, and records for flow logs, kept until
Global Accelerator's control plane has asked for them.

It asks once a minute, says what it has, and that is forgotten here. While it cannot ask, an hour of counts is kept, and
so many records. https://docs.aws.amazon.com/global-accelerator/latest/dg/cloudwatch-monitoring.html
https://docs.aws.amazon.com/global-accelerator/latest/dg/monitoring-global-accelerator.flow-logs.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..net.addresses import client_ip, node_address, place_of
from .accelerators import Accelerators, Entrance

Plain = dict[str, Any]
Key = tuple[str, str, str, str, str, str]  # accelerator, listener, region, edge location, address, protocol
MINUTES_KEPT, MOST_RECORDS = 60, 50_000


class Load(NamedTuple):
    """What one side has sent so far. Bytes are with the headers of TCP and IP."""

    bytes: int = 0
    packets: int = 0

    def since(self, before: Load) -> Load:
        return Load(max(self.bytes - before.bytes, 0), max(self.packets - before.packets, 0))


NOTHING = Load()


@dataclass(slots=True)
class Flow:
    """One flow: who came in where, and where it went. `own` is what its endpoint sees, `place` where that stands."""

    entrance: Entrance
    source: tuple[str, int]
    edge: str
    place: str
    endpoint: tuple[str, int]
    own: tuple[str, int]
    since: float
    inward: Load = NOTHING
    outward: Load = NOTHING
    counted: bool = False


@dataclass(slots=True)
class FlowCounts:
    """The counts of one edge. `sample` brings them up to date before they are told."""

    known: Accelerators
    speed: float
    sample: Callable[[], None] = lambda: None
    _rows: dict[int, dict[Key, list[int]]] = field(default_factory=dict)  # minute -> flows, bytes in, bytes out
    _records: list[list[Any]] = field(default_factory=list)
    _number: int = 0  # of the newest record

    def logged(self, accelerator: str) -> bool:
        """Are there to be records of its flows?"""
        found = self.known.accelerators.get(accelerator)
        return found is not None and bool(found.get("FlowLogs"))

    def carried(self, flow: Flow, inward: Load, outward: Load, at: float) -> None:
        """What a flow had carried at a moment, from the client and to it."""
        minute, key = int(at // self._step), self._key(flow)
        row = self._row(minute, key)
        if not flow.counted:
            flow.counted = True
            began = int(flow.since // self._step)
            (row if began == minute else self._row(began, key))[0] += 1
        more, back = inward.since(flow.inward), outward.since(flow.outward)
        row[1] += more.bytes
        row[2] += back.bytes
        if self.logged(flow.entrance.accelerator):
            for direction, load in (("INGRESS", more), ("EGRESS", back)):
                if load.packets:
                    self._record(flow, direction, load, at)
        flow.inward, flow.outward, flow.since = inward, outward, at

    def told(self, since: int, have: int) -> Plain:
        """The counts of minutes from one on, the records after one, and how endpoints are. The rest is forgotten."""
        self.sample()
        for minute in [each for each in self._rows if each < since]:
            del self._rows[minute]
        self._records = [record for record in self._records if record[0] > have]
        rows = [[minute, list(key), row] for minute, found in self._rows.items() for key, row in found.items()]
        return {"rows": rows, "records": self._records, "endpoints": self._endpoints()}

    @property
    def _step(self) -> float:
        return max(60.0 / self.speed, 1.0)

    def _key(self, flow: Flow) -> Key:
        entrance = flow.entrance
        region = _region(flow)
        return entrance.accelerator, entrance.listener, region, flow.edge, entrance.address, entrance.protocol

    def _row(self, minute: int, key: Key) -> list[int]:
        found = self._rows.get(minute)
        if found is None:
            found = self._rows[minute] = {}
            if len(self._rows) > MINUTES_KEPT:
                del self._rows[min(self._rows)]
        return found.setdefault(key, [0, 0, 0])

    def _record(self, flow: Flow, direction: str, load: Load, at: float) -> None:
        self._number += 1
        entrance, source = flow.entrance, place_of(flow.source[0])
        client = client_ip(source.name if source is not None else None)
        self._records.append([
            self._number, entrance.accelerator, client, flow.source[1], entrance.address, entrance.port,
            *flow.endpoint, entrance.protocol, load.packets, load.bytes, int(flow.since), int(at), *flow.own,
            _region(flow), flow.edge, direction,
            self._network(flow) if flow.own[0] == flow.source[0] else "",
        ])  # fmt: skip
        if len(self._records) > MOST_RECORDS:
            del self._records[: MOST_RECORDS // 10]

    def _network(self, flow: Flow) -> str:
        """The VPC of the load balancer whose node the endpoint is; "-" for a plain address."""
        for load_balancer in self.known.balancers.known.values():
            for zone in load_balancer["Zones"]:
                if node_address(zone["ZoneName"], load_balancer["Number"]) == flow.endpoint[0]:
                    return str(load_balancer["VpcId"])
        return "-"

    def _endpoints(self) -> list[list[Any]]:
        """[accelerator, listener, region, how many are healthy, how many are not] of each group."""
        found = []
        for arn, group in self.known.groups.items():
            listener = self.known.listeners.get(group["ListenerArn"])
            if listener is not None:
                states = [self.known.state(arn, each["Id"]) for each in group["Endpoints"]]
                counts = states.count("HEALTHY"), states.count("UNHEALTHY")
                found.append([listener["AcceleratorArn"], listener["Arn"], group["Region"], *counts])
        return found


def _region(flow: Flow) -> str:
    """Where its endpoint stands: a node, or a server in a zone, by its address; others where they were placed."""
    place = place_of(flow.endpoint[0])
    return place.region if place is not None and place.region else flow.place
