"""Requests that two servers might read differently, and what becomes of them (`routing.http.desync_mitigation_mode`).

What frames a body in two ways, or breaks a head, is refused before it comes here: the page calls it severe.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
"""

from __future__ import annotations

from ...wire.http_head import CHUNKED, Head

MODE = "routing.http.desync_mitigation_mode"
COMPLIANT, ACCEPTABLE, AMBIGUOUS = "compliant", "acceptable", "ambiguous"
PASSED, LAST, REFUSED = "passed", "last", "refused"


def classed(head: Head) -> str:
    """How a request is classified."""
    lengths = [value for name, value in head.headers if name.lower() == "content-length"]
    bodiless = head.method in ("GET", "HEAD")
    if len(lengths) > 1 or any(not value for _, value in head.headers):
        return AMBIGUOUS
    if bodiless and (head.body == CHUNKED or head.body > 0):
        return AMBIGUOUS
    if (bodiless and lengths) or any(not value.isascii() or not value.isprintable() for _, value in head.headers):
        return ACCEPTABLE
    return COMPLIANT


def handled(head: Head, mode: str) -> str:
    """Is a request passed on, passed on as the last of its connection, or refused?"""
    kind = classed(head)
    if kind == COMPLIANT or mode == "monitor":
        return PASSED
    if mode == "strictest":
        return REFUSED
    return LAST if kind == AMBIGUOUS else PASSED
