"""CloudWatch's alarms: what they are told of, when they turn, what they do then."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import boto
import pytest
from botocore.exceptions import ClientError
from places import NOW, TasksByHand, region

from terrella.core.errors import AwsError
from terrella.region.ports import Ports
from terrella.region.service import Service
from terrella.services.cloudwatch import actions, evaluating, service

MINUTE = NOW // 60 * 60
ARN = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:"
FUNCTION = "arn:aws:lambda:eu-west-1:123456789012:function:tell"


class Alarmed:
    """A region with alarms, its time in whole minutes, and what its actions asked of others."""

    def __init__(self, speed: float = 1.0) -> None:
        self.tasks = TasksByHand()
        self.invoked: list[Any] = []
        self.here = region("eu-west-1", service, lambda_(self.invoked), ports=Ports(tasks=self.tasks))
        self.here.world.speed = speed
        self.here.start()
        self.clock: Any = self.here.clock
        self.clock.time = MINUTE + 1
        self.client = boto.client(self.here, "cloudwatch")

    def alarm(self, name: str = "hot", **more: Any) -> None:
        asked = {
            "Namespace": "Shop", "MetricName": "heat", "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1,
            "Threshold": 10.0, "ComparisonOperator": "GreaterThanThreshold",
        }  # fmt: skip
        asked = {key: value for key, value in {**asked, **more}.items() if value is not None}
        self.client.put_metric_alarm(AlarmName=name, **asked)

    def heat(self, value: float, metric: str = "heat") -> None:
        self.client.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": metric, "Value": value}])

    def next(self, seconds: float = 60.0) -> str:
        """A period passes, and alarms are looked at."""
        self.clock.time += seconds
        evaluating.evaluate(self.here.context("cloudwatch"))
        return str(self.told()["StateValue"])

    def told(self, name: str = "hot") -> dict[str, Any]:
        (alarm,) = self.client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return dict(alarm)

    def act(self) -> None:
        for work in self.tasks.waiting:
            if work.__qualname__ == "_act":
                asyncio.run(work)
            else:
                work.close()  # looking after alarms has no end
        self.tasks.waiting.clear()

    def history(self, kind: str) -> list[str]:
        items = self.client.describe_alarm_history(HistoryItemType=kind)["AlarmHistoryItems"]
        return [item["HistorySummary"] for item in items]


def lambda_(invoked: list[Any]) -> Service[Any]:
    """As much of Lambda as an action meets."""
    made: Service[Any] = Service("lambda", lambda maps: None)

    @made.operation
    def invoke(ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
        if "nobody" in input["FunctionName"]:
            raise AwsError("Function not found")
        caller, event = ctx.caller, json.loads(input["Payload"])
        invoked.append((caller.principal, caller.source_arn, input["InvocationType"], event))
        return {"StatusCode": 202}

    return made


@pytest.fixture
def world() -> Any:
    made = Alarmed()
    yield made
    made.tasks.drop()


def code(call: Any, **input: Any) -> str:
    with pytest.raises(ClientError) as refused:
        call(**input)
    return str(refused.value.response["Error"]["Code"])


def test_an_alarm_turns_when_its_metric_crosses_the_threshold_and_back(world: Alarmed) -> None:
    world.alarm()
    told = world.told()
    assert (told["StateValue"], told["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    assert told["AlarmArn"] == ARN + "hot" and told["ActionsEnabled"] is True and told["Dimensions"] == []
    world.heat(20.0)
    assert world.next() == "ALARM"
    reason = world.told()["StateReason"]
    assert reason.startswith("Threshold Crossed: 1 datapoint [20.0 (")
    assert reason.endswith(")] was greater than the threshold (10.0).")
    data = json.loads(world.told()["StateReasonData"])
    assert data["recentDatapoints"] == [20.0]
    noted = world.client.describe_alarm_history(HistoryItemType="StateUpdate")["AlarmHistoryItems"][0]["HistoryData"]
    assert json.loads(noted)["newState"]["stateReasonData"] == data
    assert [(each["sampleCount"], each["value"]) for each in data["evaluatedDatapoints"]] == [(1.0, 20.0)]
    world.heat(5.0)
    assert world.next() == "OK"
    assert [world.next() for _ in range(3)] == ["OK", "OK", "INSUFFICIENT_DATA"]
    assert world.history("StateUpdate") == [
        "Alarm updated from OK to INSUFFICIENT_DATA", "Alarm updated from ALARM to OK",
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
    ]  # fmt: skip


def test_an_alarm_says_how_many_of_several_datapoints_only_if_it_was_told(world: Alarmed) -> None:
    world.alarm("two", EvaluationPeriods=2, TreatMissingData="breaching", Unit="Seconds")
    world.alarm()
    world.alarm("of", EvaluationPeriods=2, DatapointsToAlarm=1, TreatMissingData="breaching")
    world.heat(20.0)
    world.next()
    [one, other] = (world.told(name)["StateReason"] for name in ("two", "of"))
    assert one.startswith("Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints")
    data = json.loads(world.told("two")["StateReasonData"])
    assert data["unit"] == "Seconds" and [*map(list, data["evaluatedDatapoints"])] == [["timestamp"]] * 2
    assert other.startswith("Threshold Crossed: 1 out of the last 2 datapoints [20.0 (")
    assert other.endswith("treated as [Breaching] (minimum 1 datapoint for OK -> ALARM transition).")
    ctx = world.here.context("cloudwatch")
    sent = [actions.message_of(ctx, ctx.state.alarms.get(name), {"StateValue": "OK"}) for name in ("two", "of")]
    assert [each["Trigger"].get("DatapointsToAlarm") for each in sent] == [None, 1]
    assert sent[0]["Region"] == "Europe (Ireland)"


# The tables of "Configuring how CloudWatch alarms treat missing data": "-" is missing, "X" breaching, "0" not.
@pytest.mark.parametrize(
    ("points", "wanted", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0-X-X", 3, "OK", "OK", "OK", "OK"),
        ("0----", 3, "OK", "OK", "OK", "OK"),
        ("-----", 3, "INSUFFICIENT_DATA", "retain", "ALARM", "OK"),
        ("0XX-X", 3, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("--X--", 3, "ALARM", "retain", "ALARM", "OK"),
        ("0-X-X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("00X0X", 2, "ALARM", "ALARM", "ALARM", "ALARM"),
        ("0-X--", 2, "OK", "OK", "ALARM", "OK"),
        ("----0", 2, "OK", "OK", "ALARM", "OK"),
        ("---X-", 2, "ALARM", "retain", "ALARM", "OK"),
    ],
)
def test_missing_data_is_treated_as_asked(
    points: str, wanted: int, missing: str, ignore: str, breaching: str, not_breaching: str
) -> None:
    values = [(float(at), {"-": None, "X": 20.0, "0": 0.0}[each]) for at, each in enumerate(points)]
    said = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
    for treat, expected in said.items():
        alarm = {
            "EvaluationPeriods": 3, "DatapointsToAlarm": wanted, "Threshold": 10.0, "TreatMissingData": treat,
            "ComparisonOperator": "GreaterThanThreshold", "StateValue": "retain", "StateReason": "as before",
        }  # fmt: skip
        assert evaluating.judge(alarm, values)[0] == expected, treat


def test_one_late_breach_is_too_little_to_tell(world: Alarmed) -> None:
    world.alarm(EvaluationPeriods=2)
    world.heat(20.0)
    assert world.next() == "INSUFFICIENT_DATA"
    world.heat(20.0)
    assert world.next() == "ALARM"


def test_some_of_several_datapoints_may_be_enough(world: Alarmed) -> None:
    world.alarm(EvaluationPeriods=3, DatapointsToAlarm=2, ComparisonOperator="LessThanOrEqualToThreshold")
    states = []
    for value in (20.0, 10.0, 20.0, 9.0, 20.0, 20.0):
        world.heat(value)
        states.append(world.next())
    assert states == ["OK", "OK", "OK", "ALARM", "OK", "OK"]


def test_periods_are_durations_of_the_world() -> None:
    world = Alarmed(speed=20)
    world.alarm()
    world.heat(20.0)
    assert world.next(3.0) == "ALARM"
    world.heat(1.0)
    assert world.next(3.0) == "OK"
    world.tasks.drop()


def test_an_alarm_can_watch_an_expression(world: Alarmed) -> None:
    metric = {"Namespace": "Shop", "MetricName": "heat"}
    queries = [
        {"Id": "m1", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
        {"Id": "e1", "Expression": "m1 * 10"},
    ]
    gone = {"Namespace": None, "MetricName": None, "Statistic": None, "Period": None}
    world.alarm(Metrics=queries, **gone)
    world.heat(2.0)
    assert world.next() == "ALARM"
    assert "[20.0 (" in world.told()["StateReason"]


def test_a_state_can_be_set_until_the_next_look(world: Alarmed) -> None:
    world.alarm()
    world.client.set_alarm_state(AlarmName="hot", StateValue="ALARM", StateReason="a drill")
    assert (world.told()["StateValue"], world.told()["StateReason"]) == ("ALARM", "a drill")
    world.heat(1.0)
    assert world.next() == "OK"
    assert code(world.client.set_alarm_state, AlarmName="no", StateValue="OK", StateReason="") == "ResourceNotFound"
    assert code(
        world.client.set_alarm_state, AlarmName="hot", StateValue="OK", StateReason="", StateReasonData="{"
    ) == "InvalidFormat"  # fmt: skip


def test_the_edge_is_told_what_was_found_and_not_what_was_set(world: Alarmed) -> None:
    world.alarm()
    world.client.set_alarm_state(AlarmName="hot", StateValue="ALARM", StateReason="a drill")
    world.heat(1.0)
    world.next()
    world.heat(20.0)
    world.next()
    world.client.delete_alarms(AlarmNames=["hot"])
    owed = [change.body for change in world.here.journal.read(0, 100) if "edge" in change.to]
    assert owed == [
        {"key": "eu-west-1/hot", "value": value} for value in ("OK", "ALARM", "INSUFFICIENT_DATA")
    ]  # fmt: skip


def test_an_action_invokes_a_function_in_the_name_of_the_alarm(world: Alarmed) -> None:
    world.alarm(AlarmActions=[FUNCTION], AlarmDescription="too hot")
    world.heat(20.0)
    world.next()
    world.act()
    ((principal, source, kind, event),) = world.invoked
    assert (principal, source, kind) == ("lambda.alarms.cloudwatch.amazonaws.com", ARN + "hot", "Event")
    data = event["alarmData"]
    assert event["source"] == "aws.cloudwatch" and data["alarmName"] == "hot"
    assert (data["previousState"]["value"], data["state"]["value"]) == ("INSUFFICIENT_DATA", "ALARM")
    assert data["configuration"]["metrics"][0]["metricStat"]["metric"]["name"] == "heat"
    assert world.history("Action") == [f"Successfully executed action {FUNCTION}"]


def test_an_action_that_fails_or_is_not_there_is_noted(world: Alarmed) -> None:
    world.alarm(AlarmActions=[FUNCTION.replace("tell", "nobody"), "arn:aws:automate:eu-west-1:ec2:stop"])
    world.client.set_alarm_state(AlarmName="hot", StateValue="ALARM", StateReason="a drill")
    world.act()
    ec2, function = world.history("Action")
    assert "Failed to execute action" in function and "Function not found" in function
    assert "this world has no alarm actions like arn:aws:automate" in ec2


def test_switched_off_actions_do_nothing(world: Alarmed) -> None:
    world.alarm(AlarmActions=[FUNCTION])
    world.client.disable_alarm_actions(AlarmNames=["hot", "unheard-of"])
    world.client.set_alarm_state(AlarmName="hot", StateValue="ALARM", StateReason="a drill")
    world.act()
    assert world.invoked == [] and world.told()["ActionsEnabled"] is False
    world.client.enable_alarm_actions(AlarmNames=["hot"])
    assert world.told()["ActionsEnabled"] is True


def test_alarms_are_found_by_what_they_are(world: Alarmed) -> None:
    for name in ("b", "a", "c1"):
        world.alarm(name)
    world.alarm("c2", MetricName="cold", OKActions=[FUNCTION])

    def names(**asked: Any) -> list[str]:
        return [each["AlarmName"] for each in world.client.describe_alarms(**asked)["MetricAlarms"]]

    assert names() == ["a", "b", "c1", "c2"]
    assert names(AlarmNamePrefix="c") == ["c1", "c2"] and names(ActionPrefix="arn:aws:lambda") == ["c2"]
    assert names(StateValue="OK") == [] and names(AlarmTypes=["CompositeAlarm"]) == []
    pages = world.client.get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 3})
    assert [len(page["MetricAlarms"]) for page in pages] == [3, 1]
    about = world.client.describe_alarms_for_metric(MetricName="heat", Namespace="Shop")["MetricAlarms"]
    assert [each["AlarmName"] for each in about] == ["a", "b", "c1"]


def test_an_altered_alarm_keeps_its_state_and_its_tags(world: Alarmed) -> None:
    world.alarm(Tags=[{"Key": "team", "Value": "x"}])
    world.client.set_alarm_state(AlarmName="hot", StateValue="ALARM", StateReason="a drill")
    world.alarm(Threshold=11.0)
    assert (world.told()["StateValue"], world.told()["Threshold"]) == ("ALARM", 11.0)
    arn = {"ResourceARN": ARN + "hot"}
    world.client.tag_resource(**arn, Tags=[{"Key": "more", "Value": "y"}])
    world.client.untag_resource(**arn, TagKeys=["team"])
    assert world.client.list_tags_for_resource(**arn)["Tags"] == [{"Key": "more", "Value": "y"}]
    assert world.client.list_tags_for_resource(ResourceARN=ARN + "no")["Tags"] == []
    assert code(world.client.tag_resource, ResourceARN=ARN + "no", Tags=[]) == "ResourceNotFoundException"
    assert world.history("ConfigurationUpdate") == ['Alarm "hot" updated', 'Alarm "hot" created']


def test_alarms_are_deleted_together_or_not_at_all(world: Alarmed) -> None:
    world.alarm("a")
    assert code(world.client.delete_alarms, AlarmNames=["a", "no"]) == "ResourceNotFound"
    assert world.told("a")
    world.client.delete_alarms(AlarmNames=["a"])
    assert world.client.describe_alarms()["MetricAlarms"] == []


@pytest.mark.parametrize(
    ("more", "refused"),
    [
        ({"Period": 45}, "ValidationError"),
        ({"EvaluationPeriods": 1441}, "ValidationError"),
        ({"DatapointsToAlarm": 2}, "ValidationError"),
        ({"Statistic": None}, "ValidationError"),
        ({"TreatMissingData": "maybe"}, "ValidationError"),
        ({"Threshold": None, "ThresholdMetricId": "e1"}, "NotImplemented"),
        ({"ExtendedStatistic": "p90"}, "ValidationError"),
    ],
)
def test_an_alarm_nobody_could_evaluate_is_refused(world: Alarmed, more: dict[str, Any], refused: str) -> None:
    with pytest.raises(ClientError) as wrong:
        world.alarm(**more)
    assert wrong.value.response["Error"]["Code"] == refused


def test_history_comes_in_pages_either_way(world: Alarmed) -> None:
    for name in "abcde":
        world.alarm(name)
        world.clock.time += 1
    pages = world.client.get_paginator("describe_alarm_history").paginate(PaginationConfig={"PageSize": 2})
    newest = [each["AlarmName"] for page in pages for each in page["AlarmHistoryItems"]]
    assert newest == [*"edcba"]
    oldest = world.client.describe_alarm_history(ScanBy="TimestampAscending", StartDate=MINUTE + 2.5)
    assert [each["AlarmName"] for each in oldest["AlarmHistoryItems"]] == [*"cde"]


def test_somebody_looks_after_alarms_while_there_are_some(world: Alarmed) -> None:
    assert world.tasks.waiting == []
    world.alarm()
    assert len(world.tasks.waiting) == 1
    world.heat(20.0)
    (work,) = world.tasks.waiting
    world.tasks.waiting.clear()
    deleted = world.here.context("cloudwatch")

    async def watched() -> None:
        """Two looks, and the alarm is deleted."""
        original = world.clock.sleep

        async def sleep(seconds: float) -> None:
            await original(seconds)
            if world.clock.time > MINUTE + 100:
                deleted.commit("alarm_removed", name="hot", entries=[])

        world.clock.sleep = sleep
        await work

    asyncio.run(watched())
    assert world.history("StateUpdate") == ["Alarm updated from INSUFFICIENT_DATA to ALARM"]
