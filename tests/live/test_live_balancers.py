"""Load balancers in a live world: a stack with TLS before a function, servers in zones, lost zones, shifted traffic."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import dns.message
import dns.query
import pytest
from live.servers import servers
from live.test_city import client, wait
from live.worlds import World, world

pytestmark = pytest.mark.live
REGION, ZONES = "eu-west-1", ("eu-west-1a", "eu-west-1b")
NODES = {"127.20.9.1", "127.21.9.1"}
TEMPLATE = Path(__file__).with_name("balanced.yaml")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("balanced"), REGION, speed=20) as found:
        yield found


@pytest.fixture(scope="module")
def outputs(running: World) -> dict[str, str]:
    """The stack, deployed."""
    cloudformation = client(running, "cloudformation", REGION)
    cloudformation.create_stack(
        StackName="web", TemplateBody=TEMPLATE.read_text(), Capabilities=["CAPABILITY_IAM"]
    )
    waiter = cloudformation.get_waiter("stack_create_complete")
    waiter.wait(StackName="web", WaiterConfig={"Delay": 0.1, "MaxAttempts": 500})
    found = cloudformation.describe_stacks(StackName="web")["Stacks"][0]["Outputs"]
    return {each["OutputKey"]: each["OutputValue"] for each in found}


def test_a_stack_with_a_load_balancer_serves_its_name_by_tls(running: World, outputs: dict[str, str]) -> None:
    answer, body = ask(running, "tokyo", "web.example.com", "/a%20b?x=%31&x=2", secure=True)
    event = json.loads(body)
    assert (answer.status, event["path"], event["queryStringParameters"]) == (200, "/a%20b", {"x": "2"})
    assert event["requestContext"] == {"elb": {"targetGroupArn": outputs["GroupArn"]}}
    assert event["headers"]["x-forwarded-for"] == "198.18.2.10"
    assert (event["headers"]["x-forwarded-proto"], event["headers"]["x-forwarded-port"]) == ("https", "443")
    answer, body = ask(running, "dublin", "web.example.com", "/health", secure=True)
    assert (body, answer.headers["server"]) == (b"well", "awselb/2.0")
    answer, _ = ask(running, "dublin", "web.example.com", "/x?y")
    assert (answer.status, answer.headers["location"]) == (301, "https://web.example.com:443/x?y")


def test_a_name_leads_to_the_nodes_of_both_zones(running: World, outputs: dict[str, str]) -> None:
    assert resolved(running, outputs["DnsName"]) == resolved(running, "web.example.com") == NODES
    assert resolved(running, f"eu-west-1a.{outputs['DnsName']}") == {"127.20.9.1"}


def test_a_zonal_shift_takes_a_zone_out_of_the_dns(running: World, outputs: dict[str, str]) -> None:
    arc = client(running, "arc-zonal-shift", REGION)
    shift = arc.start_zonal_shift(
        resourceIdentifier=outputs["BalancerArn"], awayFrom="euw1-az3", expiresIn="1h", comment="it looks ill"
    )
    wait(lambda: resolved(running, "web.example.com") == {"127.21.9.1"})
    weights = arc.get_managed_resource(resourceIdentifier=outputs["BalancerArn"])["appliedWeights"]
    assert weights == {"euw1-az3": 0.0, "euw1-az1": 1.0}
    arc.cancel_zonal_shift(zonalShiftId=shift["zonalShiftId"])
    wait(lambda: resolved(running, "web.example.com") == NODES)


def test_a_lost_zone_leaves_the_dns_and_comes_back(running: World, outputs: dict[str, str]) -> None:
    running.cli("strike", "zone-outage", "eu-west-1a")
    try:
        wait(lambda: resolved(running, "web.example.com") == {"127.21.9.1"}, 15)
    finally:
        running.cli("heal")
    wait(lambda: resolved(running, "web.example.com") == NODES, 15)


def test_servers_are_probed_and_reached_and_a_lost_zone_loses_its_own(running: World) -> None:
    elb, subnets = client(running, "elbv2", REGION), _default_subnets(running)
    with servers(Echo, "127.20.9.201", "127.21.9.201") as port:
        arn, name, group = _balancer(elb, subnets, port)
        try:
            wait(lambda: _states(elb, group) == ["healthy", "healthy"], 15)
            seen = {_server_of(running, name) for _ in range(4)}
            assert seen == {"127.20.9.201", "127.21.9.201"}
            assert ask(running, "dublin", name, "/big", port=8081)[1] == b"x" * 3_000_000
            _upgrade(running, name)
            running.cli("strike", "zone-outage", "eu-west-1a")
            wait(lambda: "unhealthy" in _states(elb, group), 15)
            wait(lambda: {_server_of(running, name) for _ in range(3)} == {"127.21.9.201"}, 15)
        finally:
            running.cli("heal")
            elb.delete_load_balancer(LoadBalancerArn=arn)


def test_failures_of_servers_are_the_documented_errors(running: World) -> None:
    elb, subnets = client(running, "elbv2", REGION), _default_subnets(running)
    with servers(Echo, "127.20.9.201", "127.21.9.201") as port:
        arn, name, group = _balancer(elb, subnets, port)
        try:
            short = [{"Key": "idle_timeout.timeout_seconds", "Value": "1"}]
            elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=short)
            wait(lambda: _states(elb, group) == ["healthy", "healthy"], 15)
            for path, status in (("/slow", 504), ("/rude", 502), ("/garbage", 502), ("/", 200)):
                assert (path, ask(running, "dublin", name, path, port=8081)[0].status) == (path, status)
            elb.deregister_targets(TargetGroupArn=group, Targets=[{"Id": f"127.2{n}.9.201"} for n in (0, 1)])
            answer, body = ask(running, "dublin", name, "/", port=8081)
            assert (answer.status, len(body), answer.headers["server"]) == (503, 162, "awselb/2.0")
        finally:
            elb.delete_load_balancer(LoadBalancerArn=arn)


def _default_subnets(world: World) -> list[dict[str, Any]]:
    filters = [{"Name": "default-for-az", "Values": ["true"]}]
    found = client(world, "ec2", REGION).describe_subnets(Filters=filters)["Subnets"]
    return [each for each in found if each["AvailabilityZone"] in ZONES]


def _balancer(elb: Any, subnets: list[dict[str, Any]], port: int) -> tuple[str, str, str]:
    made = elb.create_load_balancer(Name=f"servers-{port}", Subnets=[each["SubnetId"] for each in subnets])
    arn, name = (made["LoadBalancers"][0][key] for key in ("LoadBalancerArn", "DNSName"))
    made = elb.create_target_group(
        Name=f"servers-{port}", Protocol="HTTP", Port=port, VpcId=subnets[0]["VpcId"], TargetType="ip",
        HealthCheckIntervalSeconds=5, HealthCheckTimeoutSeconds=2,
    )  # fmt: skip
    group = made["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": "127.20.9.201"}, {"Id": "127.21.9.201"}])
    elb.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=8081,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
    )  # fmt: skip
    return arn, name, group


def _states(elb: Any, group: str) -> list[str]:
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return [each["TargetHealth"]["State"] for each in found]


def _server_of(world: World, name: str) -> str:
    answer, body = ask(world, "dublin", name, "/", port=8081)
    return str(json.loads(body)["me"]) if answer.status == 200 else f"status {answer.status}"


def _upgrade(world: World, name: str) -> None:
    """A protocol change passes through, and bytes both ways after it."""
    with socket.create_connection(("127.0.0.1", _proxy(world, "dublin")), 5) as line:
        line.sendall(f"CONNECT {name}:8081 HTTP/1.1\r\nHost: {name}:8081\r\n\r\n".encode())
        _until(line, b"\r\n\r\n")
        line.sendall(f"GET /echo HTTP/1.1\r\nHost: {name}\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n".encode())
        assert _until(line, b"\r\n\r\n").startswith(b"HTTP/1.1 101 ")
        line.sendall(b"hello")
        assert _until(line, b"hello") == b"hello"


def _until(line: socket.socket, end: bytes) -> bytes:
    found = b""
    while not found.endswith(end):
        piece = line.recv(1)
        assert piece, found
        found += piece
    return found


class Echo(BaseHTTPRequestHandler):
    """Says who it is; /big is three megabytes in chunks; /echo changes the protocol and repeats what it hears."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.headers.get("Upgrade") == "echo":
            self._echo()
        elif self.path == "/slow":
            time.sleep(2)
        elif self.path in ("/rude", "/garbage"):
            self.wfile.write(b"" if self.path == "/rude" else b"what?\r\n\r\n")
            self.close_connection = True
        elif self.path == "/big":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for _ in range(30):
                self.wfile.write(b"186a0\r\n" + b"x" * 100_000 + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        else:
            body = json.dumps({"me": self.server.server_address[0]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def _echo(self) -> None:
        self.send_response(101, "Switching Protocols")
        self.send_header("Connection", "Upgrade")
        self.send_header("Upgrade", "echo")
        self.end_headers()
        while heard := self.rfile.read1(100):
            self.wfile.write(heard)
        self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Quietly."""


def ask(
    world: World, city: str, host: str, path: str, secure: bool = False, port: int | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request of somebody in a city, through the city's proxy."""
    kind: Any = http.client.HTTPConnection
    more: dict[str, Any] = {}
    if secure:
        kind = http.client.HTTPSConnection
        more = {"context": ssl.create_default_context(cafile=world.data / "ca" / "ca.pem")}
    line = kind("127.0.0.1", _proxy(world, city), timeout=4, **more)
    line.set_tunnel(host, port or (443 if secure else 80))
    try:
        line.request("GET", path)
        answer = line.getresponse()
        return answer, answer.read()
    finally:
        line.close()


def _proxy(world: World, city: str) -> int:
    return next(int(each["port"]) for each in json.loads(world.cli("cities", "--json")) if each["name"] == city)


def resolved(world: World, name: str) -> set[str]:
    answer = dns.query.udp(dns.message.make_query(name, "A"), "127.0.0.1", port=world.port(5353), timeout=2)
    return {str(each) for rrset in answer.answer for each in rrset}
