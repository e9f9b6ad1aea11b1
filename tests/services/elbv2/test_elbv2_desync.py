"""Requests that two servers might read differently."""

from __future__ import annotations

import pytest

from terrella.services.elbv2.desync import handled
from terrella.wire.http_head import read_request

PLAIN = "GET / HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize(("head", "monitor", "defensive", "strictest"), [
    (PLAIN, "passed", "passed", "passed"),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n", "passed", "passed", "passed"),
    (PLAIN + "Content-Length: 0\r\n", "passed", "passed", "refused"),
    (PLAIN + "X: \xe4\r\n", "passed", "passed", "refused"),
    (PLAIN + "Content-Length: 3\r\n", "passed", "last", "refused"),
    (PLAIN + "Transfer-Encoding: chunked\r\n", "passed", "last", "refused"),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n", "passed", "last", "refused"),
    (PLAIN + "X:\r\n", "passed", "last", "refused"),
])  # fmt: skip
def test_what_becomes_of_a_request(head: str, monitor: str, defensive: str, strictest: str) -> None:
    found = read_request(f"{head}\r\n".encode("latin-1"))
    assert [handled(found, mode) for mode in ("monitor", "defensive", "strictest")] == [monitor, defensive, strictest]
