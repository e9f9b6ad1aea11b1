"""Keys that sign zones: their making, their public form in the DNS, and what a parent zone is told of them.

ECDSA P-256 with SHA-256 (RFC 6605), the one algorithm Route 53 signs with. A key is plain data:

    {"name", "kind": "KSK" | "ZSK", "flags": 257 | 256, "algorithm": 13, "status": "ACTIVE" | "INACTIVE",
     "private_pem", "public_key": base64, "key_tag"}

Invariant: public key, key tag and digest follow from the private key, which is drawn from the world's own chance.
"""

from __future__ import annotations

import base64
import hashlib
import random
import struct
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from . import names

FLAGS = {"KSK": 257, "ZSK": 256}
ALGORITHM, ALGORITHM_NAME = 13, "ECDSAP256SHA256"
DIGEST, DIGEST_NAME = 2, "SHA-256"
PROTOCOL = 3  # RFC 4034 section 2.1.2
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve: FIPS 186-4 D.1.2.3


def new_key(name: str, kind: str, rng: random.Random) -> dict[str, Any]:
    """A key of a kind, not yet in use."""
    private = ec.derive_private_key(rng.randrange(1, _ORDER), ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    point = private.public_key().public_numbers()
    public = point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")  # RFC 6605 section 4
    return {
        "name": name,
        "kind": kind,
        "flags": FLAGS[kind],
        "algorithm": ALGORITHM,
        "status": "INACTIVE",
        "private_pem": pem.decode(),
        "public_key": base64.b64encode(public).decode(),
        "key_tag": key_tag(_rdata(FLAGS[kind], public)),
    }


def dnskey(key: dict[str, Any]) -> str:
    """The DNSKEY record's data, as zone files write it."""
    return f"{key['flags']} {PROTOCOL} {key['algorithm']} {key['public_key']}"


def digest(zone: str, key: dict[str, Any]) -> str:
    """What a parent's DS record says of a key of this zone (RFC 4034 section 5.1.4), in hexadecimal digits."""
    owner = b"".join(bytes([len(label)]) + label.encode("ascii") for label in names.labels_of(zone)) + b"\0"
    rdata = _rdata(key["flags"], base64.b64decode(key["public_key"]))
    return hashlib.sha256(owner + rdata).hexdigest().upper()


def key_tag(rdata: bytes) -> int:
    """A short number for a key (RFC 4034 appendix B)."""
    total = sum(byte if index & 1 else byte << 8 for index, byte in enumerate(rdata))
    return (total + (total >> 16 & 0xFFFF)) & 0xFFFF


def _rdata(flags: int, public: bytes) -> bytes:
    return struct.pack("!HBB", flags, PROTOCOL, ALGORITHM) + public
