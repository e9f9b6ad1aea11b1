"""What the control plane's changes make of the edge, and what the edge tells it."""

import random

import pytest

from terrella.edge.dns import NameServer
from terrella.edge.feed import Feed
from terrella.edge.health import HealthTable
from terrella.edge.probe import Finding
from terrella.edge.questions import answer
from terrella.edge.targets import amazon_targets
from terrella.edge.zones import Zones
from terrella.net.addresses import place_of
from terrella.net.network import Network

ZONE = {
    "Id": "Z1",
    "Name": "example.com.",
    "PrivateZone": False,
    "VPCs": [],
    "NameServers": ["ns-1.awsdns-01.org"],
    "CreatedAt": 2.0,
}
OWN = [
    {
        "Name": "example.com.",
        "Type": "NS",
        "TTL": 172800,
        "ResourceRecords": [{"Value": "ns-1.awsdns-01.org."}],
    },
    {
        "Name": "example.com.",
        "Type": "SOA",
        "TTL": 900,
        "ResourceRecords": [{"Value": "ns. root. 1 7200 900 1 86400"}],
    },
]
CHECK = {"Id": "hc-1", "HealthCheckConfig": {"Type": "TCP", "IPAddress": "127.10.9.1", "FailureThreshold": 1}}


def entry(region: str, address: str) -> dict[str, object]:
    value = {"Name": "www.example.com.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": address}]}
    return {**value, "SetIdentifier": region, "Region": region, "HealthCheckId": "hc-1"}


@pytest.fixture
def edge() -> tuple[Feed, NameServer]:
    feed = Feed(Zones(), HealthTable())
    server = NameServer(feed.zones, Network(), random.Random(1), feed.health.healthy, amazon_targets())
    feed.take("zone_created", {"zone": ZONE, "records": OWN, "info": {"Id": "C1"}})
    feed.take("health_check_created", {"check": CHECK})
    changes = [("UPSERT", entry("eu-west-1", "192.0.2.1")), ("UPSERT", entry("us-east-1", "192.0.2.2"))]
    feed.take("records_changed", plain(changes))
    feed.take("tags_changed", {"key": "x", "tags": {}})
    return feed, server


def plain(changes: list[tuple[str, dict[str, object]]]) -> dict[str, object]:
    return {
        "zone": "Z1",
        "changes": [{"Action": a, "ResourceRecordSet": r} for a, r in changes],
        "info": {"Id": "C2"},
    }


def asked(server: NameServer, health: HealthTable, **more: object) -> dict[str, object]:
    question = {"kind": "test_dns_answer", "zone": "Z1", "name": "www.example.com", "type": "A"}
    return answer({**question, "resolver": None, "subnet": None, "mask": None, **more}, server, health)


def test_changes_become_answers(edge: tuple[Feed, NameServer]) -> None:
    feed, server = edge
    said = asked(server, feed.health)
    assert said == {"nameserver": "ns-1.awsdns-01.org", "rcode": "NOERROR", "records": ["192.0.2.2"]}
    near = asked(server, feed.health, subnet="198.18.1.0", mask=24)
    assert near["records"] == ["192.0.2.1"]
    assert asked(server, feed.health, resolver="127.81.1.1")["records"] == ["192.0.2.1"]
    assert asked(server, feed.health, name="no.example.com")["rcode"] == "NXDOMAIN"
    assert asked(server, feed.health, name="www.elsewhere.org")["rcode"] == "REFUSED"
    assert asked(server, feed.health, type="TXT") == {
        "nameserver": "ns-1.awsdns-01.org", "rcode": "NOERROR", "records": [],
    }  # fmt: skip


def test_a_deleted_record_is_gone_and_so_is_a_deleted_zone(edge: tuple[Feed, NameServer]) -> None:
    feed, server = edge
    feed.take("records_changed", plain([("DELETE", entry("us-east-1", "192.0.2.2"))]))
    assert asked(server, feed.health)["records"] == ["192.0.2.1"]
    feed.take("zone_deleted", {"id": "Z1", "info": {"Id": "C3"}})
    feed.take("zone_deleted", {"id": "Z1", "info": {"Id": "C3"}})
    assert asked(server, feed.health)["rcode"] == "REFUSED"


def test_a_change_that_comes_twice_alters_nothing(edge: tuple[Feed, NameServer]) -> None:
    feed, server = edge
    for _ in range(2):
        feed.take("zone_created", {"zone": ZONE, "records": OWN, "info": {"Id": "C1"}})
        feed.take("records_changed", plain([("UPSERT", entry("eu-west-1", "192.0.2.7"))]))
    assert len(feed.zones.by_name["example.com."]) == 1
    assert asked(server, feed.health, resolver="127.81.1.1")["records"] == ["192.0.2.7"]


def test_a_restart_loads_what_the_changes_had_built(edge: tuple[Feed, NameServer]) -> None:
    feed, _ = edge
    again = Feed(Zones(), HealthTable())
    groups = [
        ("Z1", group) for groups in feed.zones.by_id["Z1"].records.values() for group in groups.values()
    ]
    again.load([ZONE], groups, [CHECK])
    assert again.zones.by_id["Z1"].records == feed.zones.by_id["Z1"].records
    assert again.zones.by_id["Z1"].names == feed.zones.by_id["Z1"].names
    assert list(again.health.checks) == ["hc-1"]


def test_after_a_restart_the_older_of_two_zones_with_one_name_still_answers() -> None:
    feed = Feed(Zones(), HealthTable())
    older = {**ZONE, "Id": "Z9", "CreatedAt": 1.0}
    feed.load([ZONE, older], [], [])  # maps come back by key
    found = feed.zones.find("a.example.com.")
    assert found is not None and found.id == "Z9"


def test_a_private_zone_follows_its_vpcs(edge: tuple[Feed, NameServer]) -> None:
    feed, _ = edge
    zone = {
        "Id": "Z2",
        "Name": "corp.",
        "PrivateZone": True,
        "VPCs": [{"VPCRegion": "eu-west-1", "VPCId": "vpc-1"}],
    }
    feed.take("zone_created", {"zone": zone, "records": [], "info": {}})
    assert (
        feed.zones.find("a.corp.", "eu-west-1") is not None
        and feed.zones.find("a.corp.", "us-east-1") is None
    )
    feed.take("zone_updated", {"zone": {**zone, "VPCs": []}, "info": {}})
    assert feed.zones.find("a.corp.", "eu-west-1") is None


def test_the_control_plane_reads_what_the_checkers_saw(edge: tuple[Feed, NameServer]) -> None:
    feed, server = edge
    checker = feed.health.checks["hc-1"].checkers()[0]
    feed.health.learn("hc-1", checker, Finding(False, "Failure: no"), 5.0)
    feed.health.learn("hc-1", checker, Finding(True, "Success: yes"), 6.0)
    status = answer({"kind": "health_status", "id": "hc-1"}, server, feed.health)["observations"]
    failure = answer({"kind": "health_last_failure", "id": "hc-1"}, server, feed.health)["observations"]
    assert status == [{"region": "us-east-1", "ip": checker.address, "status": "Success: yes", "time": 6.0}]
    assert failure[0] | {"status": "Failure: no", "time": 5.0} == failure[0]
    seen = place_of(checker.address)
    assert seen is not None and seen.name == "checker-us-east-1"
    assert answer({"kind": "health_status", "id": "gone"}, server, feed.health) == {"observations": []}
    with pytest.raises(ValueError, match="no such question"):
        answer({"kind": "weather", "id": "x"}, server, feed.health)


def test_an_unhealthy_verdict_moves_the_answer(edge: tuple[Feed, NameServer]) -> None:
    feed, server = edge
    feed.take(
        "records_changed", plain([("UPSERT", {**entry("eu-west-1", "192.0.2.1"), "HealthCheckId": "other"})])
    )
    for checker in feed.health.checks["hc-1"].checkers():
        feed.health.learn("hc-1", checker, Finding(False, "Failure: no"), 1.0)
    assert asked(server, feed.health)["records"] == ["192.0.2.1"]
    feed.take("health_check_deleted", {"id": "hc-1"})
    assert asked(server, feed.health)["records"] == ["192.0.2.2"]
