"""Accelerators as the edge knows them: where they listen, what is healthy, where flows and names lead."""

from __future__ import annotations

from typing import Any

import pytest

from terrella.edge.accelerators import Accelerators, Destination, EndpointKey, Entrance
from terrella.edge.load_balancers import LoadBalancers
from terrella.net.network import Network

ARN = "arn:aws:globalaccelerator::123456789012:accelerator/a"
LISTENER, EU, AP = f"{ARN}/listener/l", f"{ARN}/listener/l/endpoint-group/eu", f"{ARN}/listener/l/endpoint-group/ap"
BALANCER = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/web/1"
TOKYO, NETWORK = ("127.81.2.1", 30_000), Network()
HOUSE = Entrance(ARN, LISTENER, "127.55.0.3", 80)


@pytest.fixture
def known() -> Accelerators:
    """Two groups: a load balancer in eu-west-1, a plain address in ap-northeast-1."""
    found = Accelerators(LoadBalancers())
    put(found, "accelerators", ARN, Arn=ARN, Enabled=True, Number=3, DnsName="a1.awsglobalaccelerator.com")
    ports = [{"FromPort": 80, "ToPort": 81}]
    put(found, "listeners", LISTENER, Arn=LISTENER, AcceleratorArn=ARN, PortRanges=ports, Protocol="TCP",
        ClientAffinity="NONE")  # fmt: skip
    for arn, region, id in ((EU, "eu-west-1", BALANCER), (AP, "ap-northeast-1", "127.20.32.200")):
        endpoints = [{"Id": id, "Weight": 128, "Preserve": True}]
        put(found, "groups", arn, Arn=arn, ListenerArn=LISTENER, Region=region, Dial=100.0, Endpoints=endpoints,
            Check={"Threshold": 3}, PortOverrides=[{"ListenerPort": 81, "EndpointPort": 9000}])  # fmt: skip
    return found


def put(known: Accelerators, table: str, key: str, **value: Any) -> None:
    known.take({"table": table, "key": key, "value": value})


def balancer(known: Accelerators, healthy: bool) -> None:
    whole = {"Arn": BALANCER, "DnsName": "web", "Number": 5, "Zones": [{"ZoneName": "eu-west-1a"}]}
    known.balancers.put(BALANCER, whole)
    known.balancers.report(BALANCER, {"Zones": {}, "Healthy": healthy, "Ports": [80]})


def goes_to(known: Accelerators, edge: str = "edge-nrt", port: int = 80) -> Destination | None:
    heading = known.heading(HOUSE._replace(port=port), TOKYO, edge, NETWORK)
    return heading.to if heading is not None else None


def common(known: Accelerators) -> bool:
    heading = known.heading(HOUSE, TOKYO, "edge-nrt", NETWORK)
    return heading is not None and heading.common


def test_it_listens_on_both_addresses_at_every_port_while_it_is_enabled(known: Accelerators) -> None:
    assert {each[2:4] for each in known.entrances()} == {
        (address, port) for address in ("127.55.0.3", "127.56.0.3") for port in (80, 81)
    }
    known.take({"table": "accelerators", "key": ARN, "value": {**known.accelerators[ARN], "Enabled": False}})
    assert not list(known.entrances())


def test_a_name_leads_to_both_addresses_and_is_as_healthy_as_any_endpoint(known: Accelerators) -> None:
    target = known.target("a1.awsglobalaccelerator.com.")
    assert target is not None and (set(target.addresses), target.healthy) == ({"127.55.0.3", "127.56.0.3"}, False)
    balancer(known, True)
    target = known.target("a1.awsglobalaccelerator.com.")
    assert target is not None and target.healthy
    assert known.target("a2.awsglobalaccelerator.com.") is None


def test_the_first_probe_decides_and_a_threshold_turns(known: Accelerators) -> None:
    key = EndpointKey(AP, "127.20.32.200")
    assert known.states([AP]) == {f"{AP} 127.20.32.200": "INITIAL"}
    assert [known.learn(key, answered) for answered in (True, False, False, True, False, False, False)] == [
        True, False, False, False, False, False, True,
    ]  # fmt: skip
    assert known.states([AP]) == {f"{AP} 127.20.32.200": "UNHEALTHY"}


def test_flows_go_to_the_nearest_that_is_healthy(known: Accelerators) -> None:
    balancer(known, True)
    assert goes_to(known) == Destination("127.20.9.5", 80, "eu-west-1a")
    known.learn(EndpointKey(AP, "127.20.32.200"), True)
    assert goes_to(known) == Destination("127.20.32.200", 80, "ap-northeast-1a")
    assert goes_to(known, "edge-dub") == Destination("127.20.9.5", 80, "eu-west-1a")


def test_flows_have_one_heading_in_common_where_one_endpoint_with_one_address_takes_them_all(
    known: Accelerators,
) -> None:
    balancer(known, True)
    assert common(known)  # of the two groups only the farther is well
    known.learn(EndpointKey(AP, "127.20.32.200"), True)
    assert common(known)
    put(known, "groups", AP, **{**known.groups[AP], "Dial": 50.0})
    assert not common(known)
    two = [{"Id": id, "Weight": 128, "Preserve": True} for id in ("127.20.32.200", BALANCER)]
    put(known, "groups", AP, **{**known.groups[AP], "Dial": 100.0, "Endpoints": two})
    assert not common(known)


def test_flows_to_a_load_balancer_of_several_zones_are_each_looked_up(known: Accelerators) -> None:
    balancer(known, True)
    epochs = known.epochs
    zones = [{"ZoneName": "eu-west-1a"}, {"ZoneName": "eu-west-1b"}]
    known.balancers.put(BALANCER, {**known.balancers.known[BALANCER], "Zones": zones})
    assert known.epochs != epochs
    assert not common(known)


def test_a_port_override_and_an_address_of_nobody(known: Accelerators) -> None:
    known.learn(EndpointKey(AP, "127.20.32.200"), True)
    assert goes_to(known, port=81) == Destination("127.20.32.200", 9000, "ap-northeast-1a")
    endpoints = [{"Id": "127.0.0.1", "Weight": 1, "Preserve": True}]
    put(known, "groups", AP, **{**known.groups[AP], "Endpoints": endpoints})
    assert goes_to(known) == Destination("127.0.0.1", 80, "ap-northeast-1")


def test_what_has_no_server_in_this_world_is_never_healthy_nor_reached(known: Accelerators) -> None:
    for id in ("i-0123456789abcdef0", "eipalloc-1", "8.8.8.8"):
        put(known, "groups", AP, **{**known.groups[AP], "Endpoints": [{"Id": id, "Weight": 1, "Preserve": True}]})
        assert goes_to(known) is None
    assert known.state(AP, "i-0123456789abcdef0") == "UNHEALTHY"
