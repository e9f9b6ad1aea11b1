"""Accelerators as the edge knows them: names, addresses, listeners, and the health of every endpoint.

A load balancer is as healthy as the edge knows it to be (`load_balancers`). A plain address is probed, by the settings
of its group: the first probe decides, then as many in a row as the threshold says must disagree to turn the verdict.
Elastic IPs and EC2 instances have no server in this world and are never healthy.
https://docs.aws.amazon.com/global-accelerator/latest/dg/about-endpoint-groups-health-check-options.html

Invariant: needs nothing but what reached the edge. `epoch` rises whenever an answer may have changed.
"""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..net.addresses import accelerator_addresses, place_of
from ..net.network import Network
from ..net.places import OPERATOR
from .flows import Chosen, Endpoint, Group, choose, common_choice, flow_key, spread
from .load_balancers import LoadBalancers
from .targets import Target

Plain = dict[str, Any]
TABLES = ("accelerators", "listeners", "groups")
TTL = 300
MOST_PORTS = 200  # of one listener, beyond which no socket is opened
INITIAL, HEALTHY, UNHEALTHY = "INITIAL", "HEALTHY", "UNHEALTHY"


class EndpointKey(NamedTuple):
    """One endpoint of one group."""

    group: str
    endpoint: str


class Destination(NamedTuple):
    """Where the second connection of a flow goes: an address, a port of the world, and the place it stands in."""

    address: str
    port: int
    place: str


class Heading(NamedTuple):
    """Where a flow is to go. `preserve`: does the endpoint see the client's address? `common`: do all flows that came
    in at the same place go there, until `epochs` change?"""

    to: Destination
    preserve: bool
    common: bool


class Entrance(NamedTuple):
    """One port of one address that takes flows of a listener."""

    accelerator: str
    listener: str
    address: str
    port: int
    protocol: str = "TCP"


@dataclass(slots=True)
class Opinion:
    """What probing says of one endpoint; None before the first probe."""

    healthy: bool | None = None
    streak: int = 0


@dataclass(slots=True)
class Accelerators:
    """Every accelerator that reached this edge."""

    balancers: LoadBalancers
    accelerators: dict[str, Plain] = field(default_factory=dict)
    listeners: dict[str, Plain] = field(default_factory=dict)
    groups: dict[str, Plain] = field(default_factory=dict)
    opinions: dict[EndpointKey, Opinion] = field(default_factory=dict)
    epoch: int = 0
    _names: dict[str, str] = field(default_factory=dict)
    _seen: dict[EndpointKey, str] = field(default_factory=dict)
    _groups_at: dict[tuple[str, str], tuple[list[Group], Chosen | None]] = field(default_factory=dict)
    _epochs: tuple[int, int] = (0, 0)

    # Learning.

    def take(self, body: Plain) -> None:
        """One change of the service `globalaccelerator`, as it stands in the journal."""
        if body["table"] not in TABLES:
            return
        table: dict[str, Plain] = getattr(self, body["table"])
        if body.get("value") is None:
            table.pop(body["key"], None)
        else:
            table[body["key"]] = body["value"]
        self._names = {name: arn for arn, each in self.accelerators.items() for name in _names(each)}
        known = {key for key, _, _ in self.probed()}
        self.opinions = {key: opinion for key, opinion in self.opinions.items() if key in known}
        self.epoch += 1

    def learn(self, key: EndpointKey, answered: bool) -> bool:
        """One probe's result. True if the verdict turned."""
        group = self.groups.get(key.group)
        if group is None:
            return False
        opinion = self.opinions.setdefault(key, Opinion())
        if answered is opinion.healthy:
            opinion.streak = 0
            return False
        opinion.streak += 1
        if opinion.healthy is not None and opinion.streak < group["Check"]["Threshold"]:
            return False
        opinion.healthy, opinion.streak = answered, 0
        self.epoch += 1
        return True

    def turned(self) -> list[Plain]:
        """The endpoints whose health is another than when this was last asked: which, where, and how they are."""
        news: list[Plain] = []
        for arn, group in self.groups.items():
            for endpoint in group["Endpoints"]:
                key, is_ = EndpointKey(arn, endpoint["Id"]), self.state(arn, endpoint["Id"])
                if is_ != INITIAL and self._seen.get(key) != is_:
                    self._seen[key] = is_
                    news.append({"id": endpoint["Id"], "region": group["Region"], "healthy": is_ == HEALTHY})
        return news

    def probed(self) -> Iterator[tuple[EndpointKey, Plain, str]]:
        """The plain addresses to probe: each with its group and the address."""
        for arn, group in self.groups.items():
            for endpoint in group["Endpoints"]:
                if is_address(endpoint["Id"]):
                    yield EndpointKey(arn, endpoint["Id"]), group, endpoint["Id"]

    # Answering.

    def target(self, name: str) -> Target | None:
        """Where a name (lower case, last dot) leads; None if it is no accelerator's."""
        arn = self._names.get(name)
        if arn is None:
            return None
        accelerator = self.accelerators[arn]
        healthy = accelerator.get("Custom") or any(self._well(group) for group in self._groups_of_accelerator(arn))
        return Target(accelerator_addresses(accelerator["Number"]), bool(healthy), TTL)

    def states(self, groups: list[str]) -> dict[str, str]:
        """ "group endpoint" -> its health, as DescribeEndpointGroup tells it."""
        return {
            f"{arn} {endpoint['Id']}": self.state(arn, endpoint["Id"])
            for arn in groups
            for endpoint in self.groups.get(arn, {}).get("Endpoints", ())
        }

    def state(self, group: str, endpoint: str) -> str:
        """The health of one endpoint."""
        if is_address(endpoint):
            opinion = self.opinions.get(EndpointKey(group, endpoint))
            healthy = None if opinion is None else opinion.healthy
        elif endpoint.startswith("arn:"):
            healthy = self.balancers.healthy(endpoint) if endpoint in self.balancers.reports else None
        else:
            healthy = False
        return INITIAL if healthy is None else HEALTHY if healthy else UNHEALTHY

    def entrances(self) -> Iterator[Entrance]:
        """Where to listen: the listeners of enabled accelerators, on both addresses."""
        for arn, listener in self.listeners.items():
            accelerator = self.accelerators.get(listener["AcceleratorArn"])
            if accelerator is None or not accelerator["Enabled"]:
                continue
            for address in accelerator_addresses(accelerator["Number"]):
                for port in ports_of(listener)[:MOST_PORTS]:
                    yield Entrance(accelerator["Arn"], arn, address, port, listener["Protocol"])

    @property
    def epochs(self) -> tuple[int, int]:
        """While these are the same, so are all answers."""
        return self.epoch, self.balancers.epoch

    def heading(self, entrance: Entrance, source: tuple[str, int], edge: str, network: Network) -> Heading | None:
        """Where a new flow from an address goes, that came in at an edge location; None if nobody takes it."""
        chosen = self._seen_at(entrance.listener, edge, network)[1] if entrance.listener in self.listeners else None
        common = chosen is not None and self._has_one_address(chosen.endpoint.id)
        chosen = chosen or self.route(entrance, source, edge, network)
        to = self.destination(chosen, entrance.port, source) if chosen is not None else None
        return Heading(to, chosen.endpoint.preserve, common) if chosen is not None and to is not None else None

    def route(self, entrance: Entrance, source: tuple[str, int], edge: str, network: Network) -> Chosen | None:
        """The endpoint a new flow from an address goes to, that came in at an edge location."""
        listener = self.listeners.get(entrance.listener)
        if listener is None:
            return None
        key = flow_key(listener["ClientAffinity"], source, (entrance.address, entrance.port), entrance.protocol)
        return choose(self._seen_at(entrance.listener, edge, network)[0], key)

    def destination(self, chosen: Chosen, port: int, source: tuple[str, int]) -> Destination | None:
        """Where that endpoint is, for a port of the listener; None for what has no server in this world."""
        overrides, id = self.groups[chosen.group.arn]["PortOverrides"], chosen.endpoint.id
        port = next((each["EndpointPort"] for each in overrides if each["ListenerPort"] == port), port)
        if is_address(id):
            return Destination(id, port, standing(id, chosen.group.region)) if is_reached(id) else None
        nodes = self.balancers.answering(id)
        if not nodes:
            return None
        zone = spread(nodes, f"{source[0]}:{source[1]}")
        return Destination(nodes[zone], port, zone)

    def entrance(self, address: str, port: int) -> Entrance | None:
        """What takes flows at a port of an address; None where connections are refused."""
        return next((each for each in self.entrances() if (each.address, each.port) == (address, port)), None)

    def _seen_at(self, listener: str, edge: str, network: Network) -> tuple[list[Group], Chosen | None]:
        """The groups of a listener as they are seen from an edge location, and what all flows that come in there are
        given alike, if they are. Remembered until something changes."""
        epochs = self.epochs
        if epochs != self._epochs:
            self._groups_at.clear()
            self._epochs = epochs
        found = self._groups_at.get((listener, edge))
        if found is None:
            groups = [self._seen_from(edge, each, network) for each in self._groups_of(listener)]
            found = self._groups_at[listener, edge] = groups, common_choice(groups)
        return found

    def _seen_from(self, edge: str, group: Plain, network: Network) -> Group:
        return Group(
            group["Arn"],
            group["Region"],
            group["Dial"],
            network.one_way(edge, group["Region"]),
            tuple(
                Endpoint(each["Id"], each["Weight"], self.state(group["Arn"], each["Id"]) == HEALTHY, each["Preserve"])
                for each in group["Endpoints"]
            ),
        )

    def _has_one_address(self, endpoint: str) -> bool:
        return is_address(endpoint) or len(self.balancers.answering(endpoint)) == 1

    def _well(self, group: Plain) -> bool:
        return any(self.state(group["Arn"], each["Id"]) == HEALTHY for each in group["Endpoints"] if each["Weight"])

    def _groups_of(self, listener: str) -> list[Plain]:
        return [each for each in self.groups.values() if each["ListenerArn"] == listener]

    def _groups_of_accelerator(self, arn: str) -> Iterator[Plain]:
        for listener in self.listeners.values():
            if listener["AcceleratorArn"] == arn:
                yield from self._groups_of(listener["Arn"])


def _names(accelerator: Plain) -> list[str]:
    """Its own, and the one it has besides with IPv6; no address of that kind is told, as none is reached."""
    name = f"{accelerator['DnsName']}."
    return [name, *([name.replace(".", ".dualstack.", 1)] if accelerator.get("IpAddressType") == "DUAL_STACK" else [])]


@functools.lru_cache(maxsize=4096)
def is_address(endpoint: str) -> bool:
    """Is an endpoint a plain address?"""
    try:
        ipaddress.IPv4Address(endpoint)
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=4096)
def is_reached(address: str) -> bool:
    """Only addresses of this machine are ever connected to."""
    return ipaddress.IPv4Address(address).is_loopback


def standing(address: str, region: str) -> str:
    """Where a plain address stands: where it belongs, else in the region of its group."""
    place = place_of(address)
    return place.name if place is not None and place.name != OPERATOR else region


def ports_of(listener: Plain) -> list[int]:
    """Every port of a listener; ranges are read no further than sockets are opened."""
    found: list[int] = []
    for each in listener["PortRanges"]:
        found += range(each["FromPort"], min(each["ToPort"], each["FromPort"] + MOST_PORTS) + 1)
    return found
