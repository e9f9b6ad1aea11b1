"""Raft: one list of entries that all members, regions as a rule, come to hold alike (Ongaro and Ousterhout, "In
Search of an Understandable Consensus Algorithm", 2014; pre-vote and the stepping down of a leader nobody hears:
Ongaro's thesis, sections 9.6 and 6.2).

Sans-IO: time and chance are handed in; `saves` is what must be put on disk, in order, and `out` what to send.
Nothing of `out`, and no reply, may leave before every save made until then is durable. Members never change, so
entries are dropped once all three have them, and a member that was away is sent what it lacks: there are no
snapshots.

Of three, two are a majority: a member that takes an entry from the leader of the same term knows that it is
agreed, without being told; of an older term it is not, for the one who led then may never have had a majority
(the paper's figure 8). Where there are more, the leader tells at once; one alone agrees with itself.

Invariant: two members that have an entry of the same index and term have the same entries up to there; what is
agreed stands at its index for ever.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, overload

Plain = dict[str, Any]

HEARTBEAT_S = 0.25
PATIENCE_S = 1.5
MOST_ENTRIES = 200  # in one message
MOST_FLYING = 4  # messages to one member that wait for a reply
MOST_BYTES = 1024 * 1024
DROPPED_AT_ONCE = 32


class Entry(NamedTuple):
    """`data` is the caller's; an entry with which a leader begins has none."""

    term: int
    data: bytes | None


class Pace(NamedTuple):
    """How often a leader is heard, and after how long without it a member asks for votes: once to twice that."""

    heartbeat_s: float = HEARTBEAT_S
    patience_s: float = PATIENCE_S


class Log(Protocol):
    """A list of entries, as far as lists are used here. One that is long need not be in memory."""

    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, place: int, /) -> Entry: ...
    @overload
    def __getitem__(self, place: slice, /) -> list[Entry]: ...
    def __delitem__(self, place: slice, /) -> None: ...
    def extend(self, entries: Iterable[Entry], /) -> None: ...


@dataclass(slots=True)
class Kept:
    """What a member must have on disk. `log` follows index `base`."""

    term: int = 0
    vote: str | None = None
    base: int = 0
    base_term: int = 0
    commit: int = 0
    log: Log = field(default_factory=list[Entry])


class Raft:
    """One member."""

    def __init__(
        self, me: str, members: Sequence[str], rng: random.Random, now: float, kept: Kept, witness: bool = False,
        pace: Pace = Pace(),
    ) -> None:  # fmt: skip
        self.me, self.peers, self.rng, self.kept = me, [each for each in members if each != me], rng, kept
        self.pace = pace
        self.witness = witness  # leads only until another member has what it has
        self.leader: str | None = None
        self.saves: list[tuple[Any, ...]] = []
        self.out: list[tuple[str, Plain]] = []
        self.round = 0
        self.next: dict[str, int] = {}
        self.match: dict[str, int] = {}
        self.heard: dict[str, float] = {}
        self.rounds: dict[str, int] = {}
        self._enough = (len(self.peers) + 1) // 2  # so many others make a majority
        self._sent, self._corrected = 0, dict.fromkeys(self.peers, 0)
        self._flying = dict.fromkeys(self.peers, 0)
        self._votes: set[str] = set()
        self._asking: str | None = None  # "pre" or "vote"
        self._heard_leader, self.alone_since = -1e18, now
        self._beaten_at = -1e18
        self._patient(now)

    # Asked by its owner.

    @property
    def last(self) -> int:
        return self.kept.base + len(self.kept.log)

    @property
    def leads(self) -> bool:
        return self.leader == self.me

    def entry(self, index: int) -> Entry:
        return self.kept.log[index - self.kept.base - 1]

    def tick(self, now: float) -> None:
        """Time has passed."""
        if self.leads:
            if sum(now - self.heard[peer] < self.pace.patience_s for peer in self.peers) < self._enough:
                self._follow(now, None)
            elif now - self._beaten_at >= self.pace.heartbeat_s:
                self._flying = dict.fromkeys(self.peers, 0)  # what has not come back by now may never do
                self._beaten_at = now
                self.beat()
        elif now >= self._until:
            self._ask(now, "pre")

    def propose(self, data: bytes | None) -> int:
        """Append an entry as the leader; it stands if it is ever agreed. Returns its index."""
        assert self.leads, "only the leader proposes"
        self._append(self.last, [Entry(self.kept.term, data)])
        if not self.peers:
            self._advance()
        self._spread()
        return self.last

    def beat(self) -> int:
        """Let all others hear the leader. Who answers to this round was led by it when the round began."""
        assert self.leads, "only the leader is heard"
        self.round += 1
        self._spread()
        return self.round

    def confirmed(self, round: int) -> bool:
        """Has a majority answered to this round or a later one?"""
        return self.leads and (not self.peers or sorted(self.rounds.values())[-self._enough] >= round)

    def lost(self, peer: str) -> None:
        """A message to a peer has failed: begin again at what it is known to have."""
        if self.leads:
            self._flying[peer] -= 1
            self.next[peer] = self.match[peer] + 1

    # Messages, and their replies.

    def receive(self, source: str, message: Plain, now: float) -> Plain | None:
        """The reply to a peer's message."""
        kind = message["kind"]
        if kind == "vote":
            return self._vote(source, message, now)
        if kind == "append":
            return self._take(source, message, now)
        if kind == "lead" and message["term"] == self.kept.term and not self.leads:
            self._ask(now, "vote")  # the leader wants to be followed by this member
        return None

    def answered(self, peer: str, message: Plain, reply: Plain, now: float) -> None:
        """What a peer has replied to a message."""
        if reply["term"] > self.kept.term:
            self._rise(reply["term"], None)
            self._follow(now, None)
            return
        if message["kind"] == "vote":
            self._count(peer, message, reply, now)
        elif message["kind"] == "append" and self.leads and message["term"] == self.kept.term == reply["term"]:
            self._progress(peer, message, reply, now)

    def _count(self, peer: str, message: Plain, reply: Plain, now: float) -> None:
        asking = "pre" if message["pre"] else "vote"
        if not reply["granted"] or asking != self._asking:
            return
        if message["term"] != self.kept.term + (asking == "pre"):
            return
        self._votes.add(peer)
        if 2 * len(self._votes) > len(self.peers) + 1:
            if asking == "pre":
                self._ask(now, "vote")
            else:
                self._lead(now)

    def _progress(self, peer: str, message: Plain, reply: Plain, now: float) -> None:
        self.heard[peer] = now
        self._flying[peer] -= 1
        self.rounds[peer] = max(self.rounds[peer], message["round"])
        if not reply["ok"]:
            if message["number"] > self._corrected[peer]:  # otherwise what it lacks is under way already
                self._corrected[peer] = self._sent
                self.next[peer] = max(self.match[peer], min(reply["last"], message["prev"] - 1)) + 1
                self._send(peer)
            return
        self.match[peer] = max(self.match[peer], message["prev"] + len(message["entries"]))
        self.next[peer] = max(self.next[peer], self.match[peer] + 1)
        if self._advance() and len(self.peers) > 2:
            self._spread()
        late = self.rounds[peer] < self.round and self._flying[peer] <= 0
        if self.next[peer] <= self.last or late:
            self._send(peer)
        elif self.witness and self.match[peer] == self.last:
            self.out.append((peer, {"kind": "lead", "term": self.kept.term}))
        self._drop(min(self.kept.commit, *self.match.values()))

    def _vote(self, source: str, message: Plain, now: float) -> Plain:
        kept, term = self.kept, message["term"]
        fresh = (message["last_term"], message["last"]) >= (self._term_at(self.last), self.last)
        if message["pre"]:
            led = self.leads or (self.leader is not None and now - self._heard_leader < self.pace.patience_s)
            return {"term": kept.term, "granted": fresh and term > kept.term and not led}
        if term > kept.term:
            self._rise(term, None)
            self._follow(now, None)
        granted = term == kept.term and fresh and kept.vote in (None, source) and not self.leads
        if granted:
            self._rise(term, source)
            self._patient(now)
        return {"term": kept.term, "granted": granted}

    def _take(self, source: str, message: Plain, now: float) -> Plain:
        kept, term, prev = self.kept, message["term"], message["prev"]
        if term < kept.term:
            return {"term": kept.term, "ok": False, "last": self.last}
        if term > kept.term:
            self._rise(term, None)
            self.leader = None
        assert not (self.leads and term == kept.term), "one leader a term"
        self._follow(now, source)
        self._heard_leader = now
        entries = [Entry(*each) for each in message["entries"]]
        if prev < kept.base:  # everybody has what was dropped here
            entries = entries[kept.base - prev :]
            prev = min(kept.base, prev + len(message["entries"]))
            if prev < kept.base:
                return {"term": kept.term, "ok": True}
        if prev > self.last or (self._term_at(prev) != message["prev_term"] and message["prev"] >= kept.base):
            return {"term": kept.term, "ok": False, "last": self.last if prev > self.last else kept.commit}
        for number, entry in enumerate(entries):
            index = prev + 1 + number
            if index > self.last or self._term_at(index) != entry.term:
                assert index > kept.commit, "what is agreed stands"
                self._append(index - 1, entries[number:])
                break
        upto = prev + len(entries)
        known = len(self.peers) == 2 and self._term_at(upto) == term  # this member and the leader are two of three
        agreed = upto if known else min(message["commit"], upto)
        if agreed > kept.commit:
            self._commit(agreed)
        self._drop(min(message["all"], kept.commit))
        return {"term": kept.term, "ok": True}

    # What a member becomes.

    def _ask(self, now: float, asking: str) -> None:
        if self.leader is not None:
            self.alone_since = now
        self.leader, self._asking, self._votes = None, asking, {self.me}
        self._patient(now)
        if asking == "vote":
            self._rise(self.kept.term + 1, self.me)
        if not self.peers:
            self._rise(self.kept.term + 1, self.me)
            self._lead(now)
            return
        term = self.kept.term + (asking == "pre")
        message = {
            "kind": "vote", "pre": asking == "pre", "term": term,
            "last": self.last, "last_term": self._term_at(self.last),
        }  # fmt: skip
        self.out += [(peer, message) for peer in self.peers]

    def _lead(self, now: float) -> None:
        self.leader, self._asking = self.me, None
        self.next = dict.fromkeys(self.peers, self.last + 1)
        self.match = dict.fromkeys(self.peers, 0)
        self.heard = dict.fromkeys(self.peers, now)
        self.rounds = dict.fromkeys(self.peers, 0)
        self._corrected = dict.fromkeys(self.peers, self._sent)
        self._flying = dict.fromkeys(self.peers, 0)
        self.propose(None)
        self._beaten_at = now

    def _follow(self, now: float, leader: str | None) -> None:
        if leader is None and self.leader is not None:
            self.alone_since = now
        self.leader, self._asking = leader, None
        self._patient(now)

    def _patient(self, now: float) -> None:
        self._until = now + self.pace.patience_s * self.rng.uniform(1.0, 2.0) * (2 if self.witness else 1)

    # What is kept.

    def _term_at(self, index: int) -> int:
        return self.kept.base_term if index <= self.kept.base else self.entry(index).term

    def _rise(self, term: int, vote: str | None) -> None:
        if (term, vote) != (self.kept.term, self.kept.vote):
            self.kept.term, self.kept.vote = term, vote
            self.saves.append(("voted", term, vote))

    def _append(self, after: int, entries: list[Entry]) -> None:
        del self.kept.log[after - self.kept.base :]
        self.kept.log.extend(entries)
        self.saves.append(("appended", after, entries))

    def _advance(self) -> bool:
        """What a majority has is agreed, if it is of this term. True if that is more than before."""
        have = sorted((self.last, *self.match.values()))
        agreed = have[(len(have) - 1) // 2]
        if agreed <= self.kept.commit or self._term_at(agreed) != self.kept.term:
            return False
        self._commit(agreed)
        return True

    def _commit(self, upto: int) -> None:
        self.kept.commit = upto
        self.saves.append(("agreed", upto))

    def _drop(self, upto: int) -> None:
        """Forget entries that everybody has."""
        kept = self.kept
        if upto - kept.base >= DROPPED_AT_ONCE:
            kept.base_term = self._term_at(upto)
            del kept.log[: upto - kept.base]
            kept.base = upto
            self.saves.append(("dropped", upto, kept.base_term))

    def _spread(self) -> None:
        """Send to whoever is not busy with what was sent before; its reply brings it the rest."""
        for peer in self.peers:
            if self._flying[peer] < MOST_FLYING:
                self._send(peer)

    def _send(self, peer: str) -> None:
        kept, prev = self.kept, max(self.next[peer] - 1, self.kept.base)
        begin = prev - kept.base
        entries: list[Entry] = []
        size = 0
        for entry in kept.log[begin : begin + MOST_ENTRIES]:
            size += len(entry.data or b"")
            if entries and size > MOST_BYTES:
                break
            entries.append(entry)
        self._sent += 1
        self._flying[peer] += 1
        self.next[peer] = prev + len(entries) + 1
        everybody = min(kept.commit, *self.match.values())
        self.out.append((peer, {
            "kind": "append", "term": kept.term, "prev": prev, "prev_term": self._term_at(prev),
            "entries": [list(each) for each in entries], "commit": kept.commit, "all": everybody,
            "round": self.round, "number": self._sent,
        }))  # fmt: skip
