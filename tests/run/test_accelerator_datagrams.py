"""UDP through accelerators on real sockets: distance, who is seen, flows that stay, idle flows, loss."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from run.looping import on_loop

from terrella.edge import accelerators as edge
from terrella.edge.load_balancers import LoadBalancers
from terrella.faults import parse
from terrella.net.network import Network
from terrella.run.accelerators import Accelerators
from terrella.run.accelerators.sockets import IDLE_UDP_S
from terrella.run.checkers import Prober
from terrella.run.crossing import Crossing
from terrella.world.spec import WorldSpec

NUMBER, PORT = 242, 9000
IRELAND, OHIO = "127.20.9.223", "127.20.2.223"
TOKYO = "127.81.2.1"
NETWORK = Network()
WAY_S = (NETWORK.round_trip_ms("tokyo", "edge-nrt") + NETWORK.round_trip_ms("edge-nrt", "eu-west-1")) / 1000


class Echo(asyncio.DatagramProtocol):
    """Answers with the address it saw, its own name and what it heard."""

    def __init__(self, name: str) -> None:
        self.name = name

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, source: Any) -> None:
        self.transport.sendto(f"{source[0]} {self.name} ".encode() + data, source)


class Client(asyncio.DatagramProtocol):
    """One client's socket."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, source: Any) -> None:
        self.heard.put_nowait(data.decode())

    async def ask(self, text: str) -> str:
        self.transport.sendto(text.encode())
        return await asyncio.wait_for(self.heard.get(), 2)


class Here:
    """An accelerator with a server in Ireland and one in Ohio."""

    def __init__(self, speed: float) -> None:
        self.spec = WorldSpec(speed=speed, port_offset=random.randrange(10_000, 20_000))
        self.crossing = Crossing(Network(rng=random.Random(1)))
        self.known = edge.Accelerators(LoadBalancers())
        prober = Prober(self.crossing, lambda name, place: None, self.spec.ports.at, speed)
        self.accelerators = Accelerators(self.known, prober, self.crossing, self.spec)
        self.open: list[Any] = []

    def put(self, table: str, key: str, **value: Any) -> None:
        self.known.take({"table": table, "key": key, "value": value})
        self.accelerators.follow()

    def group(self, region: str, address: str, port: int, preserve: bool = True) -> None:
        check = {"Port": port, "Protocol": "TCP", "Path": "/", "IntervalSeconds": 10, "Threshold": 3}
        self.put(
            "groups", region, Arn=region, ListenerArn="l", Region=region, Dial=100.0, Check=check,
            Endpoints=[{"Id": address, "Weight": 128, "Preserve": preserve}],
            PortOverrides=[{"ListenerPort": PORT, "EndpointPort": port}],
        )  # fmt: skip

    async def server(self, address: str, name: str) -> int:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(lambda: Echo(name), (address, 0))
        self.open.append(transport)
        return int(transport.get_extra_info("sockname")[1])

    async def client(self) -> Client:
        there = (f"127.55.0.{NUMBER}", self.spec.ports.at("127.55.0.1", PORT))
        transport, client = await asyncio.get_running_loop().create_datagram_endpoint(
            Client, local_addr=(TOKYO, 0), remote_addr=there
        )
        self.open.append(transport)
        return client


@asynccontextmanager
async def here(speed: float = 1.0, preserve: bool = True) -> AsyncIterator[Here]:
    found = Here(speed)
    found.put("accelerators", "a", Arn="a", Enabled=True, Number=NUMBER, DnsName="a1")
    ranges = [{"FromPort": PORT, "ToPort": PORT}]
    found.put("listeners", "l", Arn="l", AcceleratorArn="a", PortRanges=ranges, Protocol="UDP", ClientAffinity="NONE")
    found.group("eu-west-1", IRELAND, await found.server(IRELAND, "ireland"), preserve)
    try:
        async with asyncio.timeout(5):
            while not found.accelerators.status()["listening"]:
                await asyncio.sleep(0.01)
        yield found
    finally:
        found.accelerators.close()
        for transport in found.open:
            transport.close()
        await asyncio.sleep(0.05)


@on_loop
async def test_a_datagram_goes_to_the_edge_and_over_the_backbone_and_back() -> None:
    async with here() as found:
        client = await found.client()
        began = time.monotonic()
        assert await client.ask("hello") == f"{TOKYO} ireland hello"
        assert 0.9 * WAY_S < time.monotonic() - began < WAY_S + 0.1
        assert found.accelerators.status()["flows"] == 1
        assert found.accelerators.status()["listening"][0].endswith("/udp")


@on_loop
async def test_without_preservation_the_server_sees_the_edge_location() -> None:
    async with here(preserve=False) as found:
        assert (await (await found.client()).ask("x")).startswith("127.54.")


@on_loop
async def test_a_flow_stays_where_it_is_and_a_new_one_goes_where_it_is_nearer() -> None:
    async with here() as found:
        first = await found.client()
        assert "ireland" in await first.ask("x")
        found.group("us-east-2", OHIO, await found.server(OHIO, "ohio"))
        assert "ireland" in await first.ask("y")
        assert "ohio" in await (await found.client()).ask("z")


@on_loop
async def test_a_flow_that_was_idle_for_half_a_minute_is_decided_anew() -> None:
    async with here(speed=IDLE_UDP_S / 0.6) as found:
        client = await found.client()
        assert "ireland" in await client.ask("x")
        found.group("us-east-2", OHIO, await found.server(OHIO, "ohio"))
        assert found.accelerators.status()["flows"] == 1
        async with asyncio.timeout(5):
            while found.accelerators.status()["flows"]:
                await asyncio.sleep(0.02)
        assert "ohio" in await client.ask("y")


@on_loop
async def test_what_is_cut_off_hears_nothing_and_nothing_is_sent_again() -> None:
    async with here() as found:
        client = await found.client()
        await client.ask("x")
        found.crossing.strike([parse("region-outage", ["eu-west-1"])])
        with pytest.raises(TimeoutError):
            await client.ask("lost")
        found.crossing.strike([])
        assert await client.ask("found") == f"{TOKYO} ireland found"


@on_loop
async def test_disabling_ends_flows() -> None:
    async with here() as found:
        client = await found.client()
        await client.ask("x")
        found.put("accelerators", "a", Arn="a", Enabled=False, Number=NUMBER, DnsName="a1")
        await asyncio.sleep(0.1)
        assert found.accelerators.status() == {"listening": [], "flows": 0}
