"""Load balancers as the DNS knows them: the nodes of each, which of them answer, and where traffic was shifted from.

A name leads to the nodes of its zones, without those the traffic is shifted away from (ARC zonal shift), those with
too few healthy targets (their region reports it) and those that no longer answer (the edge probes them, as Route 53
does out there). When nothing is left all of them are answered: fail-open. Lost regions cannot report, but their nodes
fail their probes.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#target-group-health

Invariant: needs nothing but what reached the edge. `epoch` rises whenever an answer may have changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..net.addresses import node_address
from .targets import Target

TTL = 60
FAILURES, SUCCESSES = 3, 2  # probes in a row that turn a node's verdict
PROBED_EVERY_S, PROBE_PATIENCE_S = 10.0, 4.0


class NodeId(NamedTuple):
    """One node: a load balancer's ARN and a zone."""

    load_balancer: str
    zone: str


@dataclass(slots=True)
class Pulse:
    """What probing says of one node."""

    up: bool = True
    streak: int = 0


@dataclass(slots=True)
class LoadBalancers:
    """Every load balancer that reached this edge."""

    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    reports: dict[str, dict[str, Any]] = field(default_factory=dict)
    shifts: dict[str, dict[str, Any]] = field(default_factory=dict)
    pulses: dict[NodeId, Pulse] = field(default_factory=dict)
    now: float = 0.0
    epoch: int = 0
    _names: dict[str, str] = field(default_factory=dict)
    _active: frozenset[str] = frozenset()

    # Learning.

    def take(self, kind: str, body: dict[str, Any]) -> None:
        """One change of the services `elbv2` and `arc-zonal-shift`, as it stands in the journal."""
        if kind == "shift_put":
            self.shift(body["shift"])
        elif body.get("table") == "load_balancers":
            self.put(body["key"], body.get("value"))
        elif body.get("table") == "reports":
            self.report(body["key"], body.get("value"))

    def put(self, arn: str, load_balancer: dict[str, Any] | None) -> None:
        """A load balancer as it is now; None if it is gone."""
        old = self.known.pop(arn, None)
        if old is not None:
            self._names.pop(_name(old), None)
        if load_balancer is not None:
            self.known[arn] = load_balancer
            self._names[_name(load_balancer)] = arn
        zones = set(self.nodes_of(arn))
        for node in [each for each in self.pulses if each.load_balancer == arn and each.zone not in zones]:
            del self.pulses[node]
        self.epoch += 1

    def report(self, arn: str, report: dict[str, Any] | None) -> None:
        """What its region says of its zones and of the whole."""
        if report is None:
            self.reports.pop(arn, None)
        else:
            self.reports[arn] = report
        self.epoch += 1

    def shift(self, shift: dict[str, Any]) -> None:
        """A zonal shift as it is now."""
        self.shifts[shift["Id"]] = shift
        self.epoch += 1

    def learn(self, node: NodeId, answered: bool) -> bool:
        """One probe's result. True if the verdict on the node turned."""
        pulse = self.pulses.setdefault(node, Pulse())
        if answered == pulse.up:
            pulse.streak = 0
            return False
        pulse.streak += 1
        if pulse.streak < (SUCCESSES if answered else FAILURES):
            return False
        pulse.up, pulse.streak = answered, 0
        self.epoch += 1
        return True

    def review(self, now: float) -> None:
        """Time has passed: shifts may have come to their end."""
        self.now = max(now, self.now)
        active = frozenset(id for id, shift in self.shifts.items() if self._in_force(shift))
        if active != self._active:
            self._active = active
            self.epoch += 1

    # Answering.

    def nodes_of(self, arn: str) -> dict[str, str]:
        """Zone -> address of the node in it."""
        found = self.known.get(arn)
        zones = [zone["ZoneName"] for zone in found["Zones"]] if found else []
        return {zone: node_address(zone, found["Number"]) for zone in zones} if found else {}

    def probed(self) -> Iterator[tuple[NodeId, str, int]]:
        """The nodes to probe, each with its address and the port of one of its listeners."""
        for arn in self.known:
            ports = self.reports.get(arn, {}).get("Ports")
            if not ports:
                continue
            for zone, address in self.nodes_of(arn).items():
                yield NodeId(arn, zone), address, ports[0]

    def named(self, name: str) -> str | None:
        """The ARN behind a DNS name (lower case, last dot)."""
        return self._names.get(name)

    def target(self, name: str) -> Target | None:
        """Where a name leads; None if it is no load balancer's. `eu-west-1a.NAME` is one zone of it, and
        `dualstack.NAME` the same as NAME: the console and the CDK write aliases so."""
        name = name.removeprefix("dualstack.")
        arn = self._names.get(name)
        if arn is not None:
            return Target(tuple(self.answering(arn).values()), self.healthy(arn), TTL)
        zone, _, rest = name.partition(".")
        arn = self._names.get(rest)
        address = self.nodes_of(arn).get(zone) if arn is not None else None
        return Target((address,), True, TTL) if address is not None else None

    def answering(self, arn: str) -> dict[str, str]:
        """The nodes the DNS names now: zone -> address."""
        nodes, away = self.nodes_of(arn), self.away(arn)
        said = self.reports.get(arn, {}).get("Zones", {})
        kept = {zone: address for zone, address in nodes.items() if zone not in away} or nodes
        well = {z: a for z, a in kept.items() if said.get(z, True) and self._up(arn, z)}
        up = {z: a for z, a in kept.items() if self._up(arn, z)}
        return well or up or kept

    def healthy(self, arn: str) -> bool:
        """What Evaluate Target Health sees: its target groups, and whether any node answers."""
        said = bool(self.reports.get(arn, {}).get("Healthy"))
        return said and any(self._up(arn, zone) for zone in self.nodes_of(arn))

    def away(self, arn: str) -> set[str]:
        """The zones traffic is shifted away from."""
        return {s["Zone"] for s in self.shifts.values() if s["Resource"] == arn and self._in_force(s)}

    def _up(self, arn: str, zone: str) -> bool:
        pulse = self.pulses.get(NodeId(arn, zone))
        return pulse is None or pulse.up

    def _in_force(self, shift: dict[str, Any]) -> bool:
        return shift["CanceledAt"] is None and self.now < float(shift["ExpiresAt"])


def _name(load_balancer: dict[str, Any]) -> str:
    return f"{load_balancer['DnsName'].lower()}."
