"""HTTP/2 on real sockets: requests and answers, room for bodies, and clients that want too much for nothing."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

from h2 import events
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from run.looping import on_loop
from run.test_network_balancers import CLIENT, Here

NAME = "alb.example.com"
REQUEST = [(":method", "POST"), (":scheme", "https"), (":authority", NAME), (":path", "/x")]


class Secure(Here):
    """An application load balancer with an HTTPS listener, and a client of HTTP/2."""

    kind = "application"

    async def certificate(self, name: str = NAME) -> list[dict[str, str]]:
        pem = self.authority.certificate(name).decode()
        parts = ["-----BEGIN" + part for part in pem.split("-----BEGIN") if part.strip()]
        key = next(part for part in parts if "PRIVATE KEY" in part).encode()
        shown = next(part for part in parts if "CERTIFICATE" in part).encode()
        made = await self.region.request("acm", "ImportCertificate", {"Certificate": shown, "PrivateKey": key})
        return [{"CertificateArn": made["CertificateArn"]}]

    async def listen(self, *actions: dict[str, Any], port: int = 9100, **more: Any) -> str:
        made = await self.elb(
            "CreateListener", LoadBalancerArn=self.arn, Protocol="HTTPS", Port=port, DefaultActions=list(actions),
            Certificates=await self.certificate(), **more,
        )  # fmt: skip
        async with asyncio.timeout(5):
            while not {f"{self.node(zone, port)[0]}:{port}" for zone in (0, 1)} <= set(self.balancers.status()):
                await asyncio.sleep(0.01)
        arn: str = made["Listeners"][0]["ListenerArn"]
        return arn

    async def before(self, talk: Callable[..., Any], **more: Any) -> None:
        """A server of its own behind the listener."""
        made = await asyncio.start_server(talk, self.server_address(0), 0)
        self.open.append(made)
        target = {"Id": self.server_address(0), "Port": made.sockets[0].getsockname()[1]}
        group = await self.group(target, protocol="HTTP", HealthCheckTimeoutSeconds=2)
        await self.listen({"Type": "forward", "TargetGroupArn": group}, **more)

    async def line(self, certificate: Path | None = None) -> Line:
        context = ssl.create_default_context(cafile=str(self.job.data.path / "ca.pem"))
        context.set_alpn_protocols(["h2", "http/1.1"])
        if certificate is not None:
            context.load_cert_chain(certificate)
        ends = await asyncio.open_connection(
            *self.node(), local_addr=(CLIENT, 0), ssl=context, server_hostname=NAME
        )
        return Line(*ends)


class Line:
    """A client's connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        self.alpn = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        self.h2 = H2Connection(H2Configuration(client_side=True, header_encoding="utf-8"))
        self.h2.initiate_connection()
        self.seen: list[events.Event] = []
        self.send()

    def send(self) -> None:
        self.writer.write(self.h2.data_to_send())

    async def until(self, kind: type[events.Event], count: int = 1) -> list[Any]:
        """The events of a kind, once there are so many."""
        async with asyncio.timeout(30):
            while len(found := [each for each in self.seen if isinstance(each, kind)]) < count:
                data = await self.reader.read(65_536)
                assert data, "the connection ended"
                self.seen += self.h2.receive_data(data)
                self.send()
        return found

    def body(self, id: int) -> bytes:
        parts = (each for each in self.seen if isinstance(each, events.DataReceived))
        return b"".join(each.data for each in parts if each.stream_id == id)


def page(text: str = "well") -> dict[str, Any]:
    return {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": text}}


@on_loop
async def test_a_server_behind_hears_http_1_and_trailers_cross_both_ways(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"chunked" in head:
            heard.append(head + await reader.readuntil(b"x-end: 1\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n")
        writer.close()

    async with Secure(tmp_path) as found:
        await found.before(talk)
        line = await found.line()
        assert line.alpn == "h2"
        line.h2.send_headers(1, [*REQUEST, ("cookie", "a=1"), ("cookie", "b=2")])
        line.h2.send_data(1, b"four")
        line.h2.send_headers(1, [("x-end", "1")], end_stream=True)
        line.send()
        (trailers,) = await line.until(events.TrailersReceived)
        (response,) = await line.until(events.ResponseReceived)
        assert dict(response.headers)[":status"] == "200" and "transfer-encoding" not in dict(response.headers)
        assert (line.body(1), dict(trailers.headers)) == (b"hello", {"x-sum": "42"})
        assert heard[0].startswith(b"POST /x HTTP/1.1\r\nhost: alb.example.com:9100\r\ncookie: a=1; b=2\r\n")
        assert heard[0].endswith(b"4\r\nfour\r\n0\r\nx-end: 1\r\n\r\n")
        line.writer.transport.abort()


@on_loop
async def test_an_answer_waits_for_the_client_to_make_room(tmp_path: Path) -> None:
    size = 16_000_000
    sent: list[int] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // 10_000):
            writer.write(b"x" * 10_000)
            await writer.drain()
            sent.append(10_000)
        writer.close()

    async with Secure(tmp_path) as found:
        await found.before(talk)
        line = await found.line()
        line.h2.send_headers(1, [(":method", "GET"), *REQUEST[1:]], end_stream=True)
        line.send()
        count = 0
        while len(line.body(1)) < 65_535:
            count = len(await line.until(events.DataReceived, count + 1))
        await asyncio.sleep(0.1)
        assert len(sent) < size // 10_000
        line.h2.increment_flow_control_window(size)
        line.h2.increment_flow_control_window(size, 1)
        line.send()
        await line.until(events.StreamEnded)
        assert len(line.body(1)) == size
        line.writer.transport.abort()


@on_loop
async def test_many_requests_share_a_connection_and_a_bad_one_does_not_end_it(tmp_path: Path) -> None:
    async with Secure(tmp_path) as found:
        await found.listen(page())
        line = await found.line()
        for id in range(1, 257, 2):
            path = "/" + "x" * 17_000 if id == 7 else "/"
            line.h2.send_headers(id, [(":method", "GET"), *REQUEST[1:3], (":path", path)], end_stream=True)
        line.send()
        answers = await line.until(events.ResponseReceived, 128)
        await line.until(events.StreamEnded, 128)
        said = {each.stream_id: dict(each.headers)[":status"] for each in answers}
        assert said.pop(7) == "414" and set(said.values()) == {"200"}
        assert line.body(1) == b"well"
        line.writer.transport.abort()


@on_loop
async def test_a_client_that_opens_and_resets_is_told_to_calm_down(tmp_path: Path) -> None:
    async with Secure(tmp_path) as found:
        await found.listen(page())
        line = await found.line()
        for id in range(1, 801, 2):
            line.h2.send_headers(id, REQUEST)
            line.h2.reset_stream(id)
        line.send()
        (ended,) = await line.until(events.ConnectionTerminated)
        assert ended.error_code == ErrorCodes.ENHANCE_YOUR_CALM


@on_loop
async def test_a_client_that_pings_without_end_is_told_to_calm_down(tmp_path: Path) -> None:
    async with Secure(tmp_path) as found:
        await found.listen(page())
        line = await found.line()
        for _ in range(1_500):
            line.h2.ping(b"12345678")
        line.send()
        (ended,) = await line.until(events.ConnectionTerminated)
        assert ended.error_code == ErrorCodes.ENHANCE_YOUR_CALM


@on_loop
async def test_clients_are_told_when_a_listener_goes(tmp_path: Path) -> None:
    async with Secure(tmp_path) as found:
        arn = await found.listen(page())
        line = await found.line()
        await line.until(events.RemoteSettingsChanged)
        await found.elb("DeleteListener", ListenerArn=arn)
        (ended,) = await line.until(events.ConnectionTerminated)
        assert ended.error_code == ErrorCodes.NO_ERROR


@on_loop
async def test_http_2_can_be_switched_off(tmp_path: Path) -> None:
    async with Secure(tmp_path) as found:
        await found.listen(page())
        off = {"Key": "routing.http2.enabled", "Value": "false"}
        await found.elb("ModifyLoadBalancerAttributes", LoadBalancerArn=found.arn, Attributes=[off])
        line = await found.line()
        assert line.alpn == "http/1.1"
        line.writer.transport.abort()
