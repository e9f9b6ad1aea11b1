"""A city's resolver: remembers answers for their TTL, and that there are none (RFC 1034, 2308). Pure.

Some keep answers longer than they should, some say what they last knew when nobody answers (RFC 8767).

    step = resolver.step(name, type, now)
    while isinstance(step, Ask):
        resolver.learn(step, <what the name server said>, now)
        step = resolver.step(name, type, now)

Caching is what makes DNS failover slow: users keep the old answer until its TTL is over.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from ..wire.dns import RCODES, TYPES, Record, text_of

LONGEST_CHAIN = 12
LONGEST_TTL = 86400 * 7
NEGATIVE_TTL = 10800  # RFC 2308 section 5: no more than three hours
FAILURE_TTL = 5  # RFC 2308 section 7.1: a resolver may remember that a server failed, briefly
STALE_TTL = 30  # RFC 8767 section 5: what is stale is said for 30 s before a name server is tried again
STALE_AFTER_S = 1.8  # ... and a client is not left waiting longer than this


class Said(Protocol):
    """What a name server said: a message off the wire, or the answer itself where there is no wire."""

    @property
    def rcode(self) -> int: ...
    @property
    def answers(self) -> tuple[Record, ...]: ...
    @property
    def authority(self) -> tuple[Record, ...]: ...


class Ask(NamedTuple):
    """What must be asked of a name server before the answer is known."""

    name: str
    type: int


class Resolved(NamedTuple):
    """An answer. TTLs of the records are what remains of them; `stale` if they should have been forgotten."""

    rcode: int
    records: tuple[Record, ...]
    ttl: float
    stale: bool = False


class _Entry(NamedTuple):
    rcode: int
    records: tuple[Record, ...]
    expires: float
    learnt_until: float = 0.0  # when it would have been forgotten, had a name server answered
    stale: bool = False


class Resolver:
    """One cache. `least_ttl` is for resolvers that keep answers longer than they should, `stale_s` for those that
    fall back on old ones, both in seconds; `largest` bounds the number of names remembered."""

    def __init__(self, least_ttl: float = 0, largest: int = 10_000, stale_s: float = 0) -> None:
        self.least_ttl, self.largest, self.stale_s = least_ttl, largest, stale_s
        self.hits = self.misses = 0
        self._entries: dict[Ask, _Entry] = {}

    def step(self, name: str, type: int, now: float) -> Resolved | Ask:
        """The answer as far as it is remembered, CNAMEs followed, or what to ask next."""
        records: list[Record] = []
        shortest, stale = float("inf"), False
        for _ in range(LONGEST_CHAIN):
            entry = self._fresh(Ask(name, type), now)
            if entry is None:
                self.misses += 1
                return Ask(name, type)
            shortest, stale = min(shortest, entry.expires - now), stale or entry.stale
            records += [r._replace(ttl=max(0, int(entry.expires - now))) for r in entry.records]
            following = _follow(entry.records, type)
            if following is None:
                self.hits += 1
                return Resolved(entry.rcode, tuple(records), shortest, stale)
            name = following
        return Resolved(RCODES["SERVFAIL"], (), 0)

    def learn(self, ask: Ask, answer: Said | None, now: float) -> None:
        """What a name server said to a question; None if it said nothing in time."""
        if answer is None or answer.rcode not in (RCODES["NOERROR"], RCODES["NXDOMAIN"]):
            self._fail(ask, RCODES["SERVFAIL"] if answer is None else answer.rcode, now)
            return
        owner = ask.name
        for _ in range(LONGEST_CHAIN):
            mine = tuple(r for r in answer.answers if r.name == owner and r.type in _wanted(ask.type))
            if not mine:
                break
            ttl = max(min(min(r.ttl for r in mine), LONGEST_TTL), self.least_ttl)
            self._keep(Ask(owner, ask.type), _Entry(RCODES["NOERROR"], mine, now + ttl, now + ttl))
            following = _follow(mine, ask.type)
            if following is None:
                return
            owner = following
        negative_ttl = _negative_ttl(answer)
        if owner == ask.name or negative_ttl is not None:
            until = now + (negative_ttl or 0)
            self._keep(Ask(owner, ask.type), _Entry(answer.rcode, (), until, until))

    def falls_back(self, ask: Ask, now: float) -> bool:
        """Is there something old to say, if no name server answers this in time?"""
        entry = self._entries.get(ask)
        return entry is not None and bool(entry.learnt_until) and now < entry.learnt_until + self.stale_s

    def forget(self) -> None:
        """Empty the cache."""
        self._entries.clear()

    def remaining(self, name: str, type: int, now: float) -> float | None:
        """Seconds an answer is still remembered for, or None."""
        entry = self._fresh(Ask(name, type), now)
        return entry.expires - now if entry is not None else None

    def _fresh(self, ask: Ask, now: float) -> _Entry | None:
        entry = self._entries.get(ask)
        return entry if entry is not None and entry.expires > now else None

    def _fail(self, ask: Ask, rcode: int, now: float) -> None:
        if self.falls_back(ask, now):
            old = self._entries[ask]
            self._keep(ask, old._replace(expires=now + STALE_TTL, stale=True))
        else:
            self._keep(ask, _Entry(rcode, (), now + FAILURE_TTL))

    def _keep(self, ask: Ask, entry: _Entry) -> None:
        if len(self._entries) >= self.largest and ask not in self._entries:
            del self._entries[next(iter(self._entries))]  # the one learnt longest ago
        self._entries.pop(ask, None)
        self._entries[ask] = entry


def _wanted(type: int) -> tuple[int, ...]:
    return (type,) if type == TYPES["CNAME"] else (type, TYPES["CNAME"])


def _follow(records: tuple[Record, ...], type: int) -> str | None:
    """Where a CNAME leads, if that is what there is."""
    if type == TYPES["CNAME"] or not records or records[0].type != TYPES["CNAME"]:
        return None
    return text_of(records[0].data)


def _negative_ttl(answer: Said) -> float | None:
    """How long to remember that there is nothing: the SOA's TTL or its minimum, whichever is less."""
    for record in answer.authority:
        if record.type == TYPES["SOA"]:
            return min(record.ttl, int.from_bytes(record.data[-4:], "big"), NEGATIVE_TTL)
    return None
