"""The Runtime API byte by byte: whole, in pieces, chunked, too large, and nonsense."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrella.run.runtime_api import LARGEST_RESULT, RuntimeApi, event_head

PREFIX = b"/2018-06-01/runtime/"
NEXT = b"GET " + PREFIX + b"invocation/next HTTP/1.1\r\n\r\n"
ACCEPTED = b"HTTP/1.1 202 Accepted"


class Transport:
    """What was written, and whether the connection is closed."""

    def __init__(self) -> None:
        self.written, self.closed = b"", False

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


class Owner:
    """Notes what it hears; the event under way is `id`."""

    def __init__(self) -> None:
        self.heard: list[Any] = []

    def asked_for_event(self, api: RuntimeApi) -> None:
        self.heard.append("next")

    def answered(self, request_id: str, body: bytes, peak_kb: int) -> bool:
        self.heard.append((request_id, body, peak_kb))
        return request_id == "id"

    def failed(self, request_id: str, body: bytes, peak_kb: int) -> bool:
        self.heard.append(("error", request_id, body))
        return request_id == "id"

    def too_large(self) -> None:
        self.heard.append("too large")

    def could_not_start(self, body: bytes) -> None:
        self.heard.append(("init", body))

    def hung_up(self, api: RuntimeApi) -> None:
        self.heard.append("hung up")


def post(path: bytes, body: bytes, *headers: bytes) -> bytes:
    lines = [b"POST " + PREFIX + path + b" HTTP/1.1", b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def after(*pieces: bytes) -> tuple[list[Any], Transport]:
    owner, transport = Owner(), Transport()
    api = RuntimeApi(owner)
    api.connection_made(transport)  # type: ignore[arg-type]
    for piece in pieces:
        api.data_received(piece)
    return owner.heard, transport


def test_a_result_is_acknowledged() -> None:
    heard, transport = after(post(b"invocation/id/response", b'{"a":1}', b"X-Peak-Memory-Kb: 77"))
    assert heard == [("id", b'{"a":1}', 77)]
    assert transport.written.startswith(ACCEPTED)


def test_a_result_that_comes_with_the_next_question_is_acknowledged_with_the_next_event() -> None:
    owner, transport = Owner(), Transport()
    api = RuntimeApi(owner)
    api.connection_made(transport)  # type: ignore[arg-type]
    api.data_received(post(b"invocation/id/response", b"1") + NEXT)
    assert owner.heard == [("id", b"1", 0), "next"] and transport.written == b""
    api.deliver(event_head("id2", 5, "arn", "trace", "", 2), b"{}")
    assert transport.written.startswith(ACCEPTED) and transport.written.endswith(b"\r\n\r\n{}")


def test_pieces_make_a_whole() -> None:
    whole = post(b"invocation/id/response", b"x" * 300) + NEXT
    assert after(*(whole[at : at + 7] for at in range(0, len(whole), 7)))[0] == [
        ("id", b"x" * 300, 0),
        "next",
    ]


def test_chunks_make_a_whole() -> None:
    head = b"POST " + PREFIX + b"invocation/id/error HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    heard, _ = after(head + b"3\r\nabc\r\n", b"2;x=y\r\nde\r\n0\r\n\r\n", NEXT)
    assert heard == [("error", "id", b"abcde"), "next"]


def test_another_event_s_result_is_refused() -> None:
    _, transport = after(post(b"invocation/other/response", b"1"))
    assert transport.written.startswith(b"HTTP/1.1 400 ") and b"InvalidRequestID" in transport.written


def test_a_result_can_be_too_large_without_being_kept() -> None:
    body = b"x" * (LARGEST_RESULT + 1)
    message = post(b"invocation/id/response", body) + NEXT
    heard, transport = after(*(message[at : at + 1_000_000] for at in range(0, len(message), 1_000_000)))
    assert heard == ["too large", "next"]
    assert transport.written.startswith(b"HTTP/1.1 413 ")


def test_a_start_can_fail() -> None:
    assert after(post(b"init/error", b"{}"))[0] == [("init", b"{}")]


def test_a_path_nobody_knows_is_not_found() -> None:
    assert after(b"GET /elsewhere HTTP/1.1\r\n\r\n")[1].written.startswith(b"HTTP/1.1 404 ")


def test_a_client_that_waits_to_be_asked_is_asked() -> None:
    head = post(b"invocation/id/response", b"abc", b"Expect: 100-continue")[:-3]
    assert after(head)[1].written == b"HTTP/1.1 100 Continue\r\n\r\n"


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\x00\x01\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"a b HTTP/1.1\r\nx\r\n\r\n",
        b"x" * 70_000,
        b"POST / HTTP/1.1\r\nContent-Length: -9999\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-9999\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFF\r\n",
    ],
)
def test_nonsense_ends_the_connection(nonsense: bytes) -> None:
    assert after(nonsense)[1].closed


@given(st.lists(st.binary() | st.sampled_from([NEXT, post(b"invocation/id/response", b"1"), b"\r\n\r\n"])))
def test_whatever_comes_is_borne(pieces: list[bytes]) -> None:
    after(*pieces)
