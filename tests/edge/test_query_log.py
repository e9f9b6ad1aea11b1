"""Query logs: a line for every question of a logged zone, whether its answer was remembered or not."""

from __future__ import annotations

import random
from typing import Any

import pytest

from terrella.edge import query_log
from terrella.edge.answers import EdgeAnswers
from terrella.net.addresses import address_of
from terrella.net.network import Network
from terrella.store.journal import Change
from terrella.wire import dns

TOKYO = address_of("tokyo")
GROUP = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/route53/a.test:*"


class Edge:
    """Two zones, a.test and b.test, of which the first is logged."""

    def __init__(self) -> None:
        self.time, self.number = 1_500_000_000.123, 0
        self.answers = EdgeAnswers(Network(), random.Random(1), ("us-east-1",), 1.0, lambda: self.time)
        for name in ("a.test.", "b.test."):
            soa = {"Name": name, "Type": "SOA", "TTL": 900, "ResourceRecords": [{"Value": "ns. root. 1 2 3 4 5"}]}
            www = {"Name": f"www.{name}", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}
            self.take("zone_created", zone={"Id": f"Z{name[0]}", "Name": name}, records=[soa, www])
        config = {"Id": "c", "HostedZoneId": "Za", "CloudWatchLogsLogGroupArn": GROUP}
        self.take("query_logging_begun", config=config)

    def take(self, kind: str, **body: Any) -> None:
        self.number += 1
        self.answers.take(Change(self.number, 0.0, "us-east-1", 0.0, self.number, "route53", kind, body, ()))

    def ask(self, name: str, type: str = "A", tcp: bool = False, edns: dns.Edns | None = None) -> bytes | None:
        self.time += 0.001
        message = dns.write_query(7, name, dns.type_number(type), edns=edns)
        return self.answers.reply(message, TOKYO, tcp)

    def lines(self) -> list[str]:
        return [text for batch in self.answers.query_log.take() for _, text in batch.lines]


@pytest.fixture
def edge() -> Edge:
    return Edge()


def test_every_question_of_a_logged_zone_is_a_line_in_the_form_aws_has(edge: Edge) -> None:
    edge.ask("www.a.test.")
    edge.ask("NO.a.test.", "AAAA", tcp=True, edns=dns.Edns(4096, subnet=dns.Subnet(1, 24, 0, "203.0.113.0")))
    edge.ask("www.b.test.")
    edge.ask("www.c.test.")
    (batch,) = edge.answers.query_log.take()
    place = query_log.location_of(TOKYO)
    assert place.startswith("NRT") and (batch.group, batch.stream) == ("/aws/route53/a.test", f"Za/{place}")
    assert batch.lines == [
        (1500000000124, f"1.0 2017-07-14T02:40:00.124Z Za www.a.test A NOERROR UDP {place} {TOKYO} -"),
        (1500000000125,
         f"1.0 2017-07-14T02:40:00.125Z Za no.a.test AAAA NXDOMAIN TCP {place} {TOKYO} 203.0.113.0/24"),
    ]  # fmt: skip


def test_what_is_answered_from_memory_is_logged_too_and_answered_alike(edge: Edge) -> None:
    first, again = edge.ask("www.a.test."), edge.ask("www.a.test.")
    assert first == again and len(edge.lines()) == 2
    edge.take("query_logging_ended", id="c")
    assert edge.ask("www.a.test.") == first and edge.lines() == []


def test_a_zone_logged_from_now_on_is_logged_though_its_answers_were_remembered(edge: Edge) -> None:
    edge.ask("www.b.test.")
    edge.take("query_logging_begun", config={"Id": "d", "HostedZoneId": "Zb", "CloudWatchLogsLogGroupArn": GROUP})
    edge.ask("www.b.test.")
    assert len(edge.lines()) == 1
    edge.take("zone_deleted", id="Zb")
    assert "Zb" not in edge.answers.query_log.groups


def test_what_finds_no_room_is_counted(edge: Edge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(query_log, "MOST_WAITING", 3)
    for _ in range(5):
        assert edge.ask("www.a.test.") is not None
    assert (len(edge.lines()), edge.answers.query_log.dropped) == (3, 2)


def test_what_is_no_question_is_no_line(edge: Edge) -> None:
    for message in (b"", b"\0" * 12, b"\0" * 40):
        edge.answers.reply(message, TOKYO, False)
    assert edge.lines() == []
