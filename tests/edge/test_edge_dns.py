"""The edge's DNS from bytes to bytes, read by dnspython; and a resolver in front of it."""

import random

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import pytest

from terrella.edge.asker import asker_from
from terrella.edge.dns import Answer, NameServer
from terrella.edge.resolver import Ask, Resolved, Resolver
from terrella.edge.targets import amazon_targets
from terrella.edge.zones import Zones, records_of
from terrella.net.network import Network
from terrella.services.route53 import values
from terrella.wire import dns as ours

SOA = "ns-1.awsdns-01.org. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"


def record_set(name: str, type: str, ttl: int, *values: str, **more: object) -> dict[str, object]:
    return {"Name": name, "Type": type, "TTL": ttl, "ResourceRecords": [{"Value": v} for v in values], **more}


@pytest.fixture
def server() -> NameServer:
    zones = Zones()
    zones.add("Z1", "example.com")
    many = [f"192.0.2.{n}" for n in range(60)]
    sets = [
        record_set("example.com", "SOA", 900, SOA),
        record_set("example.com", "NS", 172800, "ns-1.awsdns-01.org.", "ns-2.awsdns-02.com."),
        record_set("near.example.com", "A", 60, "192.0.2.1", Region="eu-west-1", SetIdentifier="eu"),
        record_set("near.example.com", "A", 60, "192.0.2.2", Region="ap-northeast-1", SetIdentifier="ap"),
        record_set("plain.example.com", "A", 30, "192.0.2.3"),
        record_set("many.example.com", "A", 60, *many),
        record_set("alias.example.com", "CNAME", 300, "plain.example.com"),
        record_set("away.example.com", "CNAME", 300, "near.other.org"),
    ]
    zones.apply("Z1", [("CREATE", found) for found in sets])
    zones.add("Z2", "other.org")
    zones.apply("Z2", [("CREATE", record_set("other.org", "SOA", 900, SOA)),
                       ("CREATE", record_set("near.other.org", "A", 10, "192.0.2.4"))])  # fmt: skip
    return NameServer(zones, Network(), random.Random(1), lambda check: True, amazon_targets())


def ask(  # type: ignore[no-untyped-def]
    server: NameServer,
    name: str,
    type: str = "A",
    source: str = "127.0.0.1",
    tcp: bool = False,
    **options: object,
):
    query = dns.message.make_query(name, type, **options)  # type: ignore[arg-type]
    data = server.reply(query.to_wire(), source, tcp=tcp)
    assert data is not None
    reply = dns.message.from_wire(data)
    assert query.is_response(reply)
    return reply


def test_the_client_subnet_decides_where_the_asker_is(server: NameServer) -> None:
    for subnet, address in (("198.18.2.0", "192.0.2.2"), ("198.18.1.0", "192.0.2.1")):
        reply = ask(server, "Near.example.com", use_edns=0, options=[dns.edns.ECSOption(subnet, 24)])
        assert reply.answer[0][0].address == address
        assert reply.options[0].scopelen == 24
        assert reply.answer[0].name.to_text() == "Near.example.com."


def test_without_one_the_source_address_does(server: NameServer) -> None:
    assert ask(server, "near.example.com", source="127.81.2.1").answer[0][0].address == "192.0.2.2"
    assert ask(server, "near.example.com", source="8.8.8.8").answer[0][0].address == "192.0.2.1"  # us-east-1


def test_an_answer_that_is_the_same_for_all_has_scope_zero(server: NameServer) -> None:
    reply = ask(server, "plain.example.com", use_edns=0, options=[dns.edns.ECSOption("198.18.2.0", 24)])
    assert reply.options[0].scopelen == 0


def test_too_much_for_udp_comes_by_tcp(server: NameServer) -> None:
    assert ask(server, "many.example.com").flags & dns.flags.TC
    assert len(ask(server, "many.example.com", tcp=True).answer[0]) == 60
    assert len(ask(server, "many.example.com", use_edns=0, payload=4096).answer[0]) == 60


def test_what_nobody_delegated_is_refused(server: NameServer) -> None:
    assert ask(server, "www.google.com").rcode() == dns.rcode.REFUSED
    assert ask(server, "example.com", "AXFR", tcp=True).rcode() == dns.rcode.REFUSED
    assert ask(server, "version.bind", "TXT", rdclass="CH").rcode() == dns.rcode.REFUSED


def test_names_below_amazonaws_lead_to_regions(server: NameServer) -> None:
    assert ask(server, "s3.eu-west-1.amazonaws.com").answer[0][0].address == "127.10.9.1"
    assert not ask(server, "s3.eu-west-1.amazonaws.com", "AAAA").answer
    only = amazon_targets({"us-east-1"})
    assert only("s3.eu-west-1.amazonaws.com.") is None and only("iam.amazonaws.com.") is not None
    assert only("x.y.z.amazonaws.com.") is None
    assert only("abc.lambda-url.us-east-1.on.aws.") is not None


@pytest.mark.parametrize(
    "data", [b"", b"\0" * 11, b"\xff" * 12, b"\0" * 12, b"\0\1\0\0\0\1\0\0\0\0\0\0\xc0\x0c\0\1\0\1"]
)
def test_rubbish_is_answered_or_ignored_but_never_fatal(server: NameServer, data: bytes) -> None:
    reply = server.reply(data, "127.0.0.1")
    assert reply is None or ours.read_message(reply).rcode == ours.RCODES["FORMERR"]


def test_random_questions_are_always_answered(server: NameServer) -> None:
    rng = random.Random(3)
    labels = [
        b"example",
        b"com",
        b"*",
        b"near",
        b"a.b",
        b"\0",
        b"amazonaws",
        b"s3",
        b"x" * 63,
        b"alias",
        b"us-east-1",
    ]
    for _ in range(3000):
        name = b"".join(bytes((len(p),)) + p for p in rng.choices(labels, k=rng.randrange(4)))
        name += b"\7example\3com\0" if rng.random() < 0.5 else b"\0"
        data = b"\0\7\1\0\0\1\0\0\0\0\0\0" + name + bytes((0, rng.randrange(256), 0, rng.choice((1, 1, 255))))
        reply = server.reply(data, "198.18.2.1")
        assert reply is not None
        ours.read_message(reply)


def resolve(resolver: Resolver, server: NameServer, name: str, now: float) -> tuple[Resolved, int]:
    """What a resolver answers, and how often it had to ask."""
    asked = 0
    step = resolver.step(name, 1, now)
    while isinstance(step, Ask):
        asked += 1
        data = server.reply(ours.write_query(1, step.name, step.type), "127.81.2.1")
        resolver.learn(step, ours.read_message(data or b""), now)
        step = resolver.step(name, 1, now)
    return step, asked


def addresses(found: Resolved) -> list[str]:
    return [ours.decode(r.type, r.data) for r in found.records if r.type == 1]


def test_a_resolver_keeps_an_answer_for_its_ttl_and_no_longer(server: NameServer) -> None:
    resolver = Resolver()
    assert resolve(resolver, server, "near.example.com.", 0)[1] == 1
    server.zones.apply("Z1", [("DELETE", record_set("near.example.com", "A", 60, SetIdentifier="ap"))])
    found, asked = resolve(resolver, server, "near.example.com.", 59.5)
    assert (addresses(found), asked, found.records[0].ttl) == (["192.0.2.2"], 0, 0)
    found, asked = resolve(resolver, server, "near.example.com.", 60)
    assert (addresses(found), asked) == (["192.0.2.1"], 1)


def test_a_resolver_follows_cnames_across_zones_each_with_its_own_ttl(server: NameServer) -> None:
    resolver = Resolver()
    found, asked = resolve(resolver, server, "away.example.com.", 0)
    assert (addresses(found), asked, found.ttl) == (["192.0.2.4"], 2, 10)
    assert resolve(resolver, server, "away.example.com.", 11)[1] == 1  # only the address had run out
    assert resolve(resolver, server, "alias.example.com.", 0)[1] == 1  # both came in one answer
    assert resolve(resolver, server, "alias.example.com.", 31)[1] == 1


def test_a_resolver_remembers_what_does_not_exist(server: NameServer) -> None:
    resolver = Resolver()
    found, _ = resolve(resolver, server, "no.example.com.", 0)
    assert found.rcode == ours.RCODES["NXDOMAIN"] and found.ttl == 900
    server.zones.apply("Z1", [("CREATE", record_set("no.example.com", "A", 60, "192.0.2.9"))])
    assert resolve(resolver, server, "no.example.com.", 899)[0].rcode == ours.RCODES["NXDOMAIN"]
    assert addresses(resolve(resolver, server, "no.example.com.", 900)[0]) == ["192.0.2.9"]


def test_a_resolver_learns_from_answers_that_never_were_bytes(server: NameServer) -> None:
    resolver, by_wire = Resolver(), Resolver()
    for name in ("away.example.com.", "alias.example.com.", "no.example.com.", "near.example.com."):
        step = resolver.step(name, 1, 0)
        while isinstance(step, Ask):
            resolver.learn(step, server.answer(step.name, step.type, asker_from("127.81.2.1")), 0)
            step = resolver.step(name, 1, 0)
        assert step == resolve(by_wire, server, name, 0)[0]


def test_a_resolver_remembers_silence_briefly() -> None:
    resolver = Resolver()
    step = resolver.step("www.example.com.", 1, 0)
    assert step == Ask("www.example.com.", 1)
    resolver.learn(Ask("www.example.com.", 1), None, 0)
    assert resolver.step("www.example.com.", 1, 4) == Resolved(ours.RCODES["SERVFAIL"], (), 1)
    assert isinstance(resolver.step("www.example.com.", 1, 5), Ask)


def test_some_resolvers_keep_answers_longer_than_they_should(server: NameServer) -> None:
    resolver = Resolver(least_ttl=300)
    resolve(resolver, server, "plain.example.com.", 0)
    assert resolver.remaining("plain.example.com.", 1, 31) == 269


def test_a_resolver_forgets_the_oldest_when_it_is_full(server: NameServer) -> None:
    resolver = Resolver(largest=2)
    for name in ("plain.example.com.", "near.example.com.", "no.example.com."):
        resolve(resolver, server, name, 0)
    assert resolver.remaining("plain.example.com.", 1, 0) is None
    assert resolver.remaining("no.example.com.", 1, 0) is not None
    assert (resolver.hits, resolver.misses) == (3, 3)


def test_the_scope_for_ipv6_is_forty_eight_bits(server: NameServer) -> None:
    reply = ask(server, "near.example.com", use_edns=0, options=[dns.edns.ECSOption("2001:db8:1::", 56)])
    (option,) = reply.options
    assert (option.srclen, option.scopelen) == (56, 48)


@pytest.mark.parametrize(("ttl", "minimum", "kept"), [(900, 86400, 900), (900, 60, 60), (86400, 43200, 10800)])
def test_what_does_not_exist_is_remembered_for_the_shorter_time_and_at_most_three_hours(
    server: NameServer, ttl: int, minimum: int, kept: int
) -> None:
    """RFC 2308, sections 3 and 5."""
    soa = record_set("example.com", "SOA", ttl, SOA.replace("86400", str(minimum)))
    server.zones.apply("Z1", [("UPSERT", soa)])
    (told,) = ask(server, "no.example.com").authority
    assert told.ttl == min(ttl, minimum)
    resolver = Resolver()
    assert resolve(resolver, server, "no.example.com.", 0)[0].ttl == kept


def test_a_resolver_minds_the_least_of_several_ttls() -> None:
    records = [ours.Record("a.example.", 1, ttl, ours.encode(1, f"192.0.2.{ttl}")) for ttl in (60, 20, 90)]
    resolver = Resolver()
    resolver.learn(Ask("a.example.", 1), Answer(0, tuple(records)), 0)
    assert resolver.remaining("a.example.", 1, 0) == 20


def test_a_resolver_goes_by_the_minimum_of_a_negative_answer_whatever_its_ttl() -> None:
    soa = ours.Record("example.", 6, 900, ours.encode(6, SOA.replace("86400", "60")))
    resolver = Resolver()
    resolver.learn(Ask("a.example.", 1), Answer(3, authority=(soa,)), 0)
    assert resolver.remaining("a.example.", 1, 0) == 60


@pytest.mark.parametrize(
    ("type", "value", "data"),
    [("TXT", r'"\\101 \101"', b"\x06\\101 A"), ("TXT", r'"\""', b"\x01\""),
     ("A", " 192.0.2.1 ", bytes((192, 0, 2, 1)))],
)  # fmt: skip
def test_values_are_answered_as_the_control_plane_took_them(type: str, value: str, data: bytes) -> None:
    assert values.check(type, value) is None
    assert [each.data for each in records_of(record_set("a.example.com", type, 60, value), "a.example.com.")] == [data]
