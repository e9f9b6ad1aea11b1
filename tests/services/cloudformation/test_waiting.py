"""Wait conditions: a stack waits until somebody has put enough signals under its handle, or says why it does not."""

from __future__ import annotations

import json
from typing import Any

import pytest
from services.cloudformation import stage as staging
from services.cloudformation.stage import Stage, att, ref, toy_service, toys

from terrella.services.cloudformation.errors import TransformFailed


class Signals:
    """A bucket in which everything put under a key is kept; and fragments of templates beside it."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.fragments: dict[str, str] = {}

    def listed(self, ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
        newest_first = reversed(range(len(self.bodies)))
        rows = [{"Key": input["Prefix"], "VersionId": str(number)} for number in newest_first]
        return {"Versions": rows}

    def got(self, ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
        if "VersionId" in input:
            return {"Body": self.bodies[int(input["VersionId"])]}
        return {"Body": self.fragments[input["Key"]].encode()}

    def said(self, name: str, status: str = "SUCCESS", **more: str) -> None:
        self.bodies.append(json.dumps({"UniqueId": name, "Status": status, **more}).encode())


@pytest.fixture
def signals() -> Signals:
    return Signals()


@pytest.fixture
def stage(signals: Signals, monkeypatch: pytest.MonkeyPatch) -> Stage:
    def nothing(ctx: Any, input: dict[str, Any]) -> dict[str, Any]:
        return {}

    bucket = {
        "CreateBucket": nothing, "PutBucketVersioning": nothing, "DeleteObject": nothing,
        "ListObjectVersions": signals.listed, "GetObject": signals.got,
    }  # fmt: skip
    services = [*(each for each in toys() if each.id != "s3"), toy_service("s3", bucket)]
    monkeypatch.setattr(staging, "toys", lambda: services)
    return Stage()


def template(count: int = 1) -> dict[str, Any]:
    condition = {"Handle": ref("Handle"), "Timeout": "600", "Count": count}
    return {
        "Resources": {
            "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "Wait": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": condition},
        },
        "Outputs": {"Url": {"Value": ref("Handle")}, "Data": {"Value": att("Wait", "Data")}},
    }


def test_a_stack_goes_on_when_as_many_have_signalled_as_it_waits_for(stage: Stage, signals: Signals) -> None:
    for name in ("a", "a", "b"):
        signals.said(name, Data=name.upper())
    assert stage.deploy(template(2)) == "CREATE_COMPLETE"
    assert json.loads(stage.outputs()["Data"]) == {"a": "A", "b": "B"}
    assert "X-Amz-Signature=" in stage.outputs()["Url"]


def test_one_that_is_not_signalled_in_time_says_how_many_were_heard(stage: Stage, signals: Signals) -> None:
    signals.said("a")
    assert stage.deploy(template(2)) == "ROLLBACK_COMPLETE"
    assert any("timed out. Received 1 conditions when expecting 2" in each for each in told(stage))


def test_a_signal_of_failure_fails_the_stack_in_its_words(stage: Stage, signals: Signals) -> None:
    signals.said("a", "FAILURE", Reason="no disk")
    assert stage.deploy(template()) == "ROLLBACK_COMPLETE"
    assert any("received failed message: 'no disk' for uniqueId: a" in each for each in told(stage))


def test_a_fragment_is_taken_in_where_it_is_asked_for(stage: Stage, signals: Signals) -> None:
    signals.fragments["part.yaml"] = "Type: String\nValue: included"
    asked = {"Name": "AWS::Include", "Parameters": {"Location": {"Fn::Sub": "s3://bucket/${Part}"}}}
    parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "n", "Fn::Transform": asked}}
    whole = {
        "Parameters": {"Part": {"Type": "String", "Default": "part.yaml"}},
        "Resources": {"Parameter": parameter},
    }
    capable = {"Capabilities": ["CAPABILITY_AUTO_EXPAND"]}
    assert stage.deploy(whole, **capable) == "CREATE_COMPLETE"
    assert stage.parameters() == {"n": "included"}
    asked["Name"] = "Mine"
    with pytest.raises(TransformFailed, match="No transform named Mine found"):
        stage.deploy(whole, "other", **capable)


def told(stage: Stage) -> list[str]:
    found = stage.begin("DescribeStackEvents", StackName="shop")
    return [str(each.get("ResourceStatusReason")) for each in found["StackEvents"]]
