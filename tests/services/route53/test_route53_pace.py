"""Where the world keeps Route 53's limits: five requests a second, one change of a zone at a time."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from route53_batches import change, record

from terrella.region.region import Region


@pytest.fixture
def limited(home: Region, zone: str) -> Region:
    home.world.limits = ("route53",)
    return home


def test_a_sixth_request_in_a_moment_is_throttled_and_a_later_one_is_not(limited: Region, route53: Any) -> None:
    for _ in range(5):
        route53.get_hosted_zone_count()
    with pytest.raises(ClientError) as refused:
        route53.create_hosted_zone(Name="more.test", CallerReference="more")
    answer = refused.value.response
    assert (answer["Error"]["Code"], answer["Error"]["Message"]) == ("Throttling", "Rate exceeded")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    limited.clock.time += 0.2  # type: ignore[attr-defined]
    assert route53.get_hosted_zone_count()["HostedZoneCount"] == 1


def test_a_change_is_refused_while_the_one_before_it_is_not_on_disk(limited: Region, route53: Any, zone: str) -> None:
    other = route53.create_hosted_zone(Name="other.test", CallerReference="other")["HostedZone"]["Id"]
    journal, on_disk = limited.journal, limited.journal.last
    change(route53, zone, ("CREATE", record("a.example.com", "192.0.2.1")))
    journal.durable = on_disk
    with pytest.raises(route53.exceptions.PriorRequestNotComplete):
        change(route53, zone, ("CREATE", record("b.example.com", "192.0.2.1")))
    change(route53, other, ("CREATE", record("a.other.test", "192.0.2.1")))
    journal.durable = journal.last
    change(route53, zone, ("CREATE", record("b.example.com", "192.0.2.1")))


def test_by_default_there_are_as_many_as_come(route53: Any) -> None:
    for _ in range(20):
        route53.get_hosted_zone_count()
