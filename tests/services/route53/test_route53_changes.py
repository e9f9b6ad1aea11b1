"""A change is PENDING until the edge has it on disk; everything the edge needs travels with it."""

from __future__ import annotations

from typing import Any

import pytest
from places import region
from route53_batches import change, record

from terrella.region.region import Region
from terrella.services.route53 import service


def test_a_change_is_in_sync_once_the_edge_has_it(route53: Any, home: Region, zone: str) -> None:
    outbox = home.peer_with("edge")
    outbox.resume(0, 0.0)
    asked = change(route53, zone, ("CREATE", record("www.example.com", "192.0.2.1")))
    assert route53.get_change(Id=asked["Id"])["ChangeInfo"]["Status"] == "PENDING"
    batch = outbox.due(0.0)
    assert batch is not None
    assert route53.get_change(Id=asked["Id"])["ChangeInfo"]["Status"] == "PENDING"
    outbox.ack(batch.upto, 0.0)
    assert route53.get_change(Id=asked["Id"])["ChangeInfo"]["Status"] == "INSYNC"


def test_the_comment_of_a_change_is_kept(route53: Any, zone: str) -> None:
    new = {"Action": "CREATE", "ResourceRecordSet": record("www.example.com", "192.0.2.1")}
    batch = {"Comment": "launch", "Changes": [new]}
    asked = route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch=batch)["ChangeInfo"]
    assert route53.get_change(Id=asked["Id"])["ChangeInfo"]["Comment"] == "launch"


@pytest.mark.parametrize("id", ["C0", "C0000001ABCDEF", "nonsense"])
def test_a_change_nobody_made_is_not_found(route53: Any, zone: str, id: str) -> None:
    with pytest.raises(route53.exceptions.NoSuchChange):
        route53.get_change(Id=id)


def test_the_edge_holds_what_the_home_holds(route53: Any, home: Region, zone: str) -> None:
    outbox = home.peer_with("edge")
    edge = region("edge", service.state_only())
    change(route53, zone, ("CREATE", record("www.example.com", "192.0.2.1")))
    route53.create_health_check(
        CallerReference="c", HealthCheckConfig={"Type": "TCP", "IPAddress": "127.10.1.1", "Port": 80}
    )
    while (batch := outbox.due(0.0)) is not None:
        outbox.ack(edge.accept(batch), 0.0)
    for name in ("route53.zones", "route53.records", "route53.health_checks"):
        held = dict(edge.maps.objects(name).items())
        assert held and held == dict(home.maps.objects(name).items())
