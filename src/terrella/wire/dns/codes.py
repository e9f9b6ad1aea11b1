"""Numbers of the DNS by name, as IANA registers them."""

from __future__ import annotations

TYPES = {
    "A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "NAPTR": 35,
    "OPT": 41, "DS": 43, "SSHFP": 44, "RRSIG": 46, "NSEC": 47, "DNSKEY": 48, "TLSA": 52, "SVCB": 64,
    "HTTPS": 65,
    "SPF": 99, "IXFR": 251, "AXFR": 252, "ANY": 255, "CAA": 257,
}  # fmt: skip
CLASSES = {"IN": 1, "CH": 3, "HS": 4, "NONE": 254, "ANY": 255}
OPCODES = {"QUERY": 0, "IQUERY": 1, "STATUS": 2, "NOTIFY": 4, "UPDATE": 5}
RCODES = {"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5, "BADVERS": 16}

NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 0, 1, 2, 3, 4, 5, 16
QR, AA, TC, RD, RA, AD, CD = 0x8000, 0x0400, 0x0200, 0x0100, 0x0080, 0x0020, 0x0010
_NAMES = {number: name for name, number in TYPES.items()}


def type_name(number: int) -> str:
    """`A` for 1; `TYPE65280` for what has no name (RFC 3597)."""
    return _NAMES.get(number) or f"TYPE{number}"


def type_number(name: str) -> int:
    """1 for `A`. Raises ValueError for what is no type."""
    upper = name.upper()
    if upper in TYPES:
        return TYPES[upper]
    digits = upper[4:]
    if upper.startswith("TYPE") and digits.isascii() and digits.isdigit() and int(digits) < 65536:
        return int(digits)
    raise ValueError(f"{name!r} is no DNS record type")
