"""Probes on real sockets, through the network."""

from __future__ import annotations

import asyncio
import random
import socket
import ssl
import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from run.looping import on_loop, until

from terrella.edge.health import HealthTable
from terrella.edge.probe import Outcome, plan
from terrella.faults import parse
from terrella.net.addresses import address_of
from terrella.net.network import Network
from terrella.net.places import CHECKER_REGIONS
from terrella.run.checkers import Checkers, Prober
from terrella.run.crossing import Crossing
from terrella.run.tls import Authority

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
async def test_a_body_need_not_end_for_its_string_to_be_found() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nall\r\n8\r\n is well\r\n0\r\n\r\n")
        await reader.read()  # it would go on for ever
        writer.close()

    outcome = await probed(
        await asyncio.start_server(handle, ADDRESS, 0), Type="HTTP_STR_MATCH", SearchString="all is well"
    )
    assert (outcome.failed, outcome.body) == (None, b"all is well")


@pytest.mark.parametrize(("size", "stage"), [(15_000, None), (17_000, "malformed")])
def test_headers_may_be_sixteen_kilobytes_long(size: int, stage: str | None) -> None:
    async def test() -> None:
        answer = b"HTTP/1.1 200 OK\r\nX: " + b"x" * size + b"\r\n\r\n"
        assert (await probed(await serve(answer))).failed == stage

    on_loop(test)()


@pytest.mark.parametrize(
    ("shown", "asked"), [("chat.example.com", ["chat.example.com"]), ("*.example.com", ["chat.example.com"]),
                         ("other.example.com", ["chat.example.com", None])],
)  # fmt: skip
def test_a_certificate_for_another_name_is_asked_for_again_without_the_name(
    tmp_path: Path, shown: str, asked: list[str | None]
) -> None:
    async def test() -> None:
        (tmp_path / "shown.pem").write_bytes(Authority.at(tmp_path).certificate(shown))
        context, named = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), list[str | None]()
        context.load_cert_chain(tmp_path / "shown.pem")
        context.sni_callback = lambda line, name, context: named.append(name)

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(asyncio.IncompleteReadError, ConnectionError):
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(handle, ADDRESS, 0, ssl=context)
        outcome = await probed(server, Type="HTTPS", FullyQualifiedDomainName="chat.example.com")
        assert (outcome.status, named) == (200, asked)
        assert outcome.connect_ms and outcome.tls_ms and outcome.first_byte_ms

    on_loop(test)()


@on_loop
async def test_a_checker_that_is_cut_off_says_nothing() -> None:
    crossing = Crossing(Network(rng=random.Random(1)))
    server = await serve(b"HTTP/1.1 200 OK\r\n\r\n")
    health = HealthTable(speed=100.0)
    port = server.sockets[0].getsockname()[1]
    config = {"Type": "HTTP", "IPAddress": ADDRESS, "Port": port, "RequestInterval": 10, "FailureThreshold": 1}
    check = health.put("a", config)
    crossing.strike([parse("region-outage", ["us-east-1"])])
    checkers = Checkers(health, prober(crossing, 100.0), random.Random(1), lambda check: None)
    checkers.follow()
    others = set(CHECKER_REGIONS) - {"us-east-1"}
    await until(lambda: {checker.region for checker in check.opinions} >= others)
    await asyncio.sleep(5 * check.interval)  # time enough for the eighth to speak, if it could
    assert {checker.region for checker in check.opinions} == others
    assert check.healthy() and check.share_healthy(time.time()) == 1
    checkers.close()
    server.close()


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
    await until(lambda: len(health.checks["a"].opinions) == len(health.checks["a"].checkers()))
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
