"""Who asks: the place and network of a client, as far as the question tells."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..net.addresses import asker_of, place_of
from ..net.places import Place, find
from ..wire.dns import Subnet


@dataclass(frozen=True, slots=True)
class Asker:
    """`network` is the client's prefix in CIDR form: of the client subnet, else of the resolver that asks.

    `region` is set when a VPC of that region asks; it sees private zones. Every region has one VPC, as far as
    names go, and everything that stands in the region or its zones is in it. `collections` are the CIDR collections
    that IP-based routing looks into.
    """

    place: Place
    network: str
    region: str | None = None
    collections: Mapping[str, Mapping[str, list[str]]] = field(default_factory=dict, compare=False)

    def in_its_vpc(self) -> Asker:
        """As private zones see it: by the region of its VPC, never by a client subnet."""
        assert self.region is not None, "only VPCs see private zones"
        return Asker(find(self.region), self.network, self.region)


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
        place, network = _located(subnet.address, subnet.source)
    else:
        place, network = _located(source, None)
    return Asker(place, network, vpc_region(source), collections or {})


@functools.lru_cache(maxsize=8192)
def vpc_region(source: str) -> str | None:
    """The region from whose VPC an address asks. Addresses nobody owns, and clients' subnets, are the public's:
    what a client subnet claims must not open a private zone."""
    place = place_of(source)
    if place is None or place.kind not in ("region", "zone") or not source.startswith("127."):
        return None
    return place.region or place.name


@functools.lru_cache(maxsize=8192)
def _located(address: str, length: int | None) -> tuple[Place, str]:
    """Where an address is taken to be, and its network; a whole address without a length."""
    address = address.partition("%")[0]
    if length is None:
        length = ipaddress.ip_address(address).max_prefixlen
    return asker_of(address), str(ipaddress.ip_network(f"{address}/{length}", strict=False))
