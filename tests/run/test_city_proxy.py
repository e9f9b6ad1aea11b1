"""The city proxy on real sockets: distance, names, half-closed connections, struck ways, bad clients."""

from __future__ import annotations

import asyncio
import base64
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from run.looping import on_loop

from terrella.edge.dns import NameServer
from terrella.edge.health import HealthTable
from terrella.edge.targets import amazon_targets
from terrella.edge.zones import Zones
from terrella.faults import parse
from terrella.net.addresses import address_of
from terrella.net.network import Network
from terrella.run.city_proxy import Visitor
from terrella.run.crossing import Crossing
from terrella.run.dns_server import DnsServer
from terrella.run.journey import Journey
from terrella.run.lookup import Lookups

REGION, CITY = "eu-west-1", "london"
ROUND_TRIP_S = Network().round_trip_ms(CITY, REGION) / 1000
TO_EDGE_S = Network().round_trip_ms(CITY, "edge") / 1000
OUTAGE = parse("region-outage", [REGION])


class Town:
    """A proxy, the edge it asks, and one server in a region."""

    def __init__(self, crossing: Crossing, port: int, zones: Zones) -> None:
        self.crossing, self.port, self.zones = crossing, port, zones
        self.asked = 0
        self.callers: list[str] = []
        self.askers: list[str] = []

    async def connect(
        self, target: str, city: str = CITY, resolver: str | None = None
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter, bytes]:
        """A tunnel, and the first line of what the proxy said."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        user = base64.b64encode(f"{city}:x".encode()).decode()
        more = f"Terrella-Resolver: {resolver}\r\n" if resolver is not None else ""
        writer.write(f"CONNECT {target} HTTP/1.1\r\nProxy-Authorization: Basic {user}\r\n{more}\r\n".encode())
        try:
            first = await reader.readline()
            while await reader.readline() not in (b"\r\n", b""):
                pass
        except asyncio.CancelledError:
            writer.close()
            raise
        return reader, writer, first


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()
    writer.write(b"bye")
    writer.close()


@asynccontextmanager
async def town(serve: Callable[..., Awaitable[None]] = echo):
    zones = Zones()
    names = NameServer(
        zones, Network(), random.Random(1), HealthTable().healthy, amazon_targets(("us-east-1", REGION))
    )
    crossing = Crossing(Network(rng=random.Random(1)))
    made: list[Town] = []

    def reply(message: bytes, address: str, tcp: bool) -> bytes | None:
        made[0].asked += 1
        made[0].askers.append(address)
        return names.reply(message, address, tcp=tcp)

    def remember(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Awaitable[None]:
        made[0].callers.append(writer.get_extra_info("peername")[0])
        return serve(reader, writer)

    server = await asyncio.start_server(remember, address_of(REGION), 0)
    port = server.sockets[0].getsockname()[1]
    dns = DnsServer(reply)
    dns_port = await listen_anywhere(dns)
    lookups = Lookups(crossing, dns_port)
    await lookups.open()
    journey = Journey(crossing, lookups, lambda address, world_port: port if world_port == 443 else world_port, False)
    visitors: set[Visitor] = set()
    proxy = await asyncio.get_running_loop().create_server(
        lambda: Visitor(journey, None, visitors), "127.0.0.1", 0
    )
    made.append(Town(crossing, proxy.sockets[0].getsockname()[1], zones))
    try:
        yield made[0]
    finally:
        proxy.close()
        for visitor in list(visitors):
            visitor.hang_up()
        lookups.close()
        dns.close()
        server.close()
        await asyncio.sleep(0.01)


async def listen_anywhere(dns: DnsServer) -> int:
    for _ in range(20):
        port = random.randrange(20_000, 30_000)
        try:
            await dns.listen("127.0.0.1", port)
            return port
        except OSError:
            continue
    raise AssertionError("no free port")


@on_loop
async def test_a_connection_takes_a_lookup_and_a_round_trip_and_a_message_another() -> None:
    async with town() as here:
        began = time.perf_counter()
        reader, writer, said = await here.connect(f"dynamodb.{REGION}.amazonaws.com:443")
        connected = time.perf_counter() - began
        assert said.startswith(b"HTTP/1.1 200")
        assert 0.8 * (TO_EDGE_S + ROUND_TRIP_S) <= connected < TO_EDGE_S + ROUND_TRIP_S + 0.1
        began = time.perf_counter()
        writer.write(b"hello")
        assert await reader.read(100) == b"hello"
        assert 0.8 * ROUND_TRIP_S <= time.perf_counter() - began < ROUND_TRIP_S + 0.1
        assert here.callers == [address_of(CITY)]
        writer.close()


@on_loop
async def test_the_citys_resolver_remembers() -> None:
    async with town() as here:
        for _ in range(2):
            _, writer, _ = await here.connect(f"dynamodb.{REGION}.amazonaws.com:443")
            writer.close()
        assert here.asked == 1


@on_loop
async def test_who_names_his_resolver_is_told_what_it_said_before_anything_else() -> None:
    async with town() as here:
        for heard in (address_of(REGION), f"{address_of(REGION)}; remembered"):
            reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
            user = base64.b64encode(f"{CITY}:x".encode()).decode()
            lines = [f"CONNECT dynamodb.{REGION}.amazonaws.com:443 HTTP/1.1", f"Proxy-Authorization: Basic {user}",
                     "Terrella-Resolver: least-ttl", "Terrella-Lookup: early", "", ""]  # fmt: skip
            writer.write("\r\n".join(lines).encode())
            said = await reader.readuntil(b"\r\n\r\n")
            assert said == f"HTTP/1.1 103 Early Hints\r\nTerrella-Lookup: {heard}\r\n\r\n".encode()
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
            writer.close()
        _, writer, first = await here.connect("dynamodb.eu-west-1.amazonaws.com:443", resolver="odd")
        assert first.startswith(b"HTTP/1.1 400")
        writer.close()


@on_loop
async def test_who_names_his_resolver_is_told_with_the_answer_that_opens_the_tunnel() -> None:
    async with town() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        user = base64.b64encode(f"{CITY}:x".encode()).decode()
        lines = [f"CONNECT dynamodb.{REGION}.amazonaws.com:443 HTTP/1.1", f"Proxy-Authorization: Basic {user}",
                 "Terrella-Resolver: plain", "", ""]  # fmt: skip
        writer.write("\r\n".join(lines).encode())
        said = await reader.readuntil(b"\r\n\r\n")
        lookup = f"Terrella-Lookup: {address_of(REGION)}"
        assert said == f"HTTP/1.1 200 Connection established\r\n{lookup}\r\n\r\n".encode()
        writer.close()


@on_loop
async def test_resolvers_of_different_habits_share_no_memory_and_stand_where_they_stand() -> None:
    async with town() as here:
        for resolver in ("plain", "far", "far"):
            _, writer, _ = await here.connect(f"dynamodb.{REGION}.amazonaws.com:443", resolver=resolver)
            writer.close()
        assert here.askers == [address_of(CITY), address_of("frankfurt")]


@on_loop
async def test_who_stands_in_a_region_asks_as_its_vpc() -> None:
    async with town() as here:
        zone = here.zones.add("Z1", "example.com", private=True, regions=[REGION])
        value = [{"Value": address_of(REGION)}]
        record = {"Name": "inside.example.com", "Type": "A", "TTL": 60, "ResourceRecords": value}
        here.zones.apply(zone.id, [("CREATE", record)])
        _, writer, first = await here.connect("inside.example.com:443", city=REGION)
        assert first.startswith(b"HTTP/1.1 200")
        writer.close()
        _, writer, first = await here.connect("inside.example.com:443")
        assert first.startswith(b"HTTP/1.1 502")
        writer.close()


@on_loop
async def test_a_half_closed_connection_still_gets_its_answer() -> None:
    async with town() as here:
        reader, writer, _ = await here.connect(f"{address_of(REGION)}:443")
        writer.write(b"x" * 300_000)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), 5) == b"x" * 300_000 + b"bye"
        writer.close()


@on_loop
async def test_many_bytes_pass_whole_and_in_order() -> None:
    async with town() as here:
        reader, writer, _ = await here.connect(f"{address_of(REGION)}:443")
        sent = random.Random(1).randbytes(5_000_000)
        writer.write(sent)
        assert await asyncio.wait_for(reader.readexactly(len(sent)), 10) == sent
        writer.close()


@on_loop
async def test_a_connection_through_a_struck_region_stalls_and_goes_on_when_it_heals() -> None:
    async with town() as here:
        reader, writer, _ = await here.connect(f"{address_of(REGION)}:443")
        here.crossing.strike([OUTAGE])
        writer.write(b"hello")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(100), 0.2)
        here.crossing.strike([])
        assert await asyncio.wait_for(reader.read(100), 2) == b"hello"
        writer.close()


@on_loop
async def test_a_connection_to_a_struck_region_is_neither_refused_nor_made() -> None:
    async with town() as here:
        here.crossing.strike([OUTAGE])
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(here.connect(f"{address_of(REGION)}:443"), 0.2)
        assert here.callers == []


@on_loop
async def test_a_client_that_gives_up_on_a_struck_region_leaves_nothing_behind() -> None:
    ended = asyncio.Event()

    async def wait(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _all_of(reader)
        writer.close()
        ended.set()

    async with town(wait) as here:
        _, writer, _ = await here.connect(f"{address_of(REGION)}:443")
        here.crossing.strike([OUTAGE])
        writer.write(b"hello")
        await writer.drain()
        await asyncio.sleep(0.01)
        writer.transport.abort()
        await asyncio.wait_for(ended.wait(), 2)


@on_loop
async def test_what_the_world_does_not_know_is_refused() -> None:
    async with town() as here:
        _, writer, said = await here.connect("www.example.net:443")
        assert said.startswith(b"HTTP/1.1 502")
        writer.close()
        _, writer, said = await here.connect("127.0.0.1:443")
        assert said.startswith(b"HTTP/1.1 502")
        writer.close()
        assert here.callers == []


@on_loop
async def test_a_name_that_was_not_there_is_remembered_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    async with town() as here:
        for _ in range(2):
            _, writer, said = await here.connect("soon.chat.test:443")
            assert said.startswith(b"HTTP/1.1 502")
            writer.close()
    remarks = [record.getMessage() for record in caplog.records if "soon.chat.test" in record.getMessage()]
    assert len(remarks) == 1
    assert "did not reach" in remarks[0] and "remembers that for another" in remarks[0]


@on_loop
async def test_socks_clients_stand_in_their_city_too() -> None:
    async with town() as here:
        reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
        name = f"dynamodb.{REGION}.amazonaws.com".encode()
        writer.write(b"\x05\x02\x00\x02")
        assert await reader.readexactly(2) == b"\x05\x02"
        writer.write(b"\x01\x06london\x01x")
        assert await reader.readexactly(2) == b"\x01\x00"
        writer.write(b"\x05\x01\x00\x03" + bytes([len(name)]) + name + (443).to_bytes(2, "big") + b"hello")
        assert (await reader.readexactly(10))[:2] == b"\x05\x00"
        assert await reader.readexactly(5) == b"hello"
        assert here.callers == [address_of(CITY)]
        writer.close()


@on_loop
async def test_socks_clients_are_told_what_is_wrong() -> None:
    async with town() as here:
        user, go = b"\x01\x06london\x01x", b"\x05\x02\x01\x00"
        for hello, request, code in (
            (b"\x05\x01\x00", b"", b"\x05\xff"),
            (b"\x05\x01\x02", b"\x01\x05tokio\x01x", b"\x05\x02\x01\x01"),
            (b"\x05\x01\x02", user + b"\x05\x02\x00\x01\x7f\x00\x00\x01\x00\x50", go + b"\x05\x07"),
            (b"\x05\x01\x02", user + b"\x05\x01\x00\x03\x07foo.com\x00\x50", go + b"\x05\x04"),
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
            writer.write(hello + request)
            said = await asyncio.wait_for(reader.read(), 5)
            assert said.startswith(code), (hello, request, said)
            writer.close()


@on_loop
async def test_noise_ends_one_connection_and_nothing_else() -> None:
    async with town() as here:
        chance = random.Random(7)
        for size in (1, 10, 1000, 100_000):
            reader, writer = await asyncio.open_connection("127.0.0.1", here.port)
            writer.write(chance.randbytes(size) + b"\r\n\r\n")
            writer.write_eof()
            await asyncio.wait_for(_all_of(reader), 5)
            writer.close()
        _, writer, said = await here.connect(f"{address_of(REGION)}:443")
        assert said.startswith(b"HTTP/1.1 200")
        writer.close()


async def _all_of(reader: asyncio.StreamReader) -> Any:
    try:
        return await reader.read()
    except ConnectionError:
        return b""
