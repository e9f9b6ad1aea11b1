"""AWS::CloudWatch::Alarm."""

from __future__ import annotations

from ..resource import Resource
from ..resource_type import ResourceType

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


def _arn(resource: Resource) -> str:
    return f"arn:aws:cloudwatch:{resource.region}:{resource.account}:alarm:{resource.physical_id}"
