"""What resolvers see of the protocol itself: EDNS, sizes, classes, opcodes, capitals, and what is no question."""

from __future__ import annotations

import random
import struct

import dns.edns
import dns.flags
import dns.message
import dns.opcode
import dns.rcode
import dns.rdataclass
import pytest

from terrella.edge.dns import NameServer
from terrella.edge.targets import amazon_targets
from terrella.edge.zones import Zones
from terrella.net.network import Network

SOA = "ns-1.awsdns-01.org. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"


def put(zones: Zones, name: str, type: str, *values: str, **more: object) -> None:
    records = [{"Value": value} for value in values]
    zones.apply("Z1", [("UPSERT", {"Name": name, "Type": type, "TTL": 60, "ResourceRecords": records, **more})])


@pytest.fixture
def server() -> NameServer:
    zones = Zones()
    zones.add("Z1", "example.com")
    put(zones, "example.com", "SOA", SOA, TTL=900)
    put(zones, "example.com", "NS", "ns-1.awsdns-01.org.")
    put(zones, "www.example.com", "A", "192.0.2.1")
    put(zones, "many.example.com", "A", *(f"192.0.2.{n}" for n in range(60)))
    put(zones, "huge.example.com", "TXT", *(f'"{n:03d}{"x" * 200}"' for n in range(300)))
    put(zones, "near.example.com", "A", "192.0.2.1", Region="eu-west-1", SetIdentifier="eu")
    put(zones, "near.example.com", "A", "192.0.2.2", Region="ap-northeast-1", SetIdentifier="ap")
    return NameServer(zones, Network(), random.Random(1), lambda check: True, amazon_targets())


def told(server: NameServer, query: dns.message.Message | bytes, tcp: bool = False) -> dns.message.Message:
    data = server.reply(query if isinstance(query, bytes) else query.to_wire(), "8.8.8.8", tcp=tcp)
    assert data is not None
    return dns.message.from_wire(data)


def raw(name: str = "www.example.com", *, flags: int = 0x0100, counts: str = "1000", more: bytes = b"") -> bytes:
    wire = b"".join(bytes((len(part),)) + part.encode() for part in name.split(".")) + b"\0"
    return struct.pack("!6H", 7, flags, *map(int, counts)) + wire + b"\0\1\0\1" + more


def opt(size: int = 1232, ttl: int = 0, data: bytes = b"") -> bytes:
    return struct.pack("!BHHIH", 0, 41, size, ttl, len(data)) + data


def test_capitals_come_back_as_they_were_sent(server: NameServer) -> None:
    said = told(server, dns.message.make_query("wWw.ExAmPlE.cOm", "A"))
    assert said.question[0].name.to_text() == "wWw.ExAmPlE.cOm."
    assert said.answer[0].name.to_text() == "wWw.ExAmPlE.cOm."  # by a pointer to the question


def test_flags_of_the_question_come_back_and_recursion_is_not_offered(server: NameServer) -> None:
    query = dns.message.make_query("www.example.com", "A")
    query.flags = dns.flags.RD | dns.flags.CD | dns.flags.AD
    flags = told(server, query).flags
    assert flags & (dns.flags.QR | dns.flags.AA | dns.flags.RD | dns.flags.CD) == 0x8510
    assert not flags & (dns.flags.RA | dns.flags.AD | dns.flags.TC)


@pytest.mark.parametrize(
    ("edns", "payload", "name", "tcp", "truncated"),
    [
        (False, 0, "many", False, True),
        (True, 512, "many", False, True),
        (True, 100, "many", False, True),  # less than 512 counts as 512 (RFC 6891 section 6.2.3)
        (True, 1232, "many", False, False),
        (True, 65535, "huge", False, True),  # no more than 4,096 bytes, whatever is offered
        (False, 0, "huge", True, False),
        (True, 512, "www", False, False),
    ],
)
def test_an_answer_that_does_not_fit_is_asked_for_by_tcp(
    server: NameServer, edns: bool, payload: int, name: str, tcp: bool, truncated: bool
) -> None:
    type = "TXT" if name == "huge" else "A"
    query = dns.message.make_query(f"{name}.example.com", type, use_edns=0 if edns else False, payload=payload)
    said = told(server, query, tcp)
    assert bool(said.flags & dns.flags.TC) is truncated and bool(said.answer) is not truncated
    assert said.edns == (0 if edns else -1) and said.payload == (4096 if edns else 0)


def test_an_answer_too_large_for_tcp_is_said_to_be_cut(server: NameServer) -> None:
    put(server.zones, "huge.example.com", "TXT", *(f'"{n:03d}{"x" * 250}"' for n in range(400)))
    said = told(server, dns.message.make_query("huge.example.com", "TXT"), tcp=True)
    assert said.flags & dns.flags.TC and not said.answer


def test_a_version_of_edns_to_come_is_badvers_with_our_own(server: NameServer) -> None:
    said = told(server, raw(counts="1001", more=opt(ttl=1 << 16)))
    assert (said.rcode(), said.edns, len(said.answer)) == (dns.rcode.BADVERS, 0, 0)


def test_options_nobody_knows_are_passed_over(server: NameServer) -> None:
    data = struct.pack("!HH", 65001, 3) + b"abc" + struct.pack("!HH", 10, 8) + b"cookie!!"
    said = told(server, raw(counts="1001", more=opt(data=data)))
    assert said.answer and not said.options


@pytest.mark.parametrize(("bit", "echoed"), [(0x8000, True), (0, False)])
def test_the_wish_for_signatures_comes_back(server: NameServer, bit: int, echoed: bool) -> None:
    said = told(server, raw(counts="1001", more=opt(ttl=bit)))
    assert bool(said.ednsflags & dns.flags.DO) is echoed and len(said.answer) == 1


@pytest.mark.parametrize(
    ("name", "subnet", "length", "scope"),
    [
        ("near", "198.18.2.0", 24, 24),
        ("near", "198.18.2.7", 32, 24),
        ("near", "198.18.0.0", 16, 24),  # a wider answer would be wrong for the rest of it
        ("near", "0.0.0.0", 0, 0),  # "do not use my address"
        ("near", "2001:db8::", 56, 48),
        ("www", "198.18.2.0", 24, 0),
        ("no", "198.18.2.0", 24, 0),
    ],
)
def test_a_client_subnet_comes_back_with_the_scope_of_the_answer(
    server: NameServer, name: str, subnet: str, length: int, scope: int
) -> None:
    option = dns.edns.ECSOption(subnet, length)
    said = told(server, dns.message.make_query(f"{name}.example.com", "A", use_edns=0, options=[option]))
    (back,) = said.options
    assert (back.address, back.srclen, back.scopelen) == (option.address, length, scope)


def test_no_client_subnet_is_invented(server: NameServer) -> None:
    assert not told(server, dns.message.make_query("near.example.com", "A", use_edns=0)).options


@pytest.mark.parametrize("opcode", [1, 2, 4, 5, 6, 15])
def test_other_opcodes_are_not_implemented(server: NameServer, opcode: int) -> None:
    said = told(server, raw(flags=opcode << 11))
    assert (said.rcode(), said.opcode(), said.id) == (dns.rcode.NOTIMP, opcode, 7)


@pytest.mark.parametrize(
    ("klass", "rcode"),
    [("CH", dns.rcode.REFUSED), ("HS", dns.rcode.REFUSED), ("NONE", dns.rcode.REFUSED), ("ANY", dns.rcode.NOERROR)],
)
def test_other_classes_are_refused(server: NameServer, klass: str, rcode: dns.rcode.Rcode) -> None:
    assert told(server, dns.message.make_query("www.example.com", "A", rdclass=klass)).rcode() == rcode


@pytest.mark.parametrize(
    "data",
    [
        raw(counts="2000") + raw()[12:],  # two questions
        raw()[:12],  # a question promised
        raw()[:-1],  # half a question
        raw() + b"\0",  # more than the counts say
        raw("www.example.com", counts="1001"),  # an OPT promised
        raw(counts="1001", more=opt()[:-2]),
        raw(counts="1002", more=opt() + opt()),  # two of them
        raw(counts="1100", more=opt()),  # in the answer section
        raw(counts="1001", more=b"\1x" + opt()),  # with a name
        raw(counts="1001", more=opt(data=b"\0\x08\0\x20\0\1")),  # an option longer than its record
        raw(counts="1001", more=opt(data=b"\0\x08\0\4\0\1\x20\0")),  # a subnet without its address
        raw(counts="1001", more=opt(data=b"\0\x08\0\x07\0\1\x18\x18\x0a\0\1")),  # a question with a scope
        raw(counts="1001", more=opt(data=b"\0\x08\0\x07\0\1\x14\0\x0a\0\1")),  # bits beyond its length
        b"\0\7\1\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1",  # a compressed question
        b"\0\7\1\0\0\1\0\0\0\0\0\0\x40x\0\0\1\0\1",  # a kind of label there is not
        b"\0\7\1\0\0\1\0\0\0\0\0\0" + (b"\x3f" + b"x" * 63) * 4 + b"\0\0\1\0\1",  # a name of 257 bytes
    ],
)
def test_what_is_no_question_is_a_format_error(server: NameServer, data: bytes) -> None:
    said = server.reply(data, "8.8.8.8")
    assert said is not None and said[:2] == b"\0\7" and said[2] & 0x80 and said[3] & 15 == dns.rcode.FORMERR
    assert said[6:10] == bytes(4) and (len(said) == 12) is not (said[10:12] == b"\0\1")  # nothing but perhaps an OPT


@pytest.mark.parametrize("data", [b"", b"\0" * 11, raw(flags=0x8100), raw(flags=0x8183, counts="1100")])
def test_scraps_and_answers_are_met_with_silence(server: NameServer, data: bytes) -> None:
    assert server.reply(data, "8.8.8.8") is None
