"""DNS messages, with dnspython as the oracle."""

import random
import struct

import dns.edns
import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from terrella.wire import dns as ours

RDATA = [
    ("A", "192.0.2.1"), ("AAAA", "2001:db8::1"), ("CNAME", "Target.Example.com."),
    ("NS", "ns-1.awsdns-01.org."),
    ("PTR", "host.example."), ("MX", "10 mail.example.com."), ("SRV", "1 2 5060 sip.example.com."),
    ("SOA", "ns-1.awsdns-01.org. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"),
    ("TXT", '"v=spf1 -all"'), ("TXT", '"two" "strings; with \\"quotes\\" and \\\\ and \\200"'),
    ("SPF", '"v=spf1"'),
    ("CAA", '0 issue "amazon.com"'), ("DS", "12345 13 2 " + "ab" * 32), ("SSHFP", "4 2 " + "cd" * 32),
    ("TLSA", "3 1 1 " + "ef" * 32), ("NAPTR", '100 50 "s" "z3950+I2L+I2C" "" _z3950._tcp.gatech.edu.'),
    ("HTTPS", "0 svc.example.com."), ("HTTPS", '1 . alpn="h3,h2" port=8443 ipv4hint=192.0.2.1,192.0.2.2'),
    ("SVCB", '16 Foo.example.org. mandatory=alpn,ipv4hint alpn="h2" no-default-alpn ipv4hint=192.0.2.1'),
    ("SVCB", '1 x.example. ipv6hint=2001:db8::1 dohpath="/q{?dns}" key667="hello\\210"'),
    ("SVCB", '2 . key65000 port=53'),
]  # fmt: skip


def ask(name: str = "www.Example.com.", type: str = "A", **options: object) -> ours.Query:
    return ours.read_query(dns.message.make_query(name, type, **options).to_wire())  # type: ignore[arg-type]


def record(name: str, type: str, value: str, ttl: int = 60) -> ours.Record:
    number = ours.type_number(type)
    return ours.Record(name, number, ttl, ours.encode(number, value))


@pytest.mark.parametrize(("type", "text"), RDATA)
def test_data_is_written_as_dnspython_writes_it(type: str, text: str) -> None:
    oracle = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(type), text)
    number = ours.type_number(type)
    data = ours.encode(number, text)
    assert data == oracle.to_wire()
    assert ours.encode(number, ours.decode(number, data)) == data
    back = dns.rdata.from_text(dns.rdataclass.IN, dns.rdatatype.from_text(type), ours.decode(number, data))
    assert back == oracle


def test_data_of_unknown_types_is_hexadecimal() -> None:
    assert ours.encode(65280, "\\# 3 ABCDEF") == b"\xab\xcd\xef"
    assert ours.decode(65280, b"\xab\xcd\xef") == "\\# 3 abcdef"
    assert ours.decode(1, b"\x01") == "\\# 1 01"


@pytest.mark.parametrize(
    ("type", "text"),
    [("A", "300.1.1.1"), ("A", "::1"), ("MX", "mail.example."), ("MX", "70000 mail.example."), ("TXT", ""),
     ("TXT", '"open'), ("TXT", '"' + "x" * 256 + '"'), ("SOA", "a. b. 1 2 3"), ("CNAME", "a..b."),
     ("CAA", "0 issue"),
     ("CNAME", "x" * 64 + ".com"), ("DS", "1 2 3"), ("HTTPS", "1 . alpn=h2 alpn=h3"), ("HTTPS", "1"),
     ("HTTPS", "1 . port=x"), ("HTTPS", "1 . colour=red"), ("SVCB", "1 . ipv4hint="), ("NAPTR", "1 2 s"),
     ("A", "\\# 2 ab"), ("NS", "a\\")],
)  # fmt: skip
def test_data_that_is_none_is_refused(type: str, text: str) -> None:
    with pytest.raises(ours.BadRdata):
        ours.encode(ours.type_number(type), text)


@pytest.mark.parametrize("text", ["a\\.b.example.", "\\042.example.", "\\255\\000.x.", "*.example.", "."])
def test_names_escape_and_return(text: str) -> None:
    wire = ours.wire_of(text)
    assert wire == dns.name.from_text(text).to_wire()
    assert ours.wire_of(ours.text_of(wire)) == wire


def test_a_question_is_read_with_its_capitals_kept_for_the_answer() -> None:
    query = ask("wWw.eXample.com.", "AAAA")
    assert query.question == ours.Question("www.example.com.", 28, 1)
    reply = dns.message.from_wire(
        ours.write_reply(query, 0, [record("www.example.com.", "AAAA", "2001:db8::1")])
    )
    assert reply.question[0].name.to_text() == "wWw.eXample.com."
    assert reply.answer[0].name.to_text() == "wWw.eXample.com."  # a pointer to the question


def test_an_answer_is_read_by_dnspython_as_it_was_meant() -> None:
    query = ask(use_edns=0, payload=4096)
    answers = [
        record("www.example.com.", "CNAME", "other.example.com."),
        record("other.example.com.", "A", "192.0.2.9"),
    ]
    authority = [record("example.com.", "NS", f"ns-{n}.awsdns-0{n}.org.", 172800) for n in range(4)]
    additional = [record(f"ns-{n}.awsdns-0{n}.org.", "A", f"192.0.2.{n}") for n in range(4)]
    data = ours.write_reply(query, 0, answers, authority, additional)
    reply = dns.message.from_wire(data)
    assert reply.flags & dns.flags.QR and reply.flags & dns.flags.AA and reply.flags & dns.flags.RD
    assert [r.to_text() for r in reply.answer] == [
        "www.Example.com. 60 IN CNAME other.Example.com.", "other.Example.com. 60 IN A 192.0.2.9",
    ]  # fmt: skip
    assert len(reply.authority[0]) == 4 and len(reply.additional) == 4
    ours_back = ours.read_message(data)
    assert list(ours_back.answers) == [answers[0]._replace(data=ours_back.answers[0].data), answers[1]]
    assert list(ours_back.authority) == authority and list(ours_back.additional) == additional
    uncompressed = sum(len(ours.wire_of(r.name)) + 10 + len(r.data) for r in answers + authority + additional)
    assert len(data) < 12 + 21 + 11 + uncompressed * 0.7


def test_an_soa_is_compressed_too() -> None:
    soa = record("example.com.", "SOA", "ns.example.com. root.example.com. 1 7200 900 1209600 86400", 900)
    data = ours.write_reply(ask(), 3, authority=[soa])
    assert dns.message.from_wire(data).rcode() == 3
    (back,) = ours.read_message(data).authority
    assert back.data.lower() == soa.data.lower()  # the capitals of the question, by pointer


def test_answers_too_many_for_udp_are_told_to_come_by_tcp() -> None:
    many = [record("www.example.com.", "A", f"192.0.2.{n}") for n in range(40)]
    short = dns.message.from_wire(ours.write_reply(ask(), 0, many, limit=ours.udp_limit(None)))
    assert short.flags & dns.flags.TC and not short.answer
    query = ask(use_edns=0, payload=1232)
    assert ours.udp_limit(query.edns) == 1232
    assert len(dns.message.from_wire(ours.write_reply(query, 0, many, limit=1232)).answer[0]) == 40


def test_records_that_merely_help_are_left_out_without_a_word() -> None:
    answers = [record("www.example.com.", "A", f"192.0.2.{n}") for n in range(25)]
    authority = [record("example.com.", "NS", f"ns-{n}.awsdns-0{n}.org.") for n in range(4)]
    reply = dns.message.from_wire(ours.write_reply(ask(), 0, answers, authority, limit=512))
    assert len(reply.answer[0]) == 25 and not reply.authority and not reply.flags & dns.flags.TC
    referral = dns.message.from_wire(ours.write_reply(ask(), 0, [], authority * 9, limit=512))
    assert referral.flags & dns.flags.TC


def test_the_client_subnet_comes_back_with_its_scope() -> None:
    option = dns.edns.ECSOption("198.18.2.0", 24)
    query = ask(use_edns=0, payload=4096, options=[option], want_dnssec=True)
    assert query.edns == ours.Edns(4096, 0, True, ours.Subnet(1, 24, 0, "198.18.2.0"))
    reply = dns.message.from_wire(ours.write_reply(query, 0, scope=24))
    assert reply.options == (dns.edns.ECSOption("198.18.2.0", 24, 24),)
    six = ask(use_edns=0, options=[dns.edns.ECSOption("2001:db8::", 47)])
    assert six.edns is not None and six.edns.subnet == ours.Subnet(2, 47, 0, "2001:db8::")
    assert dns.message.from_wire(ours.write_reply(six, 0, scope=48)).options == (
        dns.edns.ECSOption("2001:db8::", 47, 48),
    )
    assert dns.message.from_wire(ours.write_query(7, "a.b.", 1, edns=query.edns)).options == (option,)


def test_who_hides_his_address_is_answered_with_scope_zero() -> None:
    data = dns.message.make_query(
        "a.b.", "A", use_edns=0, options=[dns.edns.GenericOption(8, b"\0\1\0\0")]
    ).to_wire()
    subnet = ours.read_query(data).edns.subnet  # type: ignore[union-attr]
    assert subnet == ours.Subnet(1, 0, 0, "0.0.0.0")
    reply = ours.read_message(ours.write_reply(ours.read_query(data), 0, scope=24))
    assert reply.edns is not None and reply.edns.subnet == subnet


@pytest.mark.parametrize(
    "option",
    [b"\0\1\x18\0\xc6\x12", b"\0\1\x18\0\xc6\x12\x02\x01", b"\0\1\x17\0\xc6\x12\x01",
     b"\0\1\x21\0" + bytes(5),
     b"\0\3\x18\0\xc6\x12\2", b"\0\1\x18\x18\xc6\x12\x02", b"\0\1"],
)  # fmt: skip
def test_a_wrong_client_subnet_is_a_format_error(option: bytes) -> None:
    data = (
        ours.write_query(1, "a.b.", 1)
        + b"\0"
        + struct.pack("!HHIHHH", 41, 4096, 0, 4 + len(option), 8, len(option))
    )
    data = data[:11] + b"\1" + data[12:] + option
    with pytest.raises(ours.MalformedMessage) as wrong:
        ours.read_query(data)
    assert wrong.value.rcode == 1


def test_what_is_refused_and_how() -> None:
    good = ours.write_query(99, "a.b.", 1)
    cases = {
        good[:2] + b"\x29\0" + good[4:]: "NOTIMP",  # opcode UPDATE
        good[:4] + b"\0\2" + good[6:]: "FORMERR",  # two questions
        good[:4] + b"\0\0" + good[6:]: "FORMERR",
        good[:-1]: "FORMERR",
        good + b"\0": "FORMERR",
        good[:12] + b"\xc0\x0c\0\1\0\1": "FORMERR",  # a name that points at itself
        good[:12] + b"\x41" + good[13:]: "FORMERR",
    }
    for data, rcode in cases.items():
        with pytest.raises(ours.MalformedMessage) as wrong:
            ours.read_query(data)
        refusal = ours.write_refusal(data, wrong.value.rcode)
        assert refusal is not None
        assert dns.rcode.to_text(dns.message.from_wire(refusal).rcode()) == rcode
        assert refusal[:2] == data[:2]


def test_an_unknown_edns_version_gets_badvers() -> None:
    data = dns.message.make_query("a.b.", "A", use_edns=1).to_wire()
    with pytest.raises(ours.MalformedMessage) as wrong:
        ours.read_query(data)
    reply = dns.message.from_wire(ours.write_refusal(data, wrong.value.rcode) or b"")
    assert reply.rcode() == 16 and reply.edns == 0 and reply.question[0].name.to_text() == "a.b."


@pytest.mark.parametrize(("at", "byte", "rcode"), [(2, 0x28, "NOTIMP"), (11, 2, "FORMERR")])  # UPDATE, more records
def test_a_refusal_speaks_edns_to_whoever_does(at: int, byte: int, rcode: str) -> None:
    data = bytearray(dns.message.make_query("a.b.", "A", use_edns=0, options=[ECS]).to_wire())
    data[at] = byte
    with pytest.raises(ours.MalformedMessage) as wrong:
        ours.read_query(bytes(data))
    said = ours.write_refusal(bytes(data), wrong.value.rcode) or b""
    assert dns.rcode.to_text(said[3] & 15) == rcode and struct.unpack("!4H", said[4:12]) == (1, 0, 0, 1)
    assert said[12:] == bytes(data[12:21]) + b"\0" + struct.pack("!HHIH", 41, 4096, 0, 0)


def test_answers_and_scraps_are_not_answered() -> None:
    assert ours.write_refusal(b"\0" * 11, 1) is None
    assert ours.write_refusal(ours.write_reply(ask(), 0), 1) is None


def test_a_pointer_loop_ends() -> None:
    header = struct.pack("!6H", 1, 0x8000, 0, 1, 0, 0)
    for name in (b"\xc0\x0c", b"\xc0\x0e\xc0\x0c", b"\1a\xc0\x0c", b"\xc0\xff", b"\x80\0", b"\1a" * 200):
        with pytest.raises(ours.MalformedMessage):
            ours.read_message(header + name + bytes(10))


@settings(max_examples=400)
@given(st.binary(max_size=120))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    survive(data)


@settings(max_examples=300)
@given(st.integers(0, 2**32), st.integers(1, 6))
def test_damaged_messages_are_read_or_refused(seed: int, wounds: int) -> None:
    rng = random.Random(seed)
    survive(damaged(rng, wounds))


def test_thousands_of_damaged_messages_in_a_row_are_read_or_refused() -> None:
    rng = random.Random(4)
    for _ in range(30_000):
        survive(damaged(rng, rng.randrange(1, 5)))


ECS = dns.edns.ECSOption("198.18.2.0", 24)
SAMPLES = [
    dns.message.make_query("www.example.com.", "A", use_edns=0, options=[ECS]).to_wire(),
    ours.write_reply(
        ask(use_edns=0, options=[ECS]),
        0,
        [record("www.example.com.", type, text) for type, text in RDATA],
        [record("example.com.", "NS", "ns.example.com.")],
    ),
]


def damaged(rng: random.Random, wounds: int) -> bytes:
    data = bytearray(rng.choice(SAMPLES))
    for _ in range(wounds):
        at = rng.randrange(len(data))
        what = rng.random()
        if what < 0.7:
            data[at] = rng.choice((0, 1, 12, 41, 63, 64, 192, 255, rng.randrange(256)))
        elif what < 0.85:
            del data[at : at + rng.randrange(1, 9)]
        else:
            data[at:at] = rng.randbytes(rng.randrange(1, 9))
        data = data or bytearray(1)
    return bytes(data)


def survive(data: bytes) -> None:
    try:
        query = ours.read_query(data)
    except ours.MalformedMessage as wrong:
        ours.write_refusal(data, wrong.rcode)
    else:
        assert ours.read_query(ours.write_query(query.id, query.question.name, query.question.type)).raw
        ours.read_message(ours.write_reply(query, 0, SAMPLE_ANSWERS, scope=24))
    try:
        message = ours.read_message(data)
    except ours.MalformedMessage:
        return
    for found in (*message.answers, *message.authority, *message.additional):
        ours.wire_of(found.name)
        ours.decode(found.type, found.data)


SAMPLE_ANSWERS = [record("www.example.com.", "A", "192.0.2.1")]
