"""What Route 53 tells CloudWatch of its health checks, in a simulated world."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import simulated

from terrella.net.addresses import address_of
from terrella.world.simulated import SimulatedWorld

HOUR = timedelta(hours=1)
HOME = "us-east-1"
NOWHERE = {"Type": "HTTP", "IPAddress": "127.250.0.9", "Port": 80, "RequestInterval": 10, "FailureThreshold": 1}


def call(world: SimulatedWorld, service: str, operation: str, **input: Any) -> dict[str, Any]:
    answer: dict[str, Any] = world.run(world.call(HOME, service, operation, input))
    return answer


def statistics(world: SimulatedWorld, metric: str, id: str, **where: str) -> list[dict[str, Any]]:
    dimensions = [{"Name": name, "Value": value} for name, value in {"HealthCheckId": id, **where}.items()]
    now = datetime.fromtimestamp(world.clock.now(), UTC)
    found = call(
        world, "cloudwatch", "GetMetricStatistics", Namespace="AWS/Route53", MetricName=metric, Period=60,
        Dimensions=dimensions, StartTime=now - HOUR, EndTime=now + HOUR,
        Statistics=["Minimum", "Maximum", "SampleCount"],
    )["Datapoints"]  # fmt: skip
    return sorted(found, key=lambda each: str(each["Timestamp"]))


def make(world: SimulatedWorld, reference: str, **config: Any) -> str:
    made = call(world, "route53", "CreateHealthCheck", CallerReference=reference, HealthCheckConfig=config)
    return str(made["HealthCheck"]["Id"])


def test_a_health_check_tells_of_its_verdict_every_minute_once_it_was_asked() -> None:
    world = simulated.world(HOME)
    id = make(world, "a", **NOWHERE)
    parent = make(world, "b", Type="CALCULATED", HealthThreshold=1, ChildHealthChecks=[id])
    assert statistics(world, "HealthCheckStatus", id) == []
    world.run(world.clock.sleep(300))
    points = statistics(world, "HealthCheckStatus", id)
    assert len(points) >= 4 and points[-1]["Maximum"] == 0.0
    share = statistics(world, "HealthCheckPercentageHealthy", id)[-1]
    assert (share["Maximum"], share["Unit"]) == (0.0, "Percent")
    assert statistics(world, "ChildHealthCheckHealthyCount", parent)[-1]["Maximum"] == 0.0
    assert statistics(world, "HealthCheckPercentageHealthy", parent) == []


def test_no_points_come_while_the_edge_cannot_be_asked() -> None:
    world = simulated.world(HOME)
    id = make(world, "a", **NOWHERE)
    statistics(world, "HealthCheckStatus", id)
    world.run(world.clock.sleep(90))
    world.run(world.strike("region-outage", HOME))
    world.run(world.clock.sleep(600))
    world.run(world.heal())
    world.run(world.clock.sleep(90))
    points = statistics(world, "HealthCheckStatus", id)
    assert 2 <= len(points) <= 6, "some before, some after"


def test_latency_is_measured_where_it_was_asked_for_by_region_of_the_checker() -> None:
    world = simulated.world(HOME)
    near = {"Type": "HTTP", "IPAddress": address_of(HOME), "Port": 80, "RequestInterval": 10}
    id, other = make(world, "a", **near, MeasureLatency=True), make(world, "b", **near)
    statistics(world, "ConnectionTime", id)
    world.run(world.clock.sleep(200))
    here = statistics(world, "ConnectionTime", id, Region=HOME)[-1]
    far = statistics(world, "ConnectionTime", id, Region="ap-southeast-2")[-1]
    everywhere = statistics(world, "ConnectionTime", id)[-1]
    assert here["Unit"] == "Milliseconds" and here["Maximum"] < 10 < 150 < far["Minimum"] < 300
    assert (everywhere["SampleCount"], everywhere["Maximum"] >= far["Maximum"]) == (16.0, True)
    assert statistics(world, "TimeToFirstByte", id, Region=HOME)
    assert statistics(world, "SSLHandshakeTime", id) == statistics(world, "ConnectionTime", other) == []
