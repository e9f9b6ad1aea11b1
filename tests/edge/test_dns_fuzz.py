"""Twenty thousand damaged questions, the same each time: each is answered, refused, or met with silence on purpose."""

from __future__ import annotations

import random
from collections import Counter

from edge.signing import keys

from terrella.edge.answers import EdgeAnswers
from terrella.net.network import Network
from terrella.store.journal import Change
from terrella.wire import dns

SOA = "ns-1.awsdns-01.org. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"


def record(name: str, type: str, *values: str, **more: object) -> dict[str, object]:
    return {"Name": name, "Type": type, "TTL": 60, "ResourceRecords": [{"Value": v} for v in values], **more}


def edge() -> EdgeAnswers:
    answers = EdgeAnswers(Network(), random.Random(1), ("us-east-1", "eu-west-1"), 1.0, lambda: 1.79e9)
    records = [
        record("example.com.", "SOA", SOA), record("example.com.", "NS", "ns-1.awsdns-01.org."),
        record("example.com.", "MX", "10 www.example.com."), record("\\052.example.com.", "TXT", '"x"'),
        record("www.example.com.", "A", "192.0.2.1", Region="eu-west-1", SetIdentifier="1"),
        record("child.example.com.", "NS", "ns.child.example.com."),
        record("alias.example.com.", "CNAME", "www.example.com."),
    ]  # fmt: skip
    zone = {"Id": "Z1", "Name": "example.com.", "dnssec": keys()}
    body = {"zone": zone, "records": records}
    answers.take(Change(1, 0.0, "us-east-1", 0.0, 1, "route53", "zone_created", body))
    return answers


def sound() -> list[bytes]:
    names = ("example.com.", "www.example.com.", "no.such.example.com.", "x.child.example.com.", "alias.example.com.")
    edns = (
        None, dns.Edns(1232), dns.Edns(4096, dnssec=True), dns.Edns(512, subnet=dns.Subnet(1, 24, 0, "198.18.1.0")),
        dns.Edns(512, subnet=dns.Subnet(2, 56, 0, "2001:db8::")),
    )  # fmt: skip
    return [dns.write_query(7, n, t, edns=e) for n in names for t in (1, 15, 16, 48, 255) for e in edns]


def damaged(message: bytes, rng: random.Random) -> bytes:
    """Some bytes wrong, missing, or more of them."""
    wounded = bytearray(message)
    for _ in range(rng.randrange(1, 5)):
        at, kind = rng.randrange(len(wounded) + 1), rng.randrange(5)
        if kind < 3 and at < len(wounded):
            wounded[at] = rng.choice((0, 1, 0x3F, 0x40, 0xC0, 0xFF, rng.randrange(256)))
        elif kind == 3:
            wounded[at:at] = rng.randbytes(rng.randrange(1, 9))
        else:
            del wounded[at : at + rng.randrange(1, 9)]
    return bytes(wounded)


def test_no_damage_to_a_question_does_damage_to_the_edge() -> None:
    rng, answers, whole, codes = random.Random(53), edge(), sound(), Counter[str]()
    for turn in range(20_000):
        message = damaged(rng.choice(whole), rng)
        reply = answers.reply(message, ("127.0.0.1", "127.10.9.1", "198.18.2.7")[turn % 3], turn % 2 == 0)
        if reply is None:
            assert len(message) < 12 or message[2] & 0x80, message.hex()
            codes["silence"] += 1
            continue
        assert reply[:2] == message[:2] and reply[2] & 0x80, (message.hex(), reply.hex())
        codes[str(reply[3] & 15)] += 1
        if turn % 10 == 0:
            dns.read_message(reply)
    assert set(codes) == {"0", "1", "3", "4", "5", "silence"}, codes
