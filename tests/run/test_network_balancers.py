"""Network load balancers on real sockets: who is reached and seen, zones, TLS, datagrams, connections that are cut."""

from __future__ import annotations

import asyncio
import random
import ssl
import struct
from pathlib import Path
from typing import Any, Self

import pytest
from network import BorrowedNetwork
from run.looping import on_loop, until

from terrella.net.network import Network
from terrella.region.ports import Ports
from terrella.region.region import Region, WorldFacts
from terrella.run.balancers import Balancers
from terrella.run.clock import WallClock
from terrella.run.crossing import Crossing
from terrella.run.data_dir import DataDir
from terrella.run.process import Job
from terrella.run.tls import Authority
from terrella.services import acm, arc_zonal_shift, elbv2
from terrella.services.elbv2.connections import SIGNATURE
from terrella.store.journal import MemoryJournal
from terrella.store.maps import MemoryMaps
from terrella.world.spec import WorldSpec

REGION = "ca-west-1"
SPEED = 20
CLIENT = "127.81.3.77"


class Echo(asyncio.DatagramProtocol):
    """Over UDP: who was seen, by whom."""

    def __init__(self, me: str) -> None:
        self.me = me

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, source: Any) -> None:
        self.transport.sendto(f"{self.me} {source[0]} ".encode() + data, source)


class Here:
    """A region with a load balancer's parts, its servers, and short ways to ask."""

    kind = "network"

    def __init__(self, folder: Path) -> None:
        offset = random.randrange(10_000, 20_000)
        self.spec = WorldSpec(regions=(REGION,), speed=SPEED, port_offset=offset)
        self.authority = Authority.at(folder)
        self.job = Job(REGION, self.spec, DataDir(folder), self.authority, ())
        self.crossing = Crossing(Network(rng=random.Random(1)))
        self.region = Region(
            REGION, (elbv2.service, acm.service, arc_zonal_shift.service), clock=WallClock(), journal=MemoryJournal(),
            maps=MemoryMaps(), world=WorldFacts((REGION,), SPEED), ports=Ports(borrowed=BorrowedNetwork()),
        )  # fmt: skip
        self.balancers = Balancers(self.job, self.crossing, lambda: self.region)
        self.region.journal.follow(self.balancers.follow)  # type: ignore[attr-defined]
        self.open: list[Any] = []

    async def elb(self, operation: str, **input: Any) -> Any:
        return await self.region.request("elbv2", operation, input)

    async def __aenter__(self) -> Self:
        await self.begin()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.balancers.close()
        for each in self.open:
            each.close()
        await asyncio.sleep(0.05)

    async def begin(self) -> None:
        found = await self.region.request("ec2", "DescribeSubnets", {})
        rows = sorted(found["Subnets"], key=lambda each: each["AvailabilityZone"])
        self.subnets, self.vpc = [each["SubnetId"] for each in rows[:2]], rows[0]["VpcId"]
        self.zones = [each["AvailabilityZone"] for each in rows[:2]]
        made = await self.elb("CreateLoadBalancer", Name="n", Type=self.kind, Subnets=self.subnets)
        self.arn = made["LoadBalancers"][0]["LoadBalancerArn"]

    async def group(self, *targets: dict[str, Any], protocol: str = "TCP", port: int = 9, **more: Any) -> str:
        kind = {"Protocol": protocol, "Port": port, "VpcId": self.vpc, "TargetType": "ip"} | more
        check = {"HealthCheckIntervalSeconds": 5, "HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2}
        made = await self.elb("CreateTargetGroup", Name=f"g{random.randrange(10**6)}", **kind, **check)
        arn: str = made["TargetGroups"][0]["TargetGroupArn"]
        await self.elb("RegisterTargets", TargetGroupArn=arn, Targets=list(targets))
        return arn

    async def set(self, group: str, **attributes: str) -> None:
        rows = [{"Key": name.replace("__", "."), "Value": value} for name, value in attributes.items()]
        await self.elb("ModifyTargetGroupAttributes", TargetGroupArn=group, Attributes=rows)

    async def listener(self, group: str, protocol: str = "TCP", port: int = 9100, **more: Any) -> None:
        action = {"Type": "forward", "TargetGroupArn": group}
        await self.elb(
            "CreateListener", LoadBalancerArn=self.arn, Protocol=protocol, Port=port, DefaultActions=[action], **more
        )
        wanted = self.node(1, port)
        async with asyncio.timeout(5):
            while f"{wanted[0]}:{port}" not in self.balancers.status():
                await asyncio.sleep(0.01)

    def node(self, zone: int = 0, port: int = 9100) -> tuple[str, int]:
        address = elbv2.load_balancers.nodes(self.region.state["elbv2"].load_balancer(self.arn))[self.zones[zone]]
        return address, self.spec.ports.at(address, port)

    def server_address(self, zone: int) -> str:
        return self.node(zone)[0].rpartition(".")[0] + ".201"

    async def server(self, zone: int = 0, context: ssl.SSLContext | None = None) -> dict[str, Any]:
        """A server in a zone that says who it is, whom it sees, and what it hears."""
        address = self.server_address(zone)

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                writer.write(f"{address} {writer.get_extra_info('peername')[0]} ".encode())
                while data := await reader.read(1000):
                    writer.write(data)
            except OSError:
                pass
            finally:
                writer.close()

        made = await asyncio.start_server(talk, address, 0, ssl=context)
        self.open.append(made)
        return {"Id": address, "Port": made.sockets[0].getsockname()[1]}

    async def healthy(self, group: str, *states: str) -> None:
        async with asyncio.timeout(8):
            while True:
                found = await self.elb("DescribeTargetHealth", TargetGroupArn=group)
                if [each["TargetHealth"]["State"] for each in found["TargetHealthDescriptions"]] == list(states):
                    return
                await asyncio.sleep(0.05)

    def well(self, group: str, zone: int = 0) -> int:
        """How many targets one node finds healthy: not all nodes come to know at once."""
        verdicts = (self.region.state["elbv2"].verdicts.get(group) or {}).values()
        return [each.get(self.zones[zone], {}).get("State") for each in verdicts].count("healthy")

    async def hear(self, zone: int = 0, count: int = 2, context: ssl.SSLContext | None = None) -> list[str]:
        """The words a server says to a new connection."""
        name = "nlb.example.com" if context else None
        reader, writer = await asyncio.open_connection(
            *self.node(zone), local_addr=(CLIENT, 0), ssl=context, server_hostname=name
        )
        try:
            words = [await asyncio.wait_for(reader.readuntil(b" "), 3) for _ in range(count)]
            return [word.decode().strip() for word in words]
        finally:
            writer.transport.abort()


@on_loop
async def test_a_connection_reaches_the_servers_of_its_nodes_zone(tmp_path: Path) -> None:
    async with Here(tmp_path) as found:
        both = await found.server(0), await found.server(1)
        group = await found.group(*both)
        await found.listener(group)
        await found.healthy(group, "healthy", "healthy")
        for zone in (0, 1):
            heard = {(await found.hear(zone))[0] for _ in range(6)}
            assert heard == {found.server_address(zone)}, "cross-zone is off"
        attribute = {"Key": "load_balancing.cross_zone.enabled", "Value": "true"}
        await found.elb("ModifyLoadBalancerAttributes", LoadBalancerArn=found.arn, Attributes=[attribute])
        heard = {(await found.hear(0))[0] for _ in range(20)}
        assert heard == {found.server_address(0), found.server_address(1)}


@on_loop
async def test_targets_see_the_node_or_the_client_or_hear_of_him(tmp_path: Path) -> None:
    async with Here(tmp_path) as found:
        group = await found.group(await found.server())
        await found.listener(group)
        await found.healthy(group, "healthy")
        assert (await found.hear())[1] == found.node()[0]
        await found.set(group, preserve_client_ip__enabled="true")
        assert (await found.hear())[1] == CLIENT
        await found.set(group, proxy_protocol_v2__enabled="true")
        reader, writer = await asyncio.open_connection(*found.node(), local_addr=(CLIENT, 0))
        own = writer.get_extra_info("sockname")[1]
        for _ in range(2):
            await reader.readuntil(b" ")
        header = await reader.readexactly(28)
        assert header[:16] == SIGNATURE + b"\x21\x11\x00\x0c"
        assert header[16:20] == bytes(int(part) for part in CLIENT.split("."))
        assert struct.unpack("!HH", header[24:]) == (own, 9100)
        writer.transport.abort()


@on_loop
async def test_with_stickiness_a_client_stays_with_one_target(tmp_path: Path) -> None:
    async with Here(tmp_path) as found:
        one, other = await found.server(), await found.server()
        group = await found.group(one, other)
        await found.listener(group)
        state = found.region.state["elbv2"]
        await until(lambda: found.well(group) == 2)
        listener = next(each for _, each in state.listeners.items())
        node = found.balancers.node(found.arn, found.zones[0])

        def ports() -> set[int]:
            flows = [((CLIENT, port), found.node()) for port in range(2000, 2040)]
            chosen = [elbv2.connections.onward(state, listener, node, "TCP", *each, 0.0) for each in flows]
            return {each.target["Port"] for each in chosen if each}

        assert ports() == {one["Port"], other["Port"]}
        await found.set(group, stickiness__enabled="true")
        assert len(ports()) == 1


@on_loop
async def test_an_ill_target_loses_its_connections_if_another_is_well(tmp_path: Path) -> None:
    async with Here(tmp_path) as found:
        first, second = await found.server(), await found.server()
        group = await found.group(first, second)
        await found.listener(group)
        await until(lambda: found.well(group) == 2)
        lines = [await asyncio.open_connection(*found.node(), local_addr=(CLIENT, 0)) for _ in range(12)]
        for reader, _ in lines:
            await asyncio.wait_for(reader.readuntil(b" "), 3)
        found.open[0].close()
        await until(lambda: found.well(group) == 1)
        async with asyncio.timeout(3):
            while not (ended := sum(reader.exception() is not None or reader.at_eof() for reader, _ in lines)):
                await asyncio.sleep(0.01)
        assert ended < 12
        assert {(await found.hear())[0] for _ in range(4)} == {found.server_address(0)}
        for _, writer in lines:
            writer.transport.abort()


@on_loop
async def test_without_a_target_in_reach_a_connection_is_reset(tmp_path: Path) -> None:
    async with Here(tmp_path) as found:
        group = await found.group(await found.server(0))
        await found.listener(group)
        await found.healthy(group, "healthy")
        with pytest.raises(ConnectionResetError):
            await found.hear(1)


@on_loop
async def test_tls_ends_at_the_node_and_may_begin_again_behind_it(tmp_path: Path) -> None:
    async with Here(tmp_path) as found:
        pem = found.authority.certificate("nlb.example.com").decode()
        parts = ["-----BEGIN" + part for part in pem.split("-----BEGIN") if part.strip()]
        key = next(part for part in parts if "PRIVATE KEY" in part).encode()
        certificate = next(part for part in parts if "CERTIFICATE" in part).encode()
        made = await found.region.request("acm", "ImportCertificate", {"Certificate": certificate, "PrivateKey": key})
        behind = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        (tmp_path / "server.pem").write_text(pem)
        behind.load_cert_chain(tmp_path / "server.pem")
        group = await found.group(await found.server(0, behind), protocol="TLS")
        shown = [{"CertificateArn": made["CertificateArn"]}]
        await found.listener(group, "TLS", Certificates=shown, AlpnPolicy=["HTTP2Preferred"])
        await found.healthy(group, "healthy")
        trusting = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        trusting.set_alpn_protocols(["http/1.1", "h2"])
        assert await found.hear(0, context=trusting) == [found.server_address(0), found.node()[0]]
        _, writer = await asyncio.open_connection(*found.node(), ssl=trusting, server_hostname="nlb.example.com")
        assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
        writer.transport.abort()


@on_loop
async def test_datagrams_are_carried_with_the_clients_address(tmp_path: Path) -> None:
    async with Here(tmp_path) as found:
        tcp = await found.server(0)  # health is asked over TCP
        loop = asyncio.get_running_loop()
        there = (found.server_address(0), tcp["Port"])
        transport, _ = await loop.create_datagram_endpoint(lambda: Echo(there[0]), there)
        found.open.append(transport)
        group = await found.group(tcp, protocol="UDP")
        await found.listener(group, "UDP")
        await found.healthy(group, "healthy")
        heard: asyncio.Queue[bytes] = asyncio.Queue()

        class Client(asyncio.DatagramProtocol):
            def datagram_received(self, data: bytes, source: Any) -> None:
                heard.put_nowait(data)

        line, _ = await loop.create_datagram_endpoint(Client, local_addr=(CLIENT, 0), remote_addr=found.node())
        line.sendto(b"x")
        assert await asyncio.wait_for(heard.get(), 3) == f"{there[0]} {CLIENT} x".encode()
        line.close()


@on_loop
async def test_an_application_load_balancer_may_be_the_target(tmp_path: Path) -> None:
    async with Here(tmp_path) as found:
        made = await found.elb("CreateLoadBalancer", Name="a", Subnets=found.subnets)
        alb = made["LoadBalancers"][0]["LoadBalancerArn"]
        page = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "well "}}
        await found.elb("CreateListener", LoadBalancerArn=alb, Protocol="HTTP", Port=9200, DefaultActions=[page])
        group = await found.group({"Id": alb}, TargetType="alb", port=9200)
        await found.listener(group)
        await found.healthy(group, "healthy")
        reader, writer = await asyncio.open_connection(*found.node(), local_addr=(CLIENT, 0))
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 3)
        assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"well ")
        writer.close()
