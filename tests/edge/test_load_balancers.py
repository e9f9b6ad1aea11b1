"""Load balancers as the DNS knows them: nodes by zone, reports, probes, zonal shifts."""

from __future__ import annotations

import random
from typing import Any

import pytest

from terrella.edge.answers import EdgeAnswers
from terrella.edge.load_balancers import LoadBalancers, NodeId
from terrella.net.network import Network
from terrella.store.journal import Change
from terrella.wire import dns

ARN, NAME = "arn:aws:elasticloadbalancing:eu-west-1:1:loadbalancer/app/web/1", "Web-1.eu-west-1.elb.amazonaws.com"
ALL = {"127.20.9.1", "127.21.9.1"}
A, B = {"127.20.9.1"}, {"127.21.9.1"}


def put(table: str, value: Any) -> tuple[str, dict[str, Any]]:
    return "entry_put", {"table": table, "key": ARN, "value": value}


BALANCER = put("load_balancers", {"DnsName": NAME, "Number": 1, "Zones": [{"ZoneName": f"eu-west-1{z}"} for z in "ab"]})


def report(a: bool, b: bool, healthy: bool = True) -> tuple[str, dict[str, Any]]:
    return put("reports", {"Zones": {"eu-west-1a": a, "eu-west-1b": b}, "Healthy": healthy, "Ports": [80]})


@pytest.fixture
def known() -> LoadBalancers:
    found = LoadBalancers()
    found.take(*BALANCER)
    found.take(*report(True, True))
    return found


def addresses(known: LoadBalancers) -> set[str]:
    target = known.target(f"{NAME.lower()}.")
    assert target is not None
    return set(target.addresses)


def test_a_name_leads_to_its_nodes_and_a_zones_name_to_one(known: LoadBalancers) -> None:
    assert addresses(known) == ALL
    one = known.target(f"eu-west-1b.{NAME.lower()}.")
    assert one is not None and set(one.addresses) == B
    assert known.target("other-1.eu-west-1.elb.amazonaws.com.") is None


def test_a_zone_without_healthy_targets_is_left_out_unless_all_are(known: LoadBalancers) -> None:
    known.take(*report(False, True))
    assert addresses(known) == B
    known.take(*report(False, False, False))
    assert addresses(known) == ALL
    assert known.healthy(ARN) is False


def test_a_node_that_fails_three_probes_is_left_out_until_it_answers_twice(known: LoadBalancers) -> None:
    node = NodeId(ARN, "eu-west-1a")
    assert [known.learn(node, False) for _ in range(3)] == [False, False, True]
    assert addresses(known) == B
    assert [known.learn(node, True) for _ in range(2)] == [False, True]
    assert addresses(known) == ALL


def test_a_load_balancer_whose_nodes_are_all_down_is_not_healthy(known: LoadBalancers) -> None:
    for zone in ("eu-west-1a", "eu-west-1b"):
        for _ in range(3):
            known.learn(NodeId(ARN, zone), False)
    assert known.healthy(ARN) is False
    assert addresses(known) == ALL


def test_a_shift_lasts_until_it_expires_or_is_cancelled(known: LoadBalancers) -> None:
    shift = {"Id": "s", "Resource": ARN, "Zone": "eu-west-1a", "ExpiresAt": 100.0, "CanceledAt": None}
    known.take("shift_put", {"shift": shift})
    known.review(99.0)
    assert addresses(known) == B
    epoch = known.epoch
    known.review(100.0)
    assert addresses(known) == ALL and known.epoch > epoch
    known.take("shift_put", {"shift": shift | {"ExpiresAt": 200.0}})
    assert addresses(known) == B
    known.take("shift_put", {"shift": shift | {"ExpiresAt": 200.0, "CanceledAt": 101.0}})
    assert addresses(known) == ALL


def test_when_traffic_was_shifted_away_from_every_zone_all_are_answered(known: LoadBalancers) -> None:
    for zone in "ab":
        shift = {"Id": zone, "Resource": ARN, "Zone": f"eu-west-1{zone}", "ExpiresAt": 100.0, "CanceledAt": None}
        known.take("shift_put", {"shift": shift})
    assert addresses(known) == ALL


def test_a_deleted_load_balancer_has_no_name(known: LoadBalancers) -> None:
    known.take("entry_deleted", {"table": "load_balancers", "key": ARN})
    assert known.target(f"{NAME.lower()}.") is None and list(known.probed()) == []


def test_an_alias_fails_over_when_its_load_balancer_is_not_healthy() -> None:
    edge = EdgeAnswers(Network(rng=random.Random(1)), random.Random(1), ("us-east-1", "eu-west-1"), 1.0)
    seq = iter(range(1, 100))

    def take(service: str, kind: str, body: dict[str, Any]) -> None:
        number = next(seq)
        edge.take(Change(number, 0.0, "eu-west-1", 0.0, number, service, kind, body))

    alias = {"HostedZoneId": "Z32O12XQLNTSW2", "DNSName": NAME, "EvaluateTargetHealth": True}
    common = {"Name": "www.example.com.", "Type": "A"}
    plain = [{"Value": "127.10.1.1"}]
    records = [
        common | {"SetIdentifier": "1", "Failover": "PRIMARY", "AliasTarget": alias},
        common | {"SetIdentifier": "2", "Failover": "SECONDARY", "TTL": 60, "ResourceRecords": plain},
    ]
    take("route53", "zone_created", {"zone": {"Id": "Z1", "Name": "example.com."}, "records": records})
    take("elbv2", *BALANCER)
    take("elbv2", *report(True, True))

    def asked() -> set[str]:
        reply = edge.reply(dns.write_query(1, "www.example.com.", dns.TYPES["A"]), "127.0.0.1", False)
        assert reply is not None
        return {dns.decode(record.type, record.data) for record in dns.read_message(reply).answers}

    assert asked() == ALL
    take("elbv2", *report(False, False, False))
    assert asked() == {"127.10.1.1"}
