"""Who asks: the place and network of a client, as far as the question tells."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..net.addresses import asker_of
from ..net.places import Place
from ..wire.dns import Subnet


@dataclass(frozen=True, slots=True)
class Asker:
    """`network` is the client's prefix in CIDR form: of the client subnet, else of the resolver that asks.

    `region` is set when a VPC of that region asks; it sees private zones. `collections` are the CIDR
    collections that IP-based routing looks into.
    """

    place: Place
    network: str
    region: str | None = None
    collections: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict, compare=False)


def asker_from(
    source: str,
    subnet: Subnet | None = None,
    *,
    collections: Mapping[str, Mapping[str, list[str]]] | None = None,
) -> Asker:
    """The asker behind a question: the client subnet's place if one was sent, else the source address's.

    Route 53 locates the truncated client subnet when there is one, otherwise the resolver
    (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy-edns0.html).
    """
    if subnet is not None and subnet.source and subnet.address:
        address, length = subnet.address, subnet.source
    else:
        address = source.partition("%")[0]
        length = ipaddress.ip_address(address).max_prefixlen
    network = str(ipaddress.ip_network(f"{address}/{length}", strict=False))
    place = asker_of(source)
    return Asker(
        asker_of(address), network, place.name if place.kind == "region" else None, collections or {}
    )
