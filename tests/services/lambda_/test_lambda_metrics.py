"""What Lambda tells CloudWatch of each function."""

from __future__ import annotations

from typing import Any

import boto
import pytest
from botocore.exceptions import ClientError
from function_world import FunctionWorld

from terrella.services.cloudwatch import service as cloudwatch

FAILS = "def handler(event, context):\n    if event:\n        raise ValueError('boom')\n"


def test_invocations_errors_durations_and_throttles() -> None:
    world = FunctionWorld(cloudwatch)
    world.function(FAILS)
    for payload in (b"{}", b'{"fail": true}', b"{}"):
        world.lambda_.invoke(FunctionName="f", Payload=payload)
    world.lambda_.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError):
        world.lambda_.invoke(FunctionName="f")
    metrics = ("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions")
    told = {name: point(world, name) for name in metrics}
    assert {name: each["Sum"] for name, each in told.items() if name != "Duration"} == {
        "Invocations": 3.0, "Errors": 1.0, "Throttles": 1.0, "ConcurrentExecutions": 3.0,
    }  # fmt: skip
    assert (told["Duration"]["SampleCount"], told["Duration"]["Unit"]) == (3.0, "Milliseconds")


def point(world: FunctionWorld, metric: str) -> dict[str, Any]:
    now = world.clock.now()
    (found,) = boto.client(world.region, "cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName=metric, Period=300, StartTime=now - 120, EndTime=now + 60,
        Dimensions=[{"Name": "FunctionName", "Value": "f"}], Statistics=["Sum", "SampleCount"],
    )["Datapoints"]  # fmt: skip
    return dict(found)
