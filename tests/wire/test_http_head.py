"""Heads of messages passing through: taken apart strictly, so that no two servers read one message differently."""

from __future__ import annotations

import pytest

from terrella.wire.http_head import CHUNKED, TO_THE_END, BadHead, end_to_end, read_request, read_response


def request(*lines: str) -> bytes:
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def test_a_request_is_taken_apart() -> None:
    lines = ("Host: x", "Content-Length: 3", "Connection: close, X-Hop", "X-Hop: 1")
    head = read_request(request("POST /a?b HTTP/1.1", *lines))
    assert (head.method, head.target, head.body, head.keep) == ("POST", "/a?b", 3, False)
    assert end_to_end(head) == [("Host", "x"), ("Content-Length", "3")]
    assert read_request(request("GET http://x/a HTTP/1.1", "Host: x")).target == "/a"
    assert read_request(request("POST / HTTP/1.1", "Host: x", "Transfer-Encoding: chunked")).body == CHUNKED
    assert read_request(request("GET / HTTP/1.0")).keep is False
    upgrade = read_request(request("GET / HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket"))
    assert upgrade.upgrade == "websocket"


@pytest.mark.parametrize(
    "lines",
    [
        ["GET / HTTP/1.1"],
        ["GET / HTTP/1.1", "Host: x", "Host: y"],
        ["GET  / HTTP/1.1", "Host: x"],
        ["GET x HTTP/1.1", "Host: x"],
        ["GET / HTTP/1.1", "Host: x", "Content-Length: 1", "Content-Length: 2"],
        ["GET / HTTP/1.1", "Host: x", "Content-Length: 1", "Transfer-Encoding: chunked"],
        ["GET / HTTP/1.1", "Host: x", "Content-Length: +1"],
        ["GET / HTTP/1.1", "Host: x", "Transfer-Encoding: gzip, chunked"],
        ["GET / HTTP/1.1", "Host : x"],
        ["GET / HTTP/1.1", "Host: x", " folded: y"],
        ["GET / HTTP/1.1", "Host: x", "no colon"],
        ["GET / HTTP/1.1", "Host: x", "A: b\nC: d"],
        ["GET / HTTP/2.0", "Host: x"],
    ],
)
def test_what_could_be_read_in_two_ways_is_refused(lines: list[str]) -> None:
    with pytest.raises(BadHead):
        read_request(request(*lines))


def test_a_response_says_where_its_body_ends() -> None:
    def body(method: str, *lines: str) -> int:
        return read_response(request(*lines), method).body

    assert body("GET", "HTTP/1.1 200 OK", "Content-Length: 5") == 5
    assert body("HEAD", "HTTP/1.1 200 OK", "Content-Length: 5") == 0
    assert body("GET", "HTTP/1.1 304 Not Modified", "Content-Length: 5") == 0
    assert body("GET", "HTTP/1.1 200 OK") == TO_THE_END
    assert body("GET", "HTTP/1.1 200", "Transfer-Encoding: chunked") == CHUNKED
    with pytest.raises(BadHead):
        body("GET", "SSH-2.0 200 OK")
