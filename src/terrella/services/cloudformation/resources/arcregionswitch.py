"""AWS::ARCRegionSwitch::Plan: kept as state; no plan is executed."""

from __future__ import annotations

from typing import Any

from ....wire import model
from ..resource import Resource
from ..resource_type import ResourceType
from ..tabled import respelt

Plain = dict[str, Any]
SWITCH = "arc-region-switch"
ALTERED = (
    "AssociatedAlarms Description ExecutionRole RecoveryTimeObjectiveMinutes ReportConfiguration Triggers Workflows"
)
FIXED = "Name PrimaryRegion RecoveryApproach Regions"
plan = ResourceType(
    "AWS::ARCRegionSwitch::Plan",
    properties=f"{ALTERED} {FIXED} Tags",
    required="ExecutionRole Name RecoveryApproach Regions Workflows",
    create_only=FIXED,
    attributes="Arn Owner Version",
    tagged=True,
    note="State: no plan is executed, and no health checks are made for it.",
)


@plan.creates
async def create_plan(resource: Resource) -> str:
    input = _spelt("CreatePlan", resource.pick(f"{ALTERED} {FIXED}"))
    made = await resource.call(SWITCH, "CreatePlan", {**input, "tags": resource.tags() or None})
    return str(made["plan"]["arn"])


@plan.updates
async def update_plan(resource: Resource) -> None:
    input = _spelt("UpdatePlan", resource.pick(ALTERED))
    await resource.call(SWITCH, "UpdatePlan", {**input, "arn": resource.physical_id})
    added, removed = resource.tag_changes()
    if added:
        await resource.call(SWITCH, "TagResource", {"arn": resource.physical_id, "tags": added})
    if removed:
        await resource.call(SWITCH, "UntagResource", {"arn": resource.physical_id, "resourceTagKeys": removed})


@plan.reads
async def plan_attributes(resource: Resource) -> Plain:
    found = (await resource.call(SWITCH, "GetPlan", {"arn": resource.physical_id}))["plan"]
    return {"Arn": resource.physical_id, "Owner": found["owner"], "Version": found.get("version", "1")}


@plan.deletes
async def delete_plan(resource: Resource) -> None:
    await resource.call(SWITCH, "DeletePlan", {"arn": resource.physical_id})


def _spelt(operation: str, given: Plain) -> Plain:
    made: Plain = respelt(model.load(SWITCH).operations[operation].input, given)
    return made
