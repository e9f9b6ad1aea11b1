"""Accelerators on real sockets: early bytes, distance, half-closed flows, resets, idle flows, being disabled."""

from __future__ import annotations

import asyncio
import errno
import gc
import random
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from run.looping import on_loop, until

from terrella.edge import accelerators as edge
from terrella.edge.accelerators import EndpointKey
from terrella.edge.load_balancers import LoadBalancers
from terrella.faults import parse
from terrella.net.network import Network
from terrella.run.accelerators import Accelerators
from terrella.run.accelerators.flow import REST_S
from terrella.run.accelerators.passage import End, Passage
from terrella.run.accelerators.sockets import IDLE_S
from terrella.run.checkers import Prober
from terrella.run.crossing import Crossing
from terrella.world.spec import WorldSpec

NUMBER, PORT, SERVER = 241, 9000, "127.20.9.222"
TOKYO, BACKBONE_S = "127.81.2.1", Network().round_trip_ms("edge-nrt", "eu-west-1") / 1000
ACCELERATOR = {"Arn": "a", "Enabled": True, "Number": NUMBER, "DnsName": "a1"}


class Here:
    """The accelerators, what they know, and where they listen."""

    def __init__(self, speed: float) -> None:
        self.spec = WorldSpec(speed=speed, port_offset=random.randrange(10_000, 20_000))
        self.crossing = Crossing(Network(rng=random.Random(1)))
        self.known = edge.Accelerators(LoadBalancers())
        prober = Prober(self.crossing, lambda name, place: None, self.spec.ports.at, speed)
        self.accelerators = Accelerators(self.known, prober, self.crossing, self.spec)

    def put(self, table: str, key: str, **value: Any) -> None:
        self.known.take({"table": table, "key": key, "value": value})
        self.accelerators.follow()

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        port = self.spec.ports.at("127.55.0.1", PORT)
        return await asyncio.open_connection(f"127.55.0.{NUMBER}", port, local_addr=(TOKYO, 0))


@asynccontextmanager
async def here(speed: float = 1.0) -> AsyncIterator[Here]:
    """One accelerator before one server in eu-west-1, which repeats what it hears and then says bye."""
    found = Here(speed)
    server = await asyncio.start_server(_echo, SERVER, 0)
    port = server.sockets[0].getsockname()[1]
    found.put("accelerators", "a", **ACCELERATOR)
    ranges = [{"FromPort": PORT, "ToPort": PORT}]
    found.put("listeners", "l", Arn="l", AcceleratorArn="a", PortRanges=ranges, Protocol="TCP", ClientAffinity="NONE")
    check = {"Port": port, "Protocol": "TCP", "Path": "/", "IntervalSeconds": 10, "Threshold": 3}
    found.put(
        "groups", "g", Arn="g", ListenerArn="l", Region="eu-west-1", Dial=100.0, Check=check,
        Endpoints=[{"Id": SERVER, "Weight": 128, "Preserve": True}],
        PortOverrides=[{"ListenerPort": PORT, "EndpointPort": port}],
    )  # fmt: skip
    async with asyncio.timeout(10):
        while not found.known.opinions.get(EndpointKey("g", SERVER)):
            await asyncio.sleep(0.01)
    try:
        yield found
    finally:
        found.accelerators.close()
        server.close()
        await asyncio.sleep(0.05)


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        writer.write(f"{writer.get_extra_info('peername')[0]} ".encode())
        while data := await reader.read(1000):
            writer.write(data)
        writer.write(b" bye")
    except OSError:
        pass
    finally:
        writer.close()


@on_loop
async def test_bytes_sent_at_once_arrive_across_the_backbone_and_half_closed_flows_go_on() -> None:
    async with here() as found:
        began = time.monotonic()
        reader, writer = await found.connect()
        assert time.monotonic() - began < BACKBONE_S / 2  # the handshake ends at the edge
        writer.write(b"hello")
        writer.write_eof()
        assert await reader.read() == f"{TOKYO} hello bye".encode()
        assert time.monotonic() - began > 1.8 * BACKBONE_S  # a handshake, then there and back
        writer.close()


@on_loop
async def test_a_client_that_has_nothing_to_say_is_heard_out() -> None:
    async with here() as found:
        reader, writer = await found.connect()
        writer.write_eof()  # long before the second connection stands
        assert await asyncio.wait_for(reader.read(), 4) == f"{TOKYO}  bye".encode()
        writer.close()


@on_loop
async def test_a_flow_whose_region_is_lost_is_reset() -> None:
    async with here(speed=20) as found:
        found.crossing.strike([parse("region-outage", ["eu-west-1"])])
        reader, writer = await found.connect()
        try:
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(), 4)
        finally:
            writer.close()


@on_loop
async def test_an_idle_flow_ends() -> None:
    async with here(speed=IDLE_S) as found:  # after a second
        reader, writer = await found.connect()
        assert await reader.readuntil(b" ")
        began = time.monotonic()
        assert await asyncio.wait_for(reader.read(), 4) == b""
        assert time.monotonic() - began > 0.7
        writer.close()


@on_loop
async def test_disabling_ends_flows_and_takes_no_more() -> None:
    async with here() as found:
        reader, writer = await found.connect()
        assert await reader.readuntil(b" ")
        found.put("accelerators", "a", **{**ACCELERATOR, "Enabled": False})
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 4)
        with pytest.raises(ConnectionRefusedError):
            await found.connect()
        assert found.accelerators.status() == {"listening": [], "flows": 0}
        writer.close()


@on_loop
async def test_a_flow_to_a_closed_port_is_reset_after_the_way_there_and_back() -> None:
    async with here() as found:
        found.put("groups", "g", **{**found.known.groups["g"], "PortOverrides": []})  # nobody listens at 9000
        began = time.monotonic()
        reader, writer = await found.connect()
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 4)
        assert time.monotonic() - began > 0.9 * BACKBONE_S
        assert found.accelerators.status()["flows"] == 0
        writer.close()


@on_loop
async def test_much_at_once_waits_for_who_reads_slowly_and_arrives_whole() -> None:
    async with here() as found:
        reader, writer = await found.connect()
        sent = bytes(range(256)) * (1 << 14)  # 4 MB, more than is let under way
        writer.write(sent)
        writer.write_eof()
        await asyncio.sleep(0.3)
        heard = await asyncio.wait_for(reader.read(), 20)
        assert heard.removeprefix(f"{TOKYO} ".encode()) == sent + b" bye"
        writer.close()


@on_loop
async def test_without_descriptors_an_entry_rests_and_goes_on_later(monkeypatch: pytest.MonkeyPatch) -> None:
    async with here() as found:
        servers = found.accelerators._servers
        entry: Any = next(each for key, each in servers.items() if key.address == f"127.55.0.{NUMBER}")
        tries = 0

        class Spent:
            def __getattr__(self, name: str) -> Any:
                return getattr(listening, name)

            def _accept(self) -> Any:
                nonlocal tries
                tries += 1
                if tries == 1:
                    raise OSError(errno.EMFILE, "Too many open files")
                return listening._accept()

        listening = entry._socket
        monkeypatch.setattr(entry, "_socket", Spent())
        reader, writer = await found.connect()
        await asyncio.sleep(REST_S / 2)
        assert tries == 1
        assert await asyncio.wait_for(reader.readuntil(b" "), 4)
        writer.close()


@on_loop
async def test_flows_that_have_ended_leave_nothing_to_the_collector() -> None:
    async with here() as found:
        gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                reader, writer = await found.connect()
                writer.write_eof()
                assert await asyncio.wait_for(reader.read(), 4) == f"{TOKYO}  bye".encode()
                writer.close()
            assert not [each for each in gc.get_objects() if isinstance(each, Passage | End)]
        finally:
            gc.enable()


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's counts of a connection are Linux'")
@on_loop
async def test_what_a_flow_carried_is_known_while_it_is_open_and_when_it_is_over() -> None:
    async with here() as found:
        reader, writer = await found.connect()
        writer.write(b"x" * 5000)
        await reader.readexactly(5000)
        counts = found.accelerators.counting.counts
        ((_, _, (flows, inward, outward)),) = counts.told(0, 0)["rows"]
        assert flows == 1 and 5000 < inward < 8000 and 5000 < outward < 8000
        writer.write_eof()
        await reader.read()
        writer.close()
        await until(lambda: found.accelerators.status()["flows"] == 0)
        rows = counts.told(0, 0)["rows"]
        assert sum(row[0] for _, _, row in rows) == 1 and sum(row[1] for _, _, row in rows) > inward
