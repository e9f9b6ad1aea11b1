"""AWS::Events and AWS::Scheduler: rules, buses and schedules. They reach queues and topics, and no function."""

from __future__ import annotations

from typing import Any

from ....wire import model
from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string
from ..tabled import Row, respelt

Plain = dict[str, Any]
EVENTS = "events"
BORROWED = "EventBridge is borrowed: a rule invokes no function."
RULE = "Description EventBusName EventPattern RoleArn ScheduleExpression State"
ROWS = (
    Row(
        "AWS::Events::EventBus", EVENTS, "Name EventSourceName Description KmsKeyIdentifier DeadLetterConfig Tags",
        create="CreateEventBus", name="Name", longest_name=256, key="Name", delete="DeleteEventBus",
        show="DescribeEventBus", attributes={"Arn": "Arn", "Name": "{id}"}, tags="list", required="Name",
        ignored="Policy LogConfig",
    ),
    Row(
        "AWS::Events::Archive", EVENTS, "ArchiveName Description EventPattern RetentionDays SourceArn KmsKeyIdentifier",
        create="CreateArchive", name="ArchiveName", longest_name=48, renamed={"SourceArn": "EventSourceArn"},
        key="ArchiveName", delete="DeleteArchive", show="DescribeArchive",
        attributes={"Arn": "ArchiveArn", "ArchiveName": "{id}"},
    ),
    Row(
        "AWS::Events::Connection", EVENTS, "AuthParameters AuthorizationType Description Name",
        create="CreateConnection", name="Name", key="Name", delete="DeleteConnection", show="DescribeConnection",
        attributes={"Arn": "ConnectionArn", "SecretArn": "SecretArn"},
    ),
    Row(
        "AWS::Events::ApiDestination", EVENTS,
        "ConnectionArn Description HttpMethod InvocationEndpoint InvocationRateLimitPerSecond Name",
        create="CreateApiDestination", name="Name", key="Name", delete="DeleteApiDestination",
        show="DescribeApiDestination", attributes={"Arn": "ApiDestinationArn"},
    ),
    Row(
        "AWS::Scheduler::ScheduleGroup", "scheduler", "Name Tags", create="CreateScheduleGroup", name="Name",
        key="Name", delete="DeleteScheduleGroup", show="GetScheduleGroup", attributes={"Arn": "Arn"}, tags="list",
    ),
    Row(
        "AWS::Scheduler::Schedule", "scheduler",
        "Description EndDate FlexibleTimeWindow GroupName KmsKeyArn Name ScheduleExpression "
        "ScheduleExpressionTimezone StartDate State Target",
        create="CreateSchedule", name="Name", longest_name=64, key="Name", beside="GroupName",
        delete="DeleteSchedule", show="GetSchedule", attributes={"Arn": "Arn"},
        note="Scheduler is borrowed: nothing is started by it.",
    ),
)  # fmt: skip
TYPES = tuple(row.type() for row in ROWS)
rule = ResourceType(
    "AWS::Events::Rule",
    properties=f"{RULE} Name Targets Tags",
    create_only="Name EventBusName",
    attributes="Arn",
    name="Name",
    note=BORROWED,
)
bus_policy = ResourceType(
    "AWS::Events::EventBusPolicy",
    properties="Action Condition EventBusName Principal Statement StatementId",
    required="StatementId",
    create_only="EventBusName StatementId",
)


@rule.creates
async def create_rule(resource: Resource) -> str:
    await _put_rule(resource, resource.name)
    return _physical(resource)


@rule.settles
async def put_targets(resource: Resource) -> None:
    which = {"Rule": resource.name, **resource.pick("EventBusName")}
    before = resource.before["properties"].get("Targets", []) if resource.before else []
    now = [each["Id"] for each in resource.get("Targets", [])]
    gone = [each["Id"] for each in before if each["Id"] not in now]
    if now:
        shape = model.load(EVENTS).operations["PutTargets"].input
        await resource.call(EVENTS, "PutTargets", respelt(shape, {**which, "Targets": resource.get("Targets")}))
    if gone:
        await resource.call(EVENTS, "RemoveTargets", {**which, "Ids": gone})


@rule.updates
async def update_rule(resource: Resource) -> None:
    await _put_rule(resource, resource.name)


@rule.reads
async def rule_attributes(resource: Resource) -> Plain:
    which = {"Name": resource.name, **resource.pick("EventBusName")}
    return {"Arn": (await resource.call(EVENTS, "DescribeRule", which))["Arn"]}


@rule.deletes
async def delete_rule(resource: Resource) -> None:
    bus = resource.pick("EventBusName")
    ids = [each["Id"] for each in resource.get("Targets", [])]
    if ids:
        await resource.call(EVENTS, "RemoveTargets", {"Rule": resource.name, **bus, "Ids": ids})
    await resource.call(EVENTS, "DeleteRule", {"Name": resource.name, **bus})


@bus_policy.creates
async def create_bus_policy(resource: Resource) -> str:
    await put_bus_policy(resource)
    return f"{resource.get('EventBusName', 'default')}|{resource.get('StatementId')}"


@bus_policy.updates
async def put_bus_policy(resource: Resource) -> None:
    input = resource.pick("Action Condition EventBusName Principal StatementId")
    statement = resource.get("Statement")
    if statement:
        statement = {"Sid": resource.get("StatementId"), **statement}
        document = as_string({"Version": "2012-10-17", "Statement": [statement]})
        input = {**resource.pick("EventBusName"), "Policy": document}
    await resource.call(EVENTS, "PutPermission", input)


@bus_policy.deletes
async def remove_bus_policy(resource: Resource) -> None:
    await resource.call(EVENTS, "RemovePermission", resource.pick("EventBusName StatementId"))


async def _put_rule(resource: Resource, name: str) -> None:
    input = {"Name": name, **resource.pick(RULE)}
    if "EventPattern" in input:
        input["EventPattern"] = as_string(input["EventPattern"])
    await resource.call(EVENTS, "PutRule", input)


def _physical(resource: Resource) -> str:
    """A rule of a bus of its own is referred to together with it."""
    bus = str(resource.get("EventBusName", "default")).rpartition("/")[2]
    return resource.name if bus == "default" else f"{bus}|{resource.name}"
