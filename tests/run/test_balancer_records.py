"""What a node notes of requests and connections: counts for CloudWatch, lines for access logs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from h2 import events
from run.looping import on_loop, until
from run.test_application_balancers import Application
from run.test_gates import Provider, asked, listen
from run.test_http2 import NAME, REQUEST, Secure, page
from run.test_network_balancers import CLIENT, Here
from services.elbv2.test_elbv2_gates import IDP, token

from terrella.region.region import Region
from terrella.services.elbv2 import logs

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Slow(Application):
    """Its server takes a moment; lines are kept as they are written."""

    async def serve_slowly(self, answer: bytes, after_s: float) -> None:
        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, asyncio.IncompleteReadError):
                await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(after_s)
                writer.write(answer)
            writer.close()

        made = await asyncio.start_server(talk, self.server_address(0), 0)
        self.open.append(made)
        target = {"Id": self.server_address(0), "Port": made.sockets[0].getsockname()[1]}
        await self.listener(await self.group(target, protocol="HTTP", HealthCheckTimeoutSeconds=2), "HTTP")

    async def sent(self, *heads: bytes) -> list[bytes]:
        """What each of these is answered, on connections of their own."""
        found = []
        for head in heads:
            reader, writer = await self.connect()
            writer.write(head)
            found.append(await asyncio.wait_for(reader.read(12), 5))
            writer.close()
        return found

    def sums(self) -> dict[str, float]:
        return sums_of(self.region)


def sums_of(region: Region) -> dict[str, float]:
    """By metric, of the load balancer as a whole."""
    found: dict[str, float] = {}
    for measure in region.measures():
        if [name for name, _ in measure.dimensions] == ["LoadBalancer"]:
            found[measure.metric] = sum(row[1] for _, row in measure.meter.between(0.0, 1e12))
    return found


@asynccontextmanager
async def balanced(folder: Path, answer: bytes, after_s: float = 0.0) -> AsyncIterator[Slow]:
    async with Slow(folder) as found:
        await found.serve_slowly(answer, after_s)
        yield found



@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines of access logs, whatever load balancer they are of."""
    kept: list[str] = []
    monkeypatch.setattr(logs, "wanted", lambda load_balancer, kind: kind == logs.ACCESS)
    monkeypatch.setattr(logs, "write", lambda region, log, line: kept.append(line))
    return kept


@on_loop
async def test_a_client_that_goes_away_is_460(tmp_path: Path, lines: list[str]) -> None:
    async with balanced(tmp_path, OK, 0.15) as found:
        _, writer = await found.connect()
        writer.write(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.sleep(0.05)
        writer.close()
        await until(lambda: lines)
        fields = lines[0].split(" ")
        assert fields[8:10] == ["460", "-"] and fields[6:8] == ["-1", "-1"]
        assert found.sums()["HTTPCode_ELB_4XX_Count"] == 1.0
        assert "HTTPCode_Target_2XX_Count" not in found.sums()


@on_loop
async def test_requests_are_counted_by_who_answered_them(tmp_path: Path, lines: list[str]) -> None:
    async with balanced(tmp_path, b"HTTP/1.1 503 Busy\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno") as found:
        asked = b"GET /?q=1 HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n"
        answers = await found.sent(asked, b"GET x\r\n\r\n")
        assert answers == [b"HTTP/1.1 503", b"HTTP/1.1 400"]
        await until(lambda: len(lines) == 2)
        sums = found.sums()
    assert (sums["HTTPCode_Target_5XX_Count"], sums["HTTPCode_ELB_4XX_Count"]) == (1.0, 1.0)
    assert "HTTPCode_ELB_5XX_Count" not in sums
    assert (sums["RequestCount"], sums["NewConnectionCount"]) == (1.0, 2.0)
    assert sums["TargetResponseTime"] > 0.0
    well, bad = sorted(lines, key=lambda line: " 400 " in line)
    assert ' "GET http://a.example:9100/?q=1 HTTP/1.1" ' in well and ' "forward" ' in well and " 503 503 " in well
    assert ':9100- -" ' in bad and " -1 -1 -1 400 - " in bad


@on_loop
async def test_a_server_that_is_not_there_is_a_connection_error(tmp_path: Path, lines: list[str]) -> None:
    async with balanced(tmp_path, b"") as found:
        found.open.pop().close()
        assert await found.sent(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") == [b"HTTP/1.1 502"]
        await until(lambda: lines)
        sums = found.sums()
    assert (sums["TargetConnectionErrorCount"], sums["HTTPCode_ELB_502_Count"]) == (1.0, 1.0)
    assert " -1 -1 -1 502 - " in lines[0]


@on_loop
async def test_flows_through_a_network_load_balancer_are_counted(tmp_path: Path) -> None:
    async with Here(tmp_path) as found:
        server = await found.server()
        group = await found.group(server)
        await found.listener(group)
        reader, writer = await asyncio.open_connection(*found.node(), local_addr=(CLIENT, 0))
        writer.write(b"12345")
        await asyncio.wait_for(reader.readuntil(b"12345"), 5)
        writer.transport.abort()
        await until(lambda: "ProcessedBytes" in sums_of(found.region))
        sums = sums_of(found.region)
    assert (sums["NewFlowCount"], sums["NewFlowCount_TCP"]) == (1.0, 1.0)
    assert sums["ProcessedBytes_TCP"] > 10.0


@on_loop
async def test_requests_of_http_2_are_noted_one_by_one(tmp_path: Path, lines: list[str]) -> None:
    async with Secure(tmp_path) as found:
        await found.listen(page(), MutualAuthentication={"Mode": "passthrough"})
        line = await found.line()
        line.h2.send_headers(1, REQUEST)
        line.h2.send_data(1, b"x" * 1000, end_stream=True)
        line.h2.send_headers(3, [(":method", "GET"), *REQUEST[1:]], end_stream=True)
        line.send()
        await line.until(events.StreamEnded, 2)
        await until(lambda: len(lines) == 2)
        sums = sums_of(found.region)
        line.writer.transport.abort()
    post, get = sorted(lines, key=lambda each: " \"GET " in each)
    assert post.startswith("h2 ") and f' "POST https://{NAME}:9100/x HTTP/2.0" ' in post
    assert " TLSv1.3 " in post and f' "{NAME}" "arn:aws:acm:' in post and ' "fixed-response" ' in post
    size = 1000 + sum(len(name) + len(value) for name, value in REQUEST)
    assert int(post.split(" ")[10]) == size and int(get.split(" ")[10]) == size - 1001
    assert int(post.split(" ")[11]) > len("well")
    assert (sums["NewConnectionCount"], sums["HTTP_Fixed_Response_Count"]) == (1.0, 2.0)


@on_loop
async def test_a_stream_that_its_client_resets_is_460_but_not_one_whose_listener_goes(
    tmp_path: Path, lines: list[str]
) -> None:
    waiting: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.read(4)
        waiting.extend([head] if head == b"POST" else [])
        await reader.read()  # for ever
        writer.close()

    async with Secure(tmp_path) as found:
        await found.before(talk)
        line = await found.line()
        for id in (1, 3):
            line.h2.send_headers(id, REQUEST, end_stream=True)
        line.send()
        await until(lambda: len(waiting) == 2)
        line.h2.reset_stream(1)
        line.send()
        await until(lambda: lines)
        (listener,) = found.region.state["elbv2"].listeners
        await found.elb("DeleteListener", ListenerArn=listener)
        await line.until(events.ConnectionTerminated)
        await until(lambda: found.balancers.node(found.arn, found.zones[0]).busy.total() == 0)
    (only,) = lines
    assert only.split(" ")[8:10] == ["460", "-"]


@on_loop
async def test_that_a_token_was_asked_for_is_noted_as_an_action(tmp_path: Path, lines: list[str]) -> None:
    async with Secure(tmp_path) as found:
        provider = Provider()
        there = await provider.begin(found, tmp_path)
        config = {"Issuer": IDP, "JwksEndpoint": f"{there}/jwks"}
        await listen(found, {"Type": "jwt-validation", "Order": 1, "JwtValidationConfig": config})
        assert (await asked(found, "/", Authorization=f"Bearer {token(exp=4e9)}"))[0] == 200
        assert (await asked(found, "/"))[0] == 401
        await until(lambda: len(lines) == 2)
        sums = sums_of(found.region)
    well, ill = lines
    assert ' "jwt-validation,fixed-response" ' in well and ' "jwt-validation" ' in ill
    assert (sums["HTTP_Fixed_Response_Count"], sums["HTTPCode_ELB_4XX_Count"]) == (1.0, 1.0)
