"""The HTTP server: answers in order, refusals with a body, nobody keeps it waiting."""

from __future__ import annotations

import asyncio
import errno
import logging
import ssl
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import uvloop
from hypothesis import given, settings
from hypothesis import strategies as st
from run.looping import until
from run.serving import certificate, change, echo, said_to, served

from terrella.run.disk import Device, JournalFile
from terrella.run.http_client import HttpClient
from terrella.run.http_connection import Connection
from terrella.run.http_server import Limits
from terrella.store.journal import MemoryJournal
from terrella.wire.http import Request, Response

HOST = b"Host: x\r\n"
CLOSE = b"Connection: close\r\n"


def talk(*sent: bytes, handler: Any = echo, limits: Limits | None = None, **more: Any) -> list[bytes]:
    """What a server says to each of these, each on a connection of its own."""

    async def main() -> list[bytes]:
        async with served(handler, limits=limits) as server:
            return [await said_to(server, each, **more) for each in sent]

    return uvloop.run(main())


def statuses(said: bytes) -> list[int]:
    return [int(part[:3]) for part in said.split(b"HTTP/1.1 ")[1:]]


def get(path: str, *headers: bytes) -> bytes:
    return b"GET " + path.encode() + b" HTTP/1.1\r\n" + HOST + b"".join(headers) + b"\r\n"


def test_requests_sent_ahead_are_answered_in_order() -> None:
    async def later(request: Request) -> Response:
        await asyncio.sleep(0.05 if request.path == "/0" else 0.0)
        return echo(request)

    def mixed(request: Request) -> Response | Awaitable[Response]:
        return echo(request) if request.path in ("/1", "/3") else later(request)

    (said,) = talk(*[b"".join(get(f"/{n}") for n in range(5)) + get("/5", CLOSE)], handler=mixed)
    assert [part[:6] for part in said.split(b"GET ")[1:]] == [b"/%d  HT" % n for n in range(5)] + [b"/5  "]


def test_thousands_of_requests_sent_ahead_are_all_answered() -> None:
    (said,) = talk(get("/x") * 5000, half_close=True)
    assert said.count(b"HTTP/1.1 200") == 5000


def test_a_body_may_come_in_chunks() -> None:
    sent = b"POST /c HTTP/1.1\r\n" + HOST + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"
    (said,) = talk(sent + b"3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\n\r\n")
    assert said.endswith(b"POST /c  abcdefg")


def test_a_trailer_does_not_pass_for_a_header() -> None:
    def host(request: Request) -> Response:
        return Response(200, [], f"{request.headers['host']} {request.headers.get('x-late')}".encode())

    sent = b"POST / HTTP/1.1\r\n" + HOST + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n"
    (said,) = talk(sent + b"1\r\na\r\n0\r\nHost: y\r\nX-Late: 1\r\n\r\n", handler=host)
    assert said.endswith(b"x None")


def test_a_request_is_read_as_it_was_sent() -> None:
    seen: list[Request] = []

    def remember(request: Request) -> Response:
        seen.append(request)
        return Response(200)

    talk(
        b"PUT /a%20b/?q=%41&r HTTP/1.1\r\nHOST: Example.com:80\r\nX-A: 1\r\nx-a: 2\r\n"
        b"Cookie: a=1\r\nCookie: b=2\r\nX-Raw: \xe4\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        b"GET http://other.example/p?q HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n",
        handler=remember,
    )
    first, second = seen
    assert (first.method, first.path, first.query, first.body) == ("PUT", "/a%20b/", "q=%41&r", b"hi")
    assert first.headers["x-a"] == "1, 2" and first.headers["cookie"] == "a=1; b=2"
    assert first.headers["x-raw"].encode("latin-1") == b"\xe4" and first.host == "example.com"
    assert (second.path, second.query, second.host) == ("/p", "q", "other.example")


def post(path: str, body: bytes, *headers: bytes) -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"POST " + path.encode() + b" HTTP/1.1\r\n" + HOST + b"".join(headers) + length + b"\r\n" + body


def sent_in_turn(*parts: bytes) -> list[bytes]:
    """What handlers are given when these bytes come one after another on one connection."""
    seen: list[bytes] = []

    def handler(request: Request) -> Response:
        seen.append(b"%s %s" % (request.path.encode(), request.body))
        return Response(200)

    async def main() -> None:
        async with served(handler) as server:
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.02)
            writer.close()

    uvloop.run(main())
    return seen


def test_a_head_that_comes_again_is_read_alike() -> None:
    assert sent_in_turn(*[post("/a", b"%d" % n) for n in range(4)]) == [b"/a %d" % n for n in range(4)]


def test_a_familiar_head_in_pieces_or_with_more_behind_it_is_read_alike() -> None:
    one, two = post("/a", b"1"), post("/a", b"2")
    assert sent_in_turn(one, two[:9], two[9:], one + two, one + two[:-1], b"2") == [
        b"/a 1", b"/a 2", b"/a 1", b"/a 2", b"/a 1", b"/a 2",
    ]  # fmt: skip


def test_a_body_that_looks_like_a_familiar_request_is_a_body() -> None:
    one = post("/a", b"1")
    inner = post("/b", one)[: -len(one)]
    assert sent_in_turn(one, one + inner, one, one) == [b"/a 1", b"/a 1", b"/b " + one, b"/a 1"]


def test_a_client_that_expects_continue_is_told_to() -> None:
    async def main() -> None:
        async with served() as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            head = b"PUT / HTTP/1.1\r\n" + HOST + CLOSE + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
            writer.write(head)
            assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
            writer.write(b"ok")
            assert (await reader.read()).endswith(b"PUT /  ok")
            writer.close()

    uvloop.run(main())


def test_an_upgrade_is_ignored_and_what_follows_is_read() -> None:
    upgrade = b"Upgrade: h2c\r\nConnection: Upgrade\r\n"
    (said,) = talk(get("/a", upgrade) + get("/b", CLOSE))
    assert statuses(said) == [200, 200]
    assert sent_in_turn(get("/a", upgrade), get("/b")) == [b"/a ", b"/b "]
    assert statuses(*talk(get("/a", b"Host: y\r\n", upgrade))) == [400]


def test_thousands_of_upgrades_sent_ahead_are_all_ignored() -> None:
    upgrade = get("/a", b"Upgrade: h2c\r\nConnection: Upgrade\r\n")
    (said,) = talk(upgrade * 3000 + get("/b", CLOSE))
    assert statuses(said) == [200] * 3001


def test_a_client_of_http_1_0_is_not_told_to_continue() -> None:
    (said,) = talk(b"PUT / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok")
    assert statuses(said) == [200]


def test_head_has_the_length_and_not_the_body() -> None:
    def stated(request: Request) -> Response:
        return Response(200, [("Content-Length", "12345")] if request.path == "/stated" else [], b"body")

    head = b"HEAD %b HTTP/1.1\r\n" + HOST + CLOSE + b"\r\n"
    plain, given_length = talk(head % b"/", head % b"/stated", handler=stated)
    assert b"Content-Length: 4\r\n" in plain and plain.endswith(b"\r\n\r\n")
    assert b"Content-Length: 12345\r\n" in given_length and given_length.endswith(b"\r\n\r\n")


@pytest.mark.parametrize("status", [204, 304])
def test_some_answers_have_no_body(status: int) -> None:
    (said,) = talk(get("/", CLOSE), handler=lambda request: Response(status, [], b"oops"))
    assert b"oops" not in said and b"Content-Length" not in said


def test_http_1_0_is_answered_and_closed() -> None:
    (said,) = talk(b"GET / HTTP/1.0\r\n\r\n")
    assert statuses(said) == [200] and b"Connection: close" in said


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"rubbish\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200), 400),  # TLS at a plain port
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nBad Header\r\n\r\n", 400),
        (b"GET x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 1\r\n\r\n", 417),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n7d0\r\n" + bytes(3000), 413),
        (b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 10000000\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 5000, 431),
        (b"GET /" + b"y" * 5000, 431),
    ],
)
def test_what_is_no_request_gets_an_answer_with_a_body(sent: bytes, status: int) -> None:
    limits = Limits(body_bytes=1000, head_bytes=4000, check_s=0.05, linger_s=0.2)
    said, alive = talk(sent, get("/", CLOSE), limits=limits)
    assert statuses(said) == [status]
    assert b'"__type"' in said and b"Connection: close" in said
    assert statuses(alive) == [200]


def test_what_came_before_a_bad_request_is_answered_first() -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.05)
        return echo(request)

    (said,) = talk(get("/a") + b"rubbish\r\n\r\n", handler=slow, limits=Limits(check_s=0.05, linger_s=0.1))
    assert statuses(said) == [200, 400]


def test_an_answer_reaches_a_client_that_still_sends_too_much() -> None:
    sent = b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3000000\r\n\r\n" + bytes(3_000_000)
    (said,) = talk(sent, limits=Limits(body_bytes=1000, check_s=0.05, linger_s=0.3))
    assert statuses(said) == [413]


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"", []),
        (b"GET / HTTP/1.1\r\nHos", [408]),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc", [408]),
        (get("/"), [200]),
    ],
)
def test_a_slow_client_is_not_waited_for(sent: bytes, status: list[int]) -> None:
    limits = Limits(head_s=0.1, pause_s=0.1, idle_s=0.1, linger_s=0.1, check_s=0.02)
    (said,) = talk(sent, limits=limits, wait_s=3.0)
    assert statuses(said) == status


def test_a_client_that_drips_its_head_is_not_waited_for() -> None:
    async def main() -> None:
        async with served(limits=Limits(head_s=0.2, linger_s=0.1, check_s=0.02)) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            for byte in get("/", b"X-A: " + b"b" * 100):
                writer.write(bytes([byte]))
                await asyncio.sleep(0.01)
                if reader.at_eof() or reader._buffer:  # type: ignore[attr-defined]
                    break
            assert statuses(await reader.read()) == [408]
            writer.close()

    uvloop.run(main())


def test_a_client_that_does_not_read_is_cut_off_and_costs_little() -> None:
    async def main() -> None:
        made = 0

        def large(request: Request) -> Response:
            nonlocal made
            made += 1
            return Response(200, [], bytes(1 << 20))

        async with served(large, limits=Limits(write_s=0.2, check_s=0.05)) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1024)
            writer.write(get("/") * 500)
            await asyncio.sleep(0.15)
            assert made < 40, "no more answers are made than the client takes"
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await asyncio.sleep(0.4)
                await reader.readexactly(500 << 20)
            writer.close()

    uvloop.run(main())


def test_a_half_closed_client_gets_its_answers() -> None:
    async def slow(request: Request) -> Response:
        await asyncio.sleep(0.05)
        return echo(request)

    first, second = talk(get("/a") + get("/b"), b"GET / HT", handler=slow, half_close=True)
    assert [status for status in statuses(first) if status != 100] == [200, 200] and b"GET /b" in first
    assert second == b""


def test_a_header_cannot_begin_another() -> None:
    def hostile(request: Request) -> Response:
        return Response(200, [("X-A", "1\r\nX-Evil: 2"), ("X B", "3"), ("X-C", "€"), ("X-D\r\nX-Evil", "4")])

    (said,) = talk(get("/", CLOSE), handler=hostile)
    assert b"\r\nX-Evil" not in said and b"X-A: 1 X-Evil: 2\r\n" in said and b"X B" not in said
    assert "X-C: €\r\n".encode() in said


def test_a_defect_is_logged_and_answered(caplog: pytest.LogCaptureFixture) -> None:
    def broken(request: Request) -> Response:
        raise ZeroDivisionError("in a handler")

    async def broken_later(request: Request) -> Response:
        raise ZeroDivisionError("in a task")

    with caplog.at_level(logging.ERROR):
        said = talk(get("/") + get("/", CLOSE), handler=broken) + talk(get("/", CLOSE), handler=broken_later)
    assert [statuses(each) for each in said] == [[500, 500], [500]]
    assert caplog.text.count("ZeroDivisionError: in a handler") == 2 and "in a task" in caplog.text


def test_work_for_a_client_that_left_ends_unless_state_may_have_changed() -> None:
    async def main() -> None:
        journal, ended, begun = MemoryJournal(), [], asyncio.Event()

        async def work(request: Request) -> Response:
            try:
                if request.path == "/changes":
                    journal.append(change(journal.last + 1))
                begun.set()
                await asyncio.sleep(0.2)
                ended.append((request.path, "finished"))
            except asyncio.CancelledError:
                ended.append((request.path, "cancelled"))
                raise
            return Response(200)

        async with served(work, journal, limits=Limits(check_s=0.02)) as server:
            for path in ("/reads", "/changes"):
                _, writer = await asyncio.open_connection("127.0.0.1", server.port)
                writer.write(get(path))
                await begun.wait()
                begun.clear()
                writer.transport.abort()
                await until(lambda path=path: path in dict(ended))  # type: ignore[misc]
        assert ended == [("/reads", "cancelled"), ("/changes", "finished")]

    uvloop.run(main())


class Gate(Device):
    """A disk that syncs when told to, or refuses."""

    def __init__(self) -> None:
        self.opened = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        self.refuses = False

    def sync(self, fd: int) -> None:
        asyncio.run_coroutine_threadsafe(self.opened.wait(), self.loop).result(5)
        if self.refuses:
            raise OSError(errno.EIO, "Input/output error")


def with_gated_journal(
    folder: Path, story: Callable[[Gate, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
) -> None:
    async def main() -> None:
        gate = Gate()
        journal = JournalFile(folder, device=gate)

        def put(request: Request) -> Response:
            if request.method == "PUT":
                journal.append(change(journal.last + 1))
            return echo(request)

        async with served(put, journal) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            await story(gate, reader, writer)
            writer.close()
        gate.refuses = False
        await journal.close()

    uvloop.run(asyncio.wait_for(main(), 10))


def test_no_answer_leaves_before_what_it_tells_of_is_safe(tmp_path: Path) -> None:
    async def story(gate: Gate, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(get("/before"))
        assert b"200" in await reader.readuntil(b"GET /before  ")
        writer.write(b"PUT /a HTTP/1.1\r\n" + HOST + b"\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.1)
        gate.opened.set()
        assert b"200" in await reader.readuntil(b"PUT /a  ")

    with_gated_journal(tmp_path, story)


def test_a_write_the_disk_refused_is_answered_with_an_error(tmp_path: Path) -> None:
    async def story(gate: Gate, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"PUT /a HTTP/1.1\r\n" + HOST + b"\r\n")
        await asyncio.sleep(0.05)
        gate.refuses = True
        gate.opened.set()
        assert b"HTTP/1.1 500" in await reader.readuntil(b"Internal server error")
        writer.write(get("/after"))
        assert b"HTTP/1.1 200" in await reader.readuntil(b"GET /after  ")

    with_gated_journal(tmp_path, story)


def test_a_stopping_server_answers_what_is_under_way() -> None:
    async def main() -> None:
        async def slow(request: Request) -> Response:
            await asyncio.sleep(0.1)
            return echo(request)

        async with served(slow) as server:
            asking = asyncio.create_task(said_to(server, get("/last")))
            idle = asyncio.create_task(said_to(server, b""))
            await asyncio.sleep(0.05)
            await server.close()
            said = await asking
            assert statuses(said) == [200] and b"Connection: close" in said
            assert await idle == b""
            with pytest.raises(OSError):
                await said_to(server, get("/"))

    uvloop.run(main())


def test_tls_is_a_context_handed_in(tmp_path: Path) -> None:
    async def main() -> None:
        path = certificate(tmp_path)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(path)
        trusting = ssl.create_default_context(cafile=path)
        async with served(
            lambda request: Response(200, [], str(request.secure).encode()), ssl=context
        ) as server:
            client = HttpClient()
            for _ in range(2):
                answer = await client.send(
                    Request("GET", "/", "", {}),
                    "127.0.0.1",
                    server.port,
                    ssl=trusting,
                    server_name="localhost",
                )
                assert answer.body == b"True"
            client.close()

    uvloop.run(main())


PIECES = st.sampled_from([
    b"GET / HTTP/1.1\r\n", b"POST /a HTTP/1.1\r\n", b"Host: x\r\n", b"\r\n", b"Content-Length: 5\r\n",
    b"hello", b"Transfer-Encoding: chunked\r\n", b"5\r\nhello\r\n", b"0\r\n\r\n",
    b"Expect: 100-continue\r\n",
    b"Connection: close\r\n", b"Upgrade: h2c\r\nConnection: Upgrade\r\n", b"GET / HTTP/9.9\r\n", b"\x00",
    b"\xff\xfe", b"HEAD * HTTP/1.1\r\n", b" folded\r\n", b"X: \x7f\r\n",
])  # fmt: skip


def test_nothing_a_client_sends_takes_the_server_down(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        limits = Limits(head_s=0.05, pause_s=0.05, idle_s=0.05, linger_s=0.02, check_s=0.01, head_bytes=500)
        async with served(limits=limits) as server:

            async def one(parts: list[bytes], at_once: bool, half: bool) -> None:
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                try:
                    for part in [b"".join(parts)] if at_once else parts:
                        if writer.transport.is_closing():  # the server may have hung up already
                            break
                        writer.write(part)
                        await asyncio.sleep(0)
                    if half and not writer.transport.is_closing():
                        writer.write_eof()
                    await asyncio.wait_for(reader.read(), 5)
                except ConnectionError:
                    pass
                writer.close()

            cases: list[tuple[list[bytes], bool, bool]] = []
            parts = st.lists(PIECES | st.binary(max_size=20), max_size=12)

            @settings(max_examples=400)
            @given(parts, st.booleans(), st.booleans())
            def collect(parts: list[bytes], at_once: bool, half: bool) -> None:
                cases.append((parts, at_once, half))

            collect()
            for start in range(0, len(cases), 100):
                await asyncio.gather(*(one(*case) for case in cases[start : start + 100]))
            assert statuses(await said_to(server, get("/", CLOSE))) == [200]

    uvloop.run(main())
    assert "defect" not in caplog.text and "Traceback" not in caplog.text


def test_what_arrives_together_is_understood_together_and_answered_in_order() -> None:
    steps: list[str] = []

    def understood(request: Request) -> Any:
        steps.append(f"begun {request.path}")
        return partial(answered, request)

    def answered(request: Request) -> Response:
        steps.append(f"answered {request.path}")
        if request.path == "/1":
            raise RuntimeError("on purpose")
        return echo(request)

    async def main() -> list[bytes]:
        async with served(understood) as server:
            taken = [Connection(server) for _ in range(3)]
            written = [Written() for _ in taken]
            for number, (connection, transport) in enumerate(zip(taken, written, strict=True)):
                connection.connection_made(transport)
                connection.data_received(get(f"/{number}"))
            await asyncio.sleep(0)
            for connection in taken:
                connection.connection_lost(None)
            return [b"".join(each.parts) for each in written]

    said = uvloop.run(main())
    assert steps == [*[f"begun /{n}" for n in range(3)], *[f"answered /{n}" for n in range(3)]]
    assert [statuses(each) for each in said] == [[200], [500], [200]]


class Written:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def get_extra_info(self, name: str) -> None:
        return None

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        self.parts.append(data)
