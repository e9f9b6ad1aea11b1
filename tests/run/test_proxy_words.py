"""What clients say to a city proxy: HTTP and SOCKS, well and badly put."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrella.run.proxy_words import BadProxyRequest, NeedsCity, WrongCity, read_head, read_socks_user


def head(first: str, *lines: str, user: str | None = "tokyo:x") -> bytes:
    if user is not None:
        lines = (*lines, "Proxy-Authorization: Basic " + base64.b64encode(user.encode()).decode())
    return "\r\n".join([first, *lines, "", ""]).encode()


def test_connect_names_a_host_and_a_port() -> None:
    asked = read_head(head("CONNECT chat.example.com:443 HTTP/1.1"), None)
    assert (asked.city, asked.host, asked.port, asked.tunnel) == ("tokyo", "chat.example.com", 443, True)


def test_the_city_may_be_written_as_people_do() -> None:
    assert read_head(head("CONNECT a:1 HTTP/1.1", user="São Paulo:x"), None).city == "sao-paulo"
    assert read_socks_user(b"New York") == "new-york"


def test_a_citys_own_port_needs_no_user() -> None:
    assert read_head(head("CONNECT a:1 HTTP/1.1", user=None), "london").city == "london"


def test_plain_requests_name_a_resolver_too_and_it_is_not_passed_on() -> None:
    asked = read_head(head("GET http://a/ HTTP/1.1\r\nTerrella-Resolver: far"), None)
    assert (asked.resolver, asked.early) == ("far", True) and b"Terrella" not in asked.first


def test_an_absolute_request_goes_on_in_origin_form_without_the_proxys_headers() -> None:
    asked = read_head(
        head(
            "GET http://chat.example.com/a?b=1 HTTP/1.1",
            "Host: chat.example.com",
            "Proxy-Connection: close",
        ),
        None,
    )
    assert (asked.host, asked.port) == ("chat.example.com", 80)
    assert asked.first == b"GET /a?b=1 HTTP/1.1\r\nHost: chat.example.com\r\nConnection: close\r\n\r\n"


def test_without_a_city_the_client_is_asked_for_one() -> None:
    with pytest.raises(NeedsCity):
        read_head(head("CONNECT a:1 HTTP/1.1", user=None), None)


def test_a_city_that_does_not_exist_is_refused_with_a_suggestion() -> None:
    with pytest.raises(WrongCity, match=r"no city called 'tokio'\. Did you mean tokyo"):
        read_head(head("CONNECT a:1 HTTP/1.1", user="tokio:x"), None)


@pytest.mark.parametrize(
    "first",
    ["CONNECT a HTTP/1.1", "CONNECT a:0 HTTP/1.1", "CONNECT a:99999 HTTP/1.1", "GET / HTTP/1.1", "GET", "",
     "GET ftp://a/ HTTP/1.1", "GET http:///x HTTP/1.1", "GET http://a:b/ HTTP/1.1", "G T x HTTP/1.1 y"],
)  # fmt: skip
def test_what_is_no_proxy_request_is_refused(first: str) -> None:
    with pytest.raises(BadProxyRequest):
        read_head(head(first), None)


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    try:
        read_head(data + b"\r\n\r\n", "tokyo")
    except BadProxyRequest:
        pass
