"""AWS::CloudWatch::Alarm and AWS::CloudWatch::Dashboard."""

from __future__ import annotations

from ..resource import Resource
from ..resource_type import ResourceType
from ..shaping import as_string

PROPERTIES = (
    "ActionsEnabled AlarmActions AlarmDescription AlarmName ComparisonOperator DatapointsToAlarm Dimensions "
    "EvaluateLowSampleCountPercentile EvaluationPeriods ExtendedStatistic InsufficientDataActions MetricName Metrics "
    "Namespace OKActions Period Statistic Threshold ThresholdMetricId TreatMissingData Unit"
)
alarm = ResourceType(
    "AWS::CloudWatch::Alarm",
    properties=f"{PROPERTIES} Tags",
    required="ComparisonOperator EvaluationPeriods",
    create_only="AlarmName",
    attributes="Arn",
    name="AlarmName",
    longest_name=255,
    tagged=True,
    gone="ResourceNotFound",
    note="Composite alarms and anomaly detection are not there.",
)
dashboard = ResourceType(
    "AWS::CloudWatch::Dashboard",
    properties="DashboardBody DashboardName",
    required="DashboardBody",
    create_only="DashboardName",
    name="DashboardName",
    longest_name=255,
    gone="ResourceNotFound",
)


@alarm.creates
async def create_alarm(resource: Resource) -> str:
    input = {**resource.pick(PROPERTIES), "AlarmName": resource.name, "Tags": resource.tag_list() or None}
    await resource.call("cloudwatch", "PutMetricAlarm", input)
    return resource.name


@alarm.updates
async def update_alarm(resource: Resource) -> None:
    input = {**resource.pick(PROPERTIES), "AlarmName": resource.physical_id}
    await resource.call("cloudwatch", "PutMetricAlarm", input)
    await resource.retag("cloudwatch", _arn(resource), "ResourceARN")


@alarm.reads
async def alarm_attributes(resource: Resource) -> dict[str, str]:
    return {"Arn": _arn(resource)}


@alarm.deletes
async def delete_alarm(resource: Resource) -> None:
    await resource.call("cloudwatch", "DeleteAlarms", {"AlarmNames": [resource.physical_id]})


@dashboard.creates
async def create_dashboard(resource: Resource) -> str:
    await _put_dashboard(resource, resource.name)
    return resource.name


@dashboard.updates
async def update_dashboard(resource: Resource) -> None:
    await _put_dashboard(resource, resource.physical_id)


@dashboard.deletes
async def delete_dashboard(resource: Resource) -> None:
    await resource.call("cloudwatch", "DeleteDashboards", {"DashboardNames": [resource.physical_id]})


async def _put_dashboard(resource: Resource, name: str) -> None:
    input = {"DashboardName": name, "DashboardBody": as_string(resource.get("DashboardBody"))}
    await resource.call("cloudwatch", "PutDashboard", input)


def _arn(resource: Resource) -> str:
    return f"arn:aws:cloudwatch:{resource.region}:{resource.account}:alarm:{resource.physical_id}"
