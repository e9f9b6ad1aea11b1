"""Keys of a zone, as Route 53's control plane hands them to the edge, and a dnspython view of them."""

from __future__ import annotations

import base64
from typing import Any

import dns.dnssec
import dns.message
import dns.name
import dns.rdata
import dns.rdataset
import dns.rrset
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from terrella.wire.dns import dnssec


def key(kind: str, secret: int) -> dict[str, Any]:
    """A key that is the same each time."""
    private = ec.derive_private_key(secret, ec.SECP256R1())
    numbers = private.public_key().public_numbers()
    public = numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    flags = 257 if kind == "KSK" else 256
    return {
        "name": kind.lower(), "kind": kind, "flags": flags, "algorithm": 13, "status": "ACTIVE",
        "private_pem": private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(),
        "public_key": base64.b64encode(public).decode(),
        "key_tag": dnssec.key_tag(dnssec.dnskey(flags, 13, public)),
    }  # fmt: skip


def keys() -> dict[str, Any]:
    return {"status": "SIGNING", "keys": [key("KSK", 7), key("ZSK", 8)]}


def anchor(name: str) -> dict[dns.name.Name, dns.rdataset.Rdataset]:
    """What a validator trusts: the zone's keys."""
    texts = [f"{each['flags']} 3 13 {each['public_key']}" for each in keys()["keys"]]
    return {dns.name.from_text(name): dns.rdataset.from_text("IN", "DNSKEY", 3600, *texts)}


def validated(section: list[dns.rrset.RRset], zone: str, now: float) -> list[dns.rrset.RRset]:
    """The record sets of a section, each after its signature has been checked. Raises dns.dnssec.ValidationFailure."""
    plain = [each for each in section if each.rdtype != dns.rdatatype.RRSIG]
    for each in plain:
        signature = next(
            (s for s in section if s.rdtype == dns.rdatatype.RRSIG and s.name == each.name and s.covers == each.rdtype),
            None,
        )
        if signature is None:
            raise dns.dnssec.ValidationFailure(f"{each} is not signed")
        dns.dnssec.validate(each, signature, anchor(zone), now=now)
    return plain
