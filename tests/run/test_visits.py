"""A visit through a city's proxy: what came back, and what the visitor's resolver had to do with it."""

from __future__ import annotations

import asyncio
import random
import ssl
from pathlib import Path

import pytest
from run.looping import on_loop

from terrella.edge.dns import NameServer
from terrella.edge.habits import Habits
from terrella.edge.health import HealthTable
from terrella.edge.targets import amazon_targets
from terrella.edge.zones import Zones
from terrella.faults import parse
from terrella.net.addresses import address_of
from terrella.net.network import Network
from terrella.net.places import city
from terrella.run.city_proxy import Visitor
from terrella.run.crossing import Crossing
from terrella.run.dns_server import DnsServer
from terrella.run.journey import Journey
from terrella.run.lookup import Lookups
from terrella.run.tls import Authority
from terrella.run.visits import Visitors
from terrella.world.spec import MachinePorts

REGION, CITY = "eu-west-1", "london"
NAME = f"dynamodb.{REGION}.amazonaws.com"


async def visited(folder: Path, habits: Habits) -> list[tuple[object, ...]]:
    """Two visits, the second after the region was lost; (ok, region, cached, resolver, error) of each."""
    pem = folder / "shown.pem"
    pem.write_bytes(Authority.at(folder).certificate(NAME))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(answer, address_of(REGION), 0, ssl=context)
    web = server.sockets[0].getsockname()[1]
    crossing = Crossing(Network(rng=random.Random(1)))
    names = NameServer(Zones(), Network(), random.Random(1), HealthTable().healthy, amazon_targets((REGION,)))
    dns = DnsServer(lambda message, address, tcp: names.reply(message, address, tcp=tcp))
    port = await _listen(dns)
    lookups, travellers = Lookups(crossing, port), set[Visitor]()
    journey = Journey(crossing, lookups, lambda address, port: web, False, habits)
    proxy = await asyncio.get_running_loop().create_server(
        lambda: Visitor(journey, CITY, travellers), "127.0.0.1", 0
    )
    ports = MachinePorts(cities=proxy.sockets[0].getsockname()[1] - city(CITY).number)
    people = Visitors(folder / "ca.pem", ports, habits, random.Random(1))
    found = []
    for faults, patience_s in (([], 5.0), ([parse("region-outage", [REGION])], 0.4)):
        crossing.strike(faults)
        tried = await people.visit(CITY, "read", "GET", f"https://{NAME}/", b"", None, patience_s)
        found.append((tried.ok, tried.region, tried.cached, tried.resolver, tried.error))
    people.close()
    proxy.close()
    for traveller in list(travellers):
        traveller.hang_up()
    lookups.close()
    dns.close()
    server.close()
    await asyncio.sleep(0.01)
    return found


async def _listen(dns: DnsServer) -> int:
    for _ in range(20):
        port = random.randrange(20_000, 30_000)
        try:
            await dns.listen("127.0.0.1", port)
            return port
        except OSError:
            continue
    raise AssertionError("no free port")


@on_loop
async def test_a_visit_knows_where_the_name_led_and_whether_that_was_remembered(tmp_path: Path) -> None:
    assert await visited(tmp_path, Habits(least_ttl=0, stale=0, far=0)) == [
        (True, REGION, False, "plain", None), (False, REGION, True, "plain", "timeout"),
    ]  # fmt: skip


@on_loop
async def test_the_resolver_is_drawn_by_the_shares(tmp_path: Path) -> None:
    found = await visited(tmp_path, Habits(least_ttl=1, stale=0, far=0))
    assert [each[3] for each in found] == ["least-ttl", "least-ttl"]


@on_loop
async def test_a_resolver_that_falls_back_answers_while_the_name_servers_do_not() -> None:
    crossing = Crossing(Network(rng=random.Random(1)))
    names = NameServer(Zones(), Network(), random.Random(1), HealthTable().healthy, amazon_targets((REGION,)))
    dns = DnsServer(lambda message, address, tcp: names.reply(message, address, tcp=tcp))
    lookups = Lookups(crossing, await _listen(dns), speed=100.0)
    stale, plain = Habits().named("stale"), Habits().named("plain")
    for habit in (stale, plain):
        assert await lookups.addresses(CITY, f"{NAME}.", habit) == [address_of(REGION)]
    crossing.strike([parse("loss", ["edge", "100%"])])
    await asyncio.sleep(0.1)  # ten seconds of the world: its TTL of five is over
    told = await lookups.told(CITY, f"{NAME}.", 1, stale)
    assert told.addresses() == [address_of(REGION)] and told.remembered
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(lookups.addresses(CITY, f"{NAME}.", plain), 0.5)
    lookups.close()
    dns.close()
