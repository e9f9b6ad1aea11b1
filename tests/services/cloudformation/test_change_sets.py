"""Change sets: what they show, when they fail, and that executing one does what it showed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from services.cloudformation.stage import Stage, att, parameter, ref, resources

from terrella.core.errors import AwsError
from terrella.services.cloudformation.errors import ValidationError


@pytest.fixture
def stage() -> Stage:
    return Stage()


def create(stage: Stage, template: dict[str, Any], name: str = "one", **more: Any) -> dict[str, Any]:
    stack = stage.state.find("shop")
    kind = "UPDATE" if stack and stack["StackStatus"] != "REVIEW_IN_PROGRESS" else "CREATE"
    input = {"ChangeSetType": kind, "TemplateBody": json.dumps(template), **more}
    stage.begin("CreateChangeSet", StackName="shop", ChangeSetName=name, **input)
    found: dict[str, Any] = stage.begin("DescribeChangeSet", StackName="shop", ChangeSetName=name)
    return found


def changes(found: dict[str, Any]) -> dict[str, str]:
    """Logical id to "Action" or "Action Replacement"."""
    rows = [each["ResourceChange"] for each in found["Changes"]]
    return {row["LogicalResourceId"]: f"{row['Action']} {row.get('Replacement', '')}".strip() for row in rows}


def test_a_new_stack_waits_for_review_until_its_change_set_is_executed(stage: Stage) -> None:
    found = create(stage, resources(A=parameter("1", "a"), B=parameter(ref("A"), "b")))
    assert (found["Status"], found["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert changes(found) == {"A": "Add", "B": "Add"}
    assert stage.status() == "REVIEW_IN_PROGRESS"
    assert stage.parameters() == {}
    stage.begin("ExecuteChangeSet", StackName="shop", ChangeSetName="one")
    assert stage.status() == "CREATE_COMPLETE"
    assert stage.parameters() == {"a": "1", "b": "a"}
    again = stage.begin("DescribeChangeSet", ChangeSetName=found["ChangeSetId"])
    assert again["ExecutionStatus"] == "EXECUTE_COMPLETE"


def test_what_an_update_would_do_is_told_before_it_is_done(stage: Stage) -> None:
    stage.deploy(
        resources(
            Same=parameter("1", "same"),
            Value=parameter("1", "value"),
            Name=parameter("1", "old"),
            After=parameter(ref("Name"), "after"),
            Named=parameter("x", {"Fn::Sub": "${Name}-x"}),
            Gone=parameter("1", "gone"),
        )
    )
    found = create(
        stage,
        resources(
            Same=parameter("1", "same"),
            Value=parameter("2", "value"),
            Name=parameter("1", "new"),
            After=parameter(ref("Name"), "after"),
            Named=parameter("x", {"Fn::Sub": "${Name}-x"}),
            New=parameter("1", "fresh"),
        ),
    )
    assert changes(found) == {
        "Value": "Modify False",
        "Name": "Modify True",
        "After": "Modify False",
        "Named": "Modify Conditional",
        "New": "Add",
        "Gone": "Remove",
    }
    (detail,) = next(
        each["ResourceChange"]["Details"]
        for each in found["Changes"]
        if each["ResourceChange"]["LogicalResourceId"] == "Named"
    )
    assert detail["Target"] == {
        "Attribute": "Properties",
        "Name": "Name",
        "RequiresRecreation": "Conditionally",
    }
    assert (detail["Evaluation"], detail["CausingEntity"]) == ("Dynamic", "Name")
    stage.begin("ExecuteChangeSet", StackName="shop", ChangeSetName="one")
    assert stage.parameters() == {
        "same": "1", "value": "2", "new": "1", "after": "new", "new-x": "x", "fresh": "1",
    }  # fmt: skip


def test_a_parameter_that_moved_is_named_as_the_cause(stage: Stage) -> None:
    template = {
        "Parameters": {"P": {"Type": "String", "Default": "1"}},
        **resources(A=parameter(ref("P"), "a")),
    }
    stage.deploy(template)
    found = create(stage, template, Parameters=[{"ParameterKey": "P", "ParameterValue": "2"}])
    (detail,) = found["Changes"][0]["ResourceChange"]["Details"]
    assert (detail["ChangeSource"], detail["CausingEntity"]) == ("ParameterReference", "P")
    assert detail["Evaluation"] == "Static"


def test_no_changes_is_a_failed_change_set(stage: Stage) -> None:
    template = {**resources(A=parameter("1", "a")), "Outputs": {"O": {"Value": att("A", "Value")}}}
    stage.deploy(template)
    found = create(stage, template)
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"] == (
        "The submitted information didn't contain changes. "
        "Submit different information to create a change set."
    )
    with pytest.raises(AwsError, match=r"cannot be executed in its current status of \[FAILED\]") as refusal:
        stage.begin("ExecuteChangeSet", StackName="shop", ChangeSetName="one")
    assert refusal.value.error_code == "InvalidChangeSetStatus"


def test_executing_one_change_set_drops_the_others(stage: Stage) -> None:
    create(stage, resources(A=parameter("1", "a")), "one")
    create(stage, resources(A=parameter("2", "a")), "two")
    stage.begin("ExecuteChangeSet", StackName="shop", ChangeSetName="two")
    left = stage.begin("ListChangeSets", StackName="shop")["Summaries"]
    assert [row["ChangeSetName"] for row in left] == ["two"]


def test_a_change_set_that_is_not_there_is_not_found(stage: Stage) -> None:
    stage.deploy(resources(A=parameter("1", "a")))
    for operation in ("DescribeChangeSet", "ExecuteChangeSet"):
        with pytest.raises(AwsError, match=r"ChangeSet \[x\] does not exist") as refusal:
            stage.begin(operation, StackName="shop", ChangeSetName="x")
        assert (refusal.value.error_code, refusal.value.status) == ("ChangeSetNotFound", 404)
    assert stage.begin("DeleteChangeSet", StackName="shop", ChangeSetName="x") == {}


def test_an_update_needs_a_stack_and_a_creation_none(stage: Stage) -> None:
    body = json.dumps(resources(A=parameter("1", "a")))
    with pytest.raises(ValidationError, match=r"Stack \[shop\] does not exist"):
        stage.begin("CreateChangeSet", StackName="shop", ChangeSetName="x", TemplateBody=body)
    stage.deploy(json.loads(body))
    with pytest.raises(ValidationError, match="already exists and cannot be created again"):
        stage.begin(
            "CreateChangeSet", StackName="shop", ChangeSetName="x", TemplateBody=body, ChangeSetType="CREATE"
        )


def test_a_reviewed_stack_that_is_deleted_leaves_no_trace(stage: Stage) -> None:
    create(stage, resources(A=parameter("1", "a")))
    stage.begin("DeleteStack", StackName="shop")
    assert stage.begin("ListStacks")["StackSummaries"] == []


def test_a_macro_nobody_has_fails_the_change_set_by_name(stage: Stage) -> None:
    found = create(stage, {"Transform": "MyMacro", **resources(A=parameter("1", "a"))})
    assert (found["Status"], found["StatusReason"]) == ("FAILED", "No transform named MyMacro found.")


def test_capabilities_are_asked_for(stage: Stage) -> None:
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    with pytest.raises(AwsError, match=r"Requires capabilities : \[CAPABILITY_IAM\]") as refusal:
        create(stage, resources(R=role))
    assert refusal.value.error_code == "InsufficientCapabilitiesException"
    role["Properties"]["RoleName"] = "mine"  # type: ignore[index]
    with pytest.raises(AwsError, match="CAPABILITY_NAMED_IAM"):
        create(stage, resources(R=role), Capabilities=["CAPABILITY_IAM"])
    assert (
        create(stage, resources(R=role), Capabilities=["CAPABILITY_NAMED_IAM"])["Status"] == "CREATE_COMPLETE"
    )
    serverless = {"Transform": "AWS::Serverless-2016-10-31", **resources(A=parameter("1", "a"))}
    with pytest.raises(AwsError, match="CAPABILITY_AUTO_EXPAND"):
        stage.begin("CreateStack", StackName="other", TemplateBody=json.dumps(serverless))


def test_a_serverless_template_becomes_functions_and_roles(stage: Stage) -> None:
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "CodeUri": "s3://code/app.zip",
            "Handler": "app.handler",
            "Runtime": "python3.12",
            "Events": {"Get": {"Type": "HttpApi", "Properties": {"Path": "/", "Method": "get"}}},
        },
    }
    template = {"Transform": "AWS::Serverless-2016-10-31", "Resources": {"F": function}}
    found = create(stage, template, Capabilities=["CAPABILITY_IAM"])
    types = {each["ResourceChange"]["ResourceType"] for each in found["Changes"]}
    assert types == {
        "AWS::Lambda::Function", "AWS::IAM::Role", "AWS::Lambda::Permission",
        "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Stage",
    }  # fmt: skip
    stages = {"StackName": "shop", "ChangeSetName": "one"}
    original = stage.begin("GetTemplate", **stages, TemplateStage="Original")["TemplateBody"]
    processed = stage.begin("GetTemplate", **stages, TemplateStage="Processed")["TemplateBody"]
    assert json.loads(original) == template
    assert json.loads(processed)["Resources"]["F"]["Type"] == "AWS::Lambda::Function"


def test_a_bad_serverless_template_fails_with_its_reason(stage: Stage) -> None:
    bad = {"Transform": "AWS::Serverless-2016-10-31", **resources(F={"Type": "AWS::Serverless::Function"})}
    found = create(stage, bad)
    assert found["Status"] == "FAILED"
    assert "Invalid Serverless Application Specification document" in found["StatusReason"]


def test_loops_are_written_out(stage: Stage) -> None:
    template = {
        "Transform": "AWS::LanguageExtensions",
        "Resources": {"Fn::ForEach::Each": ["X", ["a", "b"], {"P${X}": parameter(ref("X"), "n-${X}")}]},
    }
    create(stage, template)
    stage.begin("ExecuteChangeSet", StackName="shop", ChangeSetName="one")
    assert stage.parameters() == {"n-a": "a", "n-b": "b"}
