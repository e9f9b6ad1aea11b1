"""Which rule of a listener a request meets: by ascending priority, the first whose conditions all hold.

Hosts, header values and query strings compare without regard to case, paths and methods with it; `*` stands for any
text, `?` for one character, but not in names of headers.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/rule-condition-types.html
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .conditions import FIELDS

Plain = dict[str, Any]


@dataclass(slots=True)
class Ask:
    """A request's head as a node sees it. `path` and `query` are as they were sent, `source_ip` is the peer's.

    `added` is what targets hear of the client beside its headers; its own of the names in `hidden` are left out.
    """

    method: str
    host: str
    path: str
    query: str
    headers: list[tuple[str, str]] = field(default_factory=list)
    source_ip: str = "127.0.0.1"
    source_port: int = 0
    secure: bool = False
    port: int = 80
    added: list[tuple[str, str]] = field(default_factory=list)
    hidden: frozenset[str] = frozenset()
    passed: bool = False  # has it got past what must know who asks?
    rule: str = "-"  # the priority of the rule it met, 0 for the default one
    action: str = "-"  # the types of the actions taken, as access logs name them

    def header(self, name: str) -> str | None:
        """The first header of that (lower-case) name."""
        return next((value for each, value in self.headers if each.lower() == name), None)

    def cookies(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in self.headers:
            if name.lower() == "cookie":
                for part in value.split(";"):
                    key, _, content = part.strip().partition("=")
                    found.setdefault(key, content)
        return found

    @property
    def bare_host(self) -> str:
        """The host without its port."""
        host, _, port = self.host.rpartition(":")
        return host if host and port.isdecimal() else self.host


def met(rules: Iterable[Plain], ask: Ask) -> Plain | None:
    """The rule that a request meets, None if it is the default one."""
    return next((rule for rule in rules if all(_holds(each, ask) for each in rule["Conditions"])), None)


def _holds(condition: Plain, ask: Ask) -> bool:
    what = condition["Field"]
    return bool(_TESTS[what](condition[FIELDS[what]], ask))


def _host(config: Plain, ask: Ask) -> bool:
    return _any(config, [ask.bare_host], fold=True)


def _path(config: Plain, ask: Ask) -> bool:
    return _any(config, [ask.path], fold=False)


def _header(config: Plain, ask: Ask) -> bool:
    wanted = config["HttpHeaderName"].lower()
    return _any(config, [value for name, value in ask.headers if name.lower() == wanted], fold=True)


def _query(config: Plain, ask: Ask) -> bool:
    pairs = [part.partition("=")[::2] for part in ask.query.split("&") if part]
    return any(_pair(wanted, key, value) for key, value in pairs for wanted in config["Values"])


def _pair(wanted: Plain, key: str, value: str) -> bool:
    fits = _like(wanted["Value"], True).fullmatch(value) is not None
    return fits and (not wanted.get("Key") or _like(wanted["Key"], True).fullmatch(key) is not None)


def _method(config: Plain, ask: Ask) -> bool:
    return ask.method in config["Values"]


def _source(config: Plain, ask: Ask) -> bool:
    address = ipaddress.ip_address(ask.source_ip)
    return any(address in ipaddress.ip_network(each) for each in config["Values"])


def _any(config: Plain, texts: list[str], fold: bool) -> bool:
    patterns = [_like(value, fold) for value in config.get("Values") or ()]
    for text in texts:
        if any(pattern.fullmatch(text) for pattern in patterns):
            return True
        if any(_regex(each, fold).search(text) for each in config.get("RegexValues") or ()):
            return True
    return False


@functools.lru_cache(maxsize=4096)
def _like(value: str, fold: bool) -> re.Pattern[str]:
    """A value with wildcards. A backslash makes the next character stand for itself."""
    parts, characters = [], iter(value)
    for character in characters:
        if character == "*":
            parts.append(".*")
        elif character == "?":
            parts.append(".")
        else:
            parts.append(re.escape(next(characters, "\\") if character == "\\" else character))
    return re.compile("".join(parts), (re.IGNORECASE if fold else 0) | re.DOTALL)


@functools.lru_cache(maxsize=1024)
def _regex(value: str, fold: bool) -> re.Pattern[str]:
    return re.compile(value, re.IGNORECASE if fold else 0)


_TESTS = {
    "host-header": _host,
    "path-pattern": _path,
    "http-header": _header,
    "query-string": _query,
    "http-request-method": _method,
    "source-ip": _source,
}
