"""Heads that look like earlier ones are read as the parser reads them, or not at all."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from terrella.core.errors import InvalidSignatureException
from terrella.wire import sigv4
from terrella.wire.familiar import MOST, Heads
from terrella.wire.http import Request
from terrella.wire.signing import _proof

SIGNED = "AWS4-HMAC-SHA256 Credential=AK/20260101/eu-west-1/dynamodb/aws4_request, SignedHeaders=host, Signature="
BODY = b'{"TableName":"t"}'


def raw(
    body: bytes = BODY, date: str = "20260101T000000Z", digit: str = "a", id: str = "0" * 36, more: str = "",
    length: str | None = None, version: str = "1.1",
) -> bytes:  # fmt: skip
    head = (
        f"POST /a?b=c HTTP/{version}\r\nHost: here\r\nX-Amz-Date: {date}\r\nAuthorization: {SIGNED}{digit * 64}\r\n"
        f"amz-sdk-invocation-id: {id}\r\n{more}Content-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    return head.encode("latin-1") + body


class Parsed:
    """Hears a parser."""

    def __init__(self) -> None:
        self.url, self.body = b"", b""
        self.headers: dict[str, str] = {}

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode().lower()] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        self.body += part


def parsed(data: bytes) -> Request:
    """What the parser makes of it."""
    heard = Parsed()
    parser = httptools.HttpRequestParser(heard)
    with contextlib.suppress(httptools.HttpParserUpgrade):
        parser.feed_data(data)
    path, _, query = heard.url.decode("latin-1").partition("?")
    return Request(parser.get_method().decode(), path, query, heard.headers, heard.body)


def acquainted(**with_a: str) -> Heads:
    heads, data = Heads(), raw(**with_a)
    assert heads.learn(data, parsed(data)) is not None
    return heads


def read(heads: Heads, data: bytes) -> Request | None:
    found = heads.find(data, None, False)
    return found[1] if found else None


def test_a_head_that_differs_in_what_always_differs_is_read_as_the_parser_would():
    data = raw(b"{" + b" " * 40 + b"}", "20271231T235959Z", "7", "f1e2d3c4-0000-1111-2222-333344445555")
    found = read(acquainted(), data)
    assert found == parsed(data)
    assert list(found.headers) == list(parsed(data).headers)


def test_a_familiar_head_serves_from_any_place():
    found = acquainted().find(raw(), "eu-west-1", True)
    assert found is not None
    assert (found[1].source, found[1].secure) == ("eu-west-1", True)


@pytest.mark.parametrize(
    "data",
    [
        raw()[:-1],
        raw()[:40],
        b"",
        raw() + b"G",
        raw() + raw(),
        raw().replace(b"/a?", b"/b?"),
        raw().replace(b"POST", b"PUTS"),
        raw().replace(b"Host", b"host"),
        raw(digit="\n"),
        raw(digit=","),
        raw(digit="\xff"),
        raw(id="\r\nContent-Length: 5\r\nX: 6789012345678"),
        raw(length="+7"),
        raw(length="1e"),
    ],
)
def test_whatever_else_differs_is_left_to_the_parser(data):
    assert read(acquainted(), data) is None


@pytest.mark.parametrize(
    "more",
    [
        "Connection: close\r\n", "Connection: keep-alive\r\n", "Expect: 100-continue\r\n", "Upgrade: h2c\r\n",
        "TE: trailers\r\n", "Host: there\r\n", "Proxy-Connection: close\r\n",
    ],
)  # fmt: skip
def test_what_says_how_a_message_travels_stays_the_parsers_business(more):
    data = raw(more=more)
    assert Heads().learn(data, parsed(data)) is None


def test_an_older_version_is_not_learned():
    data = raw(version="1.0")
    assert Heads().learn(data, parsed(data)) is None


def test_a_head_of_which_the_parser_says_something_else_is_not_learned():
    said = parsed(raw())
    said.headers["content-length"] = "18"
    assert Heads().learn(raw(), said) is None


def test_a_part_of_a_request_is_not_learned():
    assert Heads().learn(raw()[:-1], parsed(raw())) is None


def test_a_flood_of_different_heads_does_not_fill_memory():
    heads = Heads()
    for number in range(MOST + 3):
        data = raw(more=f"X-{number:04}: 1\r\n")
        assert heads.learn(data, parsed(data)) is not None
    assert sum(map(len, heads._known.values())) == 3


@given(at=st.integers(0, 1 << 16), byte=st.integers(0, 255))
def test_no_single_byte_makes_it_say_other_than_the_parser(at, byte):
    data = bytearray(raw())
    data[at % len(data)] = byte
    found = read(acquainted(), bytes(data))
    assert found is None or found == parsed(bytes(data))


SIGNED_HEADERS = (
    "host;x-amz-date", "host", "amz-sdk-invocation-id;content-length;host;x-amz-date", "date;host;x-odd",
    "authorization;host;x-amz-date",
)  # fmt: skip
MORE = ("", "X-Odd: 100%  of   it\r\n", "Date: %s today\r\n")


@given(st.sampled_from(SIGNED_HEADERS), st.integers(10, 59), st.sampled_from("0123456789abcdef"), st.sampled_from(MORE))
def test_what_is_signed_is_the_same_with_and_without_a_familiar_head(
    signed: str, second: int, digit: str, more: str
) -> None:
    heads = Heads()
    first = raw(more=more)
    assert heads.learn(first, parsed(first)) is not None
    for body, date in ((BODY, "20260101T000000Z"), (b"{}", f"20260101T0000{second}Z")):
        found = heads.find(raw(body, date=date, digit=digit, more=more, length=f"{len(body):02}"), None, False)
        assert found is not None
        _, request = found
        assert request.head is not None
        signature = sigv4.read(request)
        assert signature == sigv4.read(replace(request, head=None))
        assert signature is not None
        signature.signed_headers = signed
        payload = sigv4.payload_hash(request, signature)
        plain = sigv4.canonical_request(replace(request, head=None), signature, payload)
        assert sigv4.canonical_request(request, signature, payload) == plain
        assert sigv4.canonical_request(request, signature, payload) == plain, "nor when it is known"


def test_a_familiar_head_lets_no_other_body_date_or_signature_pass() -> None:
    heads, date = Heads(), "20260101T000000Z"

    def signed(body: bytes, date: str) -> str:
        asked = parsed(raw(body, date=date, length=f"{len(body):02}"))
        asked.headers["authorization"] = SIGNED.replace("=host,", "=host;x-amz-date,") + "a" * 64
        claim = sigv4.read(asked)
        assert claim is not None
        return _proof(asked, claim, "secret", sigv4.payload_hash(asked, claim))

    def passes(body: bytes, date: str, proof: str) -> bool:
        data = raw(body, date=date, length=f"{len(body):02}").replace(b"=host,", b"=host;x-amz-date,")
        data = data.replace(b"a" * 64, proof.encode())
        found = heads.find(data, None, False)
        if found is None:
            assert heads.learn(data, parsed(data)) is not None
            found = heads.find(data, None, False)
        assert found is not None
        claim = sigv4.read(found[1])
        assert claim is not None
        try:
            sigv4.verify(found[1], claim, "secret", 1_767_225_600.0)
        except InvalidSignatureException:
            return False
        return True

    later = "20260101T000100Z"
    for _ in range(2):
        assert passes(BODY, date, signed(BODY, date)) and passes(b"{ }", later, signed(b"{ }", later))
        assert not passes(BODY, later, signed(BODY, date))
        assert not passes(b"[]", date, signed(b"{}", date))
        assert not passes(BODY, date, "0" * 64)
