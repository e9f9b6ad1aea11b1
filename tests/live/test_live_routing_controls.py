"""Routing controls in a live world: turned at one endpoint, read at another, followed by DNS, with a region lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from live.test_city import client, wait
from live.test_live_balancers import resolved
from live.worlds import World, world

pytestmark = pytest.mark.live
REGIONS = ("us-east-1", "us-west-2", "eu-west-1")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("switched"), *REGIONS, speed=20) as found:
        yield found


def test_dns_follows_a_switch_that_outlives_a_region(running: World) -> None:
    config = client(running, "route53-recovery-control-config", "us-west-2")
    cluster = config.create_cluster(ClusterName="switches")["Cluster"]["ClusterArn"]
    made = config.create_routing_control(ClusterArn=cluster, RoutingControlName="first")
    control = made["RoutingControl"]["RoutingControlArn"]
    config.get_waiter("routing_control_created").wait(
        RoutingControlArn=control, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    _zone(client(running, "route53", "us-east-1"), control)
    wait(lambda: resolved(running, "app.switched.example") == {"192.0.2.2"}, 15)
    ireland = client(running, "route53-recovery-cluster", "eu-west-1")
    ireland.update_routing_control_state(RoutingControlArn=control, RoutingControlState="On")
    virginia = client(running, "route53-recovery-cluster", "us-east-1")
    assert virginia.get_routing_control_state(RoutingControlArn=control)["RoutingControlState"] == "On"
    wait(lambda: resolved(running, "app.switched.example") == {"192.0.2.1"}, 15)
    running.cli("strike", "region-outage", "us-west-2")
    try:
        wait(lambda: _turned(ireland, control), 30)
        wait(lambda: resolved(running, "app.switched.example") == {"192.0.2.2"}, 15)
    finally:
        running.cli("heal")


def _turned(cluster: Any, control: str) -> bool:
    try:
        cluster.update_routing_control_state(RoutingControlArn=control, RoutingControlState="Off")
    except cluster.exceptions.EndpointTemporarilyUnavailableException:
        return False
    return True


def _zone(route53: Any, control: str) -> None:
    """A name that leads to one address while the switch is on, else to another."""
    zone = route53.create_hosted_zone(Name="switched.example", CallerReference="1")["HostedZone"]["Id"]
    check = route53.create_health_check(
        CallerReference="1", HealthCheckConfig={"Type": "RECOVERY_CONTROL", "RoutingControlArn": control}
    )["HealthCheck"]["Id"]
    common = {"Name": "app.switched.example", "Type": "A", "TTL": 1}
    first = {"SetIdentifier": "1", "Failover": "PRIMARY", "HealthCheckId": check}
    second = {"SetIdentifier": "2", "Failover": "SECONDARY"}
    changes = [
        {
            "Action": "CREATE",
            "ResourceRecordSet": {**common, **each, "ResourceRecords": [{"Value": f"192.0.2.{number}"}]},
        }
        for number, each in enumerate((first, second), 1)
    ]
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
