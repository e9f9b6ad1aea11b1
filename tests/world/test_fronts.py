"""Load balancers, zones and accelerators of a simulated world, by what people in cities meet with."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

import pytest
import simulated

from terrella.core.errors import AwsError
from terrella.net.addresses import accelerator_addresses, address_of
from terrella.wire.http import Request, Response
from terrella.world.history import Attempt
from terrella.world.simulated import SimulatedWorld

EU, JP, HOME = "eu-west-1", "ap-northeast-1", "us-west-2"
FAST = "https://fast.chat.example.com"


@pytest.fixture(scope="module")
def fast() -> SimulatedWorld:
    """The chat behind an accelerator, in two regions."""
    world = simulated.world(EU, JP, HOME)
    world.run(world.deploy("global_chat", (EU, JP), fronts=("balancer", "accelerator")))
    return world


@pytest.fixture
def here() -> SimulatedWorld:
    return simulated.world(EU, HOME)


def visit(world: SimulatedWorld, city: str, url: str, patience_s: float = 3.0) -> Attempt:
    attempt: Attempt = world.run(world.visit(city, "read", "GET", url, b"", None, patience_s))
    return attempt


def test_a_city_gets_to_the_nearest_region_by_the_same_two_addresses(fast: SimulatedWorld) -> None:
    found = {fast.answers.address_at("fast.chat.example.com", city) for city in ("tokyo", "dublin")}
    assert found <= set(accelerator_addresses(1))
    for city, region in (("tokyo", JP), ("dublin", EU)):
        attempt = visit(fast, city, f"{FAST}/messages?room=lobby")
        assert (attempt.ok, attempt.status, attempt.region) == (True, 200, region)


def test_the_chat_reads_what_a_load_balancer_leaves_encoded(fast: SimulatedWorld) -> None:
    assert visit(fast, "tokyo", f"{FAST}/messages?room=a%3Ab").status == 200
    assert visit(fast, "tokyo", f"{FAST}/messages?room=a%20b").status == 400
    assert visit(fast, "tokyo", f"{FAST}/nothing").status == 404


def test_a_port_nobody_listens_at_resets_at_the_edge(fast: SimulatedWorld) -> None:
    attempt = visit(fast, "tokyo", "https://fast.chat.example.com:444/health")
    assert (attempt.ok, attempt.error) == (False, "reset")
    assert attempt.ended - attempt.began < 0.1


def test_a_killed_region_resets_flows_until_its_nodes_have_failed_their_probes(fast: SimulatedWorld) -> None:
    fast.run(fast.strike("process-kill", JP))
    assert visit(fast, "tokyo", f"{FAST}/health").error == "reset"
    simulated.after(fast, 35)
    attempt = visit(fast, "tokyo", f"{FAST}/health")
    assert (attempt.ok, attempt.region) == (True, EU)
    turned = [each.detail for each in fast.history.events if each.what == "endpoint" and each.detail["region"] == JP]
    assert [each["healthy"] for each in turned] == [True, False]
    fast.run(fast.heal())
    simulated.after(fast, 35)
    assert visit(fast, "tokyo", f"{FAST}/health").region == JP


def test_a_health_check_of_route_53_may_ask_a_load_balancer(fast: SimulatedWorld) -> None:
    """By the name of one of its nodes' regions, over TLS; a port without a listener refuses."""
    balancers = fast.run(fast.call(EU, "elbv2", "DescribeLoadBalancers", {}))["LoadBalancers"]
    ids = []
    for port in (443, 81):
        config = {
            "Type": "HTTPS", "FullyQualifiedDomainName": balancers[0]["DNSName"], "Port": port,
            "ResourcePath": "/health", "RequestInterval": 10, "FailureThreshold": 1,
        }  # fmt: skip
        wanted = {"CallerReference": str(port), "HealthCheckConfig": config}
        made = fast.run(fast.call("us-east-1", "route53", "CreateHealthCheck", wanted))
        ids.append(made["HealthCheck"]["Id"])
    simulated.after(fast, 30)
    assert [fast.answers.health.healthy(id) for id in ids] == [True, False]


def test_a_front_nobody_knows_is_refused_by_name(here: SimulatedWorld) -> None:
    with pytest.raises(ValueError, match="no front 'cdn': there are balancer and accelerator"):
        here.run(here.deploy("global_chat", (EU,), fronts=("cdn",)))


def test_ec2_beyond_the_default_network_is_refused_by_name(here: SimulatedWorld) -> None:
    with pytest.raises(AwsError, match="RunInstances in a simulated world"):
        wanted = {"MinCount": 1, "MaxCount": 1}
        here.run(here.call(EU, "ec2", "RunInstances", wanted))
    subnets = here.run(here.call(EU, "ec2", "DescribeSubnets", {}))["Subnets"]
    assert [each["AvailabilityZone"] for each in subnets] == ["eu-west-1a", "eu-west-1b", "eu-west-1c"]
    one = here.run(here.call(EU, "ec2", "DescribeSubnets", {"SubnetIds": [subnets[1]["SubnetId"]]}))
    assert one["Subnets"] == [subnets[1]]


def test_a_plain_address_behind_an_accelerator_is_probed_and_left(here: SimulatedWorld) -> None:
    address = f"{address_of('eu-west-1b').rpartition('.')[0]}.200"
    state = here.answers.accelerators.states

    def answer(request: Request) -> Response:
        return Response(200, [("X-Zone", "eu-west-1b")], b"well")

    port = here.run(here.serve(address, answer))
    group = here.run(_accelerator(here, address, port))
    simulated.after(here, 11)
    assert state([group]) == {f"{group} {address}": "HEALTHY"}
    attempt = visit(here, "dublin", f"http://{_name(here)}/")
    assert (attempt.ok, attempt.region) == (True, "eu-west-1b")
    here.run(here.strike("zone-outage", "eu-west-1b"))
    assert visit(here, "dublin", f"http://{_name(here)}/", 20.0).error == "reset"
    simulated.after(here, 50)
    assert state([group]) == {f"{group} {address}": "UNHEALTHY"}


def test_a_health_check_asks_through_an_accelerator(here: SimulatedWorld) -> None:
    address = f"{address_of('eu-west-1b').rpartition('.')[0]}.200"
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.source or "")
        return Response(200, [], b"well")

    port = here.run(here.serve(address, answer))
    here.run(_accelerator(here, address, port))
    simulated.after(here, 11)
    where = {"FullyQualifiedDomainName": _name(here), "Port": 80, "ResourcePath": "/"}
    config = {"Type": "HTTP", "RequestInterval": 10, "FailureThreshold": 3, **where}
    made = here.run(here.call("us-east-1", "route53", "CreateHealthCheck", {
        "CallerReference": "1", "HealthCheckConfig": config,
    }))["HealthCheck"]["Id"]  # fmt: skip
    simulated.after(here, 40)
    assert here.answers.health.healthy(made) and len({each for each in asked if each.startswith("checker")}) == 8
    here.run(here.strike("zone-outage", "eu-west-1b"))
    simulated.after(here, 90)
    assert not here.answers.health.healthy(made)


def _accelerator(world: SimulatedWorld, endpoint: str, port: int) -> Coroutine[Any, Any, str]:
    async def made() -> str:
        token = {"IdempotencyToken": "t"}
        call = world.call
        arn = (await call(HOME, "globalaccelerator", "CreateAccelerator", {"Name": "a", **token}))["Accelerator"]
        listener = await call(HOME, "globalaccelerator", "CreateListener", {
            "AcceleratorArn": arn["AcceleratorArn"], "Protocol": "TCP",
            "PortRanges": [{"FromPort": 80, "ToPort": 80}], **token,
        })  # fmt: skip
        group = await call(HOME, "globalaccelerator", "CreateEndpointGroup", {
            "ListenerArn": listener["Listener"]["ListenerArn"], "EndpointGroupRegion": EU,
            "EndpointConfigurations": [{"EndpointId": endpoint}], "HealthCheckPort": port,
            "HealthCheckIntervalSeconds": 10, "PortOverrides": [{"ListenerPort": 80, "EndpointPort": port}], **token,
        })  # fmt: skip
        return str(group["EndpointGroup"]["EndpointGroupArn"])

    return made()


def _name(world: SimulatedWorld) -> str:
    found = world.run(world.call(HOME, "globalaccelerator", "ListAccelerators", {}))
    return str(found["Accelerators"][0]["DnsName"])
