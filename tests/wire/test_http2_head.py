"""Heads of HTTP/2 as heads of HTTP/1.1."""

from __future__ import annotations

import pytest

from terrella.wire.http2_head import read_request, written
from terrella.wire.http_head import CHUNKED, BadHead, fit_trailers, read_trailers

FIRST = [(b":method", b"POST"), (b":scheme", b"https"), (b":authority", b"a.example"), (b":path", b"/x?y")]


def test_pseudo_headers_become_a_first_line_and_a_host() -> None:
    head = read_request([*FIRST, (b"accept", b"*/*")], False)
    assert (head.method, head.target, head.body) == ("POST", "/x?y", CHUNKED)
    assert head.headers == [("host", "a.example"), ("accept", "*/*")]


def test_crumbs_of_cookies_become_one_header() -> None:
    head = read_request([*FIRST, (b"cookie", b"a=1"), (b"x", b"1"), (b"cookie", b"b=2; c=3")], True)
    assert head.value("cookie") == "a=1; b=2; c=3" and head.body == 0


def test_a_length_is_kept() -> None:
    assert read_request([*FIRST, (b"content-length", b"7")], False).body == 7


@pytest.mark.parametrize(("pairs", "status"), [
    ([*FIRST[:3], (b":path", b"x")], 400),
    ([*FIRST[:3], (b":path", b"/" + b"x" * 20_000)], 414),
    ([*FIRST, (b"x", b"y" * 20_000)], 400),
    ([*FIRST, *((f"x{n}".encode(), b"y" * 10_000) for n in range(8))], 400),
    ([(b":method", b"CONNECT"), *FIRST[1:]], 400),
    ([*FIRST, (b":protocol", b"websocket")], 400),
    ([*FIRST[:2], FIRST[3]], 400),
    ([*FIRST, (b"content-length", b"7, 8")], 400),
])  # fmt: skip
def test_what_may_not_be_passed_on_is_refused(pairs: list[tuple[bytes, bytes]], status: int) -> None:
    with pytest.raises(BadHead) as refused:
        read_request(pairs, False)
    assert refused.value.status == status


def test_a_body_that_is_announced_must_come() -> None:
    with pytest.raises(BadHead) as refused:
        read_request([*FIRST, (b"content-length", b"5")], True)
    assert refused.value.status == 400
    assert read_request([*FIRST, (b"content-length", b"0")], True).body == 0


def test_nothing_is_said_of_the_connection_and_nothing_begins_another_header() -> None:
    found = written([("Connection", "close"), ("X-A", "1\r\nx: 2"), ("bad name", "1")], 200)
    assert found == [(b":status", b"200"), (b"x-a", b"1  x: 2")]


def test_trailers_do_not_frame_or_lead() -> None:
    assert read_trailers(b"X-Sum: 1\r\nContent-Length: 3\r\nHost: b\r\n") == [("X-Sum", "1")]
    assert fit_trailers([("transfer-encoding", "chunked"), ("grpc-status", "0")]) == [("grpc-status", "0")]
    with pytest.raises(BadHead):
        read_trailers(b"no colon\r\n")
