"""Heads of HTTP/2 messages as heads of HTTP/1.1, and back: what a proxy that speaks both has to change.

Names are lower case, what stood in the first line stands in pseudo headers, nothing is said of the connection
(RFC 9113 section 8.2 and 8.3). Limits are those of HTTP/1.1.
"""

from __future__ import annotations

from .http_head import CHUNKED, HOP_BY_HOP, LONGEST_HEAD, LONGEST_LINE, TARGET, TOKEN, BadHead, Head, Headers

Pairs = list[tuple[bytes, bytes]]


def read_request(pairs: Pairs, ended: bool) -> Head:
    """The head of a request whose body may have `ended` with it. Raises BadHead."""
    decoded = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]
    pseudo = {name: value for name, value in decoded if name.startswith(":")}
    headers = [(name, value) for name, value in decoded if not name.startswith(":")]
    _check_sizes(decoded, pseudo)
    method, path = pseudo.get(":method", ""), pseudo.get(":path", "")
    if not TOKEN.fullmatch(method) or method == "CONNECT" or ":protocol" in pseudo:
        raise BadHead(400, "the method is none that is passed on")
    if not TARGET.fullmatch(path) or not (path.startswith("/") or path == "*"):
        raise BadHead(400, "a path begins with a slash")
    if any(not TOKEN.fullmatch(name) for name, _ in headers):
        raise BadHead(400, "the name of a header is a token")
    host = pseudo.get(":authority") or next((value for name, value in headers if name == "host"), None)
    if host is None:
        raise BadHead(400, "a request has an authority")
    headers = [("host", host), *_crumbs_joined([each for each in headers if each[0] != "host"])]
    return Head(headers, _body(headers, ended), True, method=method, target=path)


def written(pairs: Headers, status: int | None = None) -> Pairs:
    """The headers of an answer, or its trailers when there is no status."""
    found = [] if status is None else [(b":status", str(status).encode())]
    for name, value in pairs:
        if name.lower() not in HOP_BY_HOP and TOKEN.fullmatch(name):
            text = "".join(" " if each in "\r\n\0" else each for each in value).strip(" \t")
            found.append((name.lower().encode("latin-1"), text.encode("latin-1", "replace")))
    return found


def _check_sizes(pairs: Headers, pseudo: dict[str, str]) -> None:
    """Raises BadHead. https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html"""
    if len(pseudo.get(":path", "")) > LONGEST_LINE:
        raise BadHead(414, "the path is too long")
    if any(len(name) + len(value) > LONGEST_LINE for name, value in pairs):
        raise BadHead(400, "a header is too long")
    if sum(len(name) + len(value) for name, value in pairs) > LONGEST_HEAD:
        raise BadHead(400, "the head is too long")


def _body(headers: Headers, ended: bool) -> int:
    lengths = {value for name, value in headers if name == "content-length"}
    if len(lengths) > 1 or any(not each.isdecimal() or not each.isascii() for each in lengths):
        raise BadHead(400, "a body has one length")
    if ended:
        if any(int(each) for each in lengths):  # RFC 9113 section 8.1.1; a server would wait for it
            raise BadHead(400, "a body was announced that does not come")
        return 0
    return int(lengths.pop()) if lengths else CHUNKED


def _crumbs_joined(headers: Headers) -> Headers:
    """Cookies may come in crumbs, and are one header in HTTP/1.1 (RFC 9113 section 8.2.3)."""
    found: Headers = []
    crumbs: list[str] = []
    for name, value in headers:
        if name == "cookie":
            crumbs.append(value)
        else:
            found.append((name, value))
    return [*found, ("cookie", "; ".join(crumbs))] if crumbs else found
