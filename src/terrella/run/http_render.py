"""Responses as HTTP/1.1 bytes (RFC 9112). What a handler puts in a header can never begin another one."""

from __future__ import annotations

import re
from http import HTTPStatus
from time import gmtime as utc
from time import strftime, time

from ..wire.http import Response

SERVER = "Terrella"
SPLIT_ABOVE = 64 << 10  # bodies larger than this are not copied behind their head

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BREAKS = re.compile(r"[\r\n\0]+")
_SEND, _SKIP, _LENGTH, _DATE, _SERVER = range(5)
_OURS = {
    "connection": _SKIP,
    "keep-alive": _SKIP,
    "transfer-encoding": _SKIP,
    "content-length": _LENGTH,
    "date": _DATE,
    "server": _SERVER,
}
_kinds: dict[str, int] = {}  # header name as written -> what becomes of it
_status_lines: dict[int, str] = {}
_forms: dict[tuple[tuple[str, ...], int, bool], list[str]] = {}
_next_second, _date = 0.0, ""


def render(response: Response, method: str, keep: bool) -> tuple[bytes, bytes]:
    """The head and the body of one response as bytes. `keep`: the connection stays open for another
    request."""
    headers, body = response.headers, response.body
    if headers and method != "HEAD":
        names, values = zip(*headers)  # noqa: B905 - pairs, all of them
        form = _forms.get((names, response.status, keep)) or _form(names, response.status, keep)
        if form:
            said = "".join(values)
            if said.isascii() and "\n" not in said and "\r" not in said and "\0" not in said:
                parts = form.copy()  # joined in half the time that `%` takes
                parts[1:-4:2] = values
                parts[-4], parts[-2] = _date_line(), str(len(body))
                return "".join(parts).encode(), body
    return _carefully(response, method, keep)


def _carefully(response: Response, method: str, keep: bool) -> tuple[bytes, bytes]:
    """Whatever the headers are: some of ours already, some that would break the head, some not for us."""
    head = [_status_lines.get(response.status) or _status_line(response.status)]
    length, dated, served = None, False, False
    for name, value in response.headers:
        kind = _kinds.get(name)
        if kind is None:
            kind = _learn(name)
        if kind == _SEND:
            head.append(f"{name}: {value}\r\n")
        elif kind == _LENGTH:
            length = value
        elif kind != _SKIP:
            head.append(f"{name}: {value}\r\n")
            dated, served = dated or kind == _DATE, served or kind == _SERVER
    if not dated:
        head.append(_date_line())
    if not served:
        head.append(f"Server: {SERVER}\r\n")
    body = response.body
    if _is_bodiless(response.status):
        body = b""
    else:
        if method != "HEAD" or length is None or not length.isdecimal():
            length = str(len(body))
        head.append(f"Content-Length: {length}\r\n")
        if method == "HEAD":
            body = b""
    head.append("Connection: keep-alive\r\n" if keep else "Connection: close\r\n")
    return _encoded(head) + b"\r\n", body


def _is_bodiless(status: int) -> bool:
    """RFC 9112 §6.3: these end with their head."""
    return status < 200 or status in (204, 304)


def _form(names: tuple[str, ...], status: int, keep: bool) -> list[str]:
    """The head of all responses with this status and these headers, in parts, with places for what differs between
    them: the values, the date, the length. [] where one of the headers is for `_carefully`. The same few come again
    and again."""
    if _is_bodiless(status) or any(_learn(name) != _SEND for name in names):
        return []
    begins = [_status_line(status), *("\r\n" for _ in names[1:])]
    parts = [part for begin, name in zip(begins, names, strict=True) for part in (f"{begin}{name}: ", "")]
    connection = "keep-alive" if keep else "close"
    parts += ["\r\n", "", f"Server: {SERVER}\r\nContent-Length: ", "", f"\r\nConnection: {connection}\r\n\r\n"]
    if len(_forms) < 1024:
        _forms[names, status, keep] = parts
    return parts


def _encoded(lines: list[str]) -> bytes:
    text = "".join(lines)
    if text.count("\n") != len(lines) or text.count("\r") != len(lines) or "\0" in text:
        text = "".join(_BREAKS.sub(" ", line[:-2]) + "\r\n" for line in lines)
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def _learn(name: str) -> int:
    """What becomes of a header of this name; one that is not a token (RFC 9110 §5.1) is left out."""
    kind = _OURS.get(name.lower(), _SEND if _TOKEN.fullmatch(name) else _SKIP)
    if len(_kinds) < 1024:
        _kinds[name] = kind
    return kind


def _status_line(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    line = f"HTTP/1.1 {status} {phrase}\r\n"
    if 100 <= status <= 599:
        _status_lines[status] = line
    return line


def _date_line() -> str:
    global _next_second, _date
    now = time()
    if not _next_second - 1.0 <= now < _next_second:
        _next_second, _date = int(now) + 1.0, strftime("Date: %a, %d %b %Y %H:%M:%S GMT\r\n", utc(now))
    return _date
