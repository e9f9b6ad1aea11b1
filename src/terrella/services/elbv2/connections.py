"""Where a network load balancer's node sends a connection, or a flow of datagrams, and what the target sees of it.

The choice is a hash of the flow: addresses, ports and protocol; with stickiness of the client's address alone. A flow
stays with its target until it ends, or the target is found ill while another is well.
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/introduction.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/network/edit-target-group-attributes.html
"""

from __future__ import annotations

import hashlib
import ipaddress
import struct
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from . import choosing
from .deciding import Node, fit_targets, registered
from .load_balancers import nodes
from .state import State
from .targets import key_of

Plain = dict[str, Any]
Address = tuple[str, int]
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"  # of the PROXY protocol, version 2
STREAM, PROXY_IPV4 = 0x11, 0x21


@dataclass(frozen=True, slots=True)
class Onward:
    """Where a flow goes. `target` has the address to connect to; `alb`: a load balancer's node, not a server."""

    group: Plain
    target: Plain
    alb: bool

    @property
    def key(self) -> str:
        return key_of(self.target)

    @property
    def secure(self) -> bool:
        """Does the target want TLS?"""
        return bool(self.group["Protocol"] == "TLS")

    @property
    def preserved(self) -> bool:
        """Does the target see the client's address?"""
        return self._is("preserve_client_ip.enabled", "true")

    @property
    def announced(self) -> bool:
        """Does a header of the PROXY protocol come before the client's bytes?"""
        return self._is("proxy_protocol_v2.enabled", "false")

    def _is(self, name: str, otherwise: str) -> bool:
        return bool(self.group["Attributes"].get(name, otherwise) == "true")


def onward(
    state: State, listener: Plain, node: Node, protocol: str, source: Address, there: Address, now: float,
    away: Collection[str] = (),
) -> Onward | None:  # fmt: skip
    """Where a new flow goes that came to an address and port of a node; None if nobody takes it."""
    (action,) = listener["DefaultActions"]
    group = state.target_groups.get(action["ForwardConfig"]["TargetGroups"][0]["TargetGroupArn"])
    if group is None:
        return None
    load_balancer = state.load_balancer(listener["LoadBalancerArn"])
    fit = fit_targets(state, load_balancer, group, node.zone, now, away)
    if not fit:
        return None
    key = _flow_key(group, protocol, source, there)
    target = min(fit, key=lambda each: hashlib.blake2b(f"{key}|{key_of(each)}".encode(), digest_size=8).digest())
    alb = group["TargetType"] == "alb"
    found = reached(state, target, node.zone) if alb else target
    return Onward(group, found, alb) if found is not None else None


def reached(state: State, target: Plain, zone: str) -> Plain | None:
    """An application load balancer as a target: its node in this zone, else in another."""
    load_balancer = state.load_balancers.get(target["Id"])
    if load_balancer is None:
        return None
    found = nodes(load_balancer)
    chosen = zone if zone in found else min(found)
    return {**target, "Address": found[chosen], "AvailabilityZone": chosen}


def ended(state: State, flow: Onward, zone: str, now: float) -> float | None:
    """When a flow is to be cut off, as far as is known: its target left, or is ill while another is well."""
    group = state.target_groups.get(flow.group["Arn"])
    if group is None:
        return None
    attributes, found = group["Attributes"], registered(state, group["Arn"], now)
    own = next((each for each in found if key_of(each) == flow.key), None)
    if own is None or own["LeftAt"] is not None:
        cut = attributes.get("deregistration_delay.connection_termination.enabled") == "true"
        return (float(own.get("GoneAt") or now) if own else now) if cut else None
    verdicts = state.verdicts.get(group["Arn"]) or {}
    well = [each for each in found if _state(verdicts, each, zone) == choosing.HEALTHY]
    cut = attributes.get("target_health_state.unhealthy.connection_termination.enabled", "true") == "true"
    return now if cut and well and _state(verdicts, own, zone) == "unhealthy" else None


def announcement(source: Address, there: Address) -> bytes:
    """The header that tells a target who speaks (haproxy.org/download/2.9/doc/proxy-protocol.txt, section 2.2)."""
    addresses = b"".join(ipaddress.IPv4Address(each[0]).packed for each in (source, there))
    ends = addresses + struct.pack("!HH", source[1], there[1])
    return SIGNATURE + struct.pack("!BBH", PROXY_IPV4, STREAM, len(ends)) + ends


def _state(verdicts: Plain, target: Plain, zone: str) -> str | None:
    seen: Plain = verdicts.get(key_of(target), {}).get(zone, {})
    return seen.get("State")


def _flow_key(group: Plain, protocol: str, source: Address, there: Address) -> str:
    if group["Attributes"].get("stickiness.enabled") == "true":
        return source[0]
    return f"{protocol} {source[0]}:{source[1]} {there[0]}:{there[1]}"
