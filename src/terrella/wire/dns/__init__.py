"""DNS messages: bytes to values and back (RFC 1035, 2181, 2308, 3597, 4343, 6891, 7871).

    read_query(data) -> Query              what a server is asked; strict
    write_reply(query, rcode, answers...)  what it says, truncated to what the asker can take
    write_refusal(data, rcode)             the reply to what could not be read
    read_message(data) -> Message          any message, both ways
    write_query(name, type, ...)           what a resolver asks
    encode(type, text) / decode(type, data)   one record's data, as zone files write it
    dnssec                                 the data of DNSKEY, NSEC and RRSIG records

Invariant: whatever the bytes, reading returns or raises MalformedMessage; nothing else escapes.
"""

from __future__ import annotations

from . import dnssec
from .codes import CLASSES, OPCODES, RCODES, TYPES, type_name, type_number
from .edns import Edns, Subnet
from .message import Message, read_message, write_query
from .names import BadName, MalformedMessage, text_of, wire_of
from .query import Query, Question, read_query
from .rdata import BadRdata, decode, encode
from .reply import Record, udp_limit, write_refusal, write_reply

__all__ = [
    "CLASSES", "OPCODES", "RCODES", "TYPES", "BadName", "BadRdata", "Edns", "MalformedMessage", "Message",
    "Query",
    "Question", "Record", "Subnet", "decode", "dnssec", "encode", "read_message", "read_query", "text_of", "type_name",
    "type_number", "udp_limit", "wire_of", "write_query", "write_refusal", "write_reply",
]  # fmt: skip
