r"""Signing answers as they are given: RRSIG, DNSKEY, and NSEC records made up for each question (RFC 4034, 4035).

A zone's keys come with the zone. That something does not exist is proved as Route 53 does it, by an NSEC record at
the very name that was asked for, which says that the name is there and has nothing of that type (compact denial of
existence, RFC 9824): whoever asks for signatures gets NOERROR in place of NXDOMAIN.

Invariant: while records and keys stay the same they are signed once a day, however often they are asked for.
"""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..wire.dns import RCODES, TYPES, Record, dnssec
from .answer import Answer
from .zones import Zone, records_of

PERIOD_S = 86_400
BEFORE_S, AFTER_S = 3_600, 8 * 86_400  # of a signature, counted from its day's beginning
KEY_TTL = 3_600
REMEMBERED = 16_384
_SIGNED_ANYWAY = (TYPES["RRSIG"], TYPES["NSEC"])
_WIDTH = 32  # bytes of each half of a signature by P-256 (RFC 6605 section 4)
_KSK, _ZSK = 257, 256


class Signer:
    """Adds signatures to answers. `now` is the time in seconds since 1970."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._day = 0
        self._known: dict[tuple[Any, ...], Record] = {}

    @property
    def day(self) -> int:
        """Rises when signatures must be made anew."""
        return int(self._now() // PERIOD_S)

    def signed(self, zone: Zone, answer: Answer, name: str, type: int) -> Answer:
        """An answer from a signed zone, for somebody who wants signatures."""
        self._forget_yesterday()
        rcode, answers, authority = answer.rcode, answer.answers, answer.authority
        if answer.cut is not None:
            return answer._replace(authority=(*authority, *self._beside(zone, self._at_the_cut(zone, answer.cut))))
        if answer.denied is not None:
            nsec = _nsec(zone, *answer.denied, type)
            if type == TYPES["NSEC"] and not answers:
                return answer._replace(rcode=RCODES["NOERROR"], answers=self._beside(zone, (nsec,)), authority=())
            authority = (*authority, nsec)
            rcode = RCODES["NOERROR"] if rcode == RCODES["NXDOMAIN"] else rcode
        return answer._replace(
            rcode=rcode,
            answers=self._beside(zone, answers),
            authority=self._beside(zone, authority),
            additional=self._beside(zone, answer.additional),
        )

    def _forget_yesterday(self) -> None:
        if self._day != self.day or len(self._known) >= REMEMBERED:
            self._day = self.day
            self._known.clear()

    def _at_the_cut(self, zone: Zone, cut: str) -> tuple[Record, ...]:
        """What a referral proves: how the child is signed, or that it is not (RFC 4035 section 3.1.4.1)."""
        found = tuple(record for each in zone.group(cut, "DS") for record in records_of(each, cut))
        return found or (_nsec(zone, cut, ("NS",), TYPES["DS"]),)

    def _beside(self, zone: Zone, records: Iterable[Record]) -> tuple[Record, ...]:
        """The same records, each set followed by its signatures."""
        return tuple(self._each_signed(zone, records))

    def _each_signed(self, zone: Zone, records: Iterable[Record]) -> Iterator[Record]:
        for (owner, type), group in groupby(records, key=lambda record: (record.name, record.type)):
            held = tuple(group)
            yield from held
            if zone.holds(owner) and type != TYPES["RRSIG"]:
                for key in _signing_keys(zone, type):
                    yield self._signature(zone, held, key)

    def _signature(self, zone: Zone, records: tuple[Record, ...], key: dict[str, Any]) -> Record:
        what = (records[0].name, records[0].type, records[0].ttl, *sorted(record.data for record in records))
        known = self._known.get((key["private_pem"], *what))
        if known is None:
            began = self._day * PERIOD_S
            signing = dnssec.Signing(
                int(key["algorithm"]), max(0, began - BEFORE_S), began + AFTER_S, tag_of(key), zone.name
            )
            made = _sign(key["private_pem"], dnssec.to_be_signed(records, signing))
            known = self._known[key["private_pem"], *what] = dnssec.rrsig(records, signing, made)
        return known


def keys_of(zone: Zone) -> tuple[Record, ...]:
    """The DNSKEY records of a zone; none if it is not signed."""
    held = zone.dnssec["keys"] if zone.dnssec else ()
    return tuple(
        Record(zone.name, TYPES["DNSKEY"], KEY_TTL, _data(key)) for key in held if key["status"] == "ACTIVE"
    )


def tag_of(key: dict[str, Any]) -> int:
    """The tag of a zone's key, worked out from its data."""
    return dnssec.key_tag(_data(key))


def _data(key: dict[str, Any]) -> bytes:
    return dnssec.dnskey(int(key["flags"]), int(key["algorithm"]), base64.b64decode(key["public_key"]))


def _signing_keys(zone: Zone, type: int) -> list[dict[str, Any]]:
    """Keys that sign keys for the keys, keys that sign the zone for the rest."""
    assert zone.dnssec is not None, "only signed zones are signed"
    wanted = _KSK if type == TYPES["DNSKEY"] else _ZSK
    active = [key for key in zone.dnssec["keys"] if key["status"] == "ACTIVE"]
    return [key for key in active if int(key["flags"]) == wanted] or active[:1]


def _nsec(zone: Zone, owner: str, types: Iterable[str], asked: int) -> Record:
    """That a name has these types, and no others; what was asked for certainly not."""
    numbers = {TYPES[name] for name in types} | set(_SIGNED_ANYWAY)
    if owner == zone.name:
        numbers.add(TYPES["DNSKEY"])
    if asked != TYPES["NSEC"]:
        numbers.discard(asked)
    data = dnssec.nsec(dnssec.after(owner), numbers)
    return Record(owner, TYPES["NSEC"], _negative_ttl(zone), data)


def _negative_ttl(zone: Zone) -> int:
    """As long as the SOA of the negative answer (RFC 9077 section 3.2)."""
    return min((min(r.ttl, int.from_bytes(r.data[-4:], "big")) for r in zone.own("SOA")), default=0)


def _sign(private_pem: str, data: bytes) -> bytes:
    r, s = decode_dss_signature(_private_key(private_pem).sign(data, ec.ECDSA(SHA256())))
    return r.to_bytes(_WIDTH, "big") + s.to_bytes(_WIDTH, "big")


@functools.lru_cache(maxsize=1024)
def _private_key(private_pem: str) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key(private_pem.encode(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey), "keys of zones are of the curve P-256"
    return key
