"""The two addresses of an accelerator: whose they are, and on which ports of the machine."""

from __future__ import annotations

from terrella.net.addresses import accelerator_addresses, is_accelerator, place_of
from terrella.net.places import ANYCAST
from terrella.world.spec import MachinePorts


def test_both_lead_to_the_nearest_edge_location() -> None:
    for address in accelerator_addresses(254):
        place = place_of(address)
        assert is_accelerator(address) and place is not None and place.name == ANYCAST
    assert not is_accelerator("127.54.0.1") and place_of("127.57.0.1") is None


def test_ports_are_those_of_load_balancers() -> None:
    ports, (address, _) = MachinePorts().shifted(100), accelerator_addresses(1)
    assert [ports.at(address, port) for port in (80, 443, 81, 9000)] == [8180, 8543, 8181, 9100]
