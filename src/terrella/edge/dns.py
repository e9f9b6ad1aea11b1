"""Answering DNS questions from the zones that reached this edge.

Invariant: answering needs nothing but the zones and verdicts already here. us-east-1, where changes are
made, can be gone. Behaviour: RFC 1034, 2308, 4592, 6604, 7871, and
https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSBehavior.html.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from ..net.network import Network
from ..wire import dns
from ..wire.dns import CLASSES, RCODES, TYPES, Record, Subnet
from .answer import Answer
from .asker import Asker, asker_from
from .dnssec import Signer, keys_of
from .select import Selection
from .targets import Targets, is_amazon
from .zones import Zone, Zones, records_of

__all__ = ["Answer", "NameServer", "scope_of"]

NOERROR, NXDOMAIN, REFUSED = RCODES["NOERROR"], RCODES["NXDOMAIN"], RCODES["REFUSED"]
LONGEST_CHAIN = 8
SCOPES = {1: 24, 2: 48}  # as Route 53 is seen to answer, IPv4 and IPv6
MOST_HELPED = 13  # targets whose addresses are sent along
_TRANSFERS = (TYPES["AXFR"], TYPES["IXFR"])
_TARGET_AT = {TYPES["MX"]: 2, TYPES["NS"]: 0, TYPES["SRV"]: 6}  # where a target's name begins in the data
_AMAZON_SOA = "dns-external-master.amazon.com. root.amazon.com. 1 7200 900 1209600 60"


def _long_ago() -> float:
    return 0.0


@dataclass(slots=True)
class NameServer:
    """The answering half of the edge. `healthy` gives the verdict on a check, `targets` AWS's names, `now` the time
    since 1970 by which signatures are dated."""

    zones: Zones
    network: Network
    rng: random.Random
    healthy: Callable[[str], bool]
    targets: Targets
    now: Callable[[], float] = _long_ago
    signer: Signer = field(init=False)

    def __post_init__(self) -> None:
        self.signer = Signer(self.now)

    def reply(self, data: bytes, source: str, *, tcp: bool = False) -> bytes | None:
        """The bytes to send back to an address, or None where silence is right."""
        return self.told(data, source, tcp)[0]

    def told(self, data: bytes, source: str, tcp: bool) -> tuple[bytes | None, bool]:
        """The bytes to send back, and whether the same question gets the same bytes until something changes."""
        try:
            query = dns.read_query(data)
        except dns.MalformedMessage as malformed:
            return dns.write_refusal(data, malformed.rcode), False
        edns, question = query.edns, query.question
        subnet = edns.subnet if edns is not None else None
        asker = asker_from(source, subnet, collections=self.zones.collections)
        answer = self.answer(question.name, question.type, asker, question.klass, edns is not None and edns.dnssec)
        reply = dns.write_reply(
            query,
            answer.rcode,
            answer.answers,
            answer.authority,
            answer.additional,
            authoritative=answer.authoritative,
            limit=65535 if tcp else dns.udp_limit(edns),
            scope=scope_of(answer, subnet),
        )
        return reply, not answer.chance

    def answer(self, name: str, type: int, asker: Asker, klass: int = 1, signed: bool = False) -> Answer:
        """The answer to a question; `name` is lower case with its last dot. `signed`: with signatures."""
        if klass not in (CLASSES["IN"], CLASSES["ANY"]) or type in _TRANSFERS:
            return Answer(REFUSED, authoritative=False)
        find = self.zones.vouching if type == TYPES["DS"] else self.zones.find
        zone = find(name, asker.region)
        if zone is None:
            return self._amazon(name, type)
        if zone.private:
            asker = asker.in_its_vpc()
        return self.answer_from(zone, name, type, asker, signed)

    def answer_from(self, zone: Zone, name: str, type: int, asker: Asker, signed: bool = False) -> Answer:
        """The answer a certain zone has, whatever other zones there are."""
        if not zone.holds(name):
            return Answer(REFUSED, authoritative=False)
        cut = zone.delegation(name)
        if cut is not None and not (cut == name and type == TYPES["DS"]):
            answer = _referral(zone, cut)
        else:
            answer = self._follow(zone, name, type, asker)
        return self.signer.signed(zone, answer, name, type) if signed and zone.dnssec else answer

    def _follow(self, zone: Zone, name: str, type: int, asker: Asker) -> Answer:
        """The records at a name, following CNAMEs as long as they stay in the zone."""
        records: list[Record] = []
        owner, chance, local = name, False, False
        for _ in range(LONGEST_CHAIN):
            at = zone.match(owner)
            if at is None:
                rcode = NXDOMAIN
                return Answer(rcode, tuple(records), _soa(zone), (), True, chance, local, (owner, ()))
            found = self._found(zone, at, owner, type, asker)
            records += found.answers
            chance, local = chance | found.chance, local | found.local
            last = records[-1] if found.answers else None
            if last is None:
                types = tuple(zone.types_at(at))
                return Answer(NOERROR, tuple(records), _soa(zone), (), True, chance, local, (owner, types))
            if last.type == type or type == TYPES["ANY"] or last.type != TYPES["CNAME"]:
                break
            owner = dns.text_of(last.data)
            if any(record.name == owner for record in records):  # round in a circle
                break
            if not zone.holds(owner) or self.zones.within(zone, owner) or zone.delegation(owner) is not None:
                break
        return self._helped(zone, asker, Answer(NOERROR, tuple(records), (), (), True, chance, local))

    def _found(self, zone: Zone, at: str, owner: str, type: int, asker: Asker) -> Answer:
        """What stands at one name."""
        if type == TYPES["DNSKEY"] and owner == zone.name:
            return Answer(NOERROR, keys_of(zone))
        found = Answer(NOERROR)
        for wanted in _types_wanted(zone, at, type):
            found = self._select(zone, at, wanted, owner, asker, found)
        return found

    def _helped(self, zone: Zone, asker: Asker, answer: Answer) -> Answer:
        """A success with what helps: the zone's name servers, and addresses of what the answer names
        (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSBehavior.html)."""
        servers = zone.own("NS")
        if answer.answers[0].type == TYPES["NS"] and answer.answers[0].name == zone.name:
            servers = ()  # they are the answer
        targets = [dns.text_of(r.data[_TARGET_AT[r.type] :]) for r in answer.answers if r.type in _TARGET_AT]
        if not targets:
            return answer._replace(authority=servers)
        helps = Answer(NOERROR)
        for target in dict.fromkeys(targets[:MOST_HELPED]):
            at = zone.match(target) if zone.holds(target) else None
            for type in ("A", "AAAA") if at is not None else ():
                helps = self._select(zone, at or "", type, target, asker, helps)
        return answer._replace(
            authority=servers,
            additional=helps.answers,
            chance=answer.chance | helps.chance,
            local=answer.local | helps.local,
        )

    def _select(self, zone: Zone, at: str, type: str, owner: str, asker: Asker, so_far: Answer) -> Answer:
        selection = Selection(zone, type, owner, asker, self.network, self.rng, self.healthy, self.targets)
        records = selection.records(at) or ()
        return Answer(
            NOERROR,
            (*so_far.answers, *records),
            chance=so_far.chance | selection.chance,
            local=so_far.local | selection.local,
        )

    def _amazon(self, name: str, type: int) -> Answer:
        """AWS's own names. What is neither theirs nor in a hosted zone is refused, being nobody's here."""
        if not is_amazon(name):
            return Answer(REFUSED, authoritative=False)
        soa = (Record("amazonaws.com.", TYPES["SOA"], 60, dns.encode(TYPES["SOA"], _AMAZON_SOA)),)
        target = self.targets(name)
        if target is None:
            return Answer(NXDOMAIN, authority=soa)
        version = {TYPES["A"]: False, TYPES["AAAA"]: True}.get(type)
        fitting = [address for address in target.addresses if (":" in address) is version]
        records = tuple(Record(name, type, target.ttl, dns.encode(type, address)) for address in fitting)
        if len(records) > 1:
            records = tuple(self.rng.sample(records, len(records)))
        return Answer(NOERROR, records, () if records else soa, chance=len(records) > 1)


def scope_of(answer: Answer, subnet: Subnet | None) -> int:
    """How long a client prefix an answer is good for; 0 if for everyone (RFC 7871 section 7.2.1)."""
    return SCOPES.get(subnet.family, 0) if answer.local and subnet is not None else 0


def _types_wanted(zone: Zone, at: str, type: int) -> list[str]:
    """The types to answer with: the one asked for, or CNAME where that stands instead, or all for ANY."""
    if type == TYPES["ANY"]:
        return zone.types_at(at)
    name = dns.type_name(type)
    if zone.group(at, name):
        return [name]
    return ["CNAME"] if zone.group(at, "CNAME") else []


def _soa(zone: Zone) -> tuple[Record, ...]:
    """The SOA as negative answers carry it: its TTL no longer than its minimum (RFC 2308 section 3)."""
    return tuple(r._replace(ttl=min(r.ttl, int.from_bytes(r.data[-4:], "big"))) for r in zone.own("SOA"))


def _referral(zone: Zone, cut: str) -> Answer:
    """Where to ask instead, with the addresses of those name servers that the zone happens to hold."""
    servers = [record for found in zone.group(cut, "NS") for record in records_of(found, cut)]
    glue = [
        record
        for target in (dns.text_of(server.data) for server in servers)
        for type in ("A", "AAAA")
        for found in zone.group(target, type)
        for record in records_of(found, target)
    ]
    return Answer(NOERROR, (), tuple(servers), tuple(glue), authoritative=False, cut=cut)
