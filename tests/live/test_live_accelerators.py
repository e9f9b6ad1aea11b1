"""Accelerators in a live world: a stack with one, people in two cities, a lost region, a load balancer behind it."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from live.servers import servers
from live.test_city import client, wait
from live.test_live_balancers import _balancer, _default_subnets, _until, resolved
from live.worlds import World, world

from terrella.net.places import find
from terrella.world.spec import MachinePorts

pytestmark = pytest.mark.live
EU, AP = "127.20.9.211", "127.20.32.211"
ADDRESSES = {"127.55.0.1", "127.56.0.1"}
ONE_OF_THEM = [{address} for address in ADDRESSES]  # which is what an alias answers with
TEMPLATE = Path(__file__).with_name("accelerated.yaml")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with servers(Who, EU, AP, "127.20.9.201", "127.21.9.201") as found:
        yield found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    regions = ("us-west-2", "eu-west-1", "ap-northeast-1")
    with world(tmp_path_factory.mktemp("accelerated"), *regions, speed=20) as found:
        yield found


@pytest.fixture(scope="module")
def outputs(running: World, port: int) -> dict[str, str]:
    """The stack, deployed."""
    cloudformation = client(running, "cloudformation", "eu-west-1")
    parameters = [{"ParameterKey": "Port", "ParameterValue": str(port)}]
    cloudformation.create_stack(StackName="fast", TemplateBody=TEMPLATE.read_text(), Parameters=parameters)
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName="fast", WaiterConfig={"Delay": 0.1, "MaxAttempts": 500})
    found = cloudformation.describe_stacks(StackName="fast")["Stacks"][0]["Outputs"]
    return {each["OutputKey"]: each["OutputValue"] for each in found}


def test_people_reach_the_nearest_region_and_servers_see_them(running: World, outputs: dict[str, str]) -> None:
    wait(lambda: server_of(running, "tokyo", "chat.example.com") == [AP, "127.81.2.1"], 15)
    assert server_of(running, "dublin", outputs["DnsName"]) == [EU, "127.81.9.1"]
    assert resolved(running, outputs["DnsName"]) == ADDRESSES
    assert resolved(running, "chat.example.com") in ONE_OF_THEM
    ga = client(running, "globalaccelerator", "us-west-2")
    assert states(ga, outputs["TokyoArn"]) == ["HEALTHY"]
    described = {"AcceleratorArn": outputs["Arn"]}
    wait(lambda: ga.describe_accelerator(**described)["Accelerator"]["Status"] == "DEPLOYED", 10)


def test_a_flow_stays_where_it_is_and_may_be_half_closed(running: World, outputs: dict[str, str]) -> None:
    ga = client(running, "globalaccelerator", "us-west-2")
    proxy = ("127.0.0.1", _proxy(running, "tokyo"))
    with socket.create_connection(proxy, 10) as line:
        line.sendall(b"CONNECT chat.example.com:80 HTTP/1.1\r\nHost: chat.example.com:80\r\n\r\n")
        _until(line, b"\r\n\r\n")
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert AP.encode() in _until(line, b"}")
        ga.update_endpoint_group(EndpointGroupArn=outputs["TokyoArn"], TrafficDialPercentage=0)
        wait(lambda: server_of(running, "tokyo", "chat.example.com")[:1] == [EU], 20)
        line.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        line.shutdown(socket.SHUT_WR)
        assert AP.encode() in _until(line, b"}")
        assert line.recv(1) == b""
    ga.update_endpoint_group(EndpointGroupArn=outputs["TokyoArn"], TrafficDialPercentage=100)
    wait(lambda: server_of(running, "tokyo", "chat.example.com")[:1] == [AP], 20)


def test_a_lost_region_is_left_without_the_dns_and_taken_again(running: World, outputs: dict[str, str]) -> None:
    running.cli("strike", "region-outage", "ap-northeast-1")
    try:
        began = time.monotonic()
        server_of(running, "tokyo", outputs["First"])
        assert time.monotonic() - began < 6  # reset by the edge, long before curl gives up
        wait(lambda: server_of(running, "tokyo", outputs["First"])[:1] == [EU], 20)
        ga = client(running, "globalaccelerator", "us-west-2")
        assert states(ga, outputs["TokyoArn"]) == ["UNHEALTHY"]
        assert resolved(running, "chat.example.com") in ONE_OF_THEM
    finally:
        running.cli("heal")
    wait(lambda: server_of(running, "tokyo", outputs["First"])[:1] == [AP], 20)


def test_a_load_balancer_behind_it_sees_the_client_and_is_left_when_its_targets_are_gone(
    running: World, port: int
) -> None:
    elb, ga = client(running, "elbv2", "eu-west-1"), client(running, "globalaccelerator", "us-west-2")
    wait(lambda: bool(_subnets(running)), 60)
    balancer, _, targets = _balancer(elb, _subnets(running), port)
    arn = ga.create_accelerator(Name="balanced", IdempotencyToken="b")["Accelerator"]["AcceleratorArn"]
    listener = ga.create_listener(
        AcceleratorArn=arn, Protocol="TCP", PortRanges=[{"FromPort": 8081, "ToPort": 8081}], IdempotencyToken="b"
    )["Listener"]["ListenerArn"]
    group = _group(ga, listener, "eu-west-1", balancer)
    _group(ga, listener, "ap-northeast-1", AP, port)
    wait(lambda: states(ga, group) == ["HEALTHY"], 20)
    assert curl(running, "dublin", "http://127.55.0.2:8081/")["for"] == "198.18.9.10"
    elb.deregister_targets(TargetGroupArn=targets, Targets=[{"Id": f"127.2{n}.9.201"} for n in (0, 1)])
    wait(lambda: states(ga, group) == ["UNHEALTHY"], 20)
    assert server_of(running, "dublin", "127.55.0.2", 8081)[0] == AP
    elb.delete_load_balancer(LoadBalancerArn=balancer)


def test_a_disabled_accelerator_takes_nobody_and_keeps_its_addresses(running: World, outputs: dict[str, str]) -> None:
    ga = client(running, "globalaccelerator", "us-west-2")
    ga.update_accelerator(AcceleratorArn=outputs["Arn"], Enabled=False)
    wait(lambda: server_of(running, "dublin", outputs["First"]) == [], 10)
    assert resolved(running, outputs["DnsName"]) == ADDRESSES
    cloudformation = client(running, "cloudformation", "eu-west-1")
    cloudformation.delete_stack(StackName="fast")
    waiter = cloudformation.get_waiter("stack_delete_complete")
    waiter.wait(StackName="fast", WaiterConfig={"Delay": 0.1, "MaxAttempts": 500})
    assert len(ga.list_accelerators()["Accelerators"]) == 1


def _subnets(world: World) -> list[dict[str, Any]]:
    """None yet while the borrowed network is being started."""
    try:
        return _default_subnets(world)
    except ReadTimeoutError:
        return []


def _group(ga: Any, listener: str, region: str, endpoint: str, port: int = 8081) -> str:
    made = ga.create_endpoint_group(
        ListenerArn=listener, EndpointGroupRegion=region, EndpointConfigurations=[{"EndpointId": endpoint}],
        HealthCheckPort=port, PortOverrides=[{"ListenerPort": 8081, "EndpointPort": port}], IdempotencyToken=region,
    )  # fmt: skip
    return str(made["EndpointGroup"]["EndpointGroupArn"])


def server_of(world: World, city: str, host: str, port: int = 80) -> list[str]:
    """Which server answers somebody in a city, and from which address it thinks they come; [] if none does."""
    said = curl(world, city, f"http://{host}:{port}/")
    return [said["me"], said["you"]] if said else []


def curl(world: World, city: str, url: str) -> dict[str, Any]:
    """What the server says; nothing if none is reached, or a load balancer has none."""
    command = ["curl", "-sS", "--fail", "-m", "10", "-x", f"http://127.0.0.1:{_proxy(world, city)}", url]
    done = subprocess.run(command, capture_output=True, check=False)
    return dict(json.loads(done.stdout)) if done.returncode == 0 else {}


def _proxy(world: World, city: str) -> int:
    return world.port(MachinePorts().cities + find(city).number)


def states(ga: Any, group: str) -> list[str]:
    found = ga.describe_endpoint_group(EndpointGroupArn=group)["EndpointGroup"]["EndpointDescriptions"]
    return [each["HealthState"] for each in found]


class Who(BaseHTTPRequestHandler):
    """Says who it is and who asks."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        me, you = self.server.server_address[0], self.client_address[0]
        body = json.dumps({"me": me, "you": you, "for": self.headers.get("X-Forwarded-For")}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quietly."""
