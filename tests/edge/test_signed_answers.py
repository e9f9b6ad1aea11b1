"""Signed zones, validated by dnspython."""

from __future__ import annotations

import random

import dns.dnssec
import dns.flags
import dns.message
import dns.rdatatype
import pytest
from edge.signing import anchor, key, keys, validated

from terrella.edge.dns import NameServer
from terrella.edge.feed import Feed
from terrella.edge.health import HealthTable
from terrella.edge.targets import amazon_targets
from terrella.edge.zones import Zones
from terrella.net.network import Network
from terrella.wire.dns import dnssec, wire_of

NOW = 1_790_000_000.0
SOA = "ns-1.awsdns-01.org. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
ZONE = {"Id": "Z1", "Name": "example.com.", "dnssec": keys()}


def record_set(name: str, type: str, *values: str, **more: object) -> dict[str, object]:
    records = [{"Value": value} for value in values]
    return {"Name": name, "Type": type, "TTL": 60, "ResourceRecords": records, **more}


RECORDS = [
    record_set("example.com.", "SOA", SOA, TTL=900),
    record_set("example.com.", "NS", "ns-1.AWSdns-01.org.", "ns-2.awsdns-02.com."),
    record_set("www.example.com.", "A", "192.0.2.1", "192.0.2.2", "192.0.2.3"),
    record_set("www.example.com.", "MX", "10 Mail.example.com."),
    record_set("mail.example.com.", "A", "192.0.2.25"),
    record_set("near.example.com.", "A", "192.0.2.1", Region="eu-west-1", SetIdentifier="eu"),
    record_set("near.example.com.", "A", "192.0.2.2", Region="ap-northeast-1", SetIdentifier="ap"),
    record_set("alias.example.com.", "CNAME", "WWW.example.com."),
    record_set("lost.example.com.", "CNAME", "nothing.example.com."),
    record_set("\\052.stars.example.com.", "A", "192.0.2.9"),
    record_set("deep.below.example.com.", "TXT", '"there"'),
    record_set("child.example.com.", "NS", "ns.child.example.com."),
    record_set("ns.child.example.com.", "A", "192.0.2.53"),
    record_set("vouched.example.com.", "NS", "ns.elsewhere.org."),
    record_set("vouched.example.com.", "DS", "12345 13 2 " + "ab" * 32),
    record_set("svc.example.com.", "HTTPS", '1 . alpn="h2"'),
    record_set("phone.example.com.", "NAPTR", '100 50 "s" "SIP+D2U" "" _SIP._udp.Example.com.'),
    record_set("sip.example.com.", "SRV", "1 2 5060 Mail.example.com."),
]


class Stage:
    """A name server with one signed zone and a clock."""

    def __init__(self) -> None:
        self.now = NOW
        self.feed = Feed(Zones(), HealthTable())
        self.server = NameServer(
            self.feed.zones, Network(), random.Random(1), lambda check: True, amazon_targets(), lambda: self.now
        )
        self.feed.take("zone_created", {"zone": ZONE, "records": RECORDS})

    def ask(self, name: str, type: str = "A", *, signed: bool = True, source: str = "8.8.8.8") -> dns.message.Message:
        query = dns.message.make_query(name, type, use_edns=0, want_dnssec=signed, payload=4096)
        data = self.server.reply(query.to_wire(), source)
        assert data is not None
        return dns.message.from_wire(data)


@pytest.fixture
def stage() -> Stage:
    return Stage()


@pytest.mark.parametrize(
    ("name", "type"),
    [("www", "A"), ("www", "MX"), ("near", "A"), ("alias", "A"), ("any.stars", "A"), ("*.stars", "A"), ("svc", "HTTPS"),
     ("phone", "NAPTR"), ("sip", "SRV"), ("vouched", "DS"), ("deep.below", "TXT"), ("www", "ANY")],
)  # fmt: skip
def test_every_record_set_of_an_answer_is_signed(stage: Stage, name: str, type: str) -> None:
    said = stage.ask(f"{name}.example.com.", type)
    assert said.rcode() == 0 and said.flags & dns.flags.AA and said.ednsflags & dns.flags.DO
    assert validated(said.answer, "example.com.", NOW)
    assert {each.rdtype for each in validated(said.authority, "example.com.", NOW)} == {dns.rdatatype.NS}
    validated(said.additional, "example.com.", NOW)


def test_keys_are_signed_by_the_key_signing_key_and_the_rest_by_the_other(stage: Stage) -> None:
    said = stage.ask("example.com.", "DNSKEY")
    (found,) = validated(said.answer, "example.com.", NOW)
    assert set(found) == set(anchor("example.com.")[found.name]) and found.ttl == 3600
    tags = {each["kind"]: each["key_tag"] for each in keys()["keys"]}
    assert {each.key_tag for each in said.answer[1]} == {tags["KSK"]}
    assert {each.key_tag for each in stage.ask("www.example.com.").answer[1]} == {tags["ZSK"]}


def test_key_tags_and_digests_are_those_dnspython_works_out(stage: Stage) -> None:
    (said,) = validated(stage.ask("example.com.", "DNSKEY").answer, "example.com.", NOW)
    for found in said:
        assert dnssec.key_tag(found.to_wire()) == dns.dnssec.key_id(found)
        assert dnssec.ds("example.com.", found.to_wire()) == dns.dnssec.make_ds(said.name, found, "SHA256").to_wire()


def test_who_does_not_want_signatures_gets_none(stage: Stage) -> None:
    for name in ("www.example.com.", "no.example.com.", "child.example.com."):
        said = stage.ask(name, signed=False)
        types = {each.rdtype for section in said.sections for each in section}
        assert not types & {dns.rdatatype.RRSIG, dns.rdatatype.NSEC, dns.rdatatype.DS}
    assert stage.ask("no.example.com.", signed=False).rcode() == dns.rcode.NXDOMAIN


@pytest.mark.parametrize(
    ("name", "type", "there"),
    [("no.example.com.", "A", set()), ("deep.no.example.com.", "A", set()), ("below.example.com.", "A", set()),
     ("www.example.com.", "AAAA", {"A", "MX"}), ("lost.example.com.", "A", set()), ("x.www.example.com.", "TXT", set()),
     ("any.stars.example.com.", "MX", {"A"}), ("example.com.", "A", {"SOA", "NS", "DNSKEY"}),
     ("child.example.com.", "DS", {"NS"}), ("www.example.com.", "RRSIG", {"A", "MX"})],
)  # fmt: skip
def test_that_nothing_is_there_is_proved_at_the_very_name(stage: Stage, name: str, type: str, there: set[str]) -> None:
    said = stage.ask(name, type)
    assert said.rcode() == 0, "whoever asks for proof is told that the name is there and has no such type"
    found = {each.rdtype: each for each in validated(said.authority, "example.com.", NOW)}
    assert set(found) == {dns.rdatatype.SOA, dns.rdatatype.NSEC}
    denied = "nothing.example.com." if name.startswith("lost") else name
    proof = found[dns.rdatatype.NSEC]
    assert proof.name.to_text() == denied and proof.ttl == 900
    assert proof[0].next.to_text() == f"\\000.{denied}"
    listed = set(proof[0].to_text().split()[1:])
    assert listed == there | {"RRSIG", "NSEC"} - {type}
    validated(said.answer, "example.com.", NOW)


def test_an_nsec_may_be_asked_for(stage: Stage) -> None:
    (found,) = validated(stage.ask("www.example.com.", "NSEC").answer, "example.com.", NOW)
    assert found[0].to_text() == "\\000.www.example.com. A MX RRSIG NSEC"


def test_the_name_that_follows_fits_even_the_longest() -> None:
    longest = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61]) + "."
    assert len(wire_of(longest)) == 255 and len(dnssec.after(longest)) == 255
    assert dnssec.after(longest) > wire_of(longest)


def test_a_referral_proves_how_the_child_is_signed_or_that_it_is_not(stage: Stage) -> None:
    plain = stage.ask("www.child.example.com.")
    assert not plain.flags & dns.flags.AA
    servers, *proof = plain.authority
    assert servers.rdtype == dns.rdatatype.NS and len(plain.additional) == 1
    (nsec,) = validated(proof, "example.com.", NOW)
    assert (nsec.name.to_text(), nsec[0].to_text().split()[1:]) == ("child.example.com.", ["NS", "RRSIG", "NSEC"])
    _, *proof = stage.ask("x.vouched.example.com.").authority
    (found,) = validated(proof, "example.com.", NOW)
    assert found.rdtype == dns.rdatatype.DS


def test_a_signature_is_worked_out_once_and_anew_the_next_day(stage: Stage) -> None:
    first, again = (stage.ask("near.example.com.").answer[1] for _ in range(2))
    assert first == again
    stage.now += 86_400
    later = stage.ask("near.example.com.").answer[1]
    assert later != first and later[0].expiration == first[0].expiration + 86_400
    assert first[0].inception <= NOW - 3600 and first[0].expiration >= NOW + 7 * 86_400


def test_values_in_another_order_have_the_same_signature(stage: Stage) -> None:
    seen = [stage.ask("www.example.com.").answer for _ in range(20)]
    assert len({tuple(each[0]) for each in seen}) > 1
    assert len({each[1][0].signature for each in seen}) == 1


def test_a_zone_that_is_no_longer_signed_says_so(stage: Stage) -> None:
    off = {**keys(), "status": "NOT_SIGNING"}
    stage.feed.take("zone_updated", {"zone": {**ZONE, "dnssec": off}})
    said = stage.ask("www.example.com.")
    assert [each.rdtype for each in said.answer] == [dns.rdatatype.A]
    assert not stage.ask("example.com.", "DNSKEY").answer
    assert stage.ask("no.example.com.").rcode() == dns.rcode.NXDOMAIN


def test_an_inactive_key_neither_signs_nor_shows(stage: Stage) -> None:
    old = {**key("KSK", 9), "status": "INACTIVE"}
    both = {"status": "SIGNING", "keys": [old, *keys()["keys"]]}
    stage.feed.take("zone_updated", {"zone": {**ZONE, "dnssec": both}})
    (found,) = validated(stage.ask("example.com.", "DNSKEY").answer, "example.com.", NOW)
    assert len(found) == 2


@pytest.mark.parametrize(("child", "proof"), [("vouched", dns.rdatatype.DS), ("child", dns.rdatatype.NSEC)])
def test_the_parent_says_what_it_vouches_for_where_the_child_is_of_this_world_too(
    stage: Stage, child: str, proof: int
) -> None:
    name = f"{child}.example.com."
    own = [record_set(name, "SOA", SOA, TTL=900), record_set(name, "NS", "ns.elsewhere.org.")]
    stage.feed.take("zone_created", {"zone": {"Id": "Z2", "Name": name, "dnssec": keys()}, "records": own})
    said = stage.ask(name, "DS")
    found = {each.rdtype: each for each in validated([*said.answer, *said.authority], "example.com.", NOW)}
    assert proof in found and found[proof].name.to_text() == name
    if proof == dns.rdatatype.NSEC:
        assert "NS" in found[proof].to_text().split()
    assert validated(stage.ask(name, "SOA").answer, name, NOW), "everything else is the child's"


def test_a_zone_nobody_hands_over_answers_for_itself(stage: Stage) -> None:
    name = "alone.example.com."
    own = [record_set(name, "SOA", SOA, TTL=900), record_set(name, "NS", "ns.elsewhere.org.")]
    stage.feed.take("zone_created", {"zone": {"Id": "Z2", "Name": name, "dnssec": keys()}, "records": own})
    assert stage.ask(name, "DS").rcode() == 0
    assert [each.name.to_text() for each in validated(stage.ask(name, "DS").authority, name, NOW)] == [name, name]
