"""Which loopback address belongs to which place, which client subnet, and which port of the machine.

| place | listens or sends from | client subnet |
|---|---|---|
| front door | 127.0.0.1 | |
| region N | 127.10.N.1 | 198.19.N.0/24 |
| zone a … f of region N | 127.20.N.1 … 127.25.N.1 | |
| health checkers N | 127.18.N.1 | 198.19.(200+N).0/24 |
| edge | 127.53.0.1 | |
| edge location N | 127.54.N.1 | |
| accelerator N | 127.55.0.N and 127.56.0.N | |
| city N | 127.81.N.1 | 198.18.N.0/24 |

A whole /24 belongs to each zone: 1 to 127 are nodes of load balancers, 128 to 254 are for servers of the user's
own that are to stand in that zone. An accelerator has an address in each of two network zones, and whoever connects
to one gets to the edge location nearest to where he stands.

N is the number the place has in its table and never changes. 198.18.0.0/15 is set aside for benchmarks
(RFC 2544), so no real network hides behind it. An address nobody owns is taken to be in us-east-1, where
Route 53's TestDNSAnswer also places a resolver it is not told about.
"""

from __future__ import annotations

import functools
import ipaddress

from .places import ANYCAST, OPERATOR, Place, all_places, find

FRONT_DOOR = "127.0.0.1"
EDGE_ADDRESS = "127.53.0.1"
DEFAULT_ASKER = "us-east-1"
MACHINE_PORTS = {53: 5353, 80: 8080, 443: 8443}
FIRST_ZONE = 20
LAST_NODE = 127
ACCELERATORS = ("127.55.0", "127.56.0")
LAST_ACCELERATOR = 254
_LOOPBACK = {"region": 10, "checker": 18, "edge": 54, "city": 81}


def address_of(place: Place | str) -> str:
    """The loopback address of a place. Raises UnknownPlace."""
    place = find(place) if isinstance(place, str) else place
    if place.name == OPERATOR:
        return FRONT_DOOR
    if place.name == ANYCAST:
        return EDGE_ADDRESS
    if place.kind == "zone":
        return f"127.{FIRST_ZONE + ord(place.name[-1]) - ord('a')}.{place.number}.1"
    return f"127.{_LOOPBACK[place.kind]}.{place.number}.1"


def subnet_of(place: Place | str) -> str | None:
    """The /24 in which a place's clients live, or None for places without clients. Raises UnknownPlace."""
    place = find(place) if isinstance(place, str) else place
    if place.kind == "city":
        return f"198.18.{place.number}.0/24"
    if place.kind == "region":
        return f"198.19.{place.number}.0/24"
    return f"198.19.{200 + place.number}.0/24" if place.kind == "checker" else None


@functools.lru_cache(maxsize=1024)
def client_ip(source: str | None) -> str:
    """The address by which a server knows somebody from a place; the machine's own for those from nowhere."""
    subnet = subnet_of(source) if source is not None else None
    return FRONT_DOOR if subnet is None else f"{subnet.rpartition('.')[0]}.10"


def place_of(address: str) -> Place | None:
    """The place an address belongs to, by its longest prefix; None when it is nobody's or is no address."""
    return _place_of(address)


def asker_of(address: str) -> Place:
    """Who asks from an address: its place; us-east-1 if it is nobody's or the front door."""
    found = _place_of(address)
    return find(DEFAULT_ASKER) if found is None or found.name == OPERATOR else found


def node_address(zone: str, number: int) -> str:
    """The address of a load balancer's node in a zone; `number` is that of the load balancer in its region."""
    assert 1 <= number <= LAST_NODE, number
    return f"{address_of(zone).rpartition('.')[0]}.{number}"


@functools.lru_cache(maxsize=4096)
def is_node(address: str) -> bool:
    """Is this an address of a load balancer's node?"""
    place = _place_of(address)
    return place is not None and place.kind == "zone" and int(address.rpartition(".")[2]) <= LAST_NODE


def accelerator_addresses(number: int) -> tuple[str, str]:
    """The two static addresses of an accelerator."""
    assert 1 <= number <= LAST_ACCELERATOR, number
    first, second = (f"{prefix}.{number}" for prefix in ACCELERATORS)
    return first, second


def is_accelerator(address: str) -> bool:
    """Is this an address of an accelerator?"""
    return address.rpartition(".")[0] in ACCELERATORS


def machine_port(port: int, privileged: bool = False) -> int:
    """The port this machine listens on for a port of the world; the same one where low ports may be bound."""
    return port if privileged else MACHINE_PORTS.get(port, port)


def world_port(port: int) -> int:
    """The port of the world a port of this machine stands for."""
    return {machine: world for world, machine in MACHINE_PORTS.items()}.get(port, port)


@functools.lru_cache(maxsize=8192)
def _place_of(address: str) -> Place | None:
    try:
        whole = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = getattr(whole, "ipv4_mapped", None)
    number = int(mapped or whole)
    if whole.version == 6 and mapped is None:
        return None
    table = _prefixes()
    for length in (32, 24):
        found = table.get((length, number >> (32 - length)))
        if found is not None:
            return found
    return None


@functools.cache
def _prefixes() -> dict[tuple[int, int], Place]:
    table: dict[tuple[int, int], Place] = {}
    for place in all_places().values():
        length = 32 if place.kind in ("operator", "anycast") else 24
        table[length, int(ipaddress.ip_address(address_of(place))) >> (32 - length)] = place
        subnet = subnet_of(place)
        if subnet is not None:
            table[24, int(ipaddress.ip_network(subnet).network_address) >> 8] = place
    for prefix in ACCELERATORS:
        table[24, int(ipaddress.ip_address(f"{prefix}.0")) >> 8] = find(ANYCAST)
    return table
