"""Global Accelerator's metrics, asked of the edge, and its flow logs."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import boto
import pytest
from botocore.exceptions import ClientError
from network import BorrowedNetwork
from places import EdgeOfAnswers, TasksByHand, region

from terrella.region.ports import Ports
from terrella.services import cloudwatch, globalaccelerator
from terrella.services.globalaccelerator import measuring

SPACE = "AWS/GlobalAccelerator"


class Here:
    def __init__(self) -> None:
        self.edge, self.tasks = EdgeOfAnswers(), TasksByHand()
        ports = Ports(edge=self.edge, tasks=self.tasks, borrowed=BorrowedNetwork("s3"))
        self.region = region("us-west-2", globalaccelerator.service, cloudwatch.service, ports=ports)
        self.clock: Any = self.region.clock
        self.ga = boto.client(self.region, "globalaccelerator")
        self.watch, self.s3 = boto.client(self.region, "cloudwatch"), boto.client(self.region, "s3")
        self.arn = self.ga.create_accelerator(Name="a", IdempotencyToken="t")["Accelerator"]["AcceleratorArn"]
        self.key = [self.arn, f"{self.arn}/listener/l1", "eu-west-1", "edge-nrt", "127.55.0.1", "TCP"]

    def look(self, *rows: list[int], records: Any = (), endpoints: Any = ()) -> None:
        minute = int(self.clock.time // 60)
        told = [[minute, self.key, row] for row in rows]
        self.edge.answers["accelerator_flows"] = {"rows": told, "records": list(records), "endpoints": list(endpoints)}
        asyncio.run(measuring.look(self.region.context("globalaccelerator")))

    def told(self, metric: str, statistic: str = "Sum", **dimensions: str) -> float | None:
        found = self.watch.get_metric_statistics(
            Namespace=SPACE, MetricName=metric, Period=86_400, Statistics=[statistic], StartTime=self.clock.time - 3600,
            EndTime=self.clock.time + 120, Dimensions=[{"Name": n, "Value": v} for n, v in dimensions.items()],
        )["Datapoints"]  # fmt: skip
        return float(found[0][statistic]) if found else None


@pytest.fixture
def here() -> Any:
    made = Here()
    yield made
    made.tasks.drop()


def test_a_minute_that_is_told_twice_counts_once(here: Here) -> None:
    id = here.arn.rpartition("/")[2]
    here.look([1, 100, 1000])
    here.look([3, 150, 1000])
    assert here.edge.asked[-1]["since"] == int(here.clock.time // 60)
    assert here.told("NewFlowCount", Accelerator=id) == 3.0
    assert here.told("ProcessedBytesIn", Accelerator=id, Listener="l1", EndpointGroup="eu-west-1") == 150.0
    assert here.told("ProcessedBytesOut", Accelerator=id, SourceRegion="EU", DestinationEdge="AP") == 1000.0
    here.look([1, 1, 1])  # an edge that began anew
    assert here.told("NewFlowCount", Accelerator=id, TransportProtocol="TCP") == 4.0


def test_endpoints_are_counted_by_their_health(here: Here) -> None:
    id = here.arn.rpartition("/")[2]
    rows = [[here.arn, here.key[1], "eu-west-1", 2, 1], [here.arn, here.key[1], "us-east-1", 1, 0]]
    here.look(endpoints=rows)
    here.clock.time += 120
    assert here.told("HealthyEndpointCount", "Maximum", Accelerator=id) == 3.0
    group = {"Accelerator": id, "Listener": "l1", "EndpointGroup": "eu-west-1"}
    assert here.told("UnhealthyEndpointCount", "Maximum", **group) == 1.0


@pytest.mark.parametrize(
    ("place", "area"),
    [("us-east-1", "NA"), ("ap-northeast-2", "KR"), ("ap-south-1", "IN"), ("ap-southeast-2", "AU"),
     ("me-south-1", "ME"), ("sa-east-1", "SA"), ("af-south-1", "AF"), ("edge-nrt", "AP"), ("eu-west-1", "EU")],
)  # fmt: skip
def test_places_are_counted_to_parts_of_the_world(place: str, area: str) -> None:
    assert measuring.area(place) == area


def test_flow_logs_go_to_a_bucket_that_is_made_to_take_them(here: Here) -> None:
    asked = {"AcceleratorArn": here.arn, "FlowLogsEnabled": True, "FlowLogsS3Prefix": "ga"}
    for bucket in ({}, {"FlowLogsS3Bucket": "not-there"}):
        with pytest.raises(ClientError, match="InvalidArgumentException"):
            here.ga.update_accelerator_attributes(**asked, **bucket)
    here.s3.create_bucket(Bucket="flows", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    here.ga.update_accelerator_attributes(**asked, FlowLogsS3Bucket="flows")
    here.ga.update_accelerator_attributes(**asked, FlowLogsS3Bucket="flows")
    policy = json.loads(here.s3.get_bucket_policy(Bucket="flows")["Policy"])
    assert [each["Sid"] for each in policy["Statement"]] == ["AWSLogDeliveryWrite", "AWSLogDeliveryAclCheck"]
    owed = [change.body["value"].get("FlowLogs") for change in here.region.journal.read(0, 100)
            if "edge" in change.to and change.body["table"] == "accelerators"]  # fmt: skip
    assert owed[-1] is True
    record = [1, here.arn, "198.18.2.10", 30_000, "127.55.0.1", 80, "127.20.9.5", 80, "TCP", 5, 315, 100, 130,
              "127.81.2.1", 4000, "eu-west-1", "edge-nrt", "INGRESS", "vpc-1"]  # fmt: skip
    here.look(records=[record])
    assert here.region.state["globalaccelerator"].newest_record == 1
    asyncio.run(here.region.state["globalaccelerator"].deliveries.deliver(1_760_000_100.0))
    (found,) = here.s3.list_objects_v2(Bucket="flows")["Contents"]
    id = here.arn.rpartition("/")[2]
    folder = "ga/AWSLogs/123456789012/globalaccelerator/us-west-2/2025/10/09"
    assert found["Key"].startswith(f"{folder}/123456789012_globalaccelerator_{id}_20251009T0855Z_")
    line = gzip.decompress(here.s3.get_object(Bucket="flows", Key=found["Key"])["Body"].read()).decode()
    assert line == (
        f"2.0 123456789012 {id} 198.18.2.10 30000 127.55.0.1 80 127.20.9.5 80 6 IPV4 5 315 100 130 ACCEPT OK "
        "127.81.2.1 4000 eu-west-1 NRT1 INGRESS vpc-1\n"
    )
