"""The HTTP client: whole answers or a clear failure, connections kept, nothing acted upon is sent twice."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager

import pytest
import uvloop
from run.serving import echo, served

from terrella.run.http_client import HttpClient, HttpFailure
from terrella.run.http_server import Limits
from terrella.wire.http import Request, Response

GET = Request("GET", "/a", "b=c", {"x-y": "z"})


@asynccontextmanager
async def canned(*answers: bytes, close: bool = True):
    """A server that says the next of these to whatever it is sent; counts its connections."""
    left, counted = list(answers), [0]

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        counted[0] += 1
        try:
            while left and await reader.readuntil(b"\r\n\r\n"):
                writer.write(left.pop(0))
                await writer.drain()
                if close:
                    break
        except asyncio.IncompleteReadError:
            pass
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], counted
    finally:
        server.close()


def answer_to(*answers: bytes, request: Request = GET, timeout_s: float = 2.0) -> Response:
    async def main() -> Response:
        async with canned(*answers) as (port, _):
            client = HttpClient()
            try:
                return await client.send(request, "127.0.0.1", port, timeout_s=timeout_s)
            finally:
                client.close()

    return uvloop.run(main())


def test_a_request_arrives_as_it_is_and_connections_are_kept() -> None:
    async def main() -> None:
        seen: list[Request] = []

        def remember(request: Request) -> Response:
            seen.append(request)
            return echo(request)

        async with served(remember) as server:
            client = HttpClient()
            for _ in range(3):
                answer = await client.send(GET, "127.0.0.1", server.port)
                assert (answer.status, answer.body) == (200, b"GET /a b=c ")
            body = bytes(range(256)) * 4000
            answer = await client.send(
                Request("POST", "/", "", {"host": "h"}, body), "127.0.0.1", server.port
            )
            assert answer.body == b"POST /  " + body
            assert len(server._connections) == 1
            client.close()
        assert seen[0].headers == {"host": f"127.0.0.1:{server.port}", "x-y": "z"}
        assert seen[-1].host == "h"

    uvloop.run(main())


def test_many_at_once_each_get_their_own() -> None:
    async def main() -> None:
        async def slow(request: Request) -> Response:
            await asyncio.sleep(0.01)
            return echo(request)

        async with served(slow) as server:
            client = HttpClient()
            asked = [Request("GET", f"/{number}", "", {}) for number in range(50)]
            answers = await asyncio.gather(*(client.send(each, "127.0.0.1", server.port) for each in asked))
            assert [answer.body for answer in answers] == [f"GET /{n}  ".encode() for n in range(50)]
            client.close()

    uvloop.run(main())


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", b"abcde"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", b""),
    ],
)
def test_an_answer_ends_where_it_says(said: bytes, body: bytes) -> None:
    response = answer_to(said)
    assert (response.status, response.body) == (200, body)


def test_the_answer_to_head_has_no_body() -> None:
    response = answer_to(
        b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", request=Request("HEAD", "/", "", {})
    )
    assert response.header("content-length") == "7" and response.body == b""


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"", "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "in the middle"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", "in the middle"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "in the middle"),
        (b"SSH-2.0-OpenSSH\r\n", "not HTTP"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 300_000 + b"\r\n\r\n", "head of the answer is too large"),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", "changes the protocol"),
    ],
)
def test_half_an_answer_is_a_failure_with_its_reason(said: bytes, words: str) -> None:
    with pytest.raises(HttpFailure, match=words):
        answer_to(said)


def test_nobody_there_is_a_failure() -> None:
    async def main() -> None:
        async with canned() as (port, _):
            pass
        with pytest.raises(HttpFailure, match=rf"127\.0\.0\.1:{port} cannot be reached"):
            await HttpClient().send(GET, "127.0.0.1", port)

    uvloop.run(main())


def test_too_late_is_a_failure() -> None:
    async def main() -> None:
        async def never(request: Request) -> Response:
            await asyncio.sleep(10)
            return echo(request)

        async with served(never, limits=Limits(check_s=0.02)) as server:
            with pytest.raises(HttpFailure, match=r"did not answer within 0\.05 s"):
                await HttpClient().send(GET, "127.0.0.1", server.port, timeout_s=0.05)

    uvloop.run(main())


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced() -> None:
    async def main() -> None:
        answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        async with canned(answer, answer) as (port, connections):
            client = HttpClient()
            for _ in range(2):
                assert (await client.send(GET, "127.0.0.1", port)).body == b"ok"
                await asyncio.sleep(0.02)
            assert connections == [2]
            client.close()

    uvloop.run(main())


def test_a_line_break_cannot_be_smuggled_into_a_request() -> None:
    async def main() -> None:
        async with served() as server:
            with pytest.raises(HttpFailure, match="line break"):
                await HttpClient().send(
                    Request("GET", "/", "", {"x": "1\r\nHost: evil"}), "127.0.0.1", server.port
                )

    uvloop.run(main())


def test_a_local_address_may_be_chosen() -> None:
    async def main() -> None:
        def whence(request: Request) -> Response:
            return Response(200, [], (request.source or "").encode())

        async with served(whence, source=lambda address: f"from {address}") as server:
            client = HttpClient()
            answer = await client.send(GET, "127.0.0.1", server.port, local_address="127.0.0.9")
            assert answer.body == b"from 127.0.0.9"
            client.close()

    uvloop.run(main())
