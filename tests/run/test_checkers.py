"""Probes on real sockets, through the network."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from typing import Any

import pytest
from run.looping import on_loop

from terrella.edge.health import HealthTable
from terrella.edge.probe import Outcome, plan
from terrella.faults import parse
from terrella.net.addresses import address_of
from terrella.net.network import Network
from terrella.run.checkers import Checkers, Prober
from terrella.run.crossing import Crossing

REGION, CHECKER = "eu-west-1", "checker-eu-west-1"
ADDRESS = address_of(REGION)
FAR = "checker-us-east-1"
ROUND_TRIP_MS = Network().round_trip_ms(FAR, REGION)
OUTAGE = parse("region-outage", [REGION])


def prober(crossing: Crossing | None = None, speed: float = 10.0) -> Prober:
    crossing = crossing or Crossing(Network(rng=random.Random(1)))
    names = {"chat.example.com": ADDRESS}
    return Prober(crossing, lambda name, place: names.get(name), lambda address, port: port, speed)


async def serve(answer: bytes, delay_s: float = 0.0) -> asyncio.Server:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await asyncio.sleep(delay_s)
            writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    return await asyncio.start_server(handle, ADDRESS, 0)


async def probed(
    server: asyncio.Server,
    place: str = CHECKER,
    prober: Prober = None,
    **config: Any,  # type: ignore[assignment]
) -> Outcome:
    config = {"Type": "HTTP", "IPAddress": ADDRESS, "Port": server.sockets[0].getsockname()[1], **config}
    try:
        return await (prober or globals()["prober"]()).probe(plan("id", config), place)
    finally:
        server.close()


@on_loop
async def test_a_probe_takes_two_round_trips_and_brings_the_status() -> None:
    began = time.perf_counter()
    outcome = await probed(await serve(b"HTTP/1.1 200 OK\r\n\r\n"), FAR)
    took_ms = (time.perf_counter() - began) * 1000
    assert (outcome.status, outcome.reason, outcome.failed) == (200, "OK", None)
    assert 2 * 0.85 * ROUND_TRIP_MS < took_ms < 2 * ROUND_TRIP_MS + 100


@on_loop
async def test_a_string_is_searched_in_the_body() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
    outcome = await probed(await serve(answer), Type="HTTP_STR_MATCH", SearchString="ok")
    assert outcome.body == b"ok"


@on_loop
async def test_a_name_is_resolved_first() -> None:
    outcome = await probed(
        await serve(b"HTTP/1.1 204 No Content\r\n\r\n"),
        IPAddress=None,
        FullyQualifiedDomainName="chat.example.com",
    )
    assert (outcome.address, outcome.status) == (ADDRESS, 204)


@pytest.mark.parametrize(
    ("config", "stage"),
    [
        ({"IPAddress": None, "FullyQualifiedDomainName": "nowhere.example.com"}, "resolve"),
        ({"Port": 1}, "refused"),
        ({"IPAddress": "203.0.113.1", "Type": "TCP"}, "connect"),
        ({"Type": "HTTPS"}, "tls"),
    ],
)
def test_a_probe_says_at_which_stage_it_failed(config: dict[str, Any], stage: str) -> None:
    async def test() -> None:
        outcome = await probed(await serve(b"no TLS here"), **config)
        assert outcome.failed == stage

    on_loop(test)()


@pytest.mark.parametrize(
    ("answer", "stage"),
    [(b"", "closed"), (b"SMTP ready\r\n\r\n", "malformed"), (b"HTTP/1.1 x y\r\n\r\n", "malformed")],
)
def test_an_answer_that_is_none_is_a_failure(answer: bytes, stage: str) -> None:
    async def test() -> None:
        assert (await probed(await serve(answer))).failed == stage

    on_loop(test)()


@pytest.mark.parametrize("type", ["HTTP", "HTTPS"])
def test_a_connection_reset_at_once_is_a_failure(type: str) -> None:
    async def test() -> None:
        def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            line = writer.get_extra_info("socket")
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

        server = await asyncio.start_server(reset, ADDRESS, 0)
        outcome = await probed(server, FAR, Type=type)  # from so far that the reset is there first
        assert outcome.failed == "closed"

    on_loop(test)()


@on_loop
async def test_a_slow_answer_is_not_waited_for() -> None:
    assert (await probed(await serve(b"HTTP/1.1 200 OK\r\n\r\n", 3.0))).failed == "response"


@on_loop
async def test_verdicts_turn_when_a_region_is_lost_and_when_it_returns() -> None:
    crossing = Crossing(Network(rng=random.Random(1)))
    server = await serve(b"HTTP/1.1 200 OK\r\n\r\n")
    health, turned = HealthTable(speed=100.0), []
    port = server.sockets[0].getsockname()[1]
    health.put(
        "a",
        {"Type": "HTTP", "IPAddress": ADDRESS, "Port": port, "RequestInterval": 10, "FailureThreshold": 1},
    )
    change = asyncio.Event()

    def tell(check: Any) -> None:
        turned.append(check.healthy())
        change.set()

    checkers = Checkers(health, prober(crossing, 100.0), random.Random(1), tell)
    checkers.follow()
    await asyncio.sleep(0.5)
    crossing.strike([OUTAGE])
    await asyncio.wait_for(change.wait(), 5)
    change.clear()
    crossing.strike([])
    await asyncio.wait_for(change.wait(), 5)
    assert turned == [False, True]
    health.remove("a")
    checkers.follow()
    checkers.close()
    server.close()
