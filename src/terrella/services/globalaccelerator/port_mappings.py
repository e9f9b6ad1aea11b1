"""Which port of a custom routing listener leads to which address and port of a subnet: arithmetic, pure.

Each destination, an address and a port, has one port of the listener; the five addresses AWS reserves in a subnet have
none. A subnet is given the lowest ports that are free when it is added, address after address, and keeps them. (The
order out there is another, and not to be relied on.)
https://docs.aws.amazon.com/global-accelerator/latest/dg/about-custom-routing-how-it-works.example.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any, NamedTuple

Plain = dict[str, Any]
RESERVED_FIRST, RESERVED_LAST = 4, 1


class Mapping(NamedTuple):
    """One port of a listener, and where it leads."""

    port: int
    address: str
    destination: int
    protocols: list[str]
    allowed: bool


def free_ports(listener: Plain, groups: list[Plain], count: int) -> list[list[int]] | None:
    """So many ports of a listener that no subnet has yet, as ranges; None if there are not so many."""
    taken = sorted(tuple(each) for group in groups for endpoint in group["Endpoints"] for each in endpoint["Ports"])
    found: list[list[int]] = []
    for each in sorted((each["FromPort"], each["ToPort"]) for each in listener["PortRanges"]):
        for first, last in _gaps(each, taken):
            last = min(last, first + count - 1)
            if count > 0:
                found.append([first, last])
                count -= last - first + 1
    return found if count <= 0 else None


def needed(cidr: str, destinations: list[Plain]) -> int:
    """How many ports of a listener a subnet needs."""
    return _usable(cidr) * len(protocols_of(destinations))


def protocols_of(destinations: list[Plain]) -> dict[int, list[str]]:
    """Every destination port with its protocols."""
    found: dict[int, set[str]] = {}
    for each in destinations:
        for port in range(each["FromPort"], each["ToPort"] + 1):
            found.setdefault(port, set()).update(each["Protocols"])
    return {port: sorted(protocols) for port, protocols in sorted(found.items())}


def mappings(group: Plain, endpoint: Plain, address: str | None = None) -> Iterator[Mapping]:
    """Every mapping of a subnet, or those of one address of it."""
    ports, network = protocols_of(group["Destinations"]), ipaddress.ip_network(endpoint["Cidr"])
    destinations = list(ports)
    row = 0 if address is None else number_of(endpoint["Cidr"], address) * len(ports)
    own = [port for first, last in endpoint["Ports"] for port in range(first, last + 1)]
    count = _usable(endpoint["Cidr"]) if address is None else 1
    for each in own[row : row + count * len(ports)]:
        number, place = divmod(row, len(ports))
        there = str(network[number + RESERVED_FIRST])
        destination = destinations[place]
        yield Mapping(each, there, destination, ports[destination], allows(endpoint, there, destination))
        row += 1


def allows(endpoint: Plain, address: str, port: int) -> bool:
    """May this destination receive traffic?"""
    return bool(endpoint["All"]) is not (port in endpoint["But"].get(address, ()))


def number_of(cidr: str, address: str) -> int:
    """Which of the mapped addresses of a subnet this is. Raises ValueError if it is none."""
    number = int(ipaddress.ip_address(address)) - int(ipaddress.ip_network(cidr).network_address) - RESERVED_FIRST
    if not 0 <= number < _usable(cidr):
        raise ValueError(f"{address} is not one of the mapped addresses of {cidr}")
    return number


def _usable(cidr: str) -> int:
    return ipaddress.ip_network(cidr).num_addresses - RESERVED_FIRST - RESERVED_LAST


def _gaps(whole: tuple[int, int], taken: list[tuple[int, ...]]) -> Iterator[tuple[int, int]]:
    """What of a range is not taken."""
    first, end = whole
    for low, high in taken:
        if high < first or low > end:
            continue
        if low > first:
            yield first, low - 1
        first = max(first, high + 1)
    if first <= end:
        yield first, end
