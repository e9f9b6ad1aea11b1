"""DynamoDB's tables and global indexes as targets: what they have and consume, and giving them another capacity.

A write to a table with replicas costs capacity in every region, so what is consumed of it is the sum of all. A table's
reads are each replica's own: the capacity for them is an override, which another region of the table is asked to make.
An index has no such override, so its reads are taken together, too.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from ...core.errors import AwsError
from ...region.service import Context
from .state import State

Plain = dict[str, Any]

DIMENSIONS = {
    f"dynamodb:{kind}:{verb}CapacityUnits": (kind, verb) for kind in ("table", "index") for verb in ("Read", "Write")
}
LOOKED_BACK_S = 180


class Gone(Exception):
    """The table or index is not there, or has no capacity to alter now."""


class OutOfReach(Exception):
    """A region that consumes as well does not say what."""


@dataclass(slots=True)
class Scaled:
    """A table or index at this moment."""

    table: str
    index: str | None
    verb: str
    capacity: int
    other: int  # capacity of the other kind
    regions: tuple[str, ...]  # others that hold the table

    @property
    def own(self) -> bool:
        """Whether this replica's capacity is another than that of the others."""
        return self.verb == "Read" and self.index is None and bool(self.regions)


async def look(ctx: Context[State], resource: str, dimension: str) -> Scaled:
    """What a target has. Gone."""
    name, index = _names(resource)
    try:
        described = (await ctx.request("dynamodb", "DescribeTable", {"TableName": name}))["Table"]
    except AwsError:
        raise Gone from None
    has, status = described, described["TableStatus"]
    if index is not None:
        has = next((each for each in described.get("GlobalSecondaryIndexes", ()) if each["IndexName"] == index), None)
        status = has["IndexStatus"] if has else None
    on_demand = described.get("BillingModeSummary", {}).get("BillingMode") == "PAY_PER_REQUEST"
    if on_demand or has is None or "ACTIVE" not in (status, described["TableStatus"]):
        raise Gone
    verb = DIMENSIONS[dimension][1]
    given = has["ProvisionedThroughput"]
    capacity = {each: given[f"{each}CapacityUnits"] for each in ("Read", "Write")}
    other = capacity["Write" if verb == "Read" else "Read"]
    regions = tuple(each["RegionName"] for each in described.get("Replicas", ()))
    return Scaled(name, index, verb, capacity[verb], other, regions)


async def consumed(ctx: Context[State], scaled: Scaled) -> dict[str, float]:
    """Units by region and the period CloudWatch counts them in, of the last minutes. OutOfReach."""
    now = ctx.here.clock.now()
    dimensions = [{"Name": "TableName", "Value": scaled.table}]
    if scaled.index is not None:
        dimensions.append({"Name": "GlobalSecondaryIndexName", "Value": scaled.index})
    asked = {
        "Namespace": "AWS/DynamoDB", "MetricName": f"Consumed{scaled.verb}CapacityUnits", "Dimensions": dimensions,
        "StartTime": _moment(now - LOOKED_BACK_S), "EndTime": _moment(now + 60), "Period": 60, "Statistics": ["Sum"],
    }  # fmt: skip
    found = {}
    for region in (ctx.region, *(() if scaled.own else scaled.regions)):
        try:
            answer = await ctx.request("cloudwatch", "GetMetricStatistics", asked, region=region)
        except AwsError:
            raise OutOfReach from None
        for point in answer["Datapoints"]:
            found[f"{region} {_seconds(point['Timestamp'])}"] = point["Sum"]
    return found


async def give(ctx: Context[State], scaled: Scaled, capacity: int) -> None:
    """Alter the capacity. The refusals of UpdateTable."""
    input: Plain = {"TableName": scaled.table}
    if scaled.own:
        override = {"ReadCapacityUnits": capacity}
        replica: Plain = {"RegionName": ctx.region, "ProvisionedThroughputOverride": override}
        await ctx.request(
            "dynamodb", "UpdateTable", {**input, "ReplicaUpdates": [{"Update": replica}]}, region=scaled.regions[0]
        )
        return
    units = {scaled.verb: capacity, ("Write" if scaled.verb == "Read" else "Read"): scaled.other}
    throughput = {f"{verb}CapacityUnits": units[verb] for verb in ("Read", "Write")}
    if scaled.index is not None:
        update = {"IndexName": scaled.index, "ProvisionedThroughput": throughput}
        input["GlobalSecondaryIndexUpdates"] = [{"Update": update}]
    else:
        input["ProvisionedThroughput"] = throughput
    await ctx.request("dynamodb", "UpdateTable", input)


def _names(resource: str) -> tuple[str, str | None]:
    """`table/NAME/index/NAME` taken apart."""
    parts = resource.split("/")
    index = parts[3] if len(parts) == 4 and parts[2] == "index" else None
    return (parts[1] if len(parts) in (2, 4) else ""), index


def _moment(at: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at, datetime.UTC)


def _seconds(at: Any) -> float:
    return float(at.timestamp() if isinstance(at, datetime.datetime) else at)
