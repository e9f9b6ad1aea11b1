"""What an alarm does when its state changes: invoke a function, publish to a topic.

A function is invoked asynchronously as lambda.alarms.cloudwatch.amazonaws.com, which its policy must allow; topics are
SNS's. Everything else an alarm can do out there is noted in its history as not done.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions.html
"""

from __future__ import annotations

from typing import Any

import orjson

from ...core.errors import AwsError
from ...net.places import all_places
from ...region.service import Caller, Context
from .history import entry, iso
from .series import Plain
from .state import State, service

PRINCIPAL = "lambda.alarms.cloudwatch.amazonaws.com"
MEMBERS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}


def of(alarm: Plain) -> list[str]:
    """Every action of an alarm, whatever it is for."""
    return [arn for member in MEMBERS.values() for arn in alarm[member]]


def begin(ctx: Context[State], alarm: Plain, before: Plain) -> None:
    """Do what is to be done in the state an alarm has come to, in the background."""
    for arn in alarm[MEMBERS[alarm["StateValue"]]]:
        work = _act(ctx.here.context(service.id), arn, alarm, before)
        ctx.here.ports.tasks.spawn(f"cloudwatch: action of {alarm['AlarmName']}", work)


async def _act(ctx: Context[State], arn: str, alarm: Plain, before: Plain) -> None:
    """One action; its outcome is noted in the history."""
    name = alarm["AlarmName"]
    about: Plain = {"actionState": "Succeeded", "stateUpdateTimestamp": int(alarm["StateUpdatedTimestamp"] * 1000)}
    summary = f"Successfully executed action {arn}"
    try:
        await _send(ctx, arn, alarm, before)
    except AwsError as refused:
        about |= {"actionState": "Failed", "error": refused.message}
        summary = f'Failed to execute action {arn}. Received error: "{refused.message}"'
    ctx.commit("alarm_acted", entries=[entry(name, "Action", summary, {**about, "notificationResource": arn})])


async def _send(ctx: Context[State], arn: str, alarm: Plain, before: Plain) -> None:
    region = arn.split(":")[3] if arn.count(":") > 3 else ctx.region
    if arn.startswith("arn:aws:lambda:"):
        ctx.caller = Caller(ctx.account, principal=PRINCIPAL, source_arn=alarm["AlarmArn"])
        event = orjson.dumps(event_of(ctx, alarm, before))
        input = {"FunctionName": arn, "InvocationType": "Event", "Payload": event}
        await ctx.request("lambda", "Invoke", input, region)
    elif arn.startswith("arn:aws:sns:"):
        subject = f'{alarm["StateValue"]}: "{alarm["AlarmName"]}" in {ctx.region}'[:100]
        message = orjson.dumps(message_of(ctx, alarm, before)).decode()
        await ctx.request("sns", "Publish", {"TopicArn": arn, "Subject": subject, "Message": message}, region)
    else:
        raise AwsError(f"this world has no alarm actions like {arn}")


def event_of(ctx: Context[State], alarm: Plain, before: Plain) -> Plain:
    """What a function is told."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": alarm["AlarmArn"],
        "accountId": ctx.account,
        "time": iso(alarm["StateUpdatedTimestamp"]),
        "region": ctx.region,
        "alarmData": {
            "alarmName": alarm["AlarmName"],
            "state": _state(alarm),
            "previousState": _state(before),
            "configuration": {"description": alarm.get("AlarmDescription"), "metrics": _metrics(alarm)},
        },
    }


def message_of(ctx: Context[State], alarm: Plain, before: Plain) -> Plain:
    """What a topic is told."""
    single = {
        "MetricName": alarm.get("MetricName"),
        "Namespace": alarm.get("Namespace"),
        "StatisticType": "Statistic" if "Statistic" in alarm else "ExtendedStatistic",
        "Statistic": str(alarm.get("Statistic", alarm.get("ExtendedStatistic"))).upper(),
        "Unit": alarm.get("Unit"),
        "Dimensions": [{"value": each["Value"], "name": each["Name"]} for each in alarm.get("Dimensions", [])],
        "Period": alarm.get("Period"),
    }
    return {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": ctx.account,
        "AlarmConfigurationUpdatedTimestamp": iso(alarm["AlarmConfigurationUpdatedTimestamp"]),
        "ActionExecutedAfterMuteWindow": False,
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": alarm["StateReason"],
        "StateChangeTime": iso(alarm["StateUpdatedTimestamp"]),
        "Region": all_places()[ctx.region].title,
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": before["StateValue"],
        "OKActions": alarm["OKActions"],
        "AlarmActions": alarm["AlarmActions"],
        "InsufficientDataActions": alarm["InsufficientDataActions"],
        "Trigger": {
            **({"Metrics": alarm["Metrics"]} if "Metrics" in alarm else single),
            "EvaluationPeriods": alarm["EvaluationPeriods"],
            **({"DatapointsToAlarm": alarm["DatapointsToAlarm"]} if "DatapointsToAlarm" in alarm else {}),
            "ComparisonOperator": alarm["ComparisonOperator"],
            "Threshold": alarm["Threshold"],
            "TreatMissingData": alarm.get("TreatMissingData", ""),
            "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile", ""),
        },
    }


def _state(alarm: Plain) -> dict[str, Any]:
    data = {"reasonData": alarm["StateReasonData"]} if "StateReasonData" in alarm else {}
    at = iso(alarm["StateUpdatedTimestamp"])
    return {"value": alarm["StateValue"], "reason": alarm["StateReason"], **data, "timestamp": at}


def _metrics(alarm: Plain) -> list[Plain]:
    if "Metrics" in alarm:
        return [dict(each) for each in alarm["Metrics"]]
    dimensions = {each["Name"]: each["Value"] for each in alarm["Dimensions"]}
    metric = {"namespace": alarm["Namespace"], "name": alarm["MetricName"], "dimensions": dimensions}
    stat = {"metric": metric, "period": alarm["Period"], "stat": alarm.get("Statistic", alarm.get("ExtendedStatistic"))}
    return [{"id": "m1", "metricStat": stat, "returnData": True}]
